"""Whatever an article or a server says, each format holds it and nothing more."""

import csv
import io
import json

from hypothesis import example, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml
from lxml import html
from markdown_it import MarkdownIt

from feedbot.cli.reports.check import CheckReport
from feedbot.cli.reports.formats import rendered
from feedbot.cli.text import plain
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from tests.cli.checked import HOSTILE, checking, place, result
from tests.cli.workflow_commands import read_commands

MEANT = st.text("|`\\<>&@#*_~[](){}:,%=+-'\"!\r\n\t -./0Aa機\x1b\u202e\u2028", max_size=30)
TEXT = MEANT | st.text(max_size=30)


def report(text: str) -> CheckReport:
    verdict = Verdict(VerdictKind.GONE, f"{text} ")
    return CheckReport(checking(result(f"https://a.example/?{text}", verdict, Status(StatusKind.DEAD), place(text))))


@settings(max_examples=150)
@given(TEXT)
@example(HOSTILE)
@example("\\|")
@example("a\\")
def test_a_row_of_a_markdown_table_has_its_cells_and_no_markup(text):
    page = html.fromstring(
        MarkdownIt("commonmark", {"html": True}).enable("table").render(rendered(report(text), "markdown"))
    )
    (row,) = [row for row in page.iter("tr") if row.find("td") is not None]
    assert len(row.findall("td")) == 5
    assert {element.tag for element in row.iter()} <= {"tr", "td", "code", "br"}


@settings(max_examples=150)
@given(TEXT)
@example(HOSTILE)
def test_a_workflow_command_is_one_line_that_reads_back(text):
    lines = rendered(report(text), "github").split("\n")
    assert len(lines) == 3  # with the headline, and nothing behind the last line end
    (command,) = read_commands(lines[0])
    assert command.properties.keys() == {"file", "line", "title"}
    # A line end within a text stays one, within the message.
    told = "\n".join(plain(line) for line in f"https://a.example/?{text}\n{text} ; dead".split("\n"))
    assert command.message == f"{told}\nReplace or drop the link."


@settings(max_examples=150)
@given(TEXT)
@example(HOSTILE)
def test_a_table_has_the_texts_in_their_cells_and_no_formula(text):
    (row,) = csv.DictReader(io.StringIO(rendered(report(text), "csv"), newline=""), strict=True)
    assert row["reason"].removeprefix("'") == plain(f"{text} ").removeprefix("'")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row.values())


@settings(max_examples=150)
@given(TEXT)
@example(HOSTILE)
def test_what_is_xml_or_json_stays_so(text):
    (suite,) = JUnitXml.fromstring(rendered(report(text), "junit").encode())
    assert (suite.tests, suite.failures) == (1, 1)
    (run,) = json.loads(rendered(report(text), "sarif"))["runs"]
    assert len(run["results"]) == 1
    assert json.loads(rendered(report(text), "json"))["results"][0]["reason"] == f"{text} "
