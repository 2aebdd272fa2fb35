"""`feedbot init` asks, on a real pseudo-terminal."""

import sys
from pathlib import Path

import pexpect
import pytest
import yaml

from tests.e2e import sites

FEEDBOT = Path(sys.executable).with_name("feedbot")


@pytest.fixture
def asked(tmp_path):
    """The command under way on a terminal, in a folder."""
    started = []

    def start(*words):
        child = pexpect.spawn(
            str(FEEDBOT), ["init", *words], cwd=tmp_path, encoding="utf-8", timeout=60, dimensions=(40, 200)
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def config_of(folder):
    return yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))


def test_every_question_shows_its_default_and_enter_takes_it(tmp_path, asked):
    sites.jekyll(tmp_path)
    child = asked()
    for question in (
        "Title of the publication [The Daily: News]: ",
        "URL of the public site [https://news.example/blog/]: ",
        "Folder of the articles, or a pattern [_posts, news/_posts]: ",
        "URL of the feeds [https://news.example/blog/feeds/]: ",
        "Every server that is asked for a link is told a page that says who asks",
        "Contact page [https://news.example/blog/feeds/about.html]: ",
    ):
        child.expect_exact(question)
        if question.endswith(": "):
            child.sendline("")
    child.expect_exact("wrote config.yaml")
    assert ended(child) == 0
    assert config_of(tmp_path)["articles"]["timezone"] == "America/New_York"


def test_answers_are_written_and_later_defaults_follow_from_them(tmp_path, asked):
    child = asked("--title", "Mine")
    child.expect_exact("URL of the public site [https://example.org/]: ")
    child.sendline("https://me.example/x")
    child.expect_exact("a pattern [articles]: ")
    child.sendline("feeds/all")
    child.expect_exact("a pattern: must be apart from feeds, where the feeds are written")
    child.expect_exact("a pattern [articles]: ")
    child.sendline("notes/*.md")
    child.expect_exact("URL of the feeds [https://me.example/x/feeds/]: ")
    child.sendline("https://feeds.example/")
    child.expect_exact("Contact page [https://feeds.example/about.html]: ")
    child.sendline("https://me.example/bot")
    child.expect_exact("Time zone of dates that name none [UTC]: ")
    child.sendline("Asia/Tokyo")
    assert ended(child) == 0
    config = config_of(tmp_path)
    assert config["site"] == {"title": "Mine", "url": "https://me.example/x", "language": "en"}
    assert (config["articles"]["paths"], config["articles"]["timezone"]) == (["notes/*.md"], "Asia/Tokyo")
    assert config["feeds"]["url"] == "https://feeds.example/"
    assert config["checker"]["contact"] == "https://me.example/bot"


def test_a_wrong_answer_is_asked_again_with_the_reason(tmp_path, asked):
    child = asked("--title", "Mine", "--articles", "posts")
    child.expect_exact("URL of the public site [https://example.org/]: ")
    child.sendline("news.example")
    child.expect_exact("URL of the public site: must be a URL such as https://example.org/")
    child.expect_exact("URL of the public site [https://example.org/]: ")
    child.sendline("https://news.example/")
    for _ in range(2):
        child.expect_exact("]: ")
        child.sendline("")
    child.expect_exact("Time zone of dates that name none [UTC]: ")
    child.sendline("Mars")
    child.expect_exact("must be a time zone such as UTC or Europe/London, not 'Mars'")
    child.expect_exact("[UTC]: ")
    child.sendline("")
    assert ended(child) == 0


@pytest.mark.parametrize("end", ["sendintr", "sendeof"])
def test_who_leaves_in_the_middle_leaves_nothing_behind(tmp_path, asked, end):
    child = asked()
    child.expect_exact("Title of the publication")
    child.sendline("")
    child.expect_exact("URL of the public site")
    getattr(child, end)()
    child.expect_exact("feedbot: stopped")
    assert ended(child) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["--yes", "--no-input", "-y"])
def test_who_wants_the_defaults_is_asked_nothing(tmp_path, asked, word):
    child = asked(word)
    child.expect_exact("wrote config.yaml")
    assert ended(child) == 0
    assert "]: " not in child.before


def test_where_a_config_is_there_nothing_is_asked(tmp_path, asked):
    (tmp_path / "config.yaml").touch()
    child = asked()
    child.expect_exact("feedbot: config.yaml: is there already and was not touched")
    assert ended(child) == 2
    assert "]: " not in child.before
