"""A worker process: a share of the plan in by standard input, results out by standard output as they come."""

import asyncio
import os
import signal
import sys
from typing import BinaryIO

from feedbot.clock import SystemClock
from feedbot.config import CheckerConfig
from feedbot.core.observation import Observation
from feedbot.wire.frames import Done, Order, Results, encode, read_order
from feedbot.wire.local import open_local
from feedbot.wire.loop import run
from feedbot.wire.prober import Postponed

_A_FRAME = 50
"""Results in a frame at most; fewer where none has come for a moment, so that none waits to be kept."""
_A_MOMENT_S = 0.1


def main() -> None:
    """Carry out the order on standard input; end early where that is closed, as when feedbot was killed."""
    # A terminal's ctrl-C, and systemd's SIGTERM, reach every process; the one that gave the order decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # What prints by mistake must not end up between two frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    run(_work(read_order(sys.stdin.buffer), out))


async def _work(order: Order, out: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, out)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    working = asyncio.ensure_future(_observe(order, writer))
    loop.add_reader(sys.stdin.fileno(), working.cancel)
    try:
        await working
    except (asyncio.CancelledError, ConnectionError):
        pass  # nobody listens any more
    finally:
        loop.remove_reader(sys.stdin.fileno())
        writer.close()


async def _observe(order: Order, writer: asyncio.StreamWriter) -> None:
    config = CheckerConfig.model_validate_json(order.config)
    ready: list[Observation | Postponed] = []
    async with open_local(config, order.contact, SystemClock(), head_refused=order.head_refused) as wire:
        sending = asyncio.create_task(_send_regularly(ready, writer))
        try:
            async for result in wire.observe(order.plan):
                ready.append(result)
                if len(ready) >= _A_FRAME:
                    _send(ready, writer)
                    # A full pipe pauses the probing, and the event loop goes on: no deadline is missed.
                    await writer.drain()
        finally:
            sending.cancel()
        _send(ready, writer)
        writer.write(encode(Done(tuple(sorted(wire.head_refused)))))
        # The last word is not only under way when the process ends.
        writer.transport.set_write_buffer_limits(high=0)
        await writer.drain()


async def _send_regularly(ready: list[Observation | Postponed], writer: asyncio.StreamWriter) -> None:
    while True:
        await asyncio.sleep(_A_MOMENT_S)
        _send(ready, writer)


def _send(ready: list[Observation | Postponed], writer: asyncio.StreamWriter) -> None:
    if ready:
        writer.write(encode(Results(tuple(ready))))
        ready.clear()


if __name__ == "__main__":
    main()
