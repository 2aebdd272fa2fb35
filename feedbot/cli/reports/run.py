"""The summary of a whole run, as text for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from feedbot.cli.reports.checking import checking_lines
from feedbot.cli.reports.following import archiving_lines, pinging_lines, reporting_lines
from feedbot.cli.reports.publishing import publishing_lines
from feedbot.cli.reports.reading import reading_lines
from feedbot.cli.text import count
from feedbot.config import Config
from feedbot.core.status import StatusKind
from feedbot.state.runs import LastRun
from feedbot.steps.checking import Checking

if TYPE_CHECKING:  # what publishes takes a while to load
    from feedbot.cycle import Run


def run_lines(config: Config, run: "Run", last: LastRun | None) -> Iterator[str]:
    """The summary of a whole run, the worst news of each part first."""
    yield from reading_lines(config, run.reading)
    yield from checking_lines(run.checking, rejected=(), every=False)
    yield from _changes(run.checking, last)
    yield from publishing_lines(config, run.publishing, run.checking.results.to_tell())
    yield from reporting_lines(run.reporting)
    yield from pinging_lines(run.pinging)
    yield from archiving_lines(run.archiving)
    yield f"Files      feeds in {config.feeds_path}/, memory in {config.state_path}"


def _changes(checking: Checking, last: LastRun | None) -> Iterator[str]:
    """What is other than at the last run."""
    if last is None or not checking.online:
        return
    changes = sorted(checking.results.changes.items())
    said = [
        f"{number:,} went from {before} to {after}"
        for (before, after), number in changes
        if before is not StatusKind.UNCHECKED
    ]
    if first := sum(number for (before, _), number in changes if before is StatusKind.UNCHECKED):
        said.insert(0, f"{count(first, 'link')} checked for the first time")
    yield f"Changes    since {last.finished_at:%Y-%m-%d %H:%M} UTC: {', '.join(said) or 'no link changed'}"
