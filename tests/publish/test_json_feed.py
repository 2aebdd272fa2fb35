import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedbot.core.article import Image
from feedbot.core.feed import Category, Feed, RelatedLink
from feedbot.publish.atom import render_atom
from feedbot.publish.json_feed import render_json_feed
from feedbot.publish.rss import render_rss
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

# The rules of https://www.jsonfeed.org/version/1.1/ for what a publisher may write, the deprecated left out.
URL = {"type": "string", "pattern": r"^https?://[^\s<>\"]+$"}
LINE = {"type": "string", "pattern": r"^[^\r\n]+$"}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
EXTENSION = {
    "patternProperties": {
        r"^_[A-Za-z][^.]*$": {
            "type": "object",
            "propertyNames": {"pattern": r"^[A-Za-z0-9]+$"},
            "properties": {"about": URL},
        }
    },
    "additionalProperties": False,
}
AUTHORS = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {"name": LINE, "url": URL, "avatar": URL},
        "minProperties": 1,
        "additionalProperties": False,
    },
}
ITEM = {
    "type": "object",
    "required": ["id"],
    "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
    "properties": {
        "id": LINE,
        "url": URL,
        "external_url": URL,
        "title": LINE,
        "content_html": {"type": "string"},
        "content_text": {"type": "string"},
        "summary": {"type": "string", "minLength": 1},
        "image": URL,
        "banner_image": URL,
        "date_published": TIME,
        "date_modified": TIME,
        "authors": AUTHORS,
        "tags": {"type": "array", "items": LINE},
        "language": {"type": "string"},
        "attachments": {
            "type": "array",
            "items": {"type": "object", "required": ["url", "mime_type"], "properties": {"url": URL}},
        },
    },
    **EXTENSION,
}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["version", "title", "items", "home_page_url", "feed_url"],  # the last two: on the public web
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": LINE,
        "home_page_url": URL,
        "feed_url": URL,
        "description": LINE,
        "user_comment": {"type": "string"},
        "next_url": URL,
        "icon": URL,
        "favicon": URL,
        "authors": AUTHORS,
        "language": {"type": "string", "pattern": "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"},
        "expired": {"type": "boolean"},
        "hubs": {"type": "array", "items": {"type": "object", "required": ["type", "url"]}},
        "items": {"type": "array", "items": ITEM},
    },
    **EXTENSION,
}
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def read(data: bytes) -> dict[str, Any]:
    """The document, which keeps the rules of the standard."""
    document: dict[str, Any] = json.loads(data)
    VALIDATOR.validate(document)
    ids = [item["id"] for item in document["items"]]
    assert len(set(ids)) == len(ids)
    return document


def item_of(feed: Feed, images: str = "content") -> dict[str, Any]:
    (item,) = read(render_json_feed(feed, images))["items"]
    return item


def test_the_feed_has_these_members_in_this_order() -> None:
    document = read(render_json_feed(replace(FEED, entries=()), "content"))
    assert list(document.items()) == [
        ("version", "https://jsonfeed.org/version/1.1"),
        ("title", "AI & more"),
        ("home_page_url", "https://example.org/news/"),
        ("feed_url", "https://example.org/feeds/ai.json"),
        ("description", "What is new"),
        ("authors", [{"name": "AI & more", "url": "https://example.org/news/"}]),
        ("language", "en-GB"),
        ("items", []),
    ]


def test_hubs_come_before_the_items() -> None:
    document = read(render_json_feed(replace(FEED, hubs=("https://hub.example/", "https://push.example/")), "content"))
    assert list(document)[-2:] == ["hubs", "items"]
    assert document["hubs"] == [
        {"type": "WebSub", "url": "https://hub.example/"},
        {"type": "WebSub", "url": "https://push.example/"},
    ]


def test_an_item_has_these_members_in_this_order() -> None:
    item = item_of(FEED)
    html = item["content_html"]
    assert html.startswith('<p><img src="https://cdn.example.org/lead.JPG?w=2" ')
    assert "<p>Fish &amp; &lt;chips&gt;</p>\n<p>Body <em>text</em></p>" in html
    assert list(item.items()) == [
        ("id", "tag:example.org,2026:article:35ca5f4a9cb0c9f6"),
        ("url", "https://nytimes.com/a?b=1&c=2"),
        ("title", "Tom & Jerry <3"),
        ("content_html", html),
        ("summary", "Fish & <chips>"),
        ("image", "https://cdn.example.org/lead.JPG?w=2"),
        ("date_published", "2026-11-01T06:05:04Z"),
        ("date_modified", "2026-11-02T07:08:09Z"),
        ("authors", [{"name": "The Times", "url": "https://nytimes.com/"}]),
        ("tags", ["Computer Vision", "R&D"]),
        (
            "_feedbot",
            {
                "related": [
                    {"title": "More & more", "url": "https://other.org/?a=1&b=2"},
                    {"title": "Again", "url": "https://third.org/"},
                ]
            },
        ),
    ]


def test_quality_and_heat_are_told_where_an_article_has_them() -> None:
    assert item_of(feed_with(quality=0.5, heat=12.0, related=()))["_feedbot"] == {"quality": 0.5, "heat": 12.0}


def test_an_entry_with_nothing_but_a_title_is_an_item() -> None:
    bare = {"excerpt": "", "body_html": "", "images": (), "related": (), "categories": ()}
    item = item_of(feed_with(**bare, provider_name="", provider_url=""))
    assert list(item) == ["id", "url", "title", "content_html", "date_published", "date_modified"]
    assert item["content_html"] == ""


def test_a_feed_without_entries_or_words_is_a_feed() -> None:
    document = read(render_json_feed(replace(FEED, entries=(), title="", description=""), "content"))
    assert document["title"] == "ai"
    assert "description" not in document


@pytest.mark.parametrize(
    ("name", "url", "authors"),
    [
        ("The Times", "https://nytimes.com/", [{"name": "The Times", "url": "https://nytimes.com/"}]),
        ("", "https://nytimes.com/", [{"name": "nytimes.com", "url": "https://nytimes.com/"}]),
        ("The Times", "javascript:1", [{"name": "The Times"}]),
        ("", "", None),  # those of the feed
    ],
)
def test_the_provider_is_the_author(name: str, url: str, authors: object) -> None:
    assert item_of(feed_with(provider_name=name, provider_url=url)).get("authors") == authors


def test_an_entry_that_leads_elsewhere_names_its_source_and_says_so() -> None:
    mended = {"link": "https://copy.test/", "via": "https://nytimes.com/a", "note": "A <copy>.", "related": ()}
    item = item_of(feed_with(**mended))
    assert (item["url"], item["_feedbot"]) == ("https://copy.test/", {"via": "https://nytimes.com/a"})
    assert "<p><em>A &lt;copy&gt;.</em></p>" in item["content_html"]


@pytest.mark.parametrize(("policy", "in_content"), [("content", 1), ("media", 0), ("both", 1)])
def test_the_lead_image_is_the_image_and_by_policy_in_the_content(policy: str, in_content: int) -> None:
    item = item_of(FEED, policy)
    assert item["image"] == ENTRY.images[0].url
    assert item["content_html"].count("<img ") == in_content


def test_what_is_no_web_address_is_no_link_no_image_and_no_item() -> None:
    bad = "javascript:alert(1)"
    assert read(render_json_feed(feed_with(link=bad), "both"))["items"] == []
    item = item_of(feed_with(images=(Image(bad),), related=(RelatedLink("x", bad),), provider_url=bad, via=bad), "both")
    assert bad not in json.dumps(item)


@given(title=st.text(), text=st.text(), url=st.text(max_size=40).map(lambda tail: f"https://x.org/{tail}"))
@example(title="\x00", text="\ud800\uffff", url="https://x.org/\ud800")
@example(title="", text="\u2028</script>\r\n\t\x85", url="https://x.org/ <")
@settings(max_examples=200)
def test_no_text_and_no_url_breaks_the_standard(title: str, text: str, url: str) -> None:
    entry = replace(
        ENTRY,
        title=title,
        excerpt=text,
        body_html=text,
        provider_name=text,
        provider_url=url,
        categories=(Category(text, url), Category(title, url)),
        images=(Image(url, title=text),),
        related=(RelatedLink(text, url),),
    )
    read(render_json_feed(replace(FEED, title=title, description=text, entries=(entry,)), "both"))


@given(
    st.lists(
        st.builds(
            replace,
            st.just(ENTRY),
            id=st.uuids().map(str),
            title=st.text(),
            excerpt=st.text(),
            link=st.sampled_from([ENTRY.link, "https://example.org/news/a", "ftp://x.org/", "https://x.org/\x00"]),
            updated_at=st.sampled_from([ENTRY.published_at, ENTRY.updated_at]),
        ),
        max_size=4,
        unique_by=lambda entry: entry.id,
    )
)
@settings(max_examples=60)
def test_the_entries_are_those_of_atom_and_rss_in_their_order(entries: list[Any]) -> None:
    feed = feed_of(*entries)
    items = read(render_json_feed(feed, "content"))["items"]
    atom = [
        tuple(entry.findtext(f"{{*}}{tag}") for tag in ("id", "published", "updated", "content"))
        for entry in etree.fromstring(render_atom(feed, "content")).iterfind("{*}entry")
    ]
    members = ("id", "date_published", "date_modified", "content_html")
    assert [tuple(item[name] for name in members) for item in items] == atom
    rss = etree.fromstring(render_rss(feed, "content")).findall("channel/item")
    assert [(item["id"], item["url"], item["title"]) for item in items] == [
        (item.findtext("guid"), item.findtext("link"), item.findtext("title")) for item in rss
    ]


def test_the_bytes_are_utf_8_and_end_like_a_text_file() -> None:
    data = render_json_feed(feed_with(title="Überraschung 😀"), "content")
    assert "Überraschung 😀".encode() in data
    assert not data.startswith(b"\xef\xbb\xbf")
    assert data.endswith(b"}\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "https://jsonfeed.org/version/2"},
        {"title": None},
        {"items": None},
        {"feed_url": "feeds/ai.json"},
        {"authors": [{}]},
        {"author": {"name": "x"}},
        {"feedbot": {}},
        {"_feedbot": {"a.b": 1}},
        {"items": [{"id": 1, "content_html": ""}]},
        {"items": [{"id": "1"}]},
        {"items": [{"id": "1", "content_html": "", "date_published": "2026-11-01"}]},
        {"items": [{"id": "1", "content_html": "", "summary": ""}]},
        {"items": [{"id": "1", "content_html": "", "url": "/a"}]},
    ],
)
def test_the_schema_refuses_what_the_standard_does(wrong: dict[str, Any]) -> None:
    # The negative control of `read`.
    assert not VALIDATOR.is_valid({**json.loads(render_json_feed(FEED, "content")), **wrong})
