"""The plan shared out by host to processes of this machine, for one core cannot ask as fast as two."""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import msgspec

from feedbot.core.checker import CheckerPolicy
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.errors import FeedbotError
from feedbot.wire.executor import Result, SlowHosts, slowest
from feedbot.wire.frames import Broken, Done, Order, Results, Slow, encode, read_word
from feedbot.wire.prober import ProbeTarget

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


def shared_out(plan: Sequence[ProbeTarget], shares: int) -> list[list[ProbeTarget]]:
    """The plan in so many parts of about one size, each in the plan's order; a gate's targets stay together.

    So the rules of politeness hold within a process; for redirects that lead out of it, HostGates has a
    rule. Where there are fewer gates, there are fewer parts.
    """
    sizes: dict[str, int] = {}
    gates = [registrable_domain(host_of(target.url)) for target in plan]
    for gate in gates:
        sizes[gate] = sizes.get(gate, 0) + 1
    loads = [0] * shares
    share_of: dict[str, int] = {}
    for gate, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        share = loads.index(min(loads))
        share_of[gate] = share
        loads[share] += size
    parts: list[list[ProbeTarget]] = [[] for _ in range(shares)]
    for target, gate in zip(plan, gates, strict=True):
        parts[share_of[gate]].append(target)
    return [part for part in parts if part]


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
    is one worker's. A worker that ends early leaves the rest of its share undone, which is said in
    the log. They have `run_left_s` (None: no end), and are killed `grace_s` after that, or after being
    told to end, where they have not ended by themselves. `head_refused` grows by what they learn. Processes
    that are `ready` are taken first.
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
        self._workers: list[_Worker] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.head_refused = head_refused

    async def observe(self, plan: Sequence[ProbeTarget]) -> AsyncIterator[Result]:
        """Results as they come; the workers pause while they are not taken.

        Closing the iterator, or cancelling the task that reads it, ends the workers and returns when
        they are gone. Raises FeedbotError where none of them could do anything.
        """
        results: _Waiting = asyncio.Queue()
        room = asyncio.Semaphore(_WAITING_FRAMES)
        ends_at = None if self._run_left_s is None else asyncio.get_running_loop().time() + self._run_left_s
        workers = [_Worker(order, ends_at, self._grace_s, self._ready) for order in self._orders(plan)]
        tasks = [asyncio.create_task(worker.work(results, room)) for worker in workers]
        for task in tasks:
            task.add_done_callback(lambda _: results.put_nowait(None))
        self._workers += workers
        self._tasks.update(tasks)
        try:
            left = len(tasks)
            while left:
                some = await results.get()
                if some is None:
                    left -= 1
                    continue
                room.release()
                for result in some:
                    yield result
            self._learn(workers, tasks)
        finally:
            await _end_all(tasks)
            self._workers = [worker for worker in self._workers if worker not in workers]
            self._tasks.difference_update(tasks)

    def slowest(self) -> SlowHosts:
        """The hosts of what has been under way longest, three at most, longest first."""
        return slowest(host for worker in self._workers for host in worker.slow)

    async def aclose(self) -> None:
        """End the workers; an iterator that is still read ends with what was done."""
        await _end_all(self._tasks)

    def _orders(self, plan: Sequence[ProbeTarget]) -> list[Order]:
        parts = shared_out(plan, self._processes)
        head_refused = tuple(sorted(self.head_refused))
        # Whole numbers that add up to the configured one.
        steps = [self._config.concurrency * number // max(1, len(parts)) for number in range(len(parts) + 1)]
        orders = []
        for part, (before, after) in zip(parts, pairwise(steps), strict=True):
            run_s = self._config.max_run_s if self._run_left_s is None else self._run_left_s
            config = msgspec.structs.replace(self._config, workers=1, concurrency=after - before, max_run_s=run_s)
            orders.append(Order(config, self._contact, head_refused, tuple(part), len(parts)))
        return orders

    def _learn(self, workers: "Sequence[_Worker]", tasks: Sequence[asyncio.Task[None]]) -> None:
        for worker, task in zip(workers, tasks, strict=True):
            if task.cancelled():
                return
            task.result()  # an error of our own is raised
            self.head_refused.update(worker.head_refused)
        if workers and not any(worker.was_heard for worker in workers):
            raise FeedbotError("no worker process could do its work; `workers: 1` in the config does without them")


class _Worker:
    """One process with its share of the plan, from its start to its end."""

    def __init__(self, order: Order, ends_at: float | None, grace_s: float, ready: list[Process]) -> None:
        self._ready = ready
        self._order = order
        self._ends_at = ends_at
        self._grace_s = grace_s
        self._left = len(order.plan)
        self.was_heard = False
        self.slow: SlowHosts = ()
        self.head_refused: tuple[str, ...] = ()

    async def work(self, results: _Waiting, room: asyncio.Semaphore) -> None:
        """Pass on what the process finds; say in the log why where it leaves something undone."""
        try:
            process = self._ready.pop() if self._ready else await _start()
        except OSError as error:
            self._say(f"could not be started ({error.strerror})")
            return
        try:
            why_left = await self._listen(process, results, room)
        finally:
            self.slow = ()
            await _end(process, self._grace_s)
        if why_left is not None:
            self._say(why_left or _how_it_ended(process))

    async def _listen(self, process: Process, results: _Waiting, room: asyncio.Semaphore) -> str | None:
        """Tell the process its work and pass on its results until its last word.

        Returns None where it did all it could, else why not in words, which are empty where it just ended.
        """
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with self._patience():
                process.stdin.write(encode(self._order))
                await process.stdin.drain()
            while True:
                async with self._patience():
                    word = await read_word(process.stdout)
                match word:
                    case Results():
                        self._left -= len(word.results)
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
        log.warning("a worker process %s; %d of its links stay due", what, self._left)


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
