"""No sign of life where something hangs, although the event loop runs."""

import asyncio

from feedbot.service.watchdog import PULSE_S, beat
from feedbot.service.work import UnderWay
from tests.wire.scripted import ScriptedClock

START_S = 1000.0


class Heard:
    """Stands in for a Notifier: when signs of life came, and which lines."""

    def __init__(self, clock, watchdog_s=None):
        self.watchdog_s = watchdog_s
        self.lives = []
        self.lines = []
        self._clock = clock

    def alive(self):
        self.lives.append(self._clock.t - START_S)

    def status(self, line):
        self.lines.append(line)


class Jobs:
    """Stands in for a Timetable: its first job should have begun at a moment, and does when it is looked at."""

    def __init__(self, clock, due_at_s=1e9, *, works=True):
        self._clock = clock
        self._due_at_s = START_S + due_at_s
        self._works = works

    def look(self):
        if self._works and self._clock.t >= self._due_at_s:
            self._due_at_s = 1e9

    def late_s(self):
        return max(0.0, self._clock.t - self._due_at_s)


async def beating(clock, seconds, under_way, heard, timetable=None):
    task = asyncio.ensure_future(beat(clock, timetable or Jobs(clock), under_way, heard, lambda: "all is well"))
    while clock.t < START_S + seconds:  # noqa: ASYNC110 - a scripted clock steps by itself
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_signs_of_life_come_at_half_of_systemds_patience():
    clock = ScriptedClock()
    heard = Heard(clock, watchdog_s=4.0)
    await beating(clock, 10, UnderWay(clock.monotonic), heard)
    assert heard.lives[:5] == [0, 2, 4, 6, 8]
    assert heard.lines == ["all is well"]


async def test_a_patient_systemd_is_told_at_each_pulse():
    clock = ScriptedClock()
    heard = Heard(clock, watchdog_s=3600.0)
    await beating(clock, 20, UnderWay(clock.monotonic), heard)
    assert heard.lives[:4] == [0, PULSE_S, 2 * PULSE_S, 3 * PULSE_S]


async def test_what_hangs_beyond_its_bound_ends_the_signs_of_life(caplog):
    clock = ScriptedClock()
    heard, under_way = Heard(clock), UnderWay(clock.monotonic)
    with under_way.doing("reading articles", 30):
        await beating(clock, 60, under_way, heard)
        assert max(heard.lives) == 30
        assert heard.lines[1] == "no progress: reading articles: 35 s"
        assert len(caplog.messages) == 1
    before = len(heard.lives)
    await beating(clock, 80, under_way, heard)
    assert len(heard.lives) > before
    assert heard.lines[-1] == "all is well"


async def test_what_gets_on_may_take_long():
    clock = ScriptedClock()
    heard, under_way = Heard(clock), UnderWay(clock.monotonic)
    with under_way.doing("reading articles", 30) as moved:
        await beating(clock, 25, under_way, heard)
        moved()
        await beating(clock, 50, under_way, heard)
    assert "no progress" not in str(heard.lines)


async def test_a_timetable_that_starts_nothing_ends_the_signs_of_life():
    clock = ScriptedClock()
    heard = Heard(clock)
    await beating(clock, 120, UnderWay(clock.monotonic), heard, Jobs(clock, due_at_s=10, works=False))
    assert max(heard.lives) == 70
    assert "no progress: the schedule: " in heard.lines[-1]


async def test_one_that_is_late_once_because_the_clock_was_set_does_not():
    clock = ScriptedClock()
    heard = Heard(clock)
    await beating(clock, 60, UnderWay(clock.monotonic), heard, Jobs(clock, due_at_s=-3600))
    assert heard.lines == ["all is well"]
