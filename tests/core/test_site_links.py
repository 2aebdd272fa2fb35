"""What a publication's own pages are told of a link."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.healing import Standing, entry_link
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.site_links import Copies, SiteLink, site_link
from feedbot.core.snapshot import Snapshot
from feedbot.core.status import Status, StatusKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EARLIER = NOW - timedelta(days=30)
URL = "https://news.example/story"
NEW = "https://news.example/2026/story"
MARKED_DEAD = Mark(MarkKind.DEAD, made_at=NOW)


def standing(kind, url=URL, *, linkable=None, **status):
    is_linkable = kind not in {StatusKind.DEAD, StatusKind.REFUSED} if linkable is None else linkable
    status = {"since_at": EARLIER, "checked_at": NOW, **status}
    return Standing(url, Status(kind=kind, **status), is_linkable, titled=True, http_status=200, final_url=url)


def moved(looks=3, over=timedelta(days=7)):
    return standing(StatusKind.MOVED, moved_to=NEW, moved_looks=looks, moved_first_at=NOW - over)


DEAD = standing(StatusKind.DEAD)
AMP = standing(StatusKind.ALIVE, "https://news.example/story.amp")
CACHE = standing(StatusKind.ALIVE, "https://news-example.cdn.ampproject.org/c/s/news.example/story.amp")
SNAPSHOT = Snapshot("https://web.archive.org/web/20261001080000/https://news.example/story", EARLIER)


@pytest.mark.parametrize("kind", sorted(set(StatusKind) - {StatusKind.DEAD}))
def test_only_what_is_dead_or_has_moved_for_good_is_told(kind):
    assert site_link(standing(kind), [Copies(AMP, CACHE)]) is None


def test_what_has_moved_for_good_is_told_with_its_new_address_and_since_when():
    assert site_link(moved(), []) == SiteLink("moved", NEW, NOW - timedelta(days=7))
    assert site_link(moved(looks=2), []) is None
    assert site_link(moved(over=timedelta(days=6)), []) is None


def test_what_is_dead_leads_to_the_first_copy_that_can_be_read():
    assert site_link(DEAD, []) == SiteLink("dead", None, EARLIER)
    assert site_link(DEAD, [Copies(), Copies(cache=CACHE), Copies(AMP)]) == SiteLink("dead", CACHE.url, EARLIER)
    assert site_link(DEAD, [Copies(AMP, CACHE)]) == SiteLink("dead", AMP.url, EARLIER)


def test_an_archives_copy_is_told_where_no_article_has_another():
    assert site_link(DEAD, [], snapshot=SNAPSHOT) == SiteLink("dead", SNAPSHOT.url, EARLIER)
    assert site_link(DEAD, [Copies(), Copies(cache=CACHE)], snapshot=SNAPSHOT) == SiteLink("dead", CACHE.url, EARLIER)
    assert site_link(moved(), [], snapshot=SNAPSHOT) == SiteLink("moved", NEW, NOW - timedelta(days=7))
    assert site_link(standing(StatusKind.ALIVE), [], snapshot=SNAPSHOT) is None


def test_what_a_person_calls_dead_is_dead_since_then_unless_it_was_before():
    alive = standing(StatusKind.ALIVE, linkable=False)
    assert site_link(alive, [], MARKED_DEAD) == SiteLink("dead", None, NOW)
    assert site_link(DEAD, [], MARKED_DEAD) == SiteLink("dead", None, EARLIER)
    assert site_link(standing(StatusKind.REFUSED), [], MARKED_DEAD) == SiteLink("dead", None, NOW)


def test_what_a_person_calls_alive_is_not_told():
    assert site_link(standing(StatusKind.DEAD, linkable=True), [Copies(AMP)], Mark(MarkKind.ALIVE)) is None


kinds = st.builds(standing, st.sampled_from(StatusKind)) | st.just(moved())


@given(kinds, st.none() | kinds, st.none() | kinds, st.sampled_from([None, SNAPSHOT]))
def test_pages_and_feeds_lead_to_the_same_place(source, amp, cache, snapshot):
    told = site_link(source, [Copies(amp, cache)], snapshot=snapshot)
    if told is not None:
        link = entry_link(source, amp, cache, snapshot=snapshot)
        assert told.link == (None if link == "lost" else link.url)
