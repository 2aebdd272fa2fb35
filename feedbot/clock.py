"""The one place that reads the clock; tests pass a scripted one."""

import asyncio
import logging
import time
from datetime import UTC, datetime
from typing import Protocol

log = logging.getLogger("feedbot")


class Clock(Protocol):
    """What feedbot asks of time."""

    def now(self) -> datetime:
        """The wall clock, UTC and aware: for what is stored and compared between runs."""
        ...

    def monotonic(self) -> float:
        """Seconds that never step: for durations and deadlines inside a run."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after this many monotonic seconds."""
        ...


class StandingClock:
    """A clock that shows one moment, for asking what would be then; durations are the machine's."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        """The moment."""
        return self._at

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds; at once where it is zero or less."""
        await asyncio.sleep(max(0.0, seconds))


class StoryClock:
    """A clock for what is told of a month in seconds: it shows the moment it was set to, and waits pass at once."""

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._skipped_s = 0.0

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._at

    def set(self, at: datetime) -> None:
        """Show this moment from now on."""
        self._at = at

    def monotonic(self) -> float:
        """Seconds since some fixed point, with those of the waits that were passed over."""
        return time.monotonic() + self._skipped_s

    async def sleep(self, seconds: float) -> None:
        """Let this many seconds have passed; those who wait at the same time wait together."""
        wakes_at = self.monotonic() + seconds
        await asyncio.sleep(0)
        self._skipped_s += max(0.0, wakes_at - self.monotonic())


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        """The wall clock, UTC and aware."""
        return datetime.now(UTC)  # noqa: TID251 - the one place

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds; at once where it is zero or less."""
        await asyncio.sleep(max(0.0, seconds))


class Laps:
    """Logs how long each of several steps takes, where somebody wants to know (`--verbose`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def end(self, step: str) -> None:
        """Log the seconds since the step before it ended."""
        began, self._began = self._began, self._clock.monotonic()
        log.debug("%s: %.2f s", step, self._began - began)
