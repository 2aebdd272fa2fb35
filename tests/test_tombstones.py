"""Tombstones (RFC 6721) over whole builds: feeds tell readers to forget what was in them and was withdrawn."""

import feedparser
import pytest
from lxml import etree

from feedbot.errors import PublishError
from feedbot.forgetting import Named, forget, undo
from tests.publication import Publication
from tests.publish.profile import faults

DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


@pytest.fixture
def telling(news: Publication) -> Publication:
    """A publication of six articles that tells of what it withdraws; its feeds hold five.

    Without archive documents, which change when a file has been gone for a day.
    """
    news.configure_feeds("tombstones: true, max_entries: 5, history: []")
    for day in range(1, 7):
        news.article(f"n{day}", date=f"2026-10-0{day}", topics="AI" if day % 2 else "Cars")
    return news


def told(news: Publication, feed: str = "all") -> list[tuple[str, str]]:
    """The id and the time of each tombstone in an Atom feed, which holds to the profile."""
    data = news.feeds()[f"{feed}.atom"]
    assert faults(data) == []
    return [(one.get("ref"), one.get("when")) for one in etree.fromstring(data).iterfind(DELETED)]


def ids(news: Publication, feed: str = "all") -> dict[str, str]:
    """Title -> id of each entry in an Atom feed."""
    return {one.title.removeprefix("About "): one.id for one in feedparser.parse(news.feeds()[f"{feed}.atom"]).entries}


def remove(news: Publication, name: str) -> None:
    (news.folder / "articles" / f"{name}.md").unlink()


def test_a_vanished_file_is_told_for_thirty_days_in_each_feed_that_had_it(telling):
    telling.build()
    gone = ids(telling)["n5"]
    remove(telling, "n5")
    telling.build()
    assert told(telling) == told(telling, "ai") == [(gone, "2026-11-01T12:00:00Z")]
    assert told(telling, "cars") == []
    telling.clock.step(days=29, hours=23)
    assert telling.build()[1].written == ()
    telling.clock.step(hours=1)
    telling.build()
    assert told(telling) == told(telling, "ai") == []


def test_a_dead_source_is_told_and_one_that_comes_back_is_not(telling, site):
    telling.run()
    gone = ids(telling)["n4"]
    site.answers["/n4"] = 410
    telling.pass_days(6)
    assert [one for one, _ in told(telling)] == [one for one, _ in told(telling, "cars")] == [gone]
    site.answers.clear()
    telling.pass_days(6)
    assert told(telling) == told(telling, "cars") == []
    assert ids(telling)["n4"] == gone


def test_what_newer_entries_push_out_and_what_is_in_another_feed_still_is_not_told(telling):
    telling.build()
    telling.article("n7", date="2026-10-07", topics="AI")
    telling.article("n6", date="2026-10-06", topics="AI")
    telling.build()
    assert "n2" not in ids(telling)
    assert "n6" not in ids(telling, "cars")
    assert told(telling) == told(telling, "cars") == []


def test_a_draft_is_told_until_it_is_published_again(telling):
    telling.build()
    gone = ids(telling)["n6"]
    telling.article("n6", date="2026-10-06", topics="Cars", more="draft: true\n")
    telling.build()
    assert [one for one, _ in told(telling)] == [gone]
    telling.article("n6", date="2026-10-06", topics="Cars")
    telling.build()
    assert told(telling) == []


def test_a_takedown_leaves_the_id_and_nothing_else_until_it_is_undone(telling):
    telling.build()
    gone = ids(telling)["n5"]
    named = Named(path="articles/n5.md")
    with telling.state() as state:
        assert forget(telling.config, state, telling.clock, named).still_in == ()
    assert told(telling) == told(telling, "ai") == [(gone, "2026-11-01T12:00:00Z")]
    # What is packed may have any two bytes somewhere.
    texts = [data for name, data in telling.feeds().items() if not name.endswith(".gz")]
    assert not any(b"n5" in text for text in texts)
    with telling.state() as state:
        undo(telling.config, state, telling.clock, named)
    assert told(telling) == told(telling, "ai") == []


def test_what_the_guard_holds_is_not_told_until_it_is_let_go(news):
    news.configure_feeds("tombstones: true")
    for day in range(1, 13):
        news.article(f"n{day}", date=f"2026-10-{day:02}")
    news.build()
    for day in range(1, 8):
        remove(news, f"n{day}")
    news.build()
    assert told(news) == []
    news.build("all")
    assert len(told(news)) == 7


def test_two_builds_tell_the_same_bytes_and_an_unchanged_one_writes_nothing(telling):
    telling.build()
    remove(telling, "n5")
    telling.build()
    before = telling.feeds()
    telling.clock.step(days=3)
    assert telling.build()[1].written == ()
    for name in ("all.atom", "ai.atom"):
        (telling.folder / "feeds" / name).unlink()
    telling.build()
    assert telling.feeds() == before


def test_the_time_is_that_of_the_first_build_that_found_it_gone_also_where_publishing_fails(telling):
    telling.build()
    remove(telling, "n5")
    place = telling.folder / "feeds" / "all.atom"
    place.unlink()
    place.mkdir()
    with pytest.raises(PublishError):
        telling.build()
    place.rmdir()
    telling.clock.step(days=1)
    telling.build()
    assert [at for _, at in told(telling)] == ["2026-11-01T12:00:00Z"]


def test_rss_has_no_word_for_it_and_no_byte_of_it(telling):
    telling.build()
    gone = ids(telling)["n5"]
    remove(telling, "n5")
    telling.build()
    assert gone.encode() not in telling.feeds()["all.rss"] + telling.feeds()["all.json"]


def test_switched_off_nothing_is_told_nor_kept(telling):
    telling.build()
    remove(telling, "n5")
    telling.build()
    text = telling.config_file.read_text(encoding="utf-8")
    telling.config_file.write_text(text.replace("tombstones: true", "tombstones: false"), encoding="utf-8")
    telling.build()
    assert b"tombstones" not in telling.feeds()["all.atom"]
    with telling.state() as state:
        assert state.value("SELECT count(*) FROM withdrawn") == 0
