"""Who is told of what: real SQLite, real programs that are run, a scripted clock over days."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from feedbot.core.alerts import Found, Trouble
from feedbot.state import alarms, jobs
from feedbot.state.jobs import JobRecord
from feedbot.steps.alerting import Alerting, alert, alert_without_state, heartbeat
from tests.publication import Publication
from tests.told import at_once, told, with_alerts

OPERATOR = "{operator: {command: [./tell]}}"


@pytest.fixture
def told_news(news: Publication) -> Publication:
    """A publication of ten articles whose operator is told."""
    for number in range(10):
        news.article(f"story-{number}")
    news.build()
    return with_alerts(news, OPERATOR)


def alerted(news: Publication, **found: Found | None) -> Alerting:
    with news.state() as state:
        return asyncio.run(alert(news.config, state, news.clock, found))


def vanish(news: Publication, numbers: Sequence[int]) -> None:
    for number in numbers:
        (news.folder / "articles" / f"story-{number}.md").unlink()


# Troubles, for the operator at once


def test_a_database_that_cannot_be_asked_what_is_wrong_is_named_as_the_cause(told_news: Publication) -> None:
    with told_news.state() as state, state.write() as connection:
        connection.execute("DROP TABLE holds")
    alerting = alerted(told_news, backup=Found("no backup", "no room"))
    assert "no such table: holds" in alerting.unusable
    assert alerting.problems == (f"nobody is told of what is wrong: {alerting.unusable}",)


def test_what_is_wrong_with_the_database_is_told_without_it_to_operators_once_and_once_that_it_is_over(
    news: Publication,
) -> None:
    with_alerts(news, "{operator: {command: [./tell]}, editor: {command: [./tell]}}")
    known: dict[str, Trouble] = {}

    def told_of(why: str) -> list[str]:
        asyncio.run(alert_without_state(news.config, news.clock, why, known))
        return [message.partition("\n")[0] for message in told(news)]

    assert told_of("") == []
    assert told_of("it is damaged") == ["operator trouble: Test News: state.db cannot be used"]
    assert told_of("it is damaged") == []
    (news.folder / "broken").touch()
    assert told_of("") == []
    (news.folder / "broken").unlink()
    assert told_of("") == ["operator over: Test News: over: state.db cannot be used"]
    assert told_of("") == []


def test_a_hold_is_told_once_and_once_more_when_it_is_over(told_news: Publication) -> None:
    assert alerted(told_news) == Alerting()
    vanish(told_news, range(8))
    told_news.build()
    assert alerted(told_news) == Alerting(told=("operator command",))
    (message,) = told(told_news)
    assert message == (
        "operator trouble: Test News: removals in the feed ai are held back, and 1 more\n"
        "ai: 8 of 10 entries would go (8 files vanished); held: they stay until this is confirmed;"
        " to let them go: feedbot build --accept ai\n"
        "all: 8 of 10 entries would go (8 files vanished); held: they stay until this is confirmed;"
        " to let them go: feedbot build --accept all\n"
    )
    told_news.clock.step(minutes=5)
    told_news.build()
    assert alerted(told_news) == Alerting()
    assert told(told_news) == []
    told_news.build("ai", "all")
    alerted(told_news)
    assert told(told_news) == [
        "operator over: Test News: over: removals in the feed ai are held back, and 1 more\n"
        "over: removals in the feed ai are held back (since 2026-11-01 12:00 UTC)\n"
        "over: removals in the feed all are held back (since 2026-11-01 12:00 UTC)\n"
    ]
    assert alerted(told_news) == Alerting()


def test_a_flood_is_told(told_news: Publication) -> None:
    for number in range(51):
        told_news.article(f"old-{number}", date="2020-01-01T08:00:00Z")
    told_news.build()
    alerted(told_news)
    (message,) = told(told_news)
    assert message.startswith("operator trouble: Test News: old articles in bulk are held back\n")
    assert "feedbot build --accept-new" in message


def fail(news: Publication, times: int, problem: str = "articles: no file matches") -> None:
    with news.state() as state:
        jobs.note(state, JobRecord("read", news.clock.now(), None, times, problem))


def test_what_fails_three_times_in_a_row_is_told_once_and_when_it_works_again(told_news: Publication) -> None:
    for times in (1, 2):
        fail(told_news, times)
        assert alerted(told_news) == Alerting()
    for times in (3, 4, 5):
        fail(told_news, times)
        alerted(told_news)
    assert told(told_news) == [
        "operator trouble: Test News: read keeps failing\nread has failed 3 times in a row: articles: no file matches\n"
    ]
    with told_news.state() as state:
        jobs.note(state, JobRecord("read", told_news.clock.now(), told_news.clock.now()))
    alerted(told_news)
    assert [message.partition("\n")[0] for message in told(told_news)] == [
        "operator over: Test News: over: read keeps failing"
    ]


def test_a_disk_that_is_low_is_told_and_so_is_that_it_is_not(told_news: Publication) -> None:
    text = told_news.config_file.read_text(encoding="utf-8")
    told_news.config_file.write_text(f"{text}disk: {{low: 999999GB}}\n", encoding="utf-8")
    alerted(told_news)
    told_news.clock.step(minutes=5)
    alerted(told_news)
    (message,) = told(told_news)
    assert message.startswith("operator trouble: Test News: the disk is nearly full\n")
    assert "less than the 999,999,000 MB of disk.low; free some" in message
    told_news.config_file.write_text(text, encoding="utf-8")
    alerted(told_news)
    assert told(told_news)[0].startswith("operator over: Test News: over: the disk is nearly full\n")


def test_what_only_the_caller_knows_stands_until_somebody_looks_again(told_news: Publication) -> None:
    alerted(told_news, backup=Found("there is no new backup", "backups: no room"))
    alerted(told_news)
    assert told(told_news) == ["operator trouble: Test News: there is no new backup\nbackups: no room\n"]
    alerted(told_news, backup=None)
    assert len(told(told_news)) == 1
    alerted(told_news, backup=None)
    assert told(told_news) == []


# Delivery


def test_what_does_not_arrive_is_tried_again_later_and_arrives_once(told_news: Publication) -> None:
    (told_news.folder / "broken").touch()
    trouble = Found("there is no new backup", "backups: no room")
    problem = "operator command was not told of it: ended with 3: no such host"
    assert alerted(told_news, backup=trouble) == Alerting(problems=(problem,))
    assert alerted(told_news) == Alerting(), "it is left alone for a minute"
    told_news.clock.step(minutes=1)
    assert alerted(told_news) == Alerting(problems=(problem,))
    (told_news.folder / "broken").unlink()
    told_news.clock.step(minutes=1)
    assert alerted(told_news) == Alerting(), "and then for two"
    told_news.clock.step(minutes=1)
    assert alerted(told_news) == Alerting(told=("operator command",))
    assert told(told_news) == ["operator trouble: Test News: there is no new backup\nbackups: no room\n"]
    assert alerted(told_news) == Alerting()


def test_what_came_and_went_untold_is_no_news(told_news: Publication) -> None:
    (told_news.folder / "broken").touch()
    alerted(told_news, backup=Found("there is no new backup", "backups: no room"))
    (told_news.folder / "broken").unlink()
    told_news.clock.step(hours=1)
    assert alerted(told_news, backup=None) == Alerting()
    assert told(told_news) == []


def test_a_clock_that_was_ahead_keeps_nobody_waiting(told_news: Publication) -> None:
    (told_news.folder / "broken").touch()
    told_news.clock.step(days=365)
    alerted(told_news, backup=Found("there is no new backup", "backups: no room"))
    (told_news.folder / "broken").unlink()
    told_news.clock.step(days=-365)
    assert alerted(told_news) == Alerting(told=("operator command",))


def test_a_program_that_is_not_there_harms_nothing(told_news: Publication) -> None:
    (told_news.folder / "tell").unlink()
    (problem,) = alerted(told_news, backup=Found("a", "b")).problems
    assert problem == "operator command was not told of it: ./tell cannot be started: No such file or directory"


def test_one_who_is_told_by_nobody_else_is_left_to_who_claimed_it(told_news: Publication) -> None:
    """Another process was killed while it told something: for a minute nobody knows whether that arrived."""
    alerted(told_news)
    with told_news.state() as state, state.write() as connection:
        connection.execute("UPDATE receivers SET busy_until = '2026-11-01T12:00:59Z'")
    assert alerted(told_news, backup=Found("a", "b")) == Alerting()
    told_news.clock.step(minutes=1)
    assert alerted(told_news) == Alerting(told=("operator command",))


def test_of_four_processes_at_once_one_tells(told_news: Publication) -> None:
    """Each has another clock, so that each would say otherwise since when it is so."""
    alerted(told_news)
    at_once(told_news, [told_news.clock.at + timedelta(seconds=number) for number in range(4)])
    assert told(told_news) == ["operator trouble: Test News: no backup\nno room\n"]


def test_who_read_the_clock_before_another_claimed_a_receiver_leaves_it_to_that_one(told_news: Publication) -> None:
    alerted(told_news)
    with told_news.state() as state, state.write() as connection:
        alarms.claim(connection, "operator command", told_news.clock.at + timedelta(seconds=63))
    assert alerted(told_news, backup=Found("no backup", "no room")) == Alerting()
    told_news.clock.step(seconds=64)
    assert alerted(told_news, backup=Found("no backup", "no room")).told == ("operator command",)


def test_nothing_that_articles_or_servers_say_reaches_a_shell_or_a_terminal(told_news: Publication) -> None:
    text = told_news.config_file.read_text(encoding="utf-8")
    title = '"$(touch pwned) `touch pwned`; touch pwned"'
    told_news.config_file.write_text(text.replace("Test News", title), encoding="utf-8")
    alerted(told_news, backup=Found("$(touch pwned)", "';touch pwned;'\x1b[2J\r\nBcc: all"))
    (message,) = told(told_news)
    assert "$(touch pwned) `touch pwned`; touch pwned: $(touch pwned)\n" in message
    assert "';touch pwned;'\N{REPLACEMENT CHARACTER}[2J" in message
    assert not {"\x1b", "\r"} & set(message)
    assert "\nBcc" not in message
    assert not (told_news.folder / "pwned").exists()


def test_a_heartbeat_whose_address_is_no_url_is_not_repeated(
    news: Publication, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_alerts(news, "{heartbeat_url_env: BEAT}")
    monkeypatch.setenv("BEAT", "https://mon itor.example/secret")
    assert asyncio.run(heartbeat(news.config)) == "its address is no URL that can be asked"


def test_without_alerts_nothing_is_looked_at_or_noted(told_news: Publication) -> None:
    text = told_news.config_file.read_text(encoding="utf-8")
    told_news.config_file.write_text(text.replace(f"alerts: {OPERATOR}\n", ""), encoding="utf-8")
    assert alerted(told_news, backup=Found("a", "b")) == Alerting()
    with told_news.state() as state:
        assert state.value("SELECT count(*) FROM alarms") == 0


def test_who_is_new_is_told_what_stands_and_who_is_gone_is_forgotten(told_news: Publication) -> None:
    alerted(told_news, backup=Found("no backup", "no room"))
    told(told_news)
    text = told_news.config_file.read_text(encoding="utf-8")
    told_news.config_file.write_text(text.replace(f"alerts: {OPERATOR}\n", ""), encoding="utf-8")
    with_alerts(told_news, "{editor: {command: [./tell]}}")
    assert alerted(told_news) == Alerting()
    with told_news.state() as state:
        assert [row["name"] for row in state.rows("SELECT name FROM receivers")] == ["editor command"]
    told_news.config_file.write_text(text, encoding="utf-8")
    assert alerted(told_news) == Alerting(told=("operator command",))


def test_what_was_told_in_better_words_is_not_told_again_as_a_job_that_fails(told_news: Publication) -> None:
    alerted(told_news, backup=Found("there is no new backup", "backups: no room"))
    told(told_news)
    with told_news.state() as state:
        jobs.note(state, JobRecord("maintain", told_news.clock.now(), None, 3, "backups: no room"))
    assert alerted(told_news) == Alerting()
    assert alerted(told_news, backup=None) == Alerting(told=("operator command",))
