"""What a person is told of the reports, by each command that writes them."""

import gc

import pytest
from click.testing import CliRunner, Result

from feedbot.cli.main import main
from tests.publication import Publication

WRITTEN = "Reports    where links stand and what became of them: "
NOT_WRITTEN = "Reports    not written: "


@pytest.fixture(autouse=True)
def collected_as_before():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def feedbot(news: Publication, *words: str) -> Result:
    return CliRunner().invoke(main, ["--config", str(news.config_file), *words], catch_exceptions=False)


@pytest.mark.parametrize("words", [["build"], ["run", "--once"]])
def test_a_command_says_where_the_reports_are_when_they_are_new(news: Publication, words: list[str]) -> None:
    news.article("one")
    folder = news.folder / "reports"
    assert f"{WRITTEN}{folder / 'links.html'}, {folder / 'links.atom'}" in feedbot(news, *words).stdout
    assert WRITTEN not in feedbot(news, "build").stdout


@pytest.mark.parametrize("words", [["build"], ["run", "--once"]])
def test_a_command_says_why_there_are_no_reports_and_does_its_work(news: Publication, words: list[str]) -> None:
    news.article("one")
    (news.folder / "reports").write_text("in the way")
    done = feedbot(news, *words)
    assert f"{NOT_WRITTEN}{news.folder / 'reports'}: is not a folder" in done.stdout
    assert (news.folder / "feeds" / "all.atom").exists()
