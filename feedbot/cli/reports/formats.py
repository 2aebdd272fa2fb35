"""Which formats a report can have: for each a name here and a module that makes it."""

import importlib

import click

from feedbot.cli.reports.report import Report

TEXT = "text"
# The modules are imported when their format is asked for. Each has `render(report) -> str`.
FORMATS = {
    TEXT: "as_text",
    "json": "as_json",
    "markdown": "as_markdown",
    "sarif": "as_sarif",
    "junit": "as_junit",
    "github": "as_github",
    "csv": "as_csv",
}

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(list(FORMATS)),
    default=TEXT,
    show_default=True,
    help="text for people, markdown for a comment on a pull request, github for annotations, the others for programs.",
)


def rendered(report: Report, output: str) -> str:
    """The report in the format of this name, with a line end after its last line."""
    module = importlib.import_module(f"feedbot.cli.reports.{FORMATS[output]}")
    text = module.render(report)
    assert isinstance(text, str)
    return text
