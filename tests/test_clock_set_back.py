"""A clock that was set back: readers keep what they have, and nothing comes before its time."""

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
