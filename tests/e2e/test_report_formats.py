"""Each format from the real command in a pipe: whole, alone on standard output, with the same exit code."""

import csv
import io
import json

import pytest
from junitparser import JUnitXml

from feedbot.cli.reports.formats import FORMATS
from tests.cli.workflow_commands import read_commands
from tests.e2e.test_check_command import feedbot


def verdicts(output: str, text: str) -> set[str]:
    """The verdicts that need a person, as a reader of this format finds them."""
    match output:
        case "json":
            return {one["verdict"] for one in json.loads(text)["results"]} - {"alive"}
        case "sarif":
            return {one["ruleId"] for one in json.loads(text)["runs"][0]["results"]}
        case "junit":
            (suite,) = JUnitXml.fromstring(text.encode())
            return {one.type for case in suite for one in case.result}
        case "csv":
            return {row["verdict"] for row in csv.DictReader(io.StringIO(text, newline=""))} - {"alive"}
        case "github":
            return {one.properties["title"].removeprefix("feedbot check: ") for one in read_commands(text)}
        case _:
            return {word for word in ("gone", "missing", "moved") if word in text}


@pytest.mark.parametrize("output", FORMATS)
def test_a_report_in_a_pipe_is_whole_and_fails_where_it_should(news, site, output):
    site.answers |= {"/lost": 404}
    news.article("one")
    news.article("lost")
    done = feedbot(news.folder, "check", "--all", "--format", output, "--fail-on", "broken")
    assert done.returncode == 4, done.stderr
    assert verdicts(output, done.stdout) == {"missing"}
    assert "\x1b" not in done.stdout
