"""Old looks are rolled up into where they led; nothing that is asked of them later is lost."""

from datetime import timedelta

import pytest

from feedbot.clock import StandingClock
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import DEFAULT_STRIKES, StatusKind
from feedbot.state import forgotten, marks, retention, runs, targets
from feedbot.state.database import seconds, stamp
from feedbot.steps.rejudging import rejudge
from tests.publication import START, Publication


def day(number: float):
    return START + timedelta(days=number)


def look_on(news: Publication, *days: float) -> None:
    """Look at every link on each of these days."""
    for one in days:
        news.clock.at = day(one)
        with news.state() as state, state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = 0")
        news.check()


def roll_up(news: Publication, before: float, **more) -> int:
    with news.state() as state:
        return retention.roll_up(state, day(before), news.clock.now(), strikes=DEFAULT_STRIKES, **more)


def trail(news: Publication, path: str = "/story"):
    with news.state() as state:
        return [(one.observation.started_at - START).days for one in runs.trail(state, news.site.link(path))]


def judged_again(news: Publication, *, every: bool = True):
    """Where rejudging would lead, when each observation was judged otherwise."""
    with news.state() as state:
        if every:
            with state.write() as connection:
                connection.execute("DROP TRIGGER IF EXISTS observations_are_append_only")
                connection.execute("UPDATE observations SET verdict = 'blocked'")
        return rejudge(news.config, state, StandingClock(news.clock.now()), apply=False).changes


@pytest.fixture
def story(news: Publication) -> Publication:
    news.article("story")
    news.build()
    return news


def test_looks_that_lean_on_one_that_goes_say_what_they_said(story):
    look_on(story, 0, 10, 20, 30, 40)
    with story.state() as state:
        before = runs.trail(state, story.site.link("/story"))
        assert state.rows("SELECT DISTINCT leans_on FROM observations") == [{"leans_on": None}, {"leans_on": 1}]
        assert roll_up(story, before=15) == 2
        assert runs.trail(state, story.site.link("/story")) == before[2:]
        assert state.rows("SELECT id, leans_on FROM observations WHERE leans_on IS NOT NULL ORDER BY id") == [
            {"id": 4, "leans_on": 3},
            {"id": 5, "leans_on": 3},
        ]


def test_any_looks_may_go_and_the_others_say_what_they_said(story):
    story.article("another")
    story.build()
    look_on(story, 0, 10, 20, 30)
    for gone in ([1, 2], [5], [3, 7], [4, 6, 8]):
        with story.state() as state:
            kept = {one.id: one for one in runs.numbered(state, [n for n in range(1, 9) if n not in gone])}
            with state.write() as connection:
                assert runs.delete(connection, gone) == len(gone)
            now = {one.id: one for one in runs.numbered(state, range(1, 9))}
            assert now.items() <= kept.items()
    assert not now


def test_old_looks_go_and_where_they_led_is_kept(story):
    look_on(story, 0, 10, 20, 30)
    assert roll_up(story, before=15) == 2
    assert trail(story) == [20, 30]
    with story.state() as state:
        kept = retention.rolled_up(state, 1)
    assert (kept.looks, kept.first_at) == (2, day(0))
    assert (kept.status.kind, kept.status.checked_at, kept.status.first_alive_at) == ("alive", day(10), day(0))


def test_the_second_time_goes_on_where_the_first_ended(story):
    look_on(story, 0, 10, 20, 30)
    roll_up(story, before=5)
    assert roll_up(story, before=25) == 2
    with story.state() as state:
        kept = retention.rolled_up(state, 1)
    assert (kept.looks, kept.first_at, kept.status.checked_at) == (3, day(0), day(20))
    assert kept.status.first_alive_at == day(0)


def test_the_latest_look_stays_however_old(story):
    look_on(story, 0, 10)
    assert roll_up(story, before=1000) == 1
    assert trail(story) == [10]


def test_judging_again_leads_where_it_would_with_all_looks(story):
    """Strikes from before, and that it was once alive, count as they did."""
    look_on(story, 0, 10)
    story.site.answers["/story"] = 404
    look_on(story, 20, 23, 26, 60)
    before = targets_status(story)
    assert before.kind is StatusKind.DEAD
    assert judged_again(story) == ()
    roll_up(story, before=30)
    assert trail(story) == [60]
    assert judged_again(story) == ()
    assert targets_status(story) == before


def test_without_what_was_rolled_up_judging_again_would_revive_the_dead(story):
    story.site.answers["/story"] = 404
    look_on(story, 20, 23, 26, 60)
    roll_up(story, before=30)
    with story.state() as state, state.write() as connection:
        connection.execute("DELETE FROM rolled_up")
    assert [one.after.kind for one in judged_again(story)] == [StatusKind.FAILING]


def test_looks_that_did_not_count_do_not_count_when_they_are_rolled_up(story):
    look_on(story, 0)
    with story.state() as state, state.write() as connection:
        connection.execute("UPDATE runs SET online = 0")
    story.site.answers["/story"] = 404
    look_on(story, 10, 20)
    roll_up(story, before=15)
    with story.state() as state:
        # An answer counts, whatever the network was said to be; only failures of the network kind do not.
        assert retention.rolled_up(state, 1).status.strikes == 1


def test_a_look_from_the_future_does_not_end_the_search(story, monkeypatch):
    monkeypatch.setattr(retention, "_LOOKS_A_WRITE", 1)
    look_on(story, 0, 400, 1, 2)
    assert roll_up(story, before=10) == 3
    assert trail(story) == [400]


def test_no_more_than_a_bound_is_done_at_once(story, monkeypatch):
    monkeypatch.setattr(retention, "_LOOKS_A_WRITE", 2)
    look_on(story, *range(7))
    assert roll_up(story, before=100, most=4) == 4
    assert trail(story) == [4, 5, 6]
    assert roll_up(story, before=100, most=4) == 2
    assert trail(story) == [6]


def test_young_looks_are_not_even_read(story, monkeypatch):
    monkeypatch.setattr(retention, "_LOOKS_A_WRITE", 2)
    look_on(story, *range(10, 17))
    asked = []
    with story.state() as state:
        state.db.conn.set_trace_callback(asked.append)
        retention.roll_up(state, day(5), story.clock.now(), strikes=DEFAULT_STRIKES)
    assert sum("has_later" in one for one in asked) == 1


def test_a_takedown_of_an_address_takes_it_out_of_what_was_rolled_up(story):
    story.site.answers["/story"] = (301, story.site.link("/moved"))
    look_on(story, 0, 10, 20)
    roll_up(story, before=15)
    with story.state() as state:
        assert retention.rolled_up(state, 1).status.moved_to == story.site.link("/moved")
        with state.write() as connection:
            about = forgotten.scope(state, url=story.site.link("/moved"))
            forgotten.delete_links(connection, about, forgotten.before(state, about))
        status = retention.rolled_up(state, 1).status
        assert (status.kind, status.moved_to, status.moved_looks) == ("moved", None, 0)
        assert story.site.link("/moved") not in state.value("SELECT status_text(status) FROM rolled_up")


def test_transitions_runs_and_siblings_have_bounds_of_their_own(story, monkeypatch):
    monkeypatch.setattr(retention, "_RUNS_KEPT", 2)
    monkeypatch.setattr(retention, "_ROWS_A_WRITE", 1)
    look_on(story, 0, 1, 2)
    with story.state() as state, state.write() as connection:
        for number in range(3):
            runs_at = stamp(day(number))
            connection.execute("INSERT INTO runs (who, started_at, finished_at) VALUES ('x', ?, ?)", [runs_at, runs_at])
            connection.execute(
                "INSERT INTO transitions (target_id, kind, at, from_status, to_status, reason)"
                " VALUES (1, 'died', ?, 'alive', 'dead', '')",
                [seconds(day(number))],
            )
            connection.execute("INSERT INTO siblings VALUES (?, ?, '{}')", [str(number), runs_at])
    with story.state() as state:
        assert retention.delete_transitions(state, day(2)) == 2
        assert retention.delete_siblings(state, day(1)) == 1
        # Those with looks stay, and the latest two.
        assert retention.delete_runs(state, day(100)) == 1
        assert state.value("SELECT count(*) FROM runs") == 5
        assert state.value("PRAGMA foreign_key_check") is None


def test_what_no_article_links_to_for_long_goes_unless_somebody_has_said_something_of_it(news, monkeypatch):
    monkeypatch.setattr(retention, "_ROWS_A_WRITE", 1)
    for name in ("linked", "gone", "gone-too", "marked", "told", "checked"):
        news.article(name)
    news.run()
    for path in (news.folder / "articles").glob("[!l]*.md"):
        path.unlink()
    with news.state() as state:
        marks.put(state, news.site.link("/marked"), Mark(MarkKind.ALIVE, "it is well"), news.clock.now())
        with state.write() as connection:
            connection.execute(
                "INSERT INTO transitions (target_id, kind, at, from_status, to_status, reason)"
                " SELECT id, 'died', ?, 'alive', 'dead', '' FROM targets WHERE url LIKE '%/told'",
                [seconds(news.clock.now())],
            )
    news.build()
    with news.state() as state:
        due_at = max(targets.due_at(state, news.site.link(f"/{name}")) for name in ("gone", "gone-too"))
        assert retention.delete_unlinked(state, day(0)) == 0
        # Somebody asks it just now.
        targets.named(state, [news.site.link("/checked")], due_at + timedelta(days=90))
        assert retention.delete_unlinked(state, due_at + timedelta(days=1)) == 2
        paths = [one.rpartition("/")[2] for one in targets.urls(state)]
        assert paths == ["checked", "linked", "marked", "told"]
        assert state.value("PRAGMA foreign_key_check") is None
        assert runs.trail(state, news.site.link("/gone")) == []


def test_runs_are_deleted_with_one_reading_of_the_looks(story, monkeypatch):
    """There may be millions; SQLite itself looks for each run's own where these refer to runs."""
    monkeypatch.setattr(retention, "_RUNS_KEPT", 0)
    asked = []
    with story.state() as state:
        with state.write() as connection:
            for number in range(3):
                connection.execute("INSERT INTO runs (who, started_at) VALUES ('x', ?)", [stamp(day(number))])
        referred = {row["table"] for row in state.rows("PRAGMA foreign_key_list(observations)")}
        state.db.conn.set_trace_callback(asked.append)
        assert retention.delete_runs(state, day(100)) == 3
    assert referred == {"targets"}
    assert len([one for one in asked if "observations" in one]) == 1
    assert len([one for one in asked if one.startswith("DELETE")]) == 3


def targets_status(news: Publication):
    with news.state() as state:
        return targets.get(state, 1).status
