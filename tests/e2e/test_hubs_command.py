"""What a person sees of hubs: the commands that publish tell them, and say what became of it."""

import signal

import pytest

from tests.e2e.test_command import feedbot, started, until
from tests.hubs import loopback_hub
from tests.test_pinging import files


@pytest.fixture
def hub():
    with loopback_hub() as hub:
        yield hub


@pytest.fixture
def published(news, hub):
    news.configure_feeds(f"hub: {hub.url}")
    news.article("one")
    assert feedbot(news.folder, "build").returncode == 0
    assert hub.topics == files("ai", "all")
    return news


@pytest.mark.parametrize("words", [("build",), ("run", "--once")])
def test_a_command_that_publishes_tells_the_hub_and_says_so(published, hub, words):
    published.article("two", topics="Robots")
    told = feedbot(published.folder, *words)
    assert (told.returncode, told.stderr) == (0, "")
    assert "Hubs       told of 6 addresses that changed\n" in told.stdout
    assert hub.topics == files("all", "robots")
    again = feedbot(published.folder, *words)
    assert "Hubs" not in again.stdout
    assert hub.topics == []


@pytest.mark.parametrize("words", [("build",), ("run", "--once")])
def test_a_hub_that_refuses_fails_no_command_and_is_told_once(published, hub, words):
    hub.answer = (403, {})
    published.article("two")
    told = feedbot(published.folder, *words)
    assert (told.returncode, told.stderr) == (0, "")
    sentence = f"{hub.url} was not told of https://example.org/feeds/ai.atom and 5 more: it answers 403"
    assert f"  refused    {sentence}\n" in told.stdout
    assert "About two" in published.titles()
    assert "refused" not in feedbot(published.folder, *words).stdout


def test_a_preview_tells_no_hub(published, hub):
    published.article("two")
    told = feedbot(published.folder, "build", "--preview")
    assert ("About two" in told.stdout, "Hubs" in told.stdout, hub.topics) == (True, False, [])


def test_a_takedown_and_its_undoing_are_told_at_once(published, hub):
    published.article("two", topics="Robots")
    feedbot(published.folder, "build")
    hub.forms.clear()
    for words in (("--yes", "articles/two.md"), ("--undo", "articles/two.md")):
        told = feedbot(published.folder, "forget", *words)
        assert "Hubs       told of 6 addresses that changed\n" in told.stdout
        assert hub.topics == files("all", "robots")


def test_the_daemon_tells_hubs_at_every_slot_and_logs_what_they_refuse(published, hub):
    hub.answers = {".rss": (400, {})}
    text = published.config_file.read_text(encoding="utf-8")
    published.config_file.write_text(text + "schedule: {read: 1s, check: 1h}\n", encoding="utf-8")
    published.article("two")
    daemon = started(published.folder, "run")
    # Two slots at once may tell the same twice.
    until(lambda: hub.names >= set(files("ai", "all")))
    published.article("three", topics="Robots")
    until(lambda: hub.names >= set(files("ai", "all", "robots")))
    daemon.send_signal(signal.SIGTERM)
    _, error = daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert "INFO hubs: told of " in error
    assert "WARNING refused: " in error
    assert "Traceback" not in error
