"""`feedbot fix` as a person types it."""

import os
import pty
import re
import subprocess

import pytest

from feedbot.core.url import canonical_url
from tests.e2e.test_command import FEEDBOT, feedbot


@pytest.fixture
def moved(news, site):
    """Two articles whose pages have moved for good, and one that has been seen to have moved once."""
    for name in ("one", "two"):
        news.article(name)
        site.answers[f"/{name}"] = (301, f"/new-{name}")
    for _ in range(3):
        news.run()
        news.clock.step(days=40)
    news.article("three")
    site.answers["/three"] = (301, "/new-three")
    news.run()
    return news


def articles(news):
    return {path.name: path.read_text() for path in sorted((news.folder / "articles").iterdir())}


def test_without_write_it_is_a_diff_and_nothing_changes(moved, site):
    before = articles(moved)
    done = feedbot(moved.folder, "fix")
    assert done.returncode == 0
    assert done.stdout.startswith(
        "--- a/articles/one.md\n+++ b/articles/one.md\n@@ -1,6 +1,6 @@\n ---\n title: About one\n"
    )
    assert f"\n-sourceUrl: {site.link('/two')}\n+sourceUrl: {site.link('/new-two')}\n" in done.stdout
    assert done.stderr.splitlines() == [
        "Fix        2 links in 2 files would be rewritten: feedbot fix --write",
        "  early      1 link seems to have moved or to be withdrawn, not for long enough yet to be rewritten",
    ]
    assert articles(moved) == before
    assert feedbot(moved.folder, "fix", "--dry-run").stdout == done.stdout


def test_with_write_it_changes_the_files_and_the_next_time_there_is_nothing(moved, site):
    before = articles(moved)
    done = feedbot(moved.folder, "fix", "--write")
    assert (done.returncode, done.stdout) == (0, "articles/one.md: 1 link\narticles/two.md: 1 link\n")
    assert done.stderr.startswith(
        "Fix        2 links in 2 files rewritten; the next `feedbot build` or run reads them\n"
    )
    assert articles(moved) == {
        name: text if name == "three.md" else re.sub(r"(sourceUrl: \S+/)(one|two)", r"\1new-\2", text)
        for name, text in before.items()
    }
    again = feedbot(moved.folder, "fix", "--write")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr.startswith("Fix        nothing to rewrite\n")


def test_what_is_named_is_all_that_changes_and_what_is_left_says_why(moved, site):
    before = articles(moved)
    done = feedbot(moved.folder, "fix", "--write", "articles/two.md", site.link("/two"))
    assert done.stdout == "articles/two.md: 1 link\n"
    assert articles(moved)["one.md"] == before["one.md"]
    named = feedbot(moved.folder, "fix", canonical_url(site.link("/three")))
    assert named.returncode == 0
    assert "nothing to rewrite" in named.stderr
    assert f"left       {site.link('/three')}: has moved to {site.link('/new-three')}, seen once since" in named.stderr
    alive = feedbot(moved.folder, "fix", site.link("/new-two"))
    assert alive.returncode == 2
    feedbot(moved.folder, "build")
    alive = feedbot(moved.folder, "fix", site.link("/new-two"))
    assert f"left       {site.link('/new-two')}: is not known to have moved" in alive.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["https://nowhere.example/"], "no article links to it"),
        (["articles/none.md"], "is no article that is known; `feedbot build` reads new ones"),
        (["http://[/"], "not a URL"),
        (["--write", "--dry-run"], "cannot go together"),
    ],
)
def test_what_is_not_known_is_refused(moved, words, told):
    before = articles(moved)
    done = feedbot(moved.folder, "fix", "--write", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert articles(moved) == before


def test_without_a_database_it_says_what_to_do(news):
    done = feedbot(news.folder, "fix")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no database yet; `feedbot run --once` makes it" in done.stderr


def test_in_a_pipe_it_is_the_bytes_and_in_a_terminal_nothing_moves_the_cursor(moved, site):
    path = moved.folder / "articles" / "one.md"
    path.write_bytes(path.read_bytes().replace(b"About one", "About \u202eone".encode()).replace(b"\n", b"\r\n"))
    done = subprocess.run([FEEDBOT, "fix"], check=True, cwd=moved.folder, capture_output=True)
    assert b" title: About \xe2\x80\xaeone\r\n" in done.stdout
    assert f"\n-sourceUrl: {site.link('/one')}\r\n+sourceUrl: {site.link('/new-one')}\r\n".encode() in done.stdout
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "wb") as terminal:
        subprocess.run([FEEDBOT, "fix"], check=True, cwd=moved.folder, stdout=terminal, stderr=subprocess.DEVNULL)
        shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert "About \ufffdone" in shown
    assert "\u202e" not in shown


@pytest.mark.debian("git", "git")
@pytest.mark.parametrize("repository", [None, ".", ".."])
def test_git_applies_what_it_shows_in_a_repository_or_below_it_or_without_one(moved, repository):
    if repository is not None:
        subprocess.run(["git", "init", "-q", repository], check=True, cwd=moved.folder)
    subprocess.run(f"{FEEDBOT} fix | git apply", check=True, cwd=moved.folder, shell=True)
    assert "/new-one\n" in articles(moved)["one.md"]
    assert "/new-two\n" in articles(moved)["two.md"]
    assert "nothing to rewrite" in feedbot(moved.folder, "fix").stderr


def test_the_examples_are_in_its_help(tmp_path):
    done = feedbot(tmp_path, "fix", "--help", env={**os.environ, "COLUMNS": "100"})
    assert "Examples:\n    feedbot fix " in done.stdout
