"""How far a run is, on standard error: one line that moves on a terminal, a line now and then elsewhere."""

import os
import select
import sys
from contextlib import suppress

import click

from feedbot.cli.text import plain
from feedbot.clock import Clock
from feedbot.core.progress import Progress, Standing

# Often enough to be seen moving, seldom enough to cost nothing.
_MOVES_EVERY_S = 0.2
_LINE_EVERY_S = 10.0
_CLEAR = "\r\x1b[K"

progress_option = click.option(
    "--progress/--no-progress",
    "shown",
    default=None,
    help="Tell on standard error how far it is.  [default: on a terminal; elsewhere it is a line every 10 seconds]",
)


def moving_line(standing: Standing, width: int) -> str:
    """The line for a terminal of so many columns: what fits, the most important first."""
    said, *more = (plain(word) for word in standing.words(hosts=1))
    line = f"checking links: {said}"[:width]
    for word in more:
        if len(line) + 2 + len(word) > width:
            break
        line += f"  {word}"
    return line


def plain_line(standing: Standing) -> str:
    """The line for a file or a pipe: everything, with the verdicts so far."""
    verdicts = ", ".join(f"{number:,} {kind}" for kind, number in standing.by_verdict.items())
    return plain("checking links: " + ", ".join(standing.words()) + (f" ({verdicts})" if verdicts else ""))


async def show_progress(progress: Progress, clock: Clock, shown: bool | None) -> None:
    """Tell how far the run is until cancelled; on a terminal unless not `shown`, elsewhere where `shown`."""
    if is_moving():
        if shown is not False:
            await _move(progress, clock)
    elif shown:
        await _tell(progress, clock)


def is_moving() -> bool:
    """True where standard error is a terminal on which a line can be written anew."""
    return sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def clear() -> None:
    """Make room for a sentence where the moving line may stand."""
    if is_moving():
        _write(_CLEAR)


async def _move(progress: Progress, clock: Clock) -> None:
    try:
        while True:
            await clock.sleep(_MOVES_EVERY_S)
            standing = progress.at(clock.monotonic())
            _write(_CLEAR if standing is None else f"\r{moving_line(standing, _columns() - 1)}\x1b[K")
    finally:
        _write(_CLEAR)


async def _tell(progress: Progress, clock: Clock) -> None:
    while True:
        await clock.sleep(_LINE_EVERY_S)
        standing = progress.at(clock.monotonic())
        if standing is not None:
            click.echo(plain_line(standing), err=True)


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def _write(text: str) -> None:
    """Write to the terminal, unless it takes nothing: one that is held by ctrl-S must not hold the run."""
    with suppress(OSError):
        poll = select.poll()
        poll.register(sys.stderr.fileno(), select.POLLOUT)
        if poll.poll(0):
            sys.stderr.write(text)
            sys.stderr.flush()
