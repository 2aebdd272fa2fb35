"""The real `feedbot check`: what it looks at, and with what it exits."""

import subprocess
import sys
from pathlib import Path

import pytest

FEEDBOT = Path(sys.executable).with_name("feedbot")


def feedbot(folder, *words, named=None, **more):
    """The command, done; `named` is its standard input."""
    return subprocess.run(
        [FEEDBOT, *words],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        input=named or "",
        **more,
    )


def asked(site):
    return sorted({path for _, path in site.asked})


def test_standard_input_names_urls_and_articles(news, site):
    news.article("one")
    news.article("two")
    done = feedbot(news.folder, "check", "-", named=f"# of today\n{site.link('/x')}\n\narticles/two.md\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert asked(site) == ["/two", "/x"]
    nothing = feedbot(news.folder, "check", "-", named="\n# none\n")
    assert (nothing.returncode, nothing.stdout) == (0, "Links      standard input names nothing\n")


def test_what_is_not_due_is_asked_where_it_is_named(news, site):
    site.answers["/lost"] = 404
    news.article("lost", topics="AI")
    news.article("fine", topics="Robots")
    feedbot(news.folder, "check")
    for words, paths in (
        (["--all"], ["/fine", "/lost"]),
        (["--topic", "Robots"], ["/fine"]),
        (["--status", "dead,failing"], ["/lost"]),
        (["articles"], ["/fine", "/lost"]),
        ([], []),
    ):
        site.asked.clear()
        assert feedbot(news.folder, "check", *words).returncode == 0
        assert asked(site) == paths


def test_nothing_of_a_kind_is_said_so(news):
    news.article("one")
    done = feedbot(news.folder, "check", "--status", "dead")
    assert (done.returncode, done.stdout) == (0, "Links      none is dead of those that were named\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--fail-on", "gone,missing"], 4), (["--fail-on", "dead, gone"], 0), (["--fail-on", "broken,sadness"], 2)],
)
def test_words_of_fail_on_have_commas_between_them(news, site, words, code):
    site.answers["/lost"] = 404
    assert feedbot(news.folder, "check", *words, site.link("/lost")).returncode == code


def test_what_is_known_of_what_a_budget_does_not_reach_fails_too_within_what_was_named(news, site):
    site.answers["/lost"] = 404
    news.article("lost", topics="AI", date="2019-10-01T08:00:00Z")
    news.article("new", topics="AI")
    news.article("other", topics="Robots")
    feedbot(news.folder, "check")
    site.asked.clear()
    done = feedbot(news.folder, "check", "--topic", "AI", "--budget", "1", "--fail-on", "failing")
    assert len(asked(site)) == 1
    assert done.returncode == 4
    assert feedbot(news.folder, "check", "--topic", "Robots", "--fail-on", "failing").returncode == 0


def test_a_budget_is_for_what_is_due_as_well(news, site):
    for number in range(5):
        news.article(f"n{number}")
    assert feedbot(news.folder, "check", "--budget", "2").returncode == 0
    assert len(asked(site)) == 2


def test_a_run_over_all_links_has_no_other_beside_it(news, site):
    news.article("one")
    site.hold()
    first = subprocess.Popen([FEEDBOT, "check", "--all"], cwd=news.folder, stdout=subprocess.DEVNULL)
    try:
        while not site.asked:
            assert first.poll() is None
        done = feedbot(news.folder, "check", "--all")
        assert done.returncode == 75
        assert "feedbot check" in done.stderr
    finally:
        site.go_on()
        first.wait(30)
