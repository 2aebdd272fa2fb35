"""Each format of a report: as it was agreed on, and as the programs that it is for read it."""

import csv
import io
import json
from collections import Counter
from datetime import timedelta

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from lxml import etree, html
from markdown_it import MarkdownIt

from feedbot import __version__
from feedbot.cli.naming import repository_prefix
from feedbot.cli.reports.as_markdown import MAX_BYTES
from feedbot.cli.reports.check import CheckReport
from feedbot.cli.reports.formats import FORMATS, rendered
from feedbot.cli.text import plain
from feedbot.core.article import LinkRole, Rejected
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.steps.checking import Checking
from feedbot.steps.results import Results
from tests.cli.checked import (
    BLOCKED,
    DEAD,
    EMPTY,
    EVERY,
    EXCUSED,
    FINE,
    HOSTILE,
    OFFLINE,
    REPORT,
    TYPO,
    UNKNOWN,
    checking,
    place,
    result,
)
from tests.cli.golden_files import expected
from tests.cli.workflow_commands import read_commands
from tests.core.histories import START

REPORTS = [REPORT, EMPTY, OFFLINE, FINE]
# As they need a person: broken or dead, failing or to be looked at, to be known of, not known, fine.
ORDER = ["gone", "missing", "suspect", "unreachable", "blocked", "moved", "alive", "unknown", "missing", "alive"]


@pytest.mark.parametrize("output", FORMATS)
def test_a_report_is_the_one_that_was_agreed_on(output):
    text = rendered(REPORT, output).replace(f'"version": "{__version__}"', '"version": "0"')
    assert text == expected(f"check.{output}", text)


@pytest.mark.parametrize("output", FORMATS)
@pytest.mark.parametrize("report", REPORTS)
def test_no_control_character_reaches_a_terminal(output, report):
    text = rendered(report, output)
    assert text.endswith("\n")
    assert "\x1b" not in text
    assert "\u202e" not in text or output == "json"  # which must say what is there


class TestJson:
    @pytest.mark.parametrize("report", REPORTS)
    def test_has_the_promised_shape(self, project, report):
        schema = json.loads((project / "feedbot" / "check.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(rendered(report, "json")), schema)

    def test_names_the_files_that_were_rejected(self):
        assert json.loads(rendered(REPORT, "json"))["rejected"] == [
            {"article": "articles/bad.md", "line": 2, "reason": "title: is missing"}
        ]
        whole = CheckReport(checking(), rejected=(Rejected("articles/x.md", 0, "the file is empty"),))
        assert json.loads(rendered(whole, "json"))["rejected"][0]["line"] is None


class TestCsv:
    def all_rows(self, report):
        return list(csv.DictReader(io.StringIO(rendered(report, "csv"), newline=""), strict=True))

    def rows(self, report):
        """Those of links."""
        return [row for row in self.all_rows(report) if row["url"]]

    def test_has_a_row_for_each_file_that_was_rejected_before_all_others(self):
        row = self.all_rows(REPORT)[0]
        assert {name: cell for name, cell in row.items() if cell} == {
            "level": "error",
            "reason": "title: is missing",
            "article": "articles/bad.md",
            "line": "2",
            "what_to_do": "`feedbot lint` shows all that is wrong with it.",
        }

    def test_has_a_row_for_each_place_and_for_a_link_in_no_article(self):
        rows = self.rows(REPORT)
        assert len(rows) == sum(max(1, len(one.places)) for one in EVERY)
        assert list(dict.fromkeys(row["url"] for row in rows if row["verdict"] == "missing")) == [
            TYPO.after.url,
            EXCUSED.after.url,
        ]
        (blocked,) = [row for row in rows if row["verdict"] == "blocked"]
        assert (blocked["article"], blocked["line"]) == ("", "")

    def test_is_in_the_order_in_which_links_need_a_person(self):
        seen = dict.fromkeys((row["url"], row["verdict"]) for row in self.rows(REPORT))
        assert [verdict for _, verdict in seen] == ORDER

    def test_ends_every_line_with_cr_lf(self):
        lines = rendered(REPORT, "csv").split("\n")
        assert all(line.endswith("\r") for line in lines[:-1])

    @pytest.mark.parametrize(
        "text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\n=1", "\uff1d1", "\uff201"]
    )
    def test_has_no_cell_that_a_spreadsheet_would_run(self, text):
        one = result("https://a.example/", Verdict(VerdictKind.ALIVE, text), Status(StatusKind.ALIVE), place(text))
        (row,) = self.rows(CheckReport(checking(one)))
        assert row["reason"] == row["article"] == f"'{plain(text)}"


class TestMarkdown:
    def table(self, report):
        """The cells of the table, as GitHub's flavour of Markdown would show them."""
        page = html.fromstring(f"<main>{self.page(report)}</main>")
        return [
            [cell.text_content() for cell in row.iter("td")] for row in page.iter("tr") if row.find("td") is not None
        ]

    def page(self, report):
        return (
            MarkdownIt("commonmark", {"html": True, "linkify": False})
            .enable("table")
            .render(rendered(report, "markdown"))
        )

    def test_shows_what_needs_a_person_in_a_table_the_worst_first(self):
        rows = self.table(REPORT)
        assert [row[1] for row in rows] == ["gone", "missing", "suspect", "unreachable"]
        assert all(len(row) == 5 for row in rows)
        assert rows[0][2] == "site/articles/two: 100%, more.md:4"
        assert rows[1][4] == "Look for a typo: it was never seen alive."

    def test_shows_three_places_and_counts_the_others(self):
        assert self.table(REPORT)[1][2].endswith("site/articles/three.md:5and 1 more")

    def test_is_no_table_where_nothing_needs_a_person(self):
        assert self.table(FINE) == []
        assert "1 link checked: 1 alive." in rendered(FINE, "markdown")

    def test_says_no_more_than_that_the_machine_was_offline(self):
        assert self.table(OFFLINE) == []
        assert "seems to be offline" in rendered(OFFLINE, "markdown")

    def test_takes_nothing_that_a_page_says_for_markup(self):
        page = html.fromstring(f"<main>{self.page(REPORT)}</main>")
        allowed = {"main", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "br"}
        assert {element.tag for element in page.iter()} <= allowed
        assert "a|b `c` \uff20everyone" in page.text_content()

    def test_calls_nobody_and_refers_to_no_issue(self):
        page = html.fromstring(f"<main>{self.page(REPORT)}</main>")
        for code in page.xpath("//code"):
            code.text = ""  # GitHub looks for neither in code
        text = page.text_content()
        assert "@" not in text
        assert "#" not in text
        assert "GH-2" not in text

    def test_holds_no_link_that_github_would_make_of_an_address(self):
        assert "://" not in rendered(REPORT, "markdown")

    def test_cuts_what_is_too_long_for_a_table(self):
        one = result("https://a.example/", Verdict(VerdictKind.GONE, "x" * 8000), Status(StatusKind.DEAD), place())
        ((*_, why, _),) = self.table(CheckReport(checking(one)))
        assert len(why) < 400
        assert why.endswith("x…")

    @pytest.mark.parametrize("text", ["x" * 8000, HOSTILE, "機" * 300])
    def test_stays_within_what_github_takes_and_counts_the_rest(self, text):
        verdict = Verdict(VerdictKind.MISSING, text)
        many = [result(f"https://a.example/{n}?{text}", verdict, Status(StatusKind.DEAD), place()) for n in range(2000)]
        report = CheckReport(checking(*many))
        whole = rendered(report, "markdown")
        assert MAX_BYTES * 0.95 < len(whole.encode()) <= MAX_BYTES
        shown = len(self.table(report))
        assert f"And {2000 - shown:,} more, for which this comment has no room." in whole


class TestSarif:
    def log(self, report):
        return json.loads(rendered(report, "sarif"))

    @pytest.mark.parametrize("report", REPORTS)
    def test_is_valid_by_the_schema_of_the_standard(self, project, report):
        schema = json.loads((project / "tests" / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        jsonschema.Draft4Validator(schema).validate(self.log(report))

    def test_has_a_result_for_each_place_of_each_link_that_is_not_well(self):
        results = self.log(REPORT)["runs"][0]["results"]
        counted = Counter((one["ruleId"], one["level"]) for one in results)
        assert counted == {
            ("rejected", "error"): 1,
            ("gone", "error"): 1,
            ("missing", "error"): 4,
            ("suspect", "warning"): 1,
            ("unreachable", "warning"): 1,
            ("blocked", "note"): 1,
            ("moved", "note"): 1,
            ("alive", "note"): 1,
        }
        assert list(dict.fromkeys(one["ruleId"] for one in results)) == ["rejected", *ORDER[:6], "alive"]

    def test_names_places_from_the_top_of_the_repository(self):
        results = self.log(REPORT)["runs"][0]["results"]
        rejected, location = (one["locations"][0]["physicalLocation"] for one in results[:2])
        assert (rejected["artifactLocation"]["uri"], rejected["region"]) == ("site/articles/bad.md", {"startLine": 2})
        assert location["artifactLocation"]["uri"] == "site/articles/two%3A%20100%25%2C%20more.md"
        assert location["region"] == {"startLine": 4}

    def test_explains_every_rule_that_a_result_names(self):
        (run,) = self.log(REPORT)["runs"]
        rules = run["tool"]["driver"]["rules"]
        assert {rule["id"] for rule in rules} == {*VerdictKind, "rejected"}
        assert "rejected" not in rendered(FINE, "sarif")
        for one in run["results"]:
            assert rules[one["ruleIndex"]]["id"] == one["ruleId"]
            assert rules[one["ruleIndex"]]["help"]["text"]

    def test_knows_a_result_again_on_another_line(self):
        def prints(line):
            one = result(DEAD.after.url, DEAD.verdict, DEAD.after.status, place(line=line))
            return [one["partialFingerprints"] for one in self.log(CheckReport(checking(one)))["runs"][0]["results"]]

        assert prints(4) == prints(40)

    def test_knows_its_results_from_each_other(self):
        results = self.log(REPORT)["runs"][0]["results"]
        assert len({json.dumps(one["partialFingerprints"]) for one in results}) == len(results)

    def test_has_no_link_that_a_page_put_there(self):
        assert "](" not in "".join(one["message"]["text"] for one in self.log(REPORT)["runs"][0]["results"])

    def test_tells_that_an_offline_machine_found_nothing_out(self):
        (run,) = self.log(OFFLINE)["runs"]
        assert run["results"] == []
        assert run["invocations"] == [{"executionSuccessful": False}]


class TestJunit:
    @pytest.mark.parametrize("report", REPORTS)
    def test_is_valid_by_the_schema_of_jenkins(self, project, report):
        schema = etree.XMLSchema(etree.parse(project / "tests" / "schemas" / "junit-10.xsd"))
        schema.assertValid(etree.fromstring(rendered(report, "junit").encode()))

    def test_has_a_case_for_each_link_which_fails_where_it_is_broken_dead_or_failing(self):
        (suite,) = JUnitXml.fromstring(rendered(REPORT, "junit").encode())
        assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (1 + len(EVERY), 3, 1, 1)
        outcomes = {case.name: [type(one) for one in case.result] for case in suite}
        assert outcomes[DEAD.after.url] == outcomes[TYPO.after.url] == [Failure]
        assert outcomes[UNKNOWN.after.url] == [Skipped]
        assert outcomes["site/articles/bad.md"] == [Error]
        assert outcomes[EXCUSED.after.url] == outcomes[BLOCKED.after.url] == []

    def test_tells_in_a_failure_where_the_link_is_and_what_to_do(self):
        (suite,) = JUnitXml.fromstring(rendered(REPORT, "junit").encode())
        (typo,) = [case for case in suite if case.name == TYPO.after.url]
        assert typo.classname == "site/articles/one.md"
        assert typo.result[0].type == "missing"
        assert "Look for a typo" in typo.result[0].text
        assert "site/articles/two: 100%, more.md:12" in typo.result[0].text

    @pytest.mark.parametrize("text", ["\x00\x08\x1b", "\ufffe\uffff", "\ud800", "]]> <!-- & \" '", HOSTILE])
    def test_is_xml_whatever_a_page_says(self, text):
        one = result("https://a.example/", Verdict(VerdictKind.GONE, text), Status(StatusKind.DEAD), place(text))
        (suite,) = JUnitXml.fromstring(rendered(CheckReport(checking(one)), "junit").encode())
        assert suite.failures == 1


class TestGithub:
    def test_has_an_annotation_for_each_place_the_worst_first(self):
        commands = read_commands(rendered(REPORT, "github"))
        titles = [(one.name, one.properties["title"].removeprefix("feedbot check: ")) for one in commands]
        assert titles == [
            ("error", "gone"),
            *[("error", "missing")] * 4,
            ("warning", "suspect"),
            ("warning", "unreachable"),
            ("notice", "blocked"),
            ("notice", "moved"),
            ("notice", "alive"),
        ]

    def test_reads_back_as_it_was_meant(self):
        commands = read_commands(rendered(REPORT, "github"))
        gone, suspect, blocked = commands[0], commands[5], commands[7]
        assert gone.properties["file"] == "site/articles/two: 100%, more.md"
        assert gone.properties["line"] == "4"
        assert gone.message.split("\n") == [
            "https://news.example/gone",
            "410 on GET: gone, says the server; dead",
            "Replace or drop the link.",
        ]
        assert "::error::no %0A" in suspect.message
        assert "file" not in blocked.properties

    @pytest.mark.parametrize("text", ["a\r\nb", "%0A::error::x", "%250A", HOSTILE])
    def test_is_one_line_for_each_command_whatever_a_page_says(self, text):
        one = result(
            "https://a.example/", Verdict(VerdictKind.GONE, text), Status(StatusKind.DEAD), place(f"{text}.md")
        )
        lines = rendered(CheckReport(checking(one)), "github").splitlines()
        assert len(lines) == 2
        (command,) = read_commands(lines[0])
        assert "\r" not in command.message
        assert command.properties.keys() == {"file", "line", "title"}

    def test_ends_with_the_headline_for_whoever_reads_the_log(self):
        assert rendered(FINE, "github") == "1 link checked: 1 alive.\n"


@pytest.mark.parametrize("format_", ["markdown", "github"])
def test_a_rejected_file_is_told_where_nothing_is_due_too(format_):
    nothing = CheckReport(checking(online=None), rejected=(Rejected("articles/bad.md", 2, "title: is missing"),))
    assert "nothing is due" in rendered(nothing, format_)
    assert "1 article file cannot be used: `feedbot lint` shows why." in rendered(nothing, format_)


class TestPaths:
    def test_are_those_from_the_top_of_the_repository(self, tmp_path):
        (tmp_path / ".git").mkdir()
        (tmp_path / "sites" / "news").mkdir(parents=True)
        assert repository_prefix(tmp_path / "sites" / "news") == "sites/news/"
        assert repository_prefix(tmp_path) == ""

    def test_are_those_from_the_top_of_a_worktree_too(self, tmp_path):
        (tmp_path / ".git").write_text("gitdir: elsewhere")
        (tmp_path / "news").mkdir()
        assert repository_prefix(tmp_path / "news") == "news/"


def test_roles_tell_two_links_of_one_article_apart():
    links = [place(), place(line=9, role=LinkRole.BODY)]
    one = result(DEAD.after.url, DEAD.verdict, DEAD.after.status, *links)
    results = json.loads(rendered(CheckReport(checking(one)), "sarif"))["runs"][0]["results"]
    assert len({str(one["partialFingerprints"]) for one in results}) == 2


class TestAdvice:
    @pytest.mark.parametrize(
        ("verdict", "status", "advice"),
        [
            (VerdictKind.ALIVE, Status(StatusKind.DEAD, strikes=3), "second good answer"),
            (VerdictKind.UNREACHABLE, Status(StatusKind.DEAD, strikes=5, first_alive_at=START), "Replace or drop"),
            (VerdictKind.UNREACHABLE, Status(StatusKind.FAILING, strikes=1, first_alive_at=START), "Wait"),
            (VerdictKind.BLOCKED, Status(StatusKind.BLOCKED, since_at=START - timedelta(days=31)), "in a browser, and"),
        ],
    )
    def test_goes_by_the_history_of_a_link_too(self, verdict, status, advice):
        one = result("https://a.example/", Verdict(verdict, "said"), status, place())
        (finding,) = CheckReport(checking(one)).findings
        assert advice in finding.advice


def test_the_headline_says_where_our_own_network_is_the_likelier_cause():
    frozen = Checking(7, START, START, True, Results.of([UNKNOWN]), frozen=True)
    assert "our own network is the likelier cause" in rendered(CheckReport(frozen), "markdown")
