"""Running a coroutine for a command: signals end it cleanly, and warnings are sentences."""

import asyncio
import logging
import signal
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from feedbot.articles.find import each_file
from feedbot.cli.everywhere import Told
from feedbot.cli.logs import warnings_said
from feedbot.cli.text import plain
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.errors import Stopped
from feedbot.state.database import State
from feedbot.steps.reading import settling_s
from feedbot.wire.choice import proxy_notice, require_usable
from feedbot.wire.loop import run

if TYPE_CHECKING:
    from feedbot.steps.pinging import Pinging

log = logging.getLogger("feedbot")

_T = TypeVar("_T")


def run_until_signalled(work: Coroutine[Any, Any, _T], beside: Coroutine[Any, Any, None] | None = None) -> _T:
    """The coroutine's result; SIGTERM and SIGINT cancel it, and Stopped says so.

    What runs `beside` it is cancelled when it ends. Where that failed before, the work is done all the same, and a
    warning tells of it; but for an OSError, of a standard error that nobody reads any more. Warnings are sentences on
    standard error.
    """

    async def supervised() -> _T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        others = [] if beside is None else [asyncio.ensure_future(beside)]
        try:
            return await task
        except asyncio.CancelledError:
            raise Stopped("stopped; what was checked so far is kept, the rest stays due") from None
        finally:
            for other in others:
                other.cancel()
            for problem in await asyncio.gather(*others, return_exceptions=True):
                if isinstance(problem, Exception) and not isinstance(problem, OSError):
                    log.warning("how far it is could not be shown (%s: %s)", type(problem).__name__, problem)

    with warnings_said():
        return run(supervised())


def say_of_proxy(config: Config, told: Told) -> None:
    """Tell on standard error that a proxy is asked; raises ConfigError where nothing can be asked by this config."""
    require_usable(config.checker.policy())
    if not told.quiet and (notice := proxy_notice(config.checker.policy())) is not None:
        click.echo(f"feedbot: {plain(notice)}", err=True)


def tell_hubs(config: Config, state: State, clock: Clock) -> "Pinging":
    """Tell the hubs what has changed, after a command has published; without hubs no event loop is started."""
    from feedbot.steps.pinging import Pinging, ping  # noqa: PLC0415 - `feedbot check` tells nobody

    return run(ping(config, state, clock)) if config.feeds.hub else Pinging()


def let_files_settle(config: Config, clock: Clock) -> None:
    """Wait, two seconds at most, until no article file may still be being written."""
    files = each_file(config.root, config.articles.paths, config.articles.exclude, [])
    time.sleep(settling_s(files, clock))
