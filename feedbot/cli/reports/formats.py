"""Which formats a report can have: for each a name here and a module that makes it."""

import importlib

import click

from feedbot.cli.reports.report import Report

TEXT = "text"
# The modules are imported when their format is asked for. Each has `render(report) -> str`.
FORMATS = {
    TEXT: "as_text",
    "json": "as_json",
}

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(list(FORMATS)),
    default=TEXT,
    show_default=True,
    help="How the report looks.",
)


def rendered(report: Report, output: str) -> str:
    """The report in the format of this name, without a line end after the last line."""
    module = importlib.import_module(f"feedbot.cli.reports.{FORMATS[output]}")
    text = module.render(report)
    assert isinstance(text, str)
    return text
