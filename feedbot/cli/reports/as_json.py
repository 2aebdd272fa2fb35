"""A report as one JSON object."""

import msgspec

from feedbot.cli.reports.report import Report


def render(report: Report) -> str:
    """The object of the report, indented."""
    return msgspec.json.format(msgspec.json.encode(report.document()), indent=1).decode() + "\n"
