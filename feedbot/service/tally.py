"""How jobs end: an error is logged and counted, and the next slot tries again; whoever wants to is told."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from feedbot.clock import Clock
from feedbot.errors import FeedbotError, LockHeld
from feedbot.state.jobs import JobRecord

log = logging.getLogger("feedbot")

Listener = Callable[[JobRecord], Awaitable[None]]
"""Told of each end of a job, in the event loop: a failure in a row of three is `record.failures == 3`."""

OWN_ERROR = "an error of feedbot's own"


class Tally:
    """Runs jobs one try at a time and remembers how each ended; `known` is what an earlier process left."""

    def __init__(self, clock: Clock, known: dict[str, JobRecord], listeners: list[Listener]) -> None:
        self._clock = clock
        self._records = dict(known)
        self._listeners = listeners
        self.tasks: set[asyncio.Task[None]] = set()
        """The tries under way."""

    def record(self, name: str) -> JobRecord | None:
        """How a job ended last; None before its first end."""
        return self._records.get(name)

    def failing(self) -> list[JobRecord]:
        """The jobs whose last try failed."""
        return [record for record in self._records.values() if record.failures]

    async def run(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """One try of a job; raises nothing but CancelledError, which is no end that counts."""
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            problem = await _problem_of(name, work)
            await self._note(name, problem)
        finally:
            self.tasks.discard(task)

    async def _note(self, name: str, problem: str | None) -> None:
        now, before = self._clock.now(), self._records.get(name)
        succeeded_at = None if before is None else before.succeeded_at
        failures = 0 if before is None else before.failures
        if problem is None:
            record = JobRecord(name, now, succeeded_at=now)
        else:
            record = JobRecord(name, now, succeeded_at, failures + 1, problem)
        if problem is None and failures:
            log.info("%s works again, after it had failed %d times", name, failures)
        self._records[name] = record
        for listener in self._listeners:
            try:
                await listener(record)
            except FeedbotError as error:
                log.error("%s", error)
            except Exception:
                log.exception("%s, after %s", OWN_ERROR, name)


async def _problem_of(name: str, work: Callable[[], Awaitable[None]]) -> str | None:
    try:
        await work()
    except LockHeld as error:
        # Somebody's `feedbot check` is under way, and does the same work.
        log.warning("%s: left to the next slot: %s", name, error)
        return str(error)
    except FeedbotError as error:
        log.error("%s: %s", name, error)
        return str(error)
    except Exception as error:
        log.exception("%s: %s; the next slot tries again", name, OWN_ERROR)
        return f"{OWN_ERROR}: {type(error).__name__}: {error}"
    return None
