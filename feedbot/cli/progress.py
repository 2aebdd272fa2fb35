"""How far a run is, on standard error: lines that move on a terminal, a line now and then elsewhere."""

import os
import sys

import click

from feedbot.cli.everywhere import Told
from feedbot.cli.screen import Screen, size
from feedbot.cli.text import plain
from feedbot.clock import Clock
from feedbot.core.progress import Progress, Standing

# Often enough to be seen moving, seldom enough to cost nothing.
_MOVES_EVERY_S = 0.2
_LINE_EVERY_S = 10.0
_SCREEN = Screen()

progress_option = click.option(
    "--progress/--no-progress",
    "shown",
    default=None,
    help="Tell on standard error how far it is.  [default: on a terminal; elsewhere it is a line every 10 seconds]",
)


def plain_line(standing: Standing) -> str:
    """The line for a file or a pipe: everything, with the verdicts so far."""
    verdicts = ", ".join(f"{number:,} {kind}" for kind, number in standing.by_verdict.items())
    return plain("checking links: " + ", ".join(standing.words()) + (f" ({verdicts})" if verdicts else ""))


def shown_to(told: Told, shown: bool | None) -> bool | None:
    """What `--progress` says, or --quiet where that says nothing."""
    return False if told.quiet and shown is None else shown


async def show_progress(progress: Progress, clock: Clock, shown: bool | None) -> None:
    """Tell how far the run is until cancelled; on a terminal unless not `shown`, elsewhere where `shown`."""
    if is_moving():
        if shown is not False:
            await _move(progress, clock)
    elif shown:
        await _tell(progress, clock)


def is_moving() -> bool:
    """True where standard error is a terminal on which lines can be drawn anew."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def clear() -> None:
    """Make room for a sentence where moving lines may stand."""
    if is_moving():
        _SCREEN.clear()


async def _move(progress: Progress, clock: Clock) -> None:
    from feedbot.cli.frame import Painter  # noqa: PLC0415 - it takes a while to load, and only a terminal is worth it

    painter = Painter()
    try:
        while True:
            await clock.sleep(_MOVES_EVERY_S)
            standing = progress.at(clock.monotonic())
            if standing is None:
                _SCREEN.clear()
            else:
                _SCREEN.draw(painter.frame(standing, *size()))
    finally:
        _SCREEN.clear()


async def _tell(progress: Progress, clock: Clock) -> None:
    while True:
        await clock.sleep(_LINE_EVERY_S)
        standing = progress.at(clock.monotonic())
        if standing is not None:
            click.echo(plain_line(standing), err=True)
