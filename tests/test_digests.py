"""Editors are told once a day of what became of links: real SQLite, real looks at links, a real program."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from feedbot.state.retention import delete_transitions
from feedbot.steps.alerting import Alerting, alert
from tests.publication import Publication
from tests.told import at_once, told, with_alerts

TOLD = Alerting(told=("editor command",))
EDITOR = '{editor: {at: "08:00", timezone: Europe/London, command: [./tell]}}'


@pytest.fixture
def edited(news: Publication) -> Publication:
    """A publication of two articles, both alive, whose editor is told at eight in London."""
    news.article("story")
    news.article("other")
    with_alerts(news, EDITOR)
    look(news)
    assert alerted(news) == Alerting()
    return news


def look(news: Publication, *changed: str, status: int = 200, days: float = 0.0) -> None:
    """Look at every link after so many days; `changed` answer with this status from now on."""
    news.clock.step(days=days)
    for name in changed:
        news.site.answers[f"/{name}"] = status
    news.build()
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")
    news.check()


def alerted(news: Publication) -> Alerting:
    with news.state() as state:
        return asyncio.run(alert(news.config, state, news.clock))


def at_eight(news: Publication, days: int = 1) -> Alerting:
    """What is told at the next eight o'clock, or at a later one."""
    day = news.clock.at.date() + timedelta(days=days)
    news.clock.at = datetime(day.year, day.month, day.day, 8, 0, tzinfo=UTC)
    return alerted(news)


def die(news: Publication, name: str) -> None:
    """Two strikes, at noon and at noon of the next day, with a digest between them."""
    look(news, name, status=410)
    at_eight(news)
    look(news, days=1 / 6)


def test_a_death_is_told_at_the_next_eight_and_only_then(edited: Publication) -> None:
    die(edited, "story")
    assert alerted(edited) == Alerting(), "it is noon"
    assert at_eight(edited) == TOLD
    assert told(edited) == [
        "editor digest: Test News: 1 link died\n"
        "Died (1)\n"
        "\n"
        f"{edited.site.link('/story')}\n"
        "  410 on GET: gone, says the server; on 2026-11-02\n"
        "  articles/story.md:4 (source): readers get nothing: the entry is left out\n"
        "\n"
        "The evidence: feedbot why URL. All links to look at: reports/links.html\n"
    ]
    edited.clock.step(hours=1)
    assert alerted(edited) == Alerting()
    assert [at_eight(edited) for _ in range(3)] == [Alerting()] * 3
    assert told(edited) == []


def test_what_comes_back_is_told_after_its_death_was(edited: Publication) -> None:
    die(edited, "story")
    at_eight(edited)
    told(edited)
    look(edited, "story", status=200)
    look(edited, days=0.5)
    assert at_eight(edited) == TOLD
    (message,) = told(edited)
    assert message.startswith("editor digest: Test News: 1 link came back\n")
    assert "articles/story.md:4 (source): readers get this link\n" in message


def test_what_died_and_came_back_between_two_digests_is_not_told(edited: Publication) -> None:
    die(edited, "story")
    look(edited, "story", status=200)
    look(edited, days=0.26)
    with edited.state() as state:
        assert state.value("SELECT count(*) FROM transitions") == 2
    assert at_eight(edited) == Alerting()


def test_hours_that_were_missed_are_made_up_once(edited: Publication) -> None:
    die(edited, "story")
    edited.clock.at = datetime(2026, 11, 9, 15, 30, tzinfo=UTC)
    assert alerted(edited) == TOLD
    assert alerted(edited) == Alerting()
    assert len(told(edited)) == 1


def test_what_does_not_arrive_comes_with_what_was_new_since(edited: Publication) -> None:
    (edited.folder / "broken").touch()
    die(edited, "story")
    assert at_eight(edited).problems == ("editor command was not told of it: ended with 3: no such host",)
    die(edited, "other")
    (edited.folder / "broken").unlink()
    assert alerted(edited) == TOLD
    assert told(edited)[0].startswith("editor digest: Test News: 2 links died\n")
    assert at_eight(edited) == Alerting()


def test_what_becomes_of_a_link_is_told_where_all_that_was_before_is_deleted(news: Publication) -> None:
    news.article("story")
    news.article("other")
    look(news)
    die(news, "story")
    with_alerts(news, EDITOR)
    assert alerted(news) == Alerting()
    with news.state() as state:
        assert delete_transitions(state, news.clock.at + timedelta(days=1)) == 1
    die(news, "other")
    assert at_eight(news) == TOLD
    assert told(news)[0].startswith("editor digest: Test News: 1 link died\n")


def test_what_a_person_has_spoken_of_and_what_no_article_has_is_not_told(edited: Publication) -> None:
    die(edited, "story")
    text = edited.config_file.read_text(encoding="utf-8")
    edited.config_file.write_text(f"{text}links: {{exclude: [{{glob: '*/story'}}]}}\n", encoding="utf-8")
    die(edited, "other")
    (edited.folder / "articles" / "other.md").unlink()
    edited.build()
    assert at_eight(edited) == Alerting()
    assert told(edited) == []


def test_who_is_new_is_not_told_of_what_was_before(edited: Publication) -> None:
    die(edited, "story")
    text = edited.config_file.read_text(encoding="utf-8")
    edited.config_file.write_text(text.replace("./tell]", "./tell], apprise: [NOT_SET]"), encoding="utf-8")
    alerted(edited)
    assert at_eight(edited) == TOLD


def test_each_day_has_one_digest_over_both_changes_of_the_clock(edited: Publication) -> None:
    """Looked at every hour of three days around each, with news all the time."""
    for first, hours in (
        (datetime(2027, 3, 27, tzinfo=UTC), [8, 7, 7]),
        (datetime(2027, 10, 30, tzinfo=UTC), [7, 8, 8]),
    ):
        edited.clock.at = first
        alerted(edited)
        told(edited)
        seen = []
        with edited.state() as state:
            for number in range(3 * 24):
                edited.clock.at = first + timedelta(hours=number)
                with state.write() as connection:
                    connection.execute("UPDATE receivers SET told_until = 0, begins_after = 0")
                    connection.execute(
                        "INSERT OR REPLACE INTO transitions"
                        " (id, target_id, kind, at, from_status, to_status, reason, moved_to)"
                        " VALUES (1, 1, 'moved', 0, 'alive', 'moved', '301', ?)",
                        [f"https://new.example/{number}"],
                    )
                    connection.execute("UPDATE targets SET status = 'moved' WHERE id = 1")
                if asyncio.run(alert(edited.config, state, edited.clock)) == TOLD:
                    seen.append(edited.clock.at)
        assert [(one - first).days for one in seen] == [0, 1, 2]
        assert [one.hour for one in seen] == hours


def test_of_four_processes_at_once_one_tells_the_digest(edited: Publication) -> None:
    die(edited, "story")
    told(edited)
    at_once(edited, [edited.clock.at + timedelta(days=1)] * 4)
    assert len(told(edited)) == 1
