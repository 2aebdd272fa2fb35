"""`feedbot lint`: every problem of every article, in every format, with the right exit code and nothing left behind."""

import csv
import gc
import io
import json
import re

import click
import jsonschema
import pytest
from click.testing import CliRunner
from junitparser import JUnitXml
from lxml import etree
from markdown_it import MarkdownIt

from feedbot import __version__
from feedbot.cli.main import main
from feedbot.cli.reports.formats import FORMATS
from feedbot.core.problems import PROBLEMS, Code
from feedbot.errors import FeedbotError, UsageError
from tests.cli.golden_files import expected
from tests.cli.workflow_commands import read_commands

CONFIG = """site: {title: Test News, url: https://example.org/}
articles: {paths: ["articles/**/*.md"]}
feeds: {url: https://example.org/feeds/}
"""
GOOD = "title: {name}\ndate: 2020-01-24\nsourceUrl: https://news.example/{name}\n"


@pytest.fixture(autouse=True)
def collected_as_before():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Articles:
    def __init__(self, folder):
        self.folder = folder
        (folder / "articles").mkdir(parents=True)
        self.config_file = folder / "config.yaml"
        self.config_file.write_text(CONFIG, encoding="utf-8")

    def write(self, name, front=None, body=""):
        path = self.folder / "articles" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"---\n{GOOD.format(name=name) if front is None else front}---\n{body}", encoding="utf-8")

    def lint(self, *words):
        line = ["--config", str(self.config_file), "lint", *words]
        return CliRunner().invoke(main, line, catch_exceptions=False, standalone_mode=False)

    def code(self, *words):
        return self.lint(*words).return_value

    def problems(self, *words):
        report = json.loads(self.lint("--format", "json", *words).stdout)
        return [(one["article"], one["line"], one["column"], one["code"]) for one in report["problems"]]


@pytest.fixture
def articles(tmp_path):
    return Articles(tmp_path / "news")


@pytest.fixture
def odd(articles):
    """Articles with much that is wrong."""
    (articles.folder / ".git").mkdir()
    articles.write("good")
    articles.write("bad", "title: [x]\ndate: soon\nsourceUrl: '|`@x'\nquality: '=1+1'\ndraft: perhaps\n")
    articles.write("twice", GOOD.format(name="twice") + "title: Again\nampUrl: ftp//x\n")
    articles.write("copy", GOOD.format(name="good"))
    articles.write("b: c,%0A", "title: x\n")
    return articles


class TestProblems:
    def test_are_all_told_of_a_file_in_its_order(self, odd):
        assert odd.problems() == [
            ("articles/b: c,%0A.md", None, None, "date-missing"),
            ("articles/bad.md", 2, 8, "wrong-type"),
            ("articles/bad.md", 3, 7, "date-invalid"),
            ("articles/bad.md", 4, 12, "url-invalid"),
            ("articles/bad.md", 5, 10, "number-invalid"),
            ("articles/bad.md", 6, 8, "flag-unclear"),
            ("articles/good.md", 4, 12, "duplicate-source"),
            ("articles/twice.md", 5, 1, "duplicate-key"),
            ("articles/twice.md", 6, 9, "url-invalid"),
        ]

    def test_of_two_files_with_one_source_are_those_of_the_later_name(self, articles):
        articles.write("a")
        articles.write("b", GOOD.format(name="a"))
        assert articles.problems() == [("articles/b.md", 4, 12, "duplicate-source")]
        assert "another article has the same source: articles/a.md" in articles.lint().stdout

    def test_of_two_files_with_one_source_spare_the_one_that_readers_know(self, articles):
        articles.write("b", GOOD.format(name="a"))
        feedbot = CliRunner().invoke(main, ["--config", str(articles.config_file), "build"], catch_exceptions=False)
        assert feedbot.exit_code == 0
        for left in articles.folder.glob("state.db*"):
            left.unlink()
        articles.write("a")
        assert articles.problems() == [("articles/a.md", 4, 12, "duplicate-source")]

    def test_of_two_files_with_one_id_are_those_of_the_later_name(self, articles):
        articles.write("a", GOOD.format(name="a") + "id: mine\n")
        articles.write("b", GOOD.format(name="b") + "id: mine\n")
        assert articles.problems() == [("articles/b.md", 5, 5, "duplicate-id")]

    def test_are_found_although_ids_json_is_broken(self, articles):
        articles.write("a")
        articles.write("b", GOOD.format(name="a"))
        (articles.folder / "feeds").mkdir()
        (articles.folder / "feeds" / "ids.json").write_text("<<<<<<<")
        assert articles.problems() == [("articles/b.md", 4, 12, "duplicate-source")]

    def test_are_all_told_where_reading_keeps_a_hundred(self, articles):
        topics = "".join(f"  - [{n}]\n" for n in range(150))
        articles.write("a", GOOD.format(name="a") + f"topics:\n{topics}")
        assert len(articles.problems()) == 150

    def test_of_many_files_are_found_on_every_core(self, articles):
        for n in range(1_100):
            articles.write(f"n{n:04}", None if n else "title: x\n")
        articles.write("z", GOOD.format(name="n0001"))
        assert articles.problems() == [
            ("articles/n0000.md", None, None, "date-missing"),
            ("articles/z.md", 4, 12, "duplicate-source"),
        ]

    def test_of_a_link_out_of_the_folder_are_found(self, articles):
        articles.write("a")
        (articles.folder / "articles" / "b.md").symlink_to("/etc/passwd")
        assert articles.problems() == [("articles/b.md", None, None, "symlink-leads-out")]

    def test_say_nothing_of_what_is_secured(self, articles):
        articles.write(
            "a", GOOD.format(name="a") + "secured: [CANARYCANARYCANARYCANARY;AAAA]\nampUrl: CANARYCANARYCANARYCANARY\n"
        )
        assert all("CANARY" not in articles.lint("--format", output).output for output in FORMATS)


class TestCommand:
    def test_ends_with_1_for_an_error_and_0_for_a_warning(self, articles):
        articles.write("a")
        assert articles.code() == 0
        articles.write("a", GOOD.format(name="a") + "quality: good\n")
        assert articles.code() == 0
        articles.write("a", "title: x\n")
        assert articles.code() == 1

    @pytest.mark.parametrize("more", ["quality: good\n", "title: Again\n"])
    def test_ends_with_1_for_a_warning_where_it_is_strict(self, articles, more):
        articles.write("a", GOOD.format(name="a") + more)
        assert articles.code("--strict") == 1

    def test_writes_nothing(self, odd):
        before = sorted(odd.folder.rglob("*"))
        odd.lint()
        assert sorted(odd.folder.rglob("*")) == before

    def test_tells_of_those_that_are_named_and_compares_them_with_all(self, odd, monkeypatch):
        assert [one[3] for one in odd.problems("articles/good.md")] == ["duplicate-source"]
        monkeypatch.chdir(odd.folder / "articles")
        assert [one[3] for one in odd.problems("twice.md")] == ["duplicate-key", "url-invalid"]

    def test_tells_of_those_in_a_folder(self, odd):
        odd.write("sub/x", "title: x\n")
        assert [one[0] for one in odd.problems("articles/sub")] == ["articles/sub/x.md"]

    def test_refuses_what_is_no_article(self, odd):
        done = CliRunner().invoke(main, ["--config", str(odd.config_file), "lint", "README.md"])
        assert "README.md: is no article" in str(done.exception)

    def test_skips_what_is_no_article_where_a_hook_names_all_that_changed(self, odd, monkeypatch):
        (odd.folder / "README.md").write_text("# Articles\n", encoding="utf-8")
        monkeypatch.chdir(odd.folder)
        assert odd.code("--skip-others", "README.md") == 0
        assert odd.code("--skip-others", "README.md", "articles/bad.md") == 1
        with pytest.raises(UsageError, match=r"nowhere\.md: is no article"):
            odd.lint("--skip-others", "articles/nowhere.md")

    def test_says_what_to_do_once_for_each_kind(self, odd):
        told = odd.lint().stdout
        assert told.count(PROBLEMS[Code.URL_INVALID].hint) == 1
        assert "articles/bad.md:3:7: error[date-invalid] date: expected a date such as" in told
        assert told.endswith("5 article files read: 5 errors and 4 warnings in 4 of them.\n")

    def test_is_content_with_good_articles(self, articles):
        articles.write("a")
        assert articles.lint().stdout == "1 article file read: nothing is wrong.\n"


class TestFormats:
    @pytest.mark.parametrize("output", FORMATS)
    def test_are_those_that_were_agreed_on(self, odd, output):
        text = odd.lint("--format", output).stdout.replace(f'"version": "{__version__}"', '"version": "0"')
        assert text == expected(f"lint.{output}", text)

    def test_have_the_promised_shape_in_json(self, odd, project):
        schema = json.loads((project / "feedbot" / "lint.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        report = json.loads(odd.lint("--format", "json").stdout)
        jsonschema.validate(report, schema)
        assert report["summary"] == {"files": 5, "errors": 5, "warnings": 4}
        by_code = {one["code"]: one for one in report["problems"]}
        assert by_code["date-invalid"]["expected"] == "a date such as 2020-01-24T14:57:00Z"
        assert by_code["wrong-type"]["expected"] == "text"
        assert by_code["duplicate-key"]["expected"] is None

    def test_are_valid_sarif(self, odd, project):
        schema = json.loads((project / "tests" / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
        log = json.loads(odd.lint("--format", "sarif").stdout)
        jsonschema.Draft4Validator(schema).validate(log)
        (run,) = log["runs"]
        assert [one["level"] for one in run["results"]] == ["error"] * 5 + ["warning"] * 4
        assert len({str(one["partialFingerprints"]) for one in run["results"]}) == 9
        where = run["results"][1]["locations"][0]["physicalLocation"]
        assert where == {
            "artifactLocation": {"uri": "articles/bad.md", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 2, "startColumn": 8},
        }

    def test_are_test_cases_of_files_in_junit(self, odd, project):
        text = odd.lint("--format", "junit").stdout.encode()
        etree.XMLSchema(etree.parse(project / "tests" / "schemas" / "junit-10.xsd")).assertValid(etree.fromstring(text))
        (suite,) = JUnitXml.fromstring(text)
        failed = {case.name: [one.type for one in case.result] for case in suite}
        assert failed == {
            "articles/b: c,%0A.md": ["date-missing"],
            "articles/bad.md": ["wrong-type", "date-invalid", "url-invalid"],
            "articles/copy.md": [],
            "articles/good.md": ["duplicate-source"],
            "articles/twice.md": [],
        }

    def test_fail_for_warnings_in_junit_where_it_is_strict(self, odd):
        (suite,) = JUnitXml.fromstring(odd.lint("--format", "junit", "--strict").stdout.encode())
        (twice,) = [case for case in suite if case.name == "articles/twice.md"]
        assert [one.type for one in twice.result] == ["duplicate-key", "url-invalid"]

    def test_are_annotations_on_their_lines_for_github(self, odd):
        commands = read_commands(odd.lint("--format", "github").stdout)
        assert [one.name for one in commands] == ["error"] * 5 + ["warning"] * 4
        assert commands[0].properties == {"file": "articles/b: c,%0A.md", "title": "feedbot lint: date-missing"}
        assert commands[1].properties == {
            "file": "articles/bad.md",
            "line": "2",
            "col": "8",
            "title": "feedbot lint: wrong-type",
        }

    def test_are_a_table_in_markdown(self, odd):
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(odd.lint("--format", "markdown").stdout)
        assert page.count("<tr>") == 1 + 9
        assert "<code>articles/bad.md:3:7</code>" in page

    def test_run_no_formula_in_csv(self, odd):
        rows = list(csv.DictReader(io.StringIO(odd.lint("--format", "csv").stdout, newline=""), strict=True))
        assert [row["level"] for row in rows] == ["error"] * 5 + ["warning"] * 4
        assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


class TestReport:
    @pytest.mark.parametrize("output", FORMATS)
    def test_is_in_a_file_what_the_format_is_on_standard_output(self, odd, tmp_path, output):
        path = tmp_path / "report"
        path.write_text("an earlier and longer one" * 1_000, encoding="utf-8")
        done = odd.lint("--report", f"{output}={path}")
        assert done.return_value == 1
        assert done.stdout == odd.lint().stdout
        assert path.read_bytes() == odd.lint("--format", output).stdout_bytes

    def test_is_written_to_several_files(self, articles, tmp_path):
        words = [word for name in ("junit", "csv") for word in ("--report", f"{name}={tmp_path / name}")]
        assert articles.code(*words) == 0
        assert {path.name for path in tmp_path.iterdir()} >= {"junit", "csv"}

    @pytest.mark.parametrize(
        ("value", "told"),
        [
            ("markdown", "is not FORMAT=FILE, such as markdown=report.md"),
            ("markdwon=x.md", "did you mean 'markdown'?"),
            ("csv=nowhere/x.csv", "there is no folder nowhere"),
        ],
    )
    def test_is_refused_where_it_cannot_be(self, articles, value, told):
        with pytest.raises(click.BadParameter, match=re.escape(told)):
            articles.lint("--report", value)

    def test_says_which_file_cannot_be_written(self, articles, tmp_path):
        with pytest.raises(FeedbotError, match=f"--report: {tmp_path} cannot be written"):
            articles.lint("--report", f"csv={tmp_path}")


def test_an_article_that_no_feed_has_for_its_source_is_an_error(articles):
    articles.write("one", "title: One\ndate: 2020-01-24\nsourceUrl: ftp://news.example/one\n")
    assert articles.code() == 1
    [problem] = articles.problems()
    assert problem == ("articles/one.md", 4, 12, "source-not-http")


def test_without_any_file_it_does_not_say_that_nothing_is_wrong(articles):
    assert articles.lint().stdout == "No article file read: articles.paths matches none.\n"


def test_the_docs_list_every_code_with_what_it_is_and_what_to_do(project):
    text = (project / "docs" / "articles.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `([a-z0-9-]+)` \| (error|warning) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    assert listed == [
        (code.value, "error" if one.rejects else "warning", one.title, one.hint) for code, one in PROBLEMS.items()
    ]


def test_the_docs_show_what_it_says_of_the_examples(project):
    done = CliRunner().invoke(main, ["--config", str(project / "config.yaml"), "lint"], standalone_mode=False)
    assert f"```text\n{done.stdout}```" in (project / "docs" / "articles.md").read_text(encoding="utf-8")
