"""What a terminal shows of a run under way: a bar with numbers, and below it the worst that was found so far.

Only a terminal is worth the time that rich takes to load.
"""

import sys

from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.segment import Segment, Segments
from rich.text import Text

from feedbot.cli.colour import COLOURS
from feedbot.cli.text import plain
from feedbot.core.progress import News, Standing

_WHAT = "checking links"
_BAR_WIDTH = 20
_WORTH_A_BAR = 60
"""Columns below which there is none, but more words."""
_LONGEST = 500
"""Characters of a URL or a reason that a frame looks at; no terminal is wider."""


class Painter:
    """Makes frames for standard error: in colour unless NO_COLOR is set, in ASCII where it must be."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)

    def frame(self, standing: Standing, columns: int, rows: int) -> list[str]:
        """The lines of a frame, each narrower than the terminal, and together lower than it."""
        width = columns - 1
        if width < 1 or rows < 1:
            return []
        self._console.width = width
        with self._console.capture() as captured:
            self._console.print(_bar(self._console, standing, width), no_wrap=True, overflow="crop")
            for one in standing.worst[: max(0, rows - 2)]:
                self._console.print(_news(one), no_wrap=True, overflow="crop", crop=True)
        return captured.get().rstrip("\n").split("\n")


def words_within(standing: Standing, begin: str, width: int) -> str:
    """What there is to say in so many columns after this beginning: what fits, the most important first."""
    said, *more = (plain(word) for word in standing.words(hosts=1))
    line = f"{begin}{said}"[:width]
    for word in more:
        if len(line) + 2 + len(word) > width:
            break
        line += f"  {word}"
    return line


def _bar(console: Console, standing: Standing, width: int) -> Segments | Text:
    if width < _WORTH_A_BAR:
        return Text(words_within(standing, f"{_WHAT}: ", width))
    bar = ProgressBar(
        total=max(1, standing.planned),
        completed=standing.done,
        style="bright_black",
        complete_style="cyan",
        finished_style="cyan",
    )
    # Without colours it ends where it has come to, if it is anywhere: padded, the words behind it stay in their place.
    begun = list(console.render(bar, console.options.update(width=_BAR_WIDTH)))
    drawn = Segment.adjust_line_length(begun, _BAR_WIDTH)
    words = words_within(standing, "", width - len(_WHAT) - _BAR_WIDTH - 2)
    return Segments([Segment(f"{_WHAT} "), *drawn, Segment(f" {words}\n")])


def _news(one: News) -> Text:
    # As text, in which nothing is markup.
    line = Text("  ")
    line.append(f"{one.kind:<11}", style=COLOURS.get(one.kind, ""))
    line.append(f"  {plain(one.url[:_LONGEST])}  {plain(one.reason[:_LONGEST])}")
    return line
