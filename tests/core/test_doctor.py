from datetime import UTC, datetime, timedelta

import pytest

from feedbot.core.autodiscovery import link_tag, named_feeds
from feedbot.core.clock_skew import date_of, skew_s
from feedbot.core.doctor import Finding, Level, Part, compared, worst, worst_first

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def finding(about: str, level: Level, part: Part = Part.FEEDS, sentence: str = "so it is") -> Finding:
    return Finding(part, about, level, sentence)


def test_the_worst_of_each_part_comes_first() -> None:
    given = [
        finding("room", Level.PROBLEM, Part.FILES),
        finding("a", Level.OK),
        finding("b", Level.WARNING),
        finding("c", Level.PROBLEM),
    ]
    assert [one.about for one in worst_first(given)] == ["c", "b", "a", "room"]
    assert (worst(given), worst(given[1:3]), worst([])) == (Level.PROBLEM, Level.WARNING, Level.OK)


def test_what_changed_is_what_is_new_got_another_level_or_is_well_again() -> None:
    before = {"Feeds: kept": "warning", "Feeds: worse": "warning", "Feeds: mended": "problem"}
    now = [
        finding("kept", Level.WARNING, sentence="with another number"),
        finding("worse", Level.PROBLEM),
        finding("mended", Level.OK),
        finding("new", Level.WARNING),
    ]
    result = compared(before, now)
    assert [one.about for one in result.new] == ["worse", "new"]
    assert result.well == ["Feeds: mended"]
    assert result.standing == {"Feeds: kept": "warning", "Feeds: worse": "problem", "Feeds: new": "warning"}
    again = compared(result.standing, now)
    assert (again.new, again.well, again.standing) == ([], [], result.standing)


def test_an_outage_of_our_own_says_nothing_of_feeds_and_site() -> None:
    before = {"Feeds: the type": "problem", "Site: autodiscovery": "warning", "Files: room": "problem"}
    now = [
        finding("no answer", Level.PROBLEM),
        finding("canaries", Level.PROBLEM, Part.NETWORK),
        finding("names", Level.PROBLEM, Part.NETWORK),
        finding("database", Level.PROBLEM, Part.STATE),
    ]
    result = compared(before, now)
    assert [one.about for one in result.new] == ["canaries", "database"]
    assert result.well == ["Files: room"]
    assert {key: result.standing[key] for key in list(before)[:2]} == dict(list(before.items())[:2])
    assert set(result.standing) == {*list(before)[:2], "Network: canaries", "state.db: database"}


PAGE = b"""<base href="https://news.test/blog/"><link rel="stylesheet" type="text/css" href="a.css">
<link rel="ALTERNATE home" type="Application/Atom+XML; charset=utf-8" href="../feeds/all.atom">
<link rel="alternate" hreflang="de" href="/de/"><link rel="alternate" type="application/rss+xml" href="http://[">
<link rel="alternate" type="application/feed+json" href=""><link type="application/rss+xml" href="no.rss">"""


def test_a_page_names_feeds_by_alternate_links_of_their_types() -> None:
    found = named_feeds("https://news.test/", {"content-type": "text/html"}, PAGE)
    assert [one.url for one in found] == ["https://news.test/feeds/all.atom"]


def test_what_can_be_pasted_is_found_again_whatever_the_title() -> None:
    tag = link_tag("https://news.test/feeds/all.rss", 'A "daily" & <more>', "RSS", "application/rss+xml")
    assert tag == (
        '<link rel="alternate" type="application/rss+xml" title="A &quot;daily&quot; &amp; &lt;more&gt; (RSS)"'
        ' href="https://news.test/feeds/all.rss">'
    )
    (found,) = named_feeds("https://elsewhere.test/", {}, tag.encode())
    assert (found.url, found.media_type) == ("https://news.test/feeds/all.rss", "application/rss+xml")


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"date": "Sun, 22 Nov 2026 12:00:00 GMT"}, NOW),
        ({"date": "Sun, 22 Nov 2026 12:00:00 GMT", "age": "0"}, NOW),
        ({"date": "Sun, 22 Nov 2026 12:00:00 GMT", "age": "600"}, None),
        ({"date": "yesterday"}, None),
        ({}, None),
    ],
)
def test_a_date_counts_where_no_cache_kept_it(headers: dict[str, str], at: datetime | None) -> None:
    assert date_of(headers) == at


def test_one_server_with_a_wrong_clock_says_nothing_of_ours() -> None:
    right, wrong = (NOW, NOW - timedelta(seconds=1)), (NOW, NOW - timedelta(days=400))
    assert skew_s([right, wrong, right]) == 1
    assert skew_s([]) is None
