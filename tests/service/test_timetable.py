"""Slots over steps of the clock, as the timetable plans them; test_clock_steps.py has them run."""

import asyncio
from datetime import timedelta

import pytest

from feedbot.clock import SystemClock
from feedbot.service.timetable import Timetable


class SetClock(SystemClock):
    """The machine's, set by so many seconds."""

    ahead_s = 0.0

    def now(self):
        return super().now() + timedelta(seconds=self.ahead_s)


async def nothing():
    pass


@pytest.fixture
async def clock():
    return SetClock()


@pytest.fixture
async def timetable(clock):
    one = Timetable(clock)
    one.start()
    yield one
    one.stop()
    await asyncio.sleep(0)


def near(moment, other):
    return abs(moment - other) < timedelta(seconds=30)


@pytest.mark.parametrize("step_s", [3600.0, -3600.0, 31536000.0, -31536000.0])
async def test_a_slot_moves_with_the_clock_and_a_moment_does_not(clock, timetable, step_s):
    moment = clock.now() + timedelta(days=400)
    timetable.every("slot", 900, nothing)
    timetable.at("moment", moment, nothing)
    # Not within the hour of a step, which would sleep over it.
    timetable.nightly("night", (clock.now() + timedelta(hours=5)).time(), nothing)
    clock.ahead_s = step_s
    timetable.look()
    assert near(timetable.next_at("slot"), clock.now() + timedelta(seconds=900))
    assert timetable.next_at("moment") == moment
    ahead = timetable.next_at("night") - clock.now()
    assert ahead <= timedelta(days=1)
    assert (ahead > timedelta(0)) == (step_s < 31536000)


async def test_a_clock_that_is_only_steered_moves_nothing(clock, timetable):
    timetable.every("slot", 900, nothing)
    planned = timetable.next_at("slot")
    for _ in range(10):
        clock.ahead_s += 0.4
        timetable.look()
    assert timetable.next_at("slot") == planned


async def test_a_night_that_comes_again_is_left_out(clock, timetable):
    ran = asyncio.Event()

    async def work():
        ran.set()

    # The scheduler looks at the machine's clock; on a busy one the first moment may be over before it is planned.
    for ahead_s in (0.2, 5.0, 30.0):
        timetable.nightly("night", (clock.now() + timedelta(seconds=ahead_s)).time(), work)
        if timetable.next_at("night") - clock.now() < timedelta(hours=12):
            break
    await asyncio.wait_for(ran.wait(), 60)
    clock.ahead_s = -3600.0
    timetable.look()
    assert timetable.next_at("night") - clock.now() > timedelta(hours=12)


async def test_a_night_that_was_slept_over_is_made_up_for_at_once(clock, timetable):
    timetable.nightly("night", (clock.now() + timedelta(hours=2)).time(), nothing)
    clock.ahead_s = 8 * 3600.0
    timetable.look()
    assert timetable.next_at("night") <= clock.now()


async def test_a_new_interval_holds_from_now_on_and_delays_nothing(clock, timetable):
    timetable.every("slot", 900, nothing)
    planned = timetable.next_at("slot")
    timetable.every("slot", 3600, nothing)
    assert timetable.next_at("slot") == planned
    timetable.every("slot", 60, nothing)
    assert near(timetable.next_at("slot"), clock.now() + timedelta(seconds=60))


async def test_a_moment_takes_the_place_of_the_one_before_or_of_none(clock, timetable):
    timetable.at("moment", None, nothing)
    for hours in (3, 2):
        timetable.at("moment", clock.now() + timedelta(hours=hours), nothing)
    assert near(timetable.next_at("moment"), clock.now() + timedelta(hours=2))
    timetable.at("moment", None, nothing)
    assert timetable.next_at("moment") is None


async def test_what_is_to_be_done_while_it_is_done_is_done_once_more_and_not_at_once(clock, timetable):
    """As for the daemon: what follows a publishing is known before that has ended, and may be due already."""
    under_way, done, twice = [], [], asyncio.Event()

    async def work():
        assert not under_way
        under_way.append(True)
        if not done:
            timetable.at("moment", clock.now(), work)
            for _ in range(5):
                await asyncio.sleep(0)
            assert timetable.next_at("moment") is None, "it was begun"
        under_way.clear()
        done.append(True)
        if len(done) == 2:
            twice.set()

    timetable.at("moment", clock.now(), work)
    async with asyncio.timeout(60):
        await twice.wait()
