"""Bits that flipped in what is packed harm the links that they belong to, and no others; no run stops at them."""

import pytest

from feedbot.core.status import StatusKind
from feedbot.core.verdict import VerdictKind
from feedbot.state import retention, runs, soundness, targets, unreadable
from feedbot.state.database import State
from feedbot.steps.rejudging import rejudge
from tests.publication import Publication
from tests.test_judgement import amp_article, kinds
from tests.test_judgement import source as page_of_an_article


def flip(state: State, table: str, column: str, number: int) -> None:
    """A packed value begins with other bits: a block of no kind that DEFLATE has (RFC 1951, section 3.2.3)."""
    with state.write() as connection:
        [value] = connection.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", [number]).fetchone()
        broken = bytes([value[0] | 0b110]) + value[1:]
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [broken, number])


def look_again(news: Publication, days: float = 1):
    news.clock.step(days=days)
    with news.state() as state, state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")
    return news.run()


def test_a_look_at_a_link_of_which_the_oldest_cannot_be_read_is_kept_by_itself_and_that_is_told_once(news, caplog):
    news.article("one")
    news.article("other")
    news.run()
    with news.state() as state:
        [one] = targets.numbers(state, [news.site.link("/one")])
        broken = state.value("SELECT id FROM observations WHERE target_id = ?", [one])
        flip(state, "observations", "seen", broken)
        assert soundness.inconsistencies(state) == ["1 of the packed looks cannot be read"]
    assert look_again(news).checking.summary == {"alive": 2}
    told = [record.getMessage() for record in caplog.records if "is damaged" in record.getMessage()]
    assert len(told) == 1
    assert "what was seen before of 1 of the links cannot be read" in told[0]
    with news.state() as state:
        leaning = state.rows("SELECT target_id = ? AS is_it, leans_on FROM observations WHERE id > 2", [one])
        assert {row["is_it"]: row["leans_on"] is None for row in leaning} == {1: True, 0: False}
        latest = state.value("SELECT max(id) FROM observations WHERE target_id = ?", [one])
        assert runs.numbered(state, [latest])[0].verdict is VerdictKind.ALIVE


def test_an_article_whose_page_cannot_be_read_is_as_one_that_was_never_read(news, site, caplog):
    amp_article(news, site)
    site.pages["/one"] = page_of_an_article(site, "/one/amp")
    news.run()
    with news.state() as state:
        target = targets.find(state, site.link("/one"))
        flip(state, "observations", "seen", target.page_look)
        with state.write() as connection:
            connection.execute("UPDATE targets SET next_check_at = next_check_at * 2 WHERE id = ?", [target.id])
            connection.execute("UPDATE targets SET next_check_at = 0 WHERE id <> ?", [target.id])
    site.answers["/one/amp"] = 404
    news.clock.step(days=1)
    assert kinds(news.check())["amp"] is VerdictKind.MISSING
    assert "what was seen before of 1 of the links cannot be read" in caplog.text


def test_old_looks_are_rolled_up_but_for_those_beside_one_that_cannot_be_read(news):
    news.article("one")
    news.article("other")
    news.run()
    for _ in range(3):
        look_again(news)
    with news.state() as state:
        [one] = targets.numbers(state, [news.site.link("/one")])
        flip(state, "observations", "seen", state.value("SELECT min(id) FROM observations WHERE target_id = ?", [one]))
        now = news.clock.now()
        assert retention.roll_up(state, now, now, strikes=news.config.verdicts.policy()) == 3
        kept = state.rows("SELECT target_id = ? AS is_it, count(*) AS n FROM observations GROUP BY 1", [one])
        assert {row["is_it"]: row["n"] for row in kept} == {1: 4, 0: 1}
        assert state.rows("SELECT target_id <> ? AS is_other, looks FROM rolled_up", [one]) == [
            {"is_other": 1, "looks": 3}
        ]


@pytest.mark.parametrize(
    ("table", "column", "told"),
    [("targets", "page", "pages"), ("articles", "article", "articles"), ("rolled_up", "status", "rolled-up statuses")],
)
def test_all_else_that_is_packed_and_cannot_be_read_is_told_by_a_check(news, table, column, told):
    news.article("one")
    news.run()
    look_again(news)
    with news.state() as state:
        now = news.clock.now()
        retention.roll_up(state, now, now, strikes=news.config.verdicts.policy())
        with state.write() as connection:
            connection.execute("UPDATE targets SET page = pack_page('{}', url)")
        assert soundness.inconsistencies(state) == []
        flip(state, table, column, state.value(f"SELECT min(rowid) FROM {table}"))
        assert soundness.inconsistencies(state) == [f"1 of the packed {told} cannot be read"]


def test_who_parts_with_what_cannot_be_read_keeps_where_links_stand_and_what_comes_goes_on_from_there(news, site):
    news.article("one")
    news.article("other")
    site.answers["/one"] = 404
    news.run()
    look_again(news, 4)
    with news.state() as state:
        one = targets.find(state, site.link("/one"))
        other = targets.find(state, site.link("/other"))
        assert one.status.strikes == 2
        first = state.value("SELECT min(id) FROM observations WHERE target_id = ?", [one.id])
        flip(state, "observations", "seen", first)
        # The later look leans on the first.
        assert unreadable.part_with(state) == unreadable.Parted(looks=2)
        assert soundness.inconsistencies(state) == []
        assert targets.find(state, site.link("/one")) == one
        assert targets.find(state, site.link("/other")) == other
        assert retention.start_of(state, one.id).strikes == 2
        assert len(runs.trail(state, site.link("/other"))) == 2
        assert rejudge(news.config, state, news.clock, apply=False).changes == ()
    look_again(news, 4)
    with news.state() as state:
        assert targets.find(state, site.link("/one")).status.kind is StatusKind.DEAD
        assert rejudge(news.config, state, news.clock, apply=False).changes == ()


def test_a_page_and_an_article_that_are_parted_with_are_read_again(news, site):
    news.article("one")
    news.run()
    with news.state() as state:
        look = targets.find(state, site.link("/one")).page_look
        flip(state, "observations", "seen", look)
        flip(state, "articles", "article", 1)
        assert unreadable.part_with(state) == unreadable.Parted(looks=1, pages=1, articles=1)
        assert targets.find(state, site.link("/one")).page_checked_at is None
    news.build()
    assert news.titles() == ["About one"]
    look_again(news)
    with news.state() as state:
        assert soundness.inconsistencies(state) == []
        assert targets.find(state, site.link("/one")).page_look is not None


def test_a_rolled_up_status_that_is_parted_with_is_stood_in_for_by_that_of_today(news, site):
    news.article("one")
    news.run()
    for _ in range(3):
        look_again(news, 40)
    with news.state() as state:
        assert retention.roll_up(state, news.clock.now(), news.clock.now(), strikes=news.config.verdicts.policy())
        one = targets.find(state, site.link("/one"))
        flip(state, "rolled_up", "status", one.id)
        assert unreadable.part_with(state) == unreadable.Parted(statuses=1)
        assert soundness.inconsistencies(state) == []
        assert retention.start_of(state, one.id).kind is one.status.kind
        assert unreadable.part_with(state) == unreadable.Parted()
