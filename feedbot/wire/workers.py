"""The plan shared out by host to processes of this machine, for one core cannot ask as fast as two."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Sequence

from feedbot.config import CheckerConfig
from feedbot.core.url import host_of
from feedbot.wire.executor import Result
from feedbot.wire.frames import Done, Order, encode, read_word
from feedbot.wire.politeness import gate_key
from feedbot.wire.prober import ProbeTarget

log = logging.getLogger("feedbot")

# A process takes a quarter of a second to start; fewer targets are done sooner than that pays.
TARGETS_WORTH_A_PROCESS = 1500
_WAITING_FRAMES = 16
_GRACE_S = 5.0


def how_many(workers: int | str, targets: int) -> int:
    """Processes for so many targets: as configured; `auto` is one for a few thousand, then one a core."""
    if isinstance(workers, int):
        return max(1, min(workers, targets))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, targets // TARGETS_WORTH_A_PROCESS))


def shared_out(plan: Sequence[ProbeTarget], shares: int) -> list[list[ProbeTarget]]:
    """The plan in so many parts of about one size, each in the plan's order; a gate's targets stay together.

    So the rules of politeness hold within a process. A redirect may lead to a host of another's.
    """
    sizes: dict[str, int] = {}
    gates = [gate_key(host_of(target.url)) for target in plan]
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


class Workers:
    """Carries out a plan in worker processes (wire/worker.py), each over a wire of its own.

    `concurrency` and the plan are shared among them; the rules for one host hold, since a host is one
    worker's. A worker that dies leaves the rest of its share undone, which is said in the log.
    `head_refused` grows by what they learn.
    """

    def __init__(self, config: CheckerConfig, contact: str, head_refused: set[str], processes: int) -> None:
        self._config = config
        self._contact = contact
        self._processes = processes
        self.head_refused = head_refused

    async def observe(self, plan: Sequence[ProbeTarget]) -> AsyncIterator[Result]:
        """Results as they come; the workers pause while they are not taken.

        Closing the iterator, or cancelling the task that reads it, ends the workers.
        """
        parts = shared_out(plan, self._processes)
        waiting: asyncio.Queue[tuple[Result, ...] | None] = asyncio.Queue(_WAITING_FRAMES)
        listeners = [asyncio.create_task(self._listen(part, waiting, len(parts))) for part in parts]
        try:
            left = len(listeners)
            while left:
                results = await waiting.get()
                if results is None:
                    left -= 1
                    continue
                for result in results:
                    yield result
        finally:
            for listener in listeners:
                listener.cancel()
            await asyncio.gather(*listeners, return_exceptions=True)

    async def _listen(
        self, part: list[ProbeTarget], waiting: "asyncio.Queue[tuple[Result, ...] | None]", parts: int
    ) -> None:
        config = self._config.model_copy(update={"concurrency": max(1, self._config.concurrency // parts)})
        order = Order(
            config=config.model_dump_json().encode(),
            contact=self._contact,
            head_refused=tuple(sorted(self.head_refused)),
            plan=tuple(part),
        )
        # -P: a folder named feedbot where the command is given must not be taken for the package.
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "feedbot.wire.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(encode(order))
            await process.stdin.drain()
            while True:
                word = await read_word(process.stdout)
                if word is None:
                    log.warning("a worker process ended before its work; the rest of its links stay due")
                    break
                if isinstance(word, Done):
                    self.head_refused.update(word.head_refused)
                    break
                await waiting.put(word.results)
            await waiting.put(None)
        except ConnectionError:
            log.warning("a worker process could not be told its work; its links stay due")
            await waiting.put(None)
        finally:
            await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Close its input, which ends it; kill it where that does not."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), _GRACE_S)
    except TimeoutError:
        process.kill()
        await process.wait()
