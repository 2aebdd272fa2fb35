"""A report as text for people."""

from feedbot.cli.reports.report import Report


def render(report: Report) -> str:
    """The lines of the report."""
    return "\n".join(report.lines())
