"""A clock that was set back: readers keep what they have, and nothing comes before its time."""

import re
from datetime import timedelta

import pytest

from tests.publication import START


@pytest.fixture
def read_by_many(news):
    """Ten articles of this year and one that is dated ahead; readers have the ten."""
    for number in range(10):
        news.article(f"n{number}", date=f"2026-10-{number + 10}T08:00:00Z")
    news.article("ahead", date="2026-12-24T08:00:00Z")
    news.build()
    assert len(news.titles()) == 10
    return news


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=365), timedelta(days=365 * 56)])
def test_no_reader_loses_an_entry(read_by_many, back):
    news = read_by_many
    news.configure_feeds("tombstones: true, history: [all]")
    news.build()
    before = news.feeds()
    news.clock.at = START - back
    for _ in range(2):
        news.build()
        assert news.feeds() == before
        news.clock.step(minutes=5)


def test_what_readers_have_not_comes_when_the_clock_shows_its_date(read_by_many):
    news = read_by_many
    news.clock.at = START - timedelta(days=365)
    news.article("of old", date="2025-10-01T08:00:00Z")
    news.article("of today", date=START.isoformat())
    news.build()
    assert "About of old" in news.titles()
    assert "About of today" not in news.titles()
    news.clock.at = START
    news.build()
    assert "About of today" in news.titles()
    assert "About ahead" not in news.titles()


def test_an_article_that_is_dated_ahead_anew_goes_as_ever(read_by_many):
    news = read_by_many
    news.article("n3", date="2026-12-01T08:00:00Z")
    news.build()
    assert "About n3" not in news.titles()


def test_what_came_by_a_clock_that_was_ahead_stays_and_nothing_follows_it(read_by_many):
    news = read_by_many
    news.clock.step(days=365)
    news.build()
    assert "About ahead" in news.titles()
    news.clock.at = START
    news.article("later", date="2026-12-01T08:00:00Z")
    news.build()
    assert "About ahead" in news.titles()
    assert "About later" not in news.titles()


def test_after_a_clock_that_was_ahead_what_vanished_stays_in_archives_for_a_day_all_the_same(read_by_many):
    news = read_by_many
    news.configure_feeds("history: [all], max_entries: 3")
    news.clock.step(days=365)
    news.build()
    news.clock.at = START
    (news.folder / "articles" / "n0.md").unlink()
    news.build()
    assert "About n0" in news.titles("all.2026-10")
    news.clock.step(days=1.1)
    news.build()
    assert "About n0" not in news.titles("all.2026-10")


def test_after_a_clock_that_was_ahead_what_is_withdrawn_is_told_at_its_time_and_for_a_month(read_by_many):
    news = read_by_many
    news.configure_feeds("tombstones: true")
    news.clock.step(days=365)
    news.build()
    news.clock.at = START
    for name, days in (("n0", 10), ("n1", 25)):
        (news.folder / "articles" / f"{name}.md").unlink()
        news.build()
        news.clock.step(days=days)
    feed = news.feeds()["all.atom"].decode()
    assert re.findall(r'deleted-entry ref="[^"]*" when="([^"]*)"', feed) == [
        "2026-11-11T12:00:00Z",
        "2026-11-01T12:00:00Z",
    ]
    news.build()
    assert news.feeds()["all.atom"].count(b"deleted-entry ref") == 1
