"""Running a coroutine for a command: signals end it cleanly, and a terminal sees how far it is."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from feedbot.checking import Progress
from feedbot.errors import FeedbotError

_T = TypeVar("_T")


def run_until_signalled(work: Coroutine[Any, Any, _T]) -> _T:
    """The coroutine's result; SIGTERM and SIGINT cancel it, and FeedbotError says that it was stopped."""

    async def supervised() -> _T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            raise FeedbotError("stopped; what was checked so far is kept, the rest stays due") from None

    return asyncio.run(supervised())


def terminal_progress() -> Progress | None:
    """A counter on standard error where that is a terminal, else None."""
    if not sys.stderr.isatty():
        return None

    def show(done: int, planned: int) -> None:
        end = "\r" if done < planned else "\r\x1b[K"
        click.echo(f"checking links: {done:,} of {planned:,}{end}", err=True, nl=False)

    return show
