"""Where an entry leads."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.healing import Link, Standing, Way, entry_link, is_visitors_own
from feedbot.core.snapshot import Snapshot
from feedbot.core.status import Status, StatusKind

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SOURCE = "https://news.example/story"


def standing(kind, url=SOURCE, *, linkable=None, titled=True, http_status=200, final_url=None, **status):
    is_linkable = kind not in {StatusKind.DEAD, StatusKind.REFUSED} if linkable is None else linkable
    return Standing(url, Status(kind=kind, **status), is_linkable, titled, http_status, final_url or url)


def moved(to="https://news.example/2026/story", looks=3, over=timedelta(days=7)):
    return standing(
        StatusKind.MOVED, moved_to=to, moved_looks=looks, moved_first_at=NOW - over, checked_at=NOW, since_at=NOW - over
    )


DEAD = standing(StatusKind.DEAD)
AMP = standing(StatusKind.ALIVE, "https://news.example/story.amp")
CACHE = standing(StatusKind.ALIVE, "https://news-example.cdn.ampproject.org/c/s/news.example/story.amp")
SNAPSHOT = Snapshot("https://web.archive.org/web/20261001080000/https://news.example/story", NOW - timedelta(days=31))


@pytest.mark.parametrize("kind", sorted(set(StatusKind) - {StatusKind.DEAD, StatusKind.REFUSED}))
def test_a_source_that_a_reader_may_be_sent_to_is_not_replaced(kind):
    assert entry_link(standing(kind), AMP, CACHE, snapshot=SNAPSHOT) is None


def test_a_dead_source_gives_way_to_the_amp_page_then_to_the_copy_in_a_cache_then_to_nothing():
    assert entry_link(DEAD, AMP, CACHE) == Link(AMP.url, Way.AMP)
    assert entry_link(DEAD, None, CACHE) == Link(CACHE.url, Way.CACHE)
    for kind in (StatusKind.DEAD, StatusKind.FAILING, StatusKind.BLOCKED, StatusKind.UNCHECKED):
        assert entry_link(DEAD, standing(kind, AMP.url), CACHE) == Link(CACHE.url, Way.CACHE), kind
    assert entry_link(DEAD, None, None) == "lost"


@pytest.mark.parametrize(
    "copy",
    [
        {"titled": False},
        {"http_status": 404},
        {"http_status": None},
        {"final_url": "https://news.example/story"},
        {"linkable": False},
    ],
)
def test_a_copy_counts_only_where_the_cache_itself_shows_the_article(copy):
    assert entry_link(DEAD, None, standing(StatusKind.ALIVE, CACHE.url, **copy)) == "lost"


@pytest.mark.parametrize("policy", ["drop", "keep", "mark"])
def test_an_archives_copy_comes_after_all_others_and_before_the_policy(policy):
    archived = Link(SNAPSHOT.url, Way.ARCHIVE, SNAPSHOT.taken_at)
    assert entry_link(DEAD, AMP, CACHE, policy, snapshot=SNAPSHOT) == Link(AMP.url, Way.AMP)
    assert entry_link(DEAD, None, CACHE, policy, snapshot=SNAPSHOT) == Link(CACHE.url, Way.CACHE)
    assert entry_link(DEAD, DEAD, DEAD, policy, snapshot=SNAPSHOT) == archived
    assert entry_link(standing(StatusKind.REFUSED), None, None, policy, snapshot=SNAPSHOT) == archived


def test_where_nothing_is_left_the_policy_decides():
    assert entry_link(DEAD, None, None, "keep") == Link(SOURCE, Way.KEPT)
    assert entry_link(DEAD, None, None, "mark") == Link(SOURCE, Way.MARKED)


@pytest.mark.parametrize("policy", ["drop", "keep", "mark"])
def test_what_is_refused_by_its_address_is_never_a_link(policy):
    refused = standing(StatusKind.REFUSED)
    assert entry_link(refused, None, None, policy) == "lost"
    assert entry_link(refused, AMP, None, policy) == Link(AMP.url, Way.AMP)


def test_a_move_is_believed_after_three_looks_over_seven_days():
    to = "https://news.example/2026/story"
    assert entry_link(moved(to), None, None) == Link(to, Way.MOVED)
    assert entry_link(moved(to, looks=2), None, None) is None
    assert entry_link(moved(to, over=timedelta(days=7, seconds=-1)), None, None) is None


@pytest.mark.parametrize(
    "to",
    [
        "https://news.example/login?next=/story",
        "https://consent.news.example/?url=story",
        "https://news.example/story?utm_source=rss",
        "https://news.example/en/story",
        "https://news.example/de-DE/story",
        "https://news.example/fr/story/",
    ],
)
def test_an_address_that_is_one_visitors_own_is_not_given_to_all(to):
    assert is_visitors_own(SOURCE, to)
    assert entry_link(moved(to), None, None) is None


@pytest.mark.parametrize(
    ("url", "to"),
    [
        (SOURCE, "https://www.news.example/story"),
        (SOURCE, "https://news.example/story/"),
        ("http://news.example/story?id=1", "https://news.example/story?id=1"),
        ("https://news.example/story?id=1", "https://news.example/story"),
        (SOURCE, "https://news.example/ai/the-story"),
        ("https://news.example/en/story", "https://news.example/en/2026/story"),
    ],
)
def test_a_new_address_that_is_everybodys_is_used(url, to):
    assert not is_visitors_own(url, to)


standings = st.builds(
    standing,
    st.sampled_from(StatusKind),
    linkable=st.booleans(),
    titled=st.booleans(),
    http_status=st.sampled_from([200, 404]),
)


@given(
    standings,
    st.none() | standings,
    st.none() | standings,
    st.sampled_from(["drop", "keep", "mark"]),
    st.sampled_from([None, SNAPSHOT]),
)
def test_by_default_no_entry_leads_where_no_reader_may_be_sent(source, amp, cache, policy, snapshot):
    link = entry_link(source, amp, cache, policy, snapshot=snapshot)
    if policy != "drop" or source.is_linkable or link == "lost":
        return
    assert link.way in {Way.AMP, Way.CACHE, Way.ARCHIVE}
    if link.way is Way.ARCHIVE:
        assert link.url == snapshot.url
        return
    assert (amp if link.way is Way.AMP else cache).is_linkable
