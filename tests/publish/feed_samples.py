"""Feeds for the tests: one with everything in it, and builders for the rest."""

from dataclasses import replace
from datetime import UTC, datetime

from feedbot.core.article import Image
from feedbot.core.feed import Category, Entry, Feed, RelatedLink

ENTRY = Entry(
    id="tag:example.org,2026:article:35ca5f4a9cb0c9f6",
    title="Tom & Jerry <3",
    link="https://nytimes.com/a?b=1&c=2",
    published_at=datetime(2026, 11, 1, 6, 5, 4, 999999, tzinfo=UTC),
    updated_at=datetime(2026, 11, 2, 7, 8, 9, tzinfo=UTC),
    excerpt="Fish & <chips>",
    body_html="<p>Body <em>text</em></p>",
    provider_name="The Times",
    provider_url="https://nytimes.com/",
    categories=(
        Category("Computer Vision", "https://example.org/feeds/computer-vision"),
        Category("R&D", "https://example.org/feeds/r-and-d"),
    ),
    images=(
        Image("https://cdn.example.org/lead.JPG?w=2", 640, 480, "A “lead”"),
        Image("https://cdn.example.org/second"),
        Image("https://cdn.example.org/third.webp", 10, None, "Third"),
    ),
    related=(RelatedLink("More & more", "https://other.org/?a=1&b=2"), RelatedLink("Again", "https://third.org/")),
)

FEED = Feed(
    id="tag:example.org,2026:topic:ai",
    slug="ai",
    title="AI & more",
    description="What is new",
    site_url="https://example.org/news/",
    url_base="https://example.org/feeds/",
    language="en-GB",
    updated_at=datetime(2026, 11, 2, 7, 8, 9, tzinfo=UTC),
    entries=(ENTRY,),
    ttl_minutes=45,
)


def feed_of(*entries: Entry) -> Feed:
    return replace(FEED, entries=entries)


def feed_with(**fields: object) -> Feed:
    return feed_of(replace(ENTRY, **fields))  # type: ignore[arg-type]
