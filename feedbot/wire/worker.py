"""A worker process: its share of the plan in by standard input, results out by standard output, both as they come."""

import asyncio
import os
import signal
import sys
import traceback
from collections.abc import AsyncGenerator, Sequence
from io import FileIO
from typing import BinaryIO

from feedbot.clock import SystemClock
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.wire.executor import Plan, Result
from feedbot.wire.frames import Broken, Done, Order, Portion, Results, Slow, encode, read_order, read_portion
from feedbot.wire.local import LocalWire, open_local
from feedbot.wire.loop import run
from feedbot.wire.politeness import Share
from feedbot.wire.prober import ProbeTarget

_A_FRAME = 50
"""Results in a frame at most; fewer where they come slowly, so that none waits long to be kept."""
_A_MOMENT_S = 0.02
_SLOW_EVERY_S = 1.0
_MOST_WORDS = 300


def main() -> None:
    """Carry out the order on standard input; end early where that is closed, as when feedbot was killed."""
    # Somebody's ctrl-C, or systemd's SIGTERM to all of a service: the process that gave the order decides.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # What prints by mistake must not end up between two frames.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY) if sys.stderr is None else 2, 1)
    # Without a buffer: what follows the order is read as it comes.
    orders_from = open(0, "rb", buffering=0)  # noqa: SIM115 - closed by the event loop
    try:
        order = read_order(orders_from)
    except EOFError:
        orders_from.close()
        out.close()
        return  # feedbot ended before it had said anything
    run(_work(order, orders_from, out))


async def _work(order: Order, orders_from: FileIO, out: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    listening_at, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), orders_from)
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: protocol, out)
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    portions: asyncio.Queue[Portion] = asyncio.Queue()
    working = asyncio.ensure_future(_carry_out(order, portions, writer))

    async def listen() -> None:
        while (portion := await read_portion(reader)) is not None:
            portions.put_nowait(portion)
        working.cancel()

    listening = asyncio.create_task(listen())
    try:
        await working
        # The last word is not only under way when the process ends.
        writer.close()
        await writer.wait_closed()
    except (asyncio.CancelledError, ConnectionError):
        transport.abort()  # nobody listens any more
    finally:
        listening.cancel()
        listening_at.close()


async def _carry_out(order: Order, portions: asyncio.Queue[Portion], writer: asyncio.StreamWriter) -> None:
    try:
        await _observe(order, portions, writer)
    except ConnectionError:
        raise
    except Exception as error:  # noqa: BLE001 - the last place that can tell it to feedbot
        place = traceback.extract_tb(error.__traceback__)[-1]
        words = " ".join(str(error).split())[:_MOST_WORDS]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"  # noqa: PTH119 - of what need be no path
        writer.write(encode(Broken(f"{type(error).__name__}: {words} ({where})")))


async def _observe(order: Order, portions: asyncio.Queue[Portion], writer: asyncio.StreamWriter) -> None:
    config = order.config
    ready: list[Result] = []
    loop = asyncio.get_running_loop()
    share = Share(set(), order.processes)
    async with open_local(config, order.contact, SystemClock(), head_refused=order.head_refused, share=share) as wire:
        telling = asyncio.create_task(_tell_what_is_slow(wire, writer))
        try:
            # There is one process for it: this one.
            async for result in wire.observe(Plan(_taken(portions, wire), 1)):
                if not ready:
                    loop.call_later(_A_MOMENT_S, _send, ready, writer)
                ready.append(result)
                if len(ready) >= _A_FRAME:
                    _send(ready, writer)
                # A full pipe pauses the probing, and the event loop goes on: no deadline is missed.
                await writer.drain()
        finally:
            telling.cancel()
        _send(ready, writer)
        writer.write(encode(Done(tuple(sorted(wire.head_refused)))))


async def _taken(portions: asyncio.Queue[Portion], wire: LocalWire) -> AsyncGenerator[Sequence[ProbeTarget], None]:
    while targets := (await portions.get()).targets:
        wire.take_over(registrable_domain(host_of(target.url)) for target in targets)
        yield targets


async def _tell_what_is_slow(wire: LocalWire, writer: asyncio.StreamWriter) -> None:
    told: tuple[tuple[str, float], ...] = ()
    while True:
        await asyncio.sleep(_SLOW_EVERY_S)
        hosts = wire.slowest()
        if hosts or told:
            # Where the pipe is full, nobody looks.
            await writer.drain()
            writer.write(encode(Slow(hosts)))
            told = hosts


def _send(ready: list[Result], writer: asyncio.StreamWriter) -> None:
    # Due a moment after a result, it may come when nobody listens any more; uvloop would raise then.
    if ready and not writer.is_closing():
        writer.write(encode(Results(tuple(ready))))
        ready.clear()
