from dataclasses import replace

import pytest
from lxml import etree

from feedbot.core.feed import Feed
from feedbot.publish.atom import render_atom
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

NS = {"a": "http://www.w3.org/2005/Atom", "media": "http://search.yahoo.com/mrss/"}


def root_of(feed: Feed, images: str = "content") -> etree._Element:
    return etree.fromstring(render_atom(feed, images))


def entry_of(feed: Feed, images: str = "content") -> etree._Element:
    entry = root_of(feed, images).find("a:entry", NS)
    assert entry is not None
    return entry


def told(parent: etree._Element) -> list[tuple[str, str | None, dict[str, str]]]:
    rows = []
    for child in parent:
        name = etree.QName(child)
        tag = f"media:{name.localname}" if name.namespace == NS["media"] else name.localname
        rows.append((tag, None if len(child) else child.text, dict(child.attrib)))
    return rows


def test_an_entry_has_these_elements_in_this_order() -> None:
    rows = told(entry_of(FEED))
    html = next(text for tag, text, _ in rows if tag == "content")
    assert html is not None
    assert "<p>Fish &amp; &lt;chips&gt;</p>\n<p>Body <em>text</em></p>" in html
    related = {"rel": "related", "type": "text/html"}
    third = {"url": "https://cdn.example.org/third.webp", "type": "image/webp", "medium": "image", "width": "10"}
    assert rows == [
        ("title", "Tom & Jerry <3", {}),
        ("link", None, {"href": "https://nytimes.com/a?b=1&c=2", "rel": "alternate", "type": "text/html"}),
        ("id", "tag:example.org,2026:article:35ca5f4a9cb0c9f6", {}),
        ("published", "2026-11-01T06:05:04Z", {}),
        ("updated", "2026-11-02T07:08:09Z", {}),
        ("author", None, {}),
        ("category", None, {"term": "Computer Vision", "scheme": "https://example.org/feeds/computer-vision"}),
        ("category", None, {"term": "R&D", "scheme": "https://example.org/feeds/r-and-d"}),
        ("summary", "Fish & <chips>", {}),
        ("content", html, {"type": "html"}),
        ("media:content", None, {"url": "https://cdn.example.org/second", "medium": "image"}),
        ("media:content", None, third),
        ("link", None, {**related, "title": "More & more", "href": "https://other.org/?a=1&b=2"}),
        ("link", None, {**related, "title": "Again", "href": "https://third.org/"}),
    ]


def test_the_feed_has_these_elements_in_this_order() -> None:
    root = root_of(FEED)
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en-GB"
    assert told(root)[:-1] == [
        ("id", "tag:example.org,2026:topic:ai", {}),
        ("title", "AI & more", {}),
        ("subtitle", "What is new", {}),
        ("updated", "2026-11-02T07:08:09Z", {}),
        ("link", None, {"href": "https://example.org/feeds/ai.atom", "rel": "self", "type": "application/atom+xml"}),
        ("link", None, {"href": "https://example.org/news/", "rel": "alternate", "type": "text/html"}),
        ("generator", "feedbot", {}),
    ]


@pytest.mark.parametrize(
    ("name", "url", "author"),
    [
        ("The Times", "https://nytimes.com/", {"name": "The Times", "uri": "https://nytimes.com/"}),
        ("", "https://nytimes.com/", {"name": "nytimes.com", "uri": "https://nytimes.com/"}),
        ("The Times", "javascript:1", {"name": "The Times"}),
        ("", "", {"name": "AI & more"}),
    ],
)
def test_every_entry_has_an_author(name: str, url: str, author: dict[str, str]) -> None:
    element = entry_of(feed_with(provider_name=name, provider_url=url)).find("a:author", NS)
    assert element is not None
    assert {etree.QName(child).localname: child.text for child in element} == author


def test_an_entry_with_nothing_but_a_title_is_an_entry() -> None:
    entry = entry_of(feed_with(excerpt="", body_html="", images=(), related=(), categories=()))
    assert [tag for tag, _, _ in told(entry)] == ["title", "link", "id", "published", "updated", "author"]


def test_a_feed_without_entries_or_words_is_a_feed() -> None:
    root = root_of(replace(FEED, entries=(), title="", description=""))
    assert root.findtext("a:title", None, NS) == "ai"
    assert [tag for tag, _, _ in told(root)] == ["id", "title", "updated", "link", "link", "generator"]


def test_entries_keep_their_order() -> None:
    entries = [replace(ENTRY, id=f"urn:{n}") for n in range(5)]
    found = [entry.findtext("a:id", None, NS) for entry in root_of(feed_of(*entries)).findall("a:entry", NS)]
    assert found == [f"urn:{n}" for n in range(5)]


@pytest.mark.parametrize(("policy", "in_content", "in_media"), [("content", 1, 2), ("media", 0, 3), ("both", 1, 3)])
def test_the_policy_says_where_the_lead_image_goes(policy: str, in_content: int, in_media: int) -> None:
    entry = entry_of(FEED, policy)
    assert entry.findtext("a:content", "", NS).count("<img ") == in_content
    assert len(entry.findall("media:content", NS)) == in_media


def test_no_foreign_words_are_in_the_document() -> None:
    text = render_atom(FEED, "both").decode()
    assert text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<feed ")
    assert not [word for word in ("CDATA", "ns0", "dc:", "python-feedgen") if word in text]
