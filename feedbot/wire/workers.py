"""The plan shared out by host to processes of this machine, for one core cannot ask as fast as two."""

import asyncio
import logging
import math
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import pairwise

import msgspec

from feedbot.core.checker import CheckerPolicy
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.errors import FeedbotError
from feedbot.wire.executor import Plan, Result, SlowHosts, room_for, slowest
from feedbot.wire.frames import Broken, Done, Order, Portion, Results, Slow, encode, read_word
from feedbot.wire.prober import Lost, ProbeTarget

log = logging.getLogger("feedbot")

# A process takes a quarter of a second to start; fewer targets are done sooner than that pays.
TARGETS_WORTH_A_PROCESS = 1000
# Frames that may wait for their reader before the workers pause.
_WAITING_FRAMES = 16
GRACE_S = 5.0
"""How long a worker may take to end once it is told to, or its time is over, before it is killed."""
_PIECE = 65536

# This very feedbot and what it needs, found where this process found them: installed, or in a clone.
# Told before anything is imported, so that nothing is taken from the current folder.
_START = "import sys; sys.path[:] = sys.argv[1:]; from feedbot.wire.worker import main; main()"

_Waiting = asyncio.Queue[tuple[Result, ...] | None]


def how_many(workers: int | str, targets: int, concurrency: int) -> int:
    """Processes for so many targets: as configured; `auto` is one for each whole thousand, up to one a core.

    No more than `concurrency`, the requests at once, since each makes one at least.
    """
    if isinstance(workers, int):
        return max(1, min(workers, targets, concurrency))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, targets // TARGETS_WORTH_A_PROCESS, concurrency))


class Shares:
    """Shares a plan out, portion by portion: a gate's targets go where its first ones went.

    So the rules of politeness hold within a process; for redirects that lead out of it, HostGates has a rule.
    """

    def __init__(self, shares: int) -> None:
        self._shares = shares
        self._share_of: dict[str, int] = {}

    def share_out(self, targets: Sequence[ProbeTarget], loads: Sequence[float]) -> list[list[ProbeTarget]]:
        """A part for each share, in the order of the targets; new gates go to the least load, the largest first.

        `loads` are how many targets each share has already. One of infinitely many takes no more: its gates go to
        others, and where there is no other, nothing does.
        """
        loads = list(loads)
        parts: list[list[ProbeTarget]] = [[] for _ in range(self._shares)]
        gates = [registrable_domain(host_of(target.url)) for target in targets]
        for gate, size in sorted(Counter(gates).items(), key=lambda item: (-item[1], item[0])):
            share = self._share_of.get(gate)
            if share is None or math.isinf(loads[share]):
                share = self._share_of[gate] = loads.index(min(loads))
            loads[share] += size
        for target, gate in zip(targets, gates, strict=True):
            if not math.isinf(loads[self._share_of[gate]]):
                parts[self._share_of[gate]].append(target)
        return parts


@asynccontextmanager
async def started(processes: int) -> AsyncIterator[list[Process]]:
    """So many worker processes, none for fewer than two, that load while their plan is made; ended where not taken."""
    ready: list[Process] = []
    try:
        # Where one cannot be started, whoever needs it tries again, and says so.
        with suppress(OSError):
            for _ in range(processes if processes > 1 else 0):
                ready.append(await _start())  # noqa: PERF401 - those that were started are kept where one fails
        yield ready
    finally:
        await asyncio.gather(*(_end(process, GRACE_S) for process in ready))


async def _start() -> Process:
    """A worker process that waits for its order; raises OSError."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _START,
        *sys.path,
        stdin=PIPE,
        stdout=PIPE,
        # A terminal's ctrl-C reaches feedbot alone, which then ends the workers.
        start_new_session=True,
    )


class Workers:
    """Carries out a plan in worker processes (wire/worker.py), each over a wire of its own.

    `concurrency` and the plan are shared among `processes`; the rules for one host hold, since a host
    is one worker's. A worker that ends early leaves what it had of the plan undone, which is said in
    the log; what comes later goes to the others. They have `run_left_s` (None: no end), and are killed `grace_s`
    after that, or after being told to end, where they have not ended by themselves. `head_refused` grows by what
    they learn. Processes that are `ready` are taken first.
    """

    def __init__(
        self,
        config: CheckerPolicy,
        contact: str,
        head_refused: set[str],
        processes: int,
        run_left_s: float | None = None,
        grace_s: float = GRACE_S,
        ready: list[Process] | None = None,
    ) -> None:
        self._ready = [] if ready is None else ready
        self._config = config
        self._contact = contact
        self._processes = processes
        self._run_left_s = run_left_s
        self._grace_s = grace_s
        self._crews: dict[_Crew, asyncio.Task[None]] = {}
        self.head_refused = head_refused

    async def observe(self, plan: Plan) -> AsyncIterator[Result]:
        """Results as they come; the workers pause while they are not taken.

        Closing the iterator, or cancelling the task that reads it, ends the workers and returns when
        they are gone. Raises FeedbotError where none of them could do anything.
        """
        ends_at = None if self._run_left_s is None else asyncio.get_running_loop().time() + self._run_left_s

        def hire(processes: int) -> list[_Worker]:
            return [_Worker(order, ends_at, self._grace_s, self._ready) for order in self._orders(processes)]

        crew = _Crew(plan, hire, self._processes, room_for(self._config.concurrency))
        working = self._crews[crew] = asyncio.create_task(crew.work())
        try:
            while (some := await crew.results.get()) is not None:
                crew.room.release()
                crew.have_room()
                for result in some:
                    yield result
            if not working.cancelled():
                await working
                self._learn(crew.workers)
        finally:
            await _end_all([working])
            del self._crews[crew]

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, three at most, longest first."""
        return slowest(host for crew in self._crews for worker in crew.workers for host in worker.slow)

    async def aclose(self) -> None:
        """End the workers; an iterator that is still read ends with what was done."""
        await _end_all(self._crews.values())

    def _orders(self, processes: int) -> list[Order]:
        head_refused = tuple(sorted(self.head_refused))
        # Whole numbers that add up to the configured one.
        steps = [self._config.concurrency * number // processes for number in range(processes + 1)]
        run_s = self._config.max_run_s if self._run_left_s is None else self._run_left_s
        orders = []
        for before, after in pairwise(steps):
            config = msgspec.structs.replace(self._config, workers=1, concurrency=after - before, max_run_s=run_s)
            orders.append(Order(config, self._contact, head_refused, processes))
        return orders

    def _learn(self, workers: "Sequence[_Worker]") -> None:
        for worker in workers:
            self.head_refused.update(worker.head_refused)
        if workers and not any(worker.was_heard for worker in workers):
            raise FeedbotError("no worker process could do its work; `workers: 1` in the config does without them")


class _Crew:
    """The workers of one plan, and what is shared out to them as they get on."""

    def __init__(self, plan: Plan, hire: "Callable[[int], list[_Worker]]", processes: int, most_waiting: int) -> None:
        self.results: _Waiting = asyncio.Queue()
        self.room = asyncio.Semaphore(_WAITING_FRAMES)
        self.workers: list[_Worker] = []
        self._plan = plan
        self._hire = hire
        self._processes = processes
        self._most_waiting = most_waiting
        self._has_room = asyncio.Event()

    async def work(self) -> None:
        """Have the plan carried out; the last results are None. Raises what the plan raises."""
        try:
            async with aclosing(self._plan.portions) as portions:
                first = await anext(portions, ())
                if not first:
                    return
                shares = Shares(self._processes)
                parts = shares.share_out(first, [0] * self._processes)
                if self._plan.size <= len(first):
                    # As few as there are hosts, where that is known of the whole plan.
                    parts = [part for part in parts if part]
                self.workers = self._hire(len(parts))
                for worker, part in zip(self.workers, parts, strict=True):
                    worker.give(part)
                working = [asyncio.create_task(worker.work(self.results, self.room)) for worker in self.workers]
                sharing = asyncio.create_task(self._share_out(portions, shares))
                try:
                    await asyncio.wait(working)
                finally:
                    await _end_all([*working, sharing])
            for task in (*working, sharing):
                if not task.cancelled():
                    task.result()  # an error of the plan's or of our own is raised
        finally:
            self.results.put_nowait(None)

    def have_room(self) -> None:
        """Go on taking the plan: some results are there."""
        self._has_room.set()

    async def _share_out(self, portions: AsyncGenerator[Sequence[ProbeTarget], None], shares: Shares) -> None:
        """Give the workers the rest of the plan while there is room, and tell them when that was all."""
        try:
            while True:
                while sum(len(worker.left) for worker in self.workers if worker.is_there) >= self._most_waiting:
                    self._has_room.clear()
                    await self._has_room.wait()
                targets = await anext(portions, None)
                if targets is None:
                    return
                loads = [len(worker.left) if worker.is_there else math.inf for worker in self.workers]
                for worker, part in zip(self.workers, shares.share_out(targets, loads), strict=False):
                    if part:
                        worker.give(part)
                # Others have their turn between two portions that are there at once.
                await asyncio.sleep(0)
        finally:
            for worker in self.workers:
                worker.give(())


class _Worker:
    """One process with its share of the plan, from its start to its end."""

    def __init__(self, order: Order, ends_at: float | None, grace_s: float, ready: list[Process]) -> None:
        self._ready = ready
        self._order = order
        self._ends_at = ends_at
        self._grace_s = grace_s
        self._given: asyncio.Queue[Portion] = asyncio.Queue()
        self.left: set[str] = set()
        """The URLs that it was given and has not brought a result of."""
        self.is_there = True
        self.was_heard = False
        self.slow: SlowHosts = ()
        self.head_refused: tuple[str, ...] = ()

    def give(self, targets: Sequence[ProbeTarget]) -> None:
        """Have it ask these as well; none means that those before were all."""
        self.left.update(target.url for target in targets)
        self._given.put_nowait(Portion(tuple(targets)))

    async def work(self, results: _Waiting, room: asyncio.Semaphore) -> None:
        """Pass on what the process finds; say in the log why where it leaves something undone."""
        try:
            process = self._ready.pop() if self._ready else await _start()
        except OSError as error:
            self.is_there = False
            self._say(f"could not be started ({error.strerror})")
            await self._give_up(results, room)
            return
        telling = asyncio.create_task(self._tell(process))
        try:
            why_left = await self._listen(process, results, room)
        finally:
            self.is_there = False
            self.slow = ()
            await _end_all([telling])
            await _end(process, self._grace_s)
        if why_left is not None:
            self._say(why_left or _how_it_ended(process))
            await self._give_up(results, room)

    async def _tell(self, process: Process) -> None:
        """Tell the process its order, and its share of the plan as it is given."""
        assert process.stdin is not None
        # Where it has ended, that is heard of at its output.
        with suppress(ConnectionError):
            process.stdin.write(encode(self._order))
            while True:
                await process.stdin.drain()
                process.stdin.write(encode(await self._given.get()))

    async def _give_up(self, results: _Waiting, room: asyncio.Semaphore) -> None:
        """Tell whoever counts on a result of each target which have none, while the run goes on."""
        is_over = self._ends_at is not None and asyncio.get_running_loop().time() >= self._ends_at
        if self.left and not is_over:
            await room.acquire()
            results.put_nowait(tuple(Lost(url) for url in sorted(self.left)))

    async def _listen(self, process: Process, results: _Waiting, room: asyncio.Semaphore) -> str | None:
        """Pass on the results of the process until its last word.

        Returns None where it did all it could, else why not in words, which are empty where it just ended.
        """
        assert process.stdout is not None
        try:
            while True:
                async with self._patience():
                    word = await read_word(process.stdout)
                match word:
                    case Results():
                        self.left.difference_update(result.url for result in word.results)
                        try:
                            await room.acquire()
                        finally:
                            # Also when the run ends while it waits for room: what is done is not lost.
                            results.put_nowait(word.results)
                    case Slow():
                        self.slow = word.hosts
                    case Done():
                        self.was_heard = True
                        self.head_refused = word.head_refused
                        return None
                    case Broken():
                        return f"met an error of feedbot's own: {word.error}"
                    case None:
                        return ""
                self.was_heard = True
        except TimeoutError:
            return "does not answer"
        except ConnectionError:
            return ""

    def _patience(self) -> asyncio.Timeout:
        """How long the process may be silent: until the end of the run, and a little longer."""
        if self._ends_at is None:
            return asyncio.timeout(None)
        return asyncio.timeout_at(max(self._ends_at, asyncio.get_running_loop().time()) + self._grace_s)

    def _say(self, what: str) -> None:
        log.warning("a worker process %s; %d of its links stay due", what, len(self.left))


def _how_it_ended(process: Process) -> str:
    code = process.returncode or 0
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended early with exit code {code}"


async def _end_all(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _end(process: Process, grace_s: float) -> None:
    """Close its input, which ends it; kill it where that does not, or where there is no time for it."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(grace_s):
            await _gone(process)
    except (TimeoutError, asyncio.CancelledError) as why:
        with suppress(ProcessLookupError):
            process.kill()
        await _gone(process)
        if isinstance(why, asyncio.CancelledError):
            raise


async def _gone(process: Process) -> None:
    assert process.stdout is not None
    # Its pipe is emptied: only then does it end, and only then is the pipe closed on our side.
    while await process.stdout.read(_PIECE):
        pass
    await process.wait()
