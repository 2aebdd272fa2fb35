"""A plan in, observations out as they come."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Protocol

from feedbot.core.observation import Failed, Failure, FailureKind, Observation
from feedbot.core.url import host_of
from feedbot.wire.failures import failure_of
from feedbot.wire.prober import Postponed, Prober, ProbeTarget

Result = Observation | Postponed
SlowHosts = tuple[tuple[str, float], ...]
"""Hosts with the seconds for which a target of theirs has been under way, waiting for its turn included."""

# Results that may wait for their reader before the probing pauses.
_MAX_WAITING = 64
# Targets of a lane in one turn: enough to be worth a connection, few enough that no host waits long.
_TURN = 10
_MOST_SLOW = 3


class Executor(Protocol):
    """Carries out a plan."""

    def observe(self, plan: Sequence[ProbeTarget]) -> AsyncIterator[Result]:
        """What came of the targets, in the order in which they are done."""
        ...

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, a few at most, longest first."""
        ...

    async def aclose(self) -> None:
        """End what is under way; an iterator that is still read ends with what was done."""
        ...


def slowest(hosts: Iterable[tuple[str, float]]) -> SlowHosts:
    """The three hosts of the longest times, longest first; each once."""
    longest: dict[str, float] = {}
    for host, seconds in sorted(hosts, key=lambda one: -one[1]):
        longest.setdefault(host, seconds)
    return tuple(longest.items())[:_MOST_SLOW]


class LocalExecutor:
    """Probes in this event loop, at most `concurrency` at once.

    The targets of one gate (HostGates.key) stay together: they lie in one deque, worked off by
    as many lanes as the gate lets through at once, so that a host is asked on its open connections and one
    slow target holds up one lane. First lanes start in the order of the plan, second lanes after
    them; after ten targets a lane gives way to those that wait, so that a host of many links does
    not keep early ones of other hosts until its last. At `run_ends_at` no probe starts and those in
    flight are cancelled: what is left is still due.
    """

    def __init__(self, prober: Prober, concurrency: int) -> None:
        self._prober = prober
        self._concurrency = concurrency
        self._workers: set[asyncio.Task[None]] = set()
        self._closers: set[asyncio.Task[None]] = set()
        self._under_way: dict[str, float] = {}

    async def observe(self, plan: Sequence[ProbeTarget]) -> AsyncIterator[Result]:
        """Observations in completion order; probing pauses while 64 wait to be taken.

        Closing the iterator, or cancelling the task that reads it, cancels the probes in flight and
        returns when they are gone.
        """
        lanes = self._lanes(plan)
        results: asyncio.Queue[Result | None] = asyncio.Queue()
        room = asyncio.Semaphore(_MAX_WAITING)
        workers = [
            asyncio.create_task(self._work(lanes, results, room)) for _ in range(min(self._concurrency, len(lanes)))
        ]
        closer = asyncio.create_task(self._close(workers, results))
        self._workers.update(workers)
        self._closers.add(closer)
        try:
            while (result := await results.get()) is not None:
                room.release()
                yield result
        finally:
            await _end([*workers, closer])
            self._workers.difference_update(workers)
            self._closers.discard(closer)

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, three at most, longest first."""
        now = self._prober.clock.monotonic()
        return slowest((host_of(url), now - since) for url, since in self._under_way.items())

    async def aclose(self) -> None:
        """Cancel the probes in flight; an iterator that is still read ends with what was done."""
        await _end(self._workers)
        if self._closers:
            await asyncio.wait(self._closers)

    def _lanes(self, plan: Sequence[ProbeTarget]) -> deque[deque[ProbeTarget]]:
        gates = self._prober.gates
        by_gate: dict[str, deque[ProbeTarget]] = {}
        widths: dict[str, int] = {}
        for target in plan:
            host = host_of(target.url)
            key = gates.key(host)
            by_gate.setdefault(key, deque()).append(target)
            widths[key] = gates.concurrency_at(host)
        return deque(
            targets
            for lane in range(max(widths.values(), default=0))
            for key, targets in by_gate.items()
            if lane < min(widths[key], len(targets))
        )

    async def _work(
        self, lanes: deque[deque[ProbeTarget]], results: asyncio.Queue[Result | None], room: asyncio.Semaphore
    ) -> None:
        while lanes:
            targets = lanes.popleft()
            for _ in range(_TURN):
                if not targets or self._prober.is_over:
                    break
                result = await self._look(targets.popleft())
                try:
                    await room.acquire()
                finally:
                    # Also when the run ends while it waits for room: what is done is not lost.
                    results.put_nowait(result)
            if targets and not self._prober.is_over:
                # Where no other lane waits, it is taken up again at once.
                lanes.append(targets)

    async def _look(self, target: ProbeTarget) -> Result:
        started_at, started = self._prober.clock.now(), self._prober.clock.monotonic()
        self._under_way[target.url] = started
        try:
            return await self._prober.probe(target)
        except Exception as error:  # noqa: BLE001 - one target never ends the run
            known = failure_of(error)
            return Observation(
                url=target.url,
                started_at=started_at,
                elapsed_ms=round((self._prober.clock.monotonic() - started) * 1000),
                exchanges=(),
                outcome=Failed(Failure(FailureKind.OURSELVES, known.text), target.url),
            )
        finally:
            self._under_way.pop(target.url, None)

    async def _close(self, workers: Sequence[asyncio.Task[None]], results: asyncio.Queue[Result | None]) -> None:
        if workers:
            # By the event loop's own clock, so that a probe is cut off whatever its clock says.
            await asyncio.wait(workers, timeout=self._prober.run_left_s)
            await _end(workers)
        results.put_nowait(None)


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are gone: a cancellation that meets a deadline may be taken for it."""
    tasks = list(tasks)
    pending = {task for task in tasks if not task.done()}
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1.0)
    # Nothing here raises anything else; what does is told to nobody but asked for, lest asyncio warns.
    await asyncio.gather(*tasks, return_exceptions=True)
