from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from lxml import etree

from feedbot.core.article import Image
from feedbot.core.feed import Feed, RelatedLink
from feedbot.publish.rss import render_rss
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

PREFIXES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://search.yahoo.com/mrss/": "media",
}
NAMESPACES = {prefix: uri for uri, prefix in PREFIXES.items()}


def channel_of(feed: Feed, images: str = "content") -> etree._Element:
    return etree.fromstring(render_rss(feed, images))[0]


def item_of(feed: Feed, images: str = "content") -> etree._Element:
    item = channel_of(feed, images).find("item")
    assert item is not None
    return item


def told(parent: etree._Element) -> list[tuple[str, str | None, dict[str, str]]]:
    """Tag, text and attributes of every child, in order."""
    rows = []
    for child in parent:
        name = etree.QName(child)
        tag = f"{PREFIXES[name.namespace]}:{name.localname}" if name.namespace else name.localname
        rows.append((tag, child.text, dict(child.attrib)))
    return rows


def test_an_item_has_these_elements_in_this_order() -> None:
    related = {"rel": "related", "type": "text/html"}
    rows = told(item_of(FEED))
    html = next(text for tag, text, _ in rows if tag == "content:encoded")
    assert html is not None
    assert html.startswith('<p><img src="https://cdn.example.org/lead.JPG?w=2" alt="A “lead”" width="640"')
    assert rows == [
        ("title", "Tom & Jerry <3", {}),
        ("link", "https://nytimes.com/a?b=1&c=2", {}),
        ("guid", "tag:example.org,2026:article:35ca5f4a9cb0c9f6", {"isPermaLink": "false"}),
        ("pubDate", "Sun, 01 Nov 2026 06:05:04 GMT", {}),
        ("atom:updated", "2026-11-02T07:08:09Z", {}),
        ("dc:creator", "The Times", {}),
        ("source", "The Times", {"url": "https://nytimes.com/"}),
        ("category", "Computer Vision", {"domain": "https://example.org/feeds/computer-vision"}),
        ("category", "R&D", {"domain": "https://example.org/feeds/r-and-d"}),
        ("description", "Fish &amp; &lt;chips&gt;", {}),
        ("content:encoded", html, {}),
        ("media:content", None, {"url": "https://cdn.example.org/second", "medium": "image"}),
        (
            "media:content",
            "\n        ",
            {"url": "https://cdn.example.org/third.webp", "type": "image/webp", "medium": "image", "width": "10"},
        ),
        ("atom:link", None, {**related, "title": "More & more", "href": "https://other.org/?a=1&b=2"}),
        ("atom:link", None, {**related, "title": "Again", "href": "https://third.org/"}),
    ]


def test_the_channel_has_these_elements_in_this_order() -> None:
    self_link = {"href": "https://example.org/feeds/ai.rss", "rel": "self", "type": "application/rss+xml"}
    assert told(channel_of(FEED))[:-1] == [
        ("title", "AI & more", {}),
        ("link", "https://example.org/news/", {}),
        ("description", "What is new", {}),
        ("language", "en-GB", {}),
        ("lastBuildDate", "Mon, 02 Nov 2026 07:08:09 GMT", {}),
        ("ttl", "45", {}),
        ("generator", "feedbot", {}),
        ("atom:link", None, self_link),
    ]


def test_the_document_is_pretty_utf_8_without_cdata_and_with_known_prefixes() -> None:
    text = render_rss(FEED, "both").decode()
    assert text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<rss ")
    assert text.endswith("</rss>\n")
    assert "A “lead”" in text
    assert "CDATA" not in text
    assert "ns0" not in text
    assert text.count("xmlns:") == 4


def test_a_feed_without_entries_or_words_is_a_feed() -> None:
    channel = channel_of(replace(FEED, entries=(), title="\x00 ", description=""))
    assert channel.findtext("title") == "ai"
    assert channel.findtext("description") == "ai"
    assert channel.find("item") is None


def test_entries_keep_their_order() -> None:
    entries = [replace(ENTRY, id=f"urn:{n}", title=f"{n}") for n in range(5)]
    assert [item.findtext("title") for item in channel_of(feed_of(*entries)).iter("item")] == ["0", "1", "2", "3", "4"]


def test_a_content_without_an_excerpt_is_no_description() -> None:
    item = item_of(feed_with(excerpt=" "))
    assert item.find("description") is None
    assert item.find("content:encoded", NAMESPACES) is not None


def test_an_entry_with_nothing_but_a_title_is_an_item() -> None:
    bare = item_of(
        feed_with(excerpt="", body_html="", images=(), related=(), categories=(), provider_name="", provider_url="")
    )
    assert [tag for tag, _, _ in told(bare)] == ["title", "link", "guid", "pubDate", "atom:updated"]


def test_a_blank_title_falls_back_to_the_link() -> None:
    assert item_of(feed_with(title=" \x00\n")).findtext("title") == ENTRY.link


def test_a_title_is_one_line() -> None:
    assert item_of(feed_with(title=" a\n\t b\u00a0c\x0b ")).findtext("title") == "a b c"


@pytest.mark.parametrize(
    ("name", "url", "creator", "source"),
    [("N", "", "N", None), ("", "https://x.org/", None, "x.org"), ("N", "javascript:1", "N", None)],
)
def test_a_provider_known_by_half(name: str, url: str, creator: str | None, source: str | None) -> None:
    item = item_of(feed_with(provider_name=name, provider_url=url))
    assert item.findtext("dc:creator", None, NAMESPACES) == creator
    assert item.findtext("source") == source


@pytest.mark.parametrize(("policy", "in_content", "in_media"), [("content", 1, 2), ("media", 0, 3), ("both", 1, 3)])
def test_the_policy_says_where_the_lead_image_goes(policy: str, in_content: int, in_media: int) -> None:
    item = item_of(FEED, policy)
    assert (item.findtext("content:encoded", "", NAMESPACES)).count("<img ") == in_content
    assert len(item.findall("media:content", NAMESPACES)) == in_media


def test_media_of_the_lead_image() -> None:
    media = item_of(FEED, "media").find("media:content", NAMESPACES)
    assert media is not None
    assert dict(media.attrib) == {
        "url": "https://cdn.example.org/lead.JPG?w=2",
        "type": "image/jpeg",
        "medium": "image",
        "width": "640",
        "height": "480",
    }
    assert media.findtext("media:title", None, NAMESPACES) == "A “lead”"


def test_an_image_is_there_once() -> None:
    image = Image("https://x.org/i.png")
    assert item_of(feed_with(images=(image, image)), "media").findall("media:content", NAMESPACES)[1:] == []


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://x.org/\x00", "//x.org/", "", "ftp://x/"]
)
def test_what_is_not_on_the_web_is_never_a_link_or_an_image(url: str) -> None:
    text = render_rss(feed_with(images=(Image(url),), related=(RelatedLink("r", url),)), "both").decode()
    assert "media:content" not in text.partition("<channel>")[2]
    assert "related" not in text.lower()
    assert channel_of(feed_with(link=url)).find("item") is None


def test_times_are_in_gmt_whatever_zone_they_come_in() -> None:
    time = datetime(2026, 11, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    item = item_of(feed_with(published_at=time, updated_at=time))
    assert item.findtext("pubDate") == "Sat, 31 Oct 2026 22:30:00 GMT"
    assert item.findtext("atom:updated", None, NAMESPACES) == "2026-10-31T22:30:00Z"


def test_an_old_year_has_four_digits() -> None:
    assert (
        item_of(feed_with(published_at=datetime(33, 4, 3, tzinfo=UTC))).findtext("pubDate", "")[5:16] == "03 Apr 0033"
    )
