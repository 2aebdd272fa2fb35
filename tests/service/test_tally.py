"""What becomes of jobs that fail, and who is told."""

import asyncio

import pytest

from feedbot.errors import LockHeld, StateError
from feedbot.service.tally import Tally
from feedbot.state.jobs import JobRecord, all_jobs, note
from tests.wire.scripted import ScriptedClock


def failing(error):
    async def work():
        raise error

    return work


async def working():
    pass


async def test_failures_in_a_row_are_counted_until_one_works():
    clock, told = ScriptedClock(), []

    async def listen(record):
        told.append((record.name, record.failures))

    tally = Tally(clock, {}, [listen])
    for error in (StateError("no"), LockHeld("held by x"), ZeroDivisionError("division")):
        await tally.run("read", failing(error))
    record = tally.record("read")
    assert (record.failures, record.succeeded_at) == (3, None)
    assert record.problem == "an error of feedbot's own: ZeroDivisionError: division"
    assert tally.failing() == [record]
    await tally.run("read", working)
    assert tally.record("read") == JobRecord("read", clock.now(), succeeded_at=clock.now())
    await tally.run("read", failing(StateError("no")))
    assert told == [("read", 1), ("read", 2), ("read", 3), ("read", 0), ("read", 1)]
    assert tally.record("read").succeeded_at == clock.now()


async def test_what_an_earlier_process_counted_goes_on(news):
    clock = ScriptedClock()
    with news.state() as state:
        note(state, JobRecord("check", clock.now(), None, 2, "no"))
        tally = Tally(clock, all_jobs(state), [])
    await tally.run("check", failing(StateError("no")))
    assert tally.record("check").failures == 3


async def test_a_listener_that_fails_harms_nobody(caplog):
    told = []

    async def second(record):
        told.append(record.name)

    tally = Tally(ScriptedClock(), {}, [failing_listener, second])
    await tally.run("read", working)
    assert told == ["read"]
    assert "the disk is full" in caplog.text


async def failing_listener(record):
    raise StateError("the disk is full")


async def test_an_end_that_was_asked_for_is_no_failure():
    tally = Tally(ScriptedClock(), {}, [])
    task = asyncio.ensure_future(tally.run("read", asyncio.Event().wait))
    await asyncio.sleep(0)
    assert tally.tasks == {task}
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (tally.tasks, tally.record("read")) == (set(), None)


def test_a_success_is_remembered_through_later_failures(news):
    clock = ScriptedClock()
    with news.state() as state:
        note(state, JobRecord("read", clock.now(), clock.now()))
        note(state, JobRecord("read", clock.now(), None, 1, "no"))
        assert all_jobs(state) == {"read": JobRecord("read", clock.now(), clock.now(), 1, "no")}
