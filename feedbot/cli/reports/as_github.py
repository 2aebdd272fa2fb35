"""A report as workflow commands, which GitHub Actions shows as annotations beside the lines of a pull request.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions; what is escaped, and how, is what the
runner takes back. Of each level GitHub shows the first ten of a step, so the order matters.
"""

from collections.abc import Iterator

from feedbot.cli.reports.report import Finding, Place, Report
from feedbot.cli.text import plain
from feedbot.core.urgency import Level

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


def render(report: Report) -> str:
    """A command for each place of each finding, and at the end the headline, which the log shows as it is."""
    lines = [line for finding in report.findings for line in _commands(report.command, finding)]
    return "\n".join([*lines, report.headline]) + "\n"


def _commands(command: str, finding: Finding) -> Iterator[str]:
    if finding.level not in _COMMANDS:
        return
    said = f"{finding.text}\n{finding.advice}" if finding.advice else finding.text
    for place in finding.places or (None,):
        properties = {**_where(place), "title": f"feedbot {command}: {finding.code}"}
        listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        about = "" if place is not None and place.path == finding.subject else f"{finding.subject}\n"
        yield f"::{_COMMANDS[finding.level]} {listed}::{_data(about + said)}"


def _where(place: Place | None) -> dict[str, str]:
    if place is None:
        return {}
    numbers = {"line": place.line, "col": place.column}
    return {"file": place.path, **{name: str(number) for name, number in numbers.items() if number}}


def _data(text: str) -> str:
    """The text of a message: one line, in which % and line ends are written as %25, %0D and %0A."""
    told = "\n".join(plain(line) for line in text.split("\n"))
    return told.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property, in which : and , would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
