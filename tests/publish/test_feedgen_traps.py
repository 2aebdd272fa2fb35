"""The traps of feedgen 1.0.0, one test each: feedgen as it comes falls in, what feedbot publishes does not.

The first half of a test is its negative control: where a new feedgen no longer falls in, the test says so, and what
stands in our extension against it can go.
"""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime
from types import FrameType
from typing import Any

import feedgen.feed
import feedparser
import pytest
from feedgen import util
from lxml import etree

from feedbot.core.article import Image
from feedbot.publish.atom import render_atom
from feedbot.publish.rss import render_rss
from tests.publication import Publication
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

ATOM = "{http://www.w3.org/2005/Atom}"
LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
MARKUP = "<video src=x>"


def plain() -> tuple[Any, Any]:
    """A feed of one entry as feedgen's own documentation makes it."""
    feed = feedgen.feed.FeedGenerator()
    feed.id("tag:example.org,2026:feed")
    feed.title("A feed")
    feed.description("Of one entry")
    feed.link(href="https://example.org/", rel="alternate")
    entry = feed.add_entry()
    entry.id("tag:example.org,2026:1")
    entry.title("An entry")
    entry.link(href="https://example.org/1", rel="alternate")
    return feed, entry


def rss_of(feed: Any) -> etree._Element:
    return etree.fromstring(feed.rss_str())[0]


def atom_of(feed: Any) -> etree._Element:
    return etree.fromstring(feed.atom_str())


def test_atom_links_keep_rel_type_and_title() -> None:
    feed, entry = plain()
    entry.link(href="https://other.example/", rel="related", type="text/html", title="Elsewhere")
    links = atom_of(feed).findall(f"{ATOM}entry/{ATOM}link")
    assert {tuple(link.attrib) for link in links} == {("href",)}  # entry.py 139-150, its issue 135

    links = etree.fromstring(render_atom(FEED, "both")).findall(f"{ATOM}entry/{ATOM}link")
    assert [(link.get("rel"), link.get("type"), link.get("title")) for link in links] == [
        ("alternate", "text/html", None),
        ("related", "text/html", "More & more"),
        ("related", "text/html", "Again"),
    ]


def test_content_is_no_cdata() -> None:
    feed, entry = plain()
    entry.content("<p>Words</p>", type="CDATA")
    assert b"<![CDATA[" in feed.atom_str()  # entry.py 56
    for render in (render_rss, render_atom):
        assert b"CDATA" not in render(FEED, "both")


def test_updated_is_never_the_time_of_the_build() -> None:
    year = datetime.now(UTC).year  # noqa: TID251 - what feedgen writes by itself
    feed, _ = plain()
    document = atom_of(feed)
    for element in (document, document.find(f"{ATOM}entry")):
        assert element is not None
        assert element.findtext(f"{ATOM}updated", "")[:4] in {str(year), str(year + 1)}  # feed.py 39,73; entry.py 70

    old = replace(feed_with(published_at=LONG_AGO, updated_at=LONG_AGO), updated_at=LONG_AGO)
    document = etree.fromstring(render_atom(old, "both"))
    assert {element.text for element in document.iter(f"{ATOM}updated")} == {"2001-02-03T04:05:06Z"}
    channel = etree.fromstring(render_rss(old, "both"))[0]
    assert channel.findtext("lastBuildDate") == "Sat, 03 Feb 2001 04:05:06 GMT"


def test_the_link_of_a_channel_is_its_page_and_not_its_own_address() -> None:
    feed, _ = plain()
    feed.link(href="https://example.org/feed.rss", rel="self")
    assert rss_of(feed).findtext("link") == "https://example.org/feed.rss"  # feed.py 615

    assert etree.fromstring(render_rss(FEED, "both"))[0].findtext("link") == FEED.site_url


def test_links_that_are_no_own_address_are_in_rss_too() -> None:
    feed, entry = plain()
    feed.link(href="https://example.org/archive", rel="prev-archive")
    entry.link(href="https://other.example/", rel="related")
    # feed.py 274-287: nothing but rel=self comes through.
    assert {link.get("rel") for link in rss_of(feed).iter(f"{ATOM}link")} <= {"self"}

    items = etree.fromstring(render_rss(FEED, "both")).iter("item")
    assert [link.get("href") for item in items for link in item.iter(f"{ATOM}link")] == [r.url for r in ENTRY.related]


def test_an_author_without_an_email_address_is_in_rss_too() -> None:
    feed, entry = plain()
    entry.author({"name": "Jane"})
    assert b"Jane" not in feed.rss_str()  # entry.py 184-190
    assert feedparser.parse(render_rss(FEED, "both")).entries[0].author == "The Times"


def test_an_atom_entry_has_no_half_a_source() -> None:
    feed, entry = plain()
    entry.source(url="https://news.example/", title="News")
    source = atom_of(feed).find(f"{ATOM}entry/{ATOM}source")
    assert source is not None
    assert source.find(f"{ATOM}id") is None  # entry.py 366-372; RFC 4287, 4.2.11 wants what identifies the feed
    # The provider is the author there: where its feeds are, feedbot does not know.
    assert etree.fromstring(render_atom(FEED, "both")).find(f"{ATOM}entry/{ATOM}source") is None


def test_the_first_entry_stays_the_first() -> None:
    feed, entry = plain()
    entry.published(LONG_AGO)
    later = feed.add_entry()
    later.id("tag:example.org,2026:2")
    later.title("Added later")
    assert rss_of(feed).findtext("item/title") == "Added later"  # feed.py 998

    entries = [replace(ENTRY, id=f"urn:{number}", title=f"{number}") for number in range(3)]
    for render in (render_rss, render_atom):
        assert [entry.title for entry in feedparser.parse(render(feed_of(*entries), "both")).entries] == ["0", "1", "2"]


def test_text_for_atom_and_html_for_rss_are_two_values() -> None:
    feed, entry = plain()
    entry.summary(MARKUP)
    # entry.py 474-505: what is text for the one is HTML for the other, and live.
    assert atom_of(feed).findtext(f"{ATOM}entry/{ATOM}summary") == MARKUP
    assert rss_of(feed).findtext("item/description") == MARKUP

    sample = feed_with(excerpt=MARKUP)
    assert etree.fromstring(render_atom(sample, "both")).findtext(f"{ATOM}entry/{ATOM}summary") == MARKUP
    assert etree.fromstring(render_rss(sample, "both")).findtext("channel/item/description") == "&lt;video src=x&gt;"


def test_media_have_no_group_and_take_numbers_and_titles() -> None:
    feed, entry = plain()
    feed.load_extension("media", rss=True, atom=True)
    entry.media.content(url="https://example.org/1.png", medium="image")
    media = "{http://search.yahoo.com/mrss/}"
    assert rss_of(feed).find(f"item/{media}group/{media}content") is not None
    entry.media.content(url="https://example.org/2.png", width=640)
    with pytest.raises(TypeError):
        feed.rss_str()  # numbers have to be text

    sample = feed_with(images=(Image("https://example.org/2.png", 640, 480, "A picture"),))
    for render in (render_rss, render_atom):
        document = etree.fromstring(render(sample, "media"))
        assert next(document.iter(f"{media}group"), None) is None
        (content,) = document.iter(f"{media}content")
        assert (content.get("width"), content.findtext(f"{media}title")) == ("640", "A picture")


def test_feeds_are_rendered_in_one_thread(news: Publication) -> None:
    # util.py 89-96: each date sets the locale of the process and puts it back, and two threads undo each other's.
    threads: list[int] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code is util.formatRFC2822.__code__:
            threads.append(threading.get_ident())

    for number in range(9):
        news.article(f"a{number}", topics=f"T{number}")
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        news.build()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert len(threads) >= 10
    assert set(threads) == {threading.get_ident()}


def test_a_control_character_does_not_lose_the_feed() -> None:
    feed, entry = plain()
    entry.title("A \x08 in the title")
    with pytest.raises(ValueError, match="XML compatible"):
        feed.rss_str()
    for render in (render_rss, render_atom):
        assert feedparser.parse(render(feed_with(title="A \x08 in the title"), "both")).entries[0].title == (
            "A in the title"
        )


@pytest.mark.parametrize("module", ["render", "rss", "atom", "generator", "feedgen_extension", "html"])
def test_each_module_can_be_the_first_that_is_imported(module: str) -> None:
    assert _imports("feedgen.ext.media") == 1
    assert _imports(f"feedbot.publish.{module}") == 0


def _imports(module: str) -> int:
    """The exit code of a Python that imports one module."""
    return subprocess.run([sys.executable, "-c", f"import {module}"], stderr=subprocess.DEVNULL, check=False).returncode
