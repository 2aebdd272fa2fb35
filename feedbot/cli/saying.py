"""Reports as they are said: in colour on a terminal, and with --quiet only what is wrong."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

import click

from feedbot.cli.colour import painted
from feedbot.cli.everywhere import Told

NEWS = frozenset({"alive", "moved", "amp_withdrawn", "mended", "forgotten", "waits", "early"})
"""What lines begin with that tell of something that nobody need do anything about."""

_LINES_AT_ONCE = 10_000
_MARKED = re.compile(r"  (\w[\w ]{0,12}?)(?:  |$)")
_WRONG = re.compile(r"[A-Z]\w+ +(?:OFFLINE|not )")


def say(told: Told, lines: Iterable[str]) -> None:
    """Print a report."""
    left = iter(wrong(lines) if told.quiet else lines)
    # Very many at once, for each echo is a write of its own.
    while said := "".join(f"{line}\n" for line in islice(left, _LINES_AT_ONCE)):
        click.echo(painted(said), nl=False)


def say_done(told: Told, line: str) -> None:
    """Print what a command has done: where that is all there is to tell, --quiet tells nothing."""
    if not told.quiet:
        click.echo(line)


def wrong(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a report that tell what is wrong, each with those below it that go on with it.

    A line at the margin tells what was done; one that is marked with a word, of one thing.
    """
    is_shown = False
    for line in lines:
        if not line.startswith(" "):
            is_shown = _WRONG.match(line) is not None
        elif marked := _MARKED.match(line):
            is_shown = marked[1] not in NEWS
        if is_shown:
            yield line
