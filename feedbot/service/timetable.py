"""When jobs run: APScheduler, kept on time by the monotonic clock where somebody sets the wall clock.

By itself APScheduler waits by the wall clock: set back by an hour, it runs nothing for an hour; set forward, it runs
at once what is not due yet, and goes through every slot in between. So each step of the clock is noticed before the
jobs are looked at, and slots move with it: they come as long after the last one as ever. What is meant by the wall
clock, an article's publication, stays where it is.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.date import DateTrigger

from feedbot.clock import Clock
from feedbot.core.slots import STEP_S, after_step, next_night, next_slot

log = logging.getLogger("feedbot")

Work = Callable[[], Awaitable[None]]

# None: a slot that comes late is run late. The library's one second would drop it silently.
_SETTINGS = {"coalesce": True, "misfire_grace_time": None, "replace_existing": True}

_JUST_NOW_S = 3600.0


class Timetable:
    """Jobs by name, each with its next time; the work is a coroutine function that raises nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = self._how_far_ahead()
        self._nights: dict[str, float] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._scheduler = _Scheduler(self._notice_step)

    def start(self) -> None:
        """Run what is due from now on."""
        self._scheduler.start()

    def stop(self) -> None:
        """Run nothing any more; what is under way goes on."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def every(self, name: str, seconds: float, work: Work, *, first_at: datetime | None = None) -> None:
        """Do the work at each interval, first after one; for a job that is there the interval alone is new."""
        now = self._clock.now()
        first = first_at or now + timedelta(seconds=seconds)
        if (job := self._scheduler.get_job(name)) is not None:
            first = min(first, job.next_run_time)
        self._add(work, _Every(seconds), name, first)

    def nightly(self, name: str, at: time, work: Work) -> None:
        """Do the work once a night, at a time of day in UTC."""

        async def noted() -> None:
            self._nights[name] = self._clock.monotonic()
            await work()

        first = next_night(self._clock.now(), at)
        self._add(noted, _Nightly(at), name, first)

    def at(self, name: str, moment: datetime | None, work: Work) -> None:
        """Do the work once, when the wall clock shows this moment, in place of the one before; None: not at all.

        Where that is under way then, it is done once more when it has ended, for it may not know of what came since.
        """
        turns = self._turns.setdefault(name, asyncio.Lock())

        async def in_turn() -> None:
            async with turns:
                await work()

        if moment is not None:
            # Two: one under way, and one that waits for it, which a third would know no more than.
            self._add(in_turn, DateTrigger(moment, UTC), name, moment, most=2)
        elif self._scheduler.get_job(name) is not None:
            self._scheduler.remove_job(name)

    def next_at(self, name: str) -> datetime | None:
        """When a job runs next; None for one that is not there."""
        job = self._scheduler.get_job(name)
        return None if job is None else job.next_run_time

    def look(self) -> None:
        """Run what is due, whatever became of the scheduler's own timer."""
        self._scheduler.wakeup()

    def late_s(self) -> float:
        """For how many seconds the job that has waited longest should have begun; 0 where none waits."""
        now = self._clock.now()
        planned = [job.next_run_time for job in self._scheduler.get_jobs()]
        return max(((now - one).total_seconds() for one in planned if one < now), default=0.0)

    def _add(self, work: Work, trigger: BaseTrigger, name: str, first: datetime, *, most: int = 1) -> None:
        async def quietly() -> None:
            # Only the end of the daemon cancels a job; the library would log it as a failure.
            with suppress(asyncio.CancelledError):
                await work()

        self._scheduler.add_job(quietly, trigger, id=name, next_run_time=first, max_instances=most, **_SETTINGS)

    def _how_far_ahead(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    def _notice_step(self) -> None:
        before, self._ahead_s = self._ahead_s, self._how_far_ahead()
        step_s = self._ahead_s - before
        if abs(step_s) < STEP_S:
            return
        way = "forward" if step_s > 0 else "back"
        log.warning("the clock was set %s by %.0f s, or this machine slept; the schedule goes on", way, abs(step_s))
        for job in self._scheduler.get_jobs():
            if (moved := self._moved(job, step_s)) is not None:
                job.modify(next_run_time=moved)

    def _moved(self, job: Job, step_s: float) -> datetime | None:
        if isinstance(job.trigger, _Every):
            return after_step(job.next_run_time, step_s)
        if isinstance(job.trigger, _Nightly):
            last = self._nights.get(job.id)
            since_last_s = None if last is None else self._clock.monotonic() - last
            if job.next_run_time <= self._clock.now() and (since_last_s is None or since_last_s > _JUST_NOW_S):
                return None  # the machine slept over it: it is made up for at once
            return next_night(self._clock.now(), job.trigger.at, since_last_s)
        return None


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc]
    """The library's, with a word before each time that it looks at its jobs."""

    def __init__(self, before: Callable[[], None]) -> None:
        super().__init__(timezone=UTC)
        self._before = before

    def wakeup(self) -> None:
        self._before()
        super().wakeup()


class _Every(BaseTrigger):  # type: ignore[misc]
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return next_slot(previous or now, self._seconds, now)


class _Nightly(BaseTrigger):  # type: ignore[misc]
    def __init__(self, at: time) -> None:
        self.at = at

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        return next_night(now, self.at)
