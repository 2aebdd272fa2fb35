"""Lines at the end of a terminal that are drawn anew in their place, on standard error."""

import os
import re
import select
import sys
from collections.abc import Sequence
from contextlib import suppress

_STYLE = re.compile(r"\x1b\[[0-9;]*m")


class Screen:
    """The lines that were drawn last; whoever else writes clears them first."""

    def __init__(self) -> None:
        self._widths: list[int] = []

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines in the place of the last ones, each narrower than the terminal."""
        if _write(self._back() + "\n".join(f"{line}\x1b[K" for line in lines) + "\x1b[J"):
            self._widths = [len(_STYLE.sub("", line)) for line in lines]

    def clear(self) -> None:
        """Leave nothing of what was drawn."""
        if self._widths and _write(f"{self._back()}\x1b[J"):
            self._widths = []

    def _back(self) -> str:
        """What leads to the beginning of the lines that were drawn last."""
        # In a terminal that has become narrower, most let a line go on in the next row.
        columns = max(1, size()[0])
        rows = sum(max(1, -(-width // columns)) for width in self._widths)
        return f"\r\x1b[{rows - 1}A" if rows > 1 else "\r"


def size() -> tuple[int, int]:
    """Columns and rows of the terminal on standard error; 80 and 24 where it does not say."""
    try:
        columns, rows = os.get_terminal_size(sys.stderr.fileno())
    except OSError:
        return 80, 24
    return columns or 80, rows or 24


def _write(text: str) -> bool:
    """Write to the terminal, unless it takes nothing: one that is held by ctrl-S must not hold the run."""
    with suppress(OSError):
        poll = select.poll()
        poll.register(sys.stderr.fileno(), select.POLLOUT)
        if poll.poll(0):
            sys.stderr.write(text)
            sys.stderr.flush()
            return True
    return False
