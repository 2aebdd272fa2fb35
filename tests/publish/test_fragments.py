from dataclasses import replace

import pytest

from feedbot.core.article import Image
from feedbot.core.feed import Entry, Feed, RelatedLink
from feedbot.publish.fragments import Fragments
from feedbot.publish.render import RENDERERS
from tests.publish.feed_samples import ENTRY, FEED

FORMATS = sorted(RENDERERS)

MARKUP = "    <item>\n  <entry>\n  </channel>\n</rss>\n</feed>\n,\n  {"
NAMELESS = replace(ENTRY, id="tag:example.org,2026:article:1", provider_name="", provider_url="")
HOSTILE = replace(
    ENTRY,
    id="tag:example.org,2026:article:2",
    title=MARKUP,
    excerpt=MARKUP,
    body_html=MARKUP,
    images=(Image("https://cdn.example.org/a", title=MARKUP),),
    related=(RelatedLink(MARKUP, "https://third.org/"),),
)
NO_LINK = replace(ENTRY, id="tag:example.org,2026:article:3", link="mailto:a@example.org")
BARE = Entry("tag:example.org,2026:article:4", "", "https://bare.example/", ENTRY.published_at, ENTRY.updated_at)

ENTRIES = (ENTRY, NAMELESS, HOSTILE, NO_LINK, BARE)
OTHER = replace(FEED, slug="robots", title="Robots", id="tag:example.org,2026:topic:robots")
FEEDS = (
    replace(FEED, entries=ENTRIES),
    replace(OTHER, entries=(BARE, HOSTILE)),
    replace(OTHER, entries=ENTRIES[::-1]),
    replace(OTHER, entries=()),
    replace(OTHER, entries=(NAMELESS, replace(BARE, title="Another"), ENTRY)),
)


def render(name: str, feed: Feed, fragments: Fragments | None = None, images: str = "content") -> bytes:
    return RENDERERS[name][1](feed, images, fragments)


@pytest.mark.parametrize("most", [1, 3, 1000])
@pytest.mark.parametrize("images", ["content", "media", "both"])
@pytest.mark.parametrize("name", FORMATS)
def test_feeds_with_fragments_are_byte_for_byte_those_without(name: str, images: str, most: int) -> None:
    fragments = Fragments(most)

    for feed in FEEDS:
        assert render(name, feed, fragments, images) == render(name, feed, None, images)


@pytest.mark.parametrize("name", FORMATS)
def test_an_entry_of_the_same_id_with_another_content_is_rendered_anew(name: str) -> None:
    fragments = Fragments()
    render(name, replace(FEED, entries=(ENTRY,)), fragments)
    edited = replace(FEED, entries=(replace(ENTRY, title="Edited since"),))

    assert render(name, edited, fragments) == render(name, edited)
    assert b"Edited since" in render(name, edited, fragments)


@pytest.mark.parametrize("name", FORMATS)
def test_an_entry_shows_its_images_as_the_feed_wants_them(name: str) -> None:
    fragments = Fragments()
    render(name, FEED, fragments, "content")

    assert render(name, FEED, fragments, "media") == render(name, FEED, None, "media")


def test_an_author_that_is_the_publication_is_that_of_each_feed() -> None:
    fragments = Fragments()

    for feed in (FEED, OTHER):
        document = render("atom", replace(feed, entries=(NAMELESS,)), fragments)

        assert document == render("atom", replace(feed, entries=(NAMELESS,)))
    assert b"<name>Robots</name>" in document


def test_an_entry_that_was_rendered_is_not_rendered_again() -> None:
    fragments = Fragments()
    fragments.keep(ENTRY, "content", b"    <item>\n      as it is kept\n    </item>\n")

    assert b"as it is kept" in render("rss", replace(FEED, entries=(BARE, ENTRY)), fragments)


def test_the_oldest_fragment_is_forgotten_first() -> None:
    fragments = Fragments(2)
    for entry in (ENTRY, BARE, HOSTILE):
        fragments.keep(entry, "", b"x")

    assert [fragments.find(entry, "") for entry in (ENTRY, BARE, HOSTILE)] == [None, b"x", b"x"]
