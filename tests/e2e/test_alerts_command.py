"""What a person and cron see of alerts: who was told, who could not be, and that no command fails by it."""

import pytest

from tests.e2e.test_command import feedbot
from tests.messages import loopback_inbox
from tests.told import told, with_alerts

BOTH = "{operator: {command: [./tell], apprise: [OPS_URL]}, editor: {command: [./tell]}}"


@pytest.fixture
def inbox():
    with loopback_inbox() as inbox:
        yield inbox


def test_a_test_message_reaches_everybody(news, inbox, monkeypatch):
    monkeypatch.setenv("OPS_URL", f"json://{inbox.host}/")
    with_alerts(news, BOTH)
    done = feedbot(news.folder, "alert", "test")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "sent       operator apprise OPS_URL\nsent       operator command\nsent       editor command\n"
    )
    (message,) = inbox.messages
    assert message["title"] == "Test News: a test of feedbot's alerts"
    assert message["message"] == "This is a test: what feedbot has to tell the operator of Test News comes here."
    # Both programs write into one file at once.
    assert {"editor", "operator"} <= set(" ".join(told(news)).split())


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "the environment variable OPS_URL is not set"),
        ("nothing", "ended with 1: OPS_URL holds no URL that apprise knows"),
        ("json://{host}/", "ended with 1: apprise could not send it to what OPS_URL names"),
    ],
)
def test_who_cannot_be_reached_is_named_without_the_secret(news, inbox, monkeypatch, value, why):
    inbox.status = 500
    if value is None:
        monkeypatch.delenv("OPS_URL", raising=False)
    else:
        monkeypatch.setenv("OPS_URL", value.format(host=inbox.host))
    with_alerts(news, "{operator: {apprise: [OPS_URL]}}")
    done = feedbot(news.folder, "alert", "test")
    assert (done.returncode, done.stdout) == (1, f"failed     operator apprise OPS_URL: {why}\n")
    assert inbox.host not in done.stderr


def test_without_anybody_to_tell_the_test_says_what_to_do(news):
    done = feedbot(news.folder, "alert", "test")
    assert done.returncode == 3
    assert done.stderr == "feedbot: alerts: name somebody under operator or editor, by apprise or command\n"


@pytest.mark.parametrize("words", [("build",), ("run", "--once")])
def test_a_hold_is_told_by_apprise_once_whatever_command_sees_it(news, inbox, monkeypatch, words):
    monkeypatch.setenv("OPS_URL", f"json://{inbox.host}/")
    with_alerts(news, "{operator: {apprise: [OPS_URL]}}")
    for number in range(8):
        news.article(f"story-{number}")
    feedbot(news.folder, "build")
    for number in range(7):
        (news.folder / "articles" / f"story-{number}.md").unlink()
    held = feedbot(news.folder, *words)
    assert (held.returncode, held.stderr) == (1, "")
    assert "Alerts     told: operator apprise OPS_URL\n" in held.stdout
    assert "Alerts" not in feedbot(news.folder, "build").stdout
    (message,) = inbox.messages
    assert message["title"] == "Test News: removals in the feed ai are held back, and 1 more"
    assert message["type"] == "warning"
    assert "to let them go: feedbot build --accept all" in message["message"]


def test_a_run_of_cron_that_fails_three_times_in_a_row_is_told_once_and_that_it_works_again(news):
    with_alerts(news, "{operator: {command: [./tell]}}")
    news.article("one")
    assert feedbot(news.folder, "run", "--once").returncode == 0
    folder = news.folder / "articles"
    folder.rename(news.folder / "away")
    for _ in range(4):
        assert feedbot(news.folder, "run", "--once").returncode == 1
    (message,) = told(news)
    assert message.startswith(
        "operator trouble: Test News: run --once keeps failing\nrun --once has failed 3 times in a"
    )
    (news.folder / "away").rename(folder)
    done = feedbot(news.folder, "run", "--once")
    assert "Alerts     told: operator command\n" in done.stdout
    assert told(news)[0].startswith("operator over: Test News: over: run --once keeps failing\n")


def test_who_cannot_be_told_fails_no_command(news):
    with_alerts(news, "{operator: {command: [./tell]}}")
    (news.folder / "broken").touch()
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"{text}disk: {{low: 999999GB}}\n", encoding="utf-8")
    news.article("one")
    done = feedbot(news.folder, "build")
    assert done.returncode == 0
    assert done.stderr == "feedbot: alerts: operator command was not told of it: ended with 3: no such host\n"


def test_the_heartbeat_is_asked_after_a_good_run_and_its_failure_is_said(news, inbox):
    with_alerts(news, f"{{heartbeat_url: 'http://{inbox.host}/beat'}}")
    news.article("one")
    assert feedbot(news.folder, "build").returncode == 0
    assert inbox.asked == []
    done = feedbot(news.folder, "run", "--once")
    assert (done.returncode, done.stderr, inbox.asked) == (0, "", ["/beat"])
    inbox.status = 500
    done = feedbot(news.folder, "run", "--once")
    assert (done.returncode, done.stderr) == (0, "feedbot: heartbeat: it answers 500\n")


def test_the_heartbeat_may_be_a_secret_and_is_not_asked_where_links_may_not_be(news, inbox, monkeypatch):
    monkeypatch.setenv("BEAT", f"http://{inbox.host}/beat")
    with_alerts(news, "{heartbeat_url_env: BEAT}")
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(text.replace("[127.0.0.0/8]", "[]"), encoding="utf-8")
    news.article("one")
    done = feedbot(news.folder, "run", "--once")
    assert done.returncode == 0
    assert done.stderr.startswith("feedbot: heartbeat: ")
    assert "/beat" not in done.stderr
    assert inbox.asked == []


def test_an_offline_run_gives_no_heartbeat(news, inbox):
    with_alerts(news, f"{{heartbeat_url: 'http://{inbox.host}/beat'}}")
    text = news.config_file.read_text(encoding="utf-8")
    canary = news.site.link("/canary")
    news.site.answers["/canary"] = 500
    news.config_file.write_text(text.replace("canaries: []", f"canaries: ['{canary}']"), encoding="utf-8")
    news.article("one")
    assert feedbot(news.folder, "run", "--once").returncode == 0
    assert inbox.asked == []
