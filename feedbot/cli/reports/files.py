"""`--report`: the same report in files as well, each in a format of its own."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from feedbot.cli.reports.formats import FORMATS, rendered
from feedbot.cli.reports.report import Report
from feedbot.cli.text import plain
from feedbot.cli.words import meant
from feedbot.errors import FeedbotError

_F = TypeVar("_F", bound=Callable[..., Any])


class ReportFile(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A format and the file that is to have it, such as `markdown=report.md`; the value is the two."""

    name = "report"

    def convert(
        self, value: str | tuple[str, Path], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, Path]:
        """The two; refused before anything is checked where the format is none or the file has no folder."""
        if isinstance(value, tuple):
            return value
        output, _, name = value.partition("=")
        if not name:
            self.fail(f"{value!r} is not FORMAT=FILE, such as markdown=report.md", param, ctx)
        if output not in FORMATS:
            self.fail(f"{output!r} is none of {', '.join(FORMATS)}{meant(output, tuple(FORMATS))}", param, ctx)
        path = Path(name)
        if not path.parent.is_dir():
            self.fail(f"{name}: there is no folder {path.parent}", param, ctx)
        return output, path


def report_option(command: _F) -> _F:
    """The option, as the parameter `reports`."""
    return click.option(
        "--report",
        "reports",
        multiple=True,
        type=ReportFile(),
        metavar="FORMAT=FILE",
        help="Also write the report to this file, in this format; may be given several times.",
    )(command)


def write_reports(report: Report, reports: Iterable[tuple[str, Path]]) -> None:
    """Write each file anew. It may be a pipe or what a CI reads, so it is written in place. Raises FeedbotError."""
    for output, path in reports:
        try:
            path.write_text(rendered(report, output), encoding="utf-8", newline="")
        except OSError as error:
            raise FeedbotError(f"--report: {plain(str(path))} cannot be written: {error.strerror}") from None
