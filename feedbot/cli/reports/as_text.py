"""A report as text for people in a terminal."""

from feedbot.cli.reports.report import Report


def render(report: Report) -> str:
    """The lines of the report."""
    return "\n".join(report.lines()) + "\n"
