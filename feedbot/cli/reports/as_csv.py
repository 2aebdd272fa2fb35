"""A report as a table in CSV (RFC 4180), for a spreadsheet."""

import csv
import io

from feedbot.cli.reports.report import Cell, Report
from feedbot.cli.text import plain

# A spreadsheet takes a cell that begins so for a formula, and a formula can run programs and send cells away. Titles
# and URLs come from articles and servers, so such a text gets an apostrophe in front, which makes it text there.
# Some take the wide forms of East Asian writing for the same.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")


def render(report: Report) -> str:
    """A line for each row, the first with the names of the columns; each ends with CR LF."""
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([_cell(cell) for cell in row] for row in report.rows())
    return out.getvalue()


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return f"'{plain(cell)}" if cell.startswith(_FORMULA) else plain(cell)
    return "" if cell is None else str(cell)
