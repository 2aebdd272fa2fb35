"""A plan in, observations out as they come."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Protocol

from feedbot.core.observation import Failed, Failure, FailureKind, Observation
from feedbot.core.url import host_of
from feedbot.wire.failures import failure_of
from feedbot.wire.prober import Lost, Postponed, Prober, ProbeTarget
from feedbot.wire.slots import do_nothing

Result = Observation | Postponed | Lost
SlowHosts = tuple[tuple[str, float], ...]
"""Hosts with the seconds for which a target of theirs has been under way, waiting for its turn included."""

# Results that may wait for their reader before the probing pauses.
_MAX_WAITING = 64
# Targets of a lane in one turn: enough to be worth a connection, few enough that no host waits long.
_TURN = 10
_MOST_SLOW = 3
# Open lanes for each that may be at work: nine hosts rest while one is asked, as at a request of a tenth of a
# second and a second between two.
_OPEN_LANES = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """Targets to ask, `size` of them at most, in portions of which the first are worth most.

    Whoever carries it out takes a portion while it has room (`room_for`), and ends `portions` when it takes no more.
    The next portion may wait until results of those before are read: so a plan holds back what its hosts have
    enough of.
    """

    portions: AsyncGenerator[Sequence[ProbeTarget], None]
    size: int


def one_portion(targets: Sequence[ProbeTarget]) -> Plan:
    """A plan that is short enough to be taken at once."""

    async def all_of_it() -> AsyncGenerator[Sequence[ProbeTarget], None]:
        yield targets

    return Plan(all_of_it(), len(targets))


def room_for(concurrency: int) -> int:
    """How many targets may wait for their results before no further portion is taken: two turns of each lane."""
    return _OPEN_LANES * concurrency * 2 * _TURN


class Executor(Protocol):
    """Carries out a plan."""

    def observe(self, plan: Plan) -> AsyncIterator[Result]:
        """What came of the targets, in the order in which they are done.

        There is one result for each target that was taken from the plan, unless the run ends before. What the
        plan raises is raised here.
        """
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
    """Probes in this event loop, from `concurrency` lanes at once, and more while lanes are idle.

    The targets of one gate (HostGates.key) stay together: they lie in one deque, worked off by
    as many lanes as the gate lets through at once, so that a host is asked on its open connections and one
    slow target holds up one lane. First lanes start in the order of the plan, second lanes after
    them; after ten targets a lane gives way to those that wait, so that a host of many links does
    not keep early ones of other hosts until its last. A lane that waits for something else than room
    for its request (wire/slots.py) holds no other lane up: one more is opened in its place, up to ten
    for each that may be at work. Further portions of the plan join the lanes of their gates, or open new
    ones behind those that wait. At `run_ends_at` no probe starts and those in flight are cancelled:
    what is left is still due.
    """

    def __init__(self, prober: Prober, concurrency: int) -> None:
        self._prober = prober
        self._concurrency = concurrency
        self._runs: dict[_Run, asyncio.Task[None]] = {}
        self._under_way: dict[str, float] = {}

    async def observe(self, plan: Plan) -> AsyncIterator[Result]:
        """Observations in completion order; probing pauses while 64 wait to be taken.

        Closing the iterator, or cancelling the task that reads it, cancels the probes in flight and
        returns when they are gone.
        """
        run = _Run(self._prober, self._concurrency, plan, self._look)
        self._runs[run] = asyncio.create_task(run.carry_out())
        try:
            while (result := await run.results.get()) is not None:
                run.room.release()
                yield result
            # What the plan has raised is raised.
            await self._runs[run]
        finally:
            await run.end()
            await _end([self._runs.pop(run)])

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, three at most, longest first."""
        now = self._prober.clock.monotonic()
        hosts: dict[str, float] = {}
        # In the order of their starts, so that the thousands that began later are not looked at.
        for url, since in self._under_way.items():
            hosts.setdefault(host_of(url), now - since)
            if len(hosts) == _MOST_SLOW:
                break
        return tuple(hosts.items())

    async def aclose(self) -> None:
        """Cancel the probes in flight; an iterator that is still read ends with what was done."""
        for run, carrying_out in tuple(self._runs.items()):
            await run.end()
            await asyncio.wait([carrying_out])

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


class _Gate:
    """The targets of one gate that wait, and how many lanes work them off or are to do so."""

    __slots__ = ("key", "lanes", "targets", "width")

    def __init__(self, key: str) -> None:
        self.key = key
        self.targets: deque[ProbeTarget] = deque()
        self.lanes = 0
        self.width = 1


class _Run:
    """One plan under way: its lanes, those that are open, and the results that wait to be taken."""

    def __init__(
        self,
        prober: Prober,
        concurrency: int,
        plan: Plan,
        look: Callable[[ProbeTarget], Awaitable[Result]],
    ) -> None:
        self.results: asyncio.Queue[Result | None] = asyncio.Queue()
        self.room = asyncio.Semaphore(_MAX_WAITING)
        self._prober = prober
        self._concurrency = concurrency
        self._plan = plan
        self._look = look
        self._gates: dict[str, _Gate] = {}
        self._lanes: deque[_Gate] = deque()
        self._open: set[asyncio.Task[None]] = set()
        self._waiting = 0
        self._has_room = asyncio.Event()
        self._is_taken = False
        self._ended = False
        self._all_closed = asyncio.Event()

    async def carry_out(self) -> None:
        """Work the lanes off, by the end of the run at the latest; the last result is None.

        Raises what the plan raises, when what was begun is done.
        """
        slots = self._prober.gates.slots
        slots.on_idle = self._open_lanes
        taking = asyncio.create_task(self._take())
        try:
            # By the event loop's own clock, so that a probe is cut off whatever its clock says.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._prober.run_left_s):
                    await self._all_closed.wait()
            await self.end()
        finally:
            await _end([taking])
            slots.on_idle = do_nothing
            self.results.put_nowait(None)
        if not taking.cancelled():
            taking.result()

    async def end(self) -> None:
        """Close the open lanes and open no other."""
        self._ended = True
        await _end(self._open)
        self._close()

    async def _take(self) -> None:
        """Take the plan, portion by portion, while there is room."""
        room = room_for(self._concurrency)
        try:
            async with aclosing(self._plan.portions) as portions:
                async for portion in portions:
                    self._add(portion)
                    self._open_lanes()
                    self._close()
                    # Others have their turn between two portions that are there at once.
                    await asyncio.sleep(0)
                    while self._waiting >= room:
                        self._has_room.clear()
                        await self._has_room.wait()
        finally:
            self._is_taken = True
            self._close()

    def _add(self, portion: Sequence[ProbeTarget]) -> None:
        gates = self._prober.gates
        added: dict[str, _Gate] = {}
        for target in portion:
            host = host_of(target.url)
            key = gates.key(host)
            gate = added[key] = self._gates.get(key) or _Gate(key)
            self._gates[key] = gate
            gate.width = gates.concurrency_at(host)
            gate.targets.append(target)
        self._waiting += len(portion)
        for lane in range(max((gate.width for gate in added.values()), default=0)):
            for gate in added.values():
                if gate.lanes <= lane < min(gate.width, len(gate.targets)):
                    gate.lanes += 1
                    self._lanes.append(gate)

    @property
    def _at_work(self) -> int:
        return len(self._open) - self._prober.gates.slots.idle

    def _open_lanes(self) -> None:
        while self._lanes and not self._ended and not self._prober.is_over:
            if self._at_work >= self._concurrency or len(self._open) >= _OPEN_LANES * self._concurrency:
                return
            lane = asyncio.create_task(self._work())
            self._open.add(lane)
            lane.add_done_callback(self._closed)

    def _closed(self, lane: asyncio.Task[None]) -> None:
        self._open.discard(lane)
        self._open_lanes()
        self._close()

    def _close(self) -> None:
        """Be done where no lane is open and none will be."""
        if not self._open and (self._is_taken or self._ended or self._prober.is_over):
            self._all_closed.set()

    async def _work(self) -> None:
        # Where lanes that were idle have come back, they go on instead of this one.
        while self._lanes and self._at_work <= self._concurrency:
            gate = self._lanes.popleft()
            for _ in range(_TURN):
                if not gate.targets or self._prober.is_over:
                    break
                result = await self._look(gate.targets.popleft())
                try:
                    await self.room.acquire()
                finally:
                    # Also when the run ends while it waits for room: what is done is not lost.
                    self.results.put_nowait(result)
                self._waiting -= 1
                self._has_room.set()
            if gate.targets and not self._prober.is_over:
                # Where no other lane waits, it is taken up again at once.
                self._lanes.append(gate)
                continue
            gate.lanes -= 1
            if not gate.lanes and not gate.targets:
                del self._gates[gate.key]


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
