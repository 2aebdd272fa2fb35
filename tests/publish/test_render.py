import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import feedparser
import pytest
from feedgen.version import version_str as feedgen_version
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feedbot import __version__ as feedbot_version
from feedbot.core.article import Image
from feedbot.core.feed import Category, Feed, RelatedLink
from feedbot.publish.render import RENDERERS
from feedbot.publish.xml_text import xml_line, xml_text
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

FORMATS = sorted(RENDERERS)
XML_FORMATS = ["atom", "rss"]

NASTY = st.one_of(
    st.text(),
    st.text(alphabet="<>&\"'/!-[]\x00\x08\x0b\x1f\x7f\x85\u2028\u202e\ufeff\ufffe\uffff\ud800😀שx \n\r\t;#"),
    st.sampled_from(
        [
            "",
            "<script>alert(1)</script>",
            "<video src=x onerror=alert(1)>",
            "&amp;lt;b&amp;gt; &nbsp; &#0; &bogus;",
            "]]>",
            "<!-- -->",
            "<?xml?>",
            "x" * 10_000,
            "<b>" * 3_000,
            "\u202eevil\u202c 👩‍👩‍👧 שלום",
        ]
    ),
)


def render(name: str, feed: Feed, images: str = "content") -> bytes:
    return RENDERERS[name][1](feed, images)


def parse(data: bytes) -> feedparser.FeedParserDict:
    parsed = feedparser.parse(data)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def test_the_registry_knows_every_format_of_the_configuration() -> None:
    assert {name: suffix for name, (suffix, _) in RENDERERS.items()} == {
        "rss": ".rss",
        "atom": ".atom",
        "json": ".json",
    }


@pytest.mark.parametrize("name", XML_FORMATS)
def test_feedparser_reads_every_field(name: str) -> None:
    parsed = parse(render(name, FEED))
    assert parsed.version == {"rss": "rss20", "atom": "atom10"}[name]
    channel, entry = parsed.feed, parsed.entries[0]
    assert channel.title == "AI & more"
    assert channel.link == "https://example.org/news/"
    assert channel.subtitle == "What is new"
    assert channel.generator == "feedbot"
    assert channel.updated_parsed[:6] == (2026, 11, 2, 7, 8, 9)
    assert {link.href for link in channel.links if link.rel == "self"} == {f"https://example.org/feeds/ai.{name}"}
    assert entry.link == ENTRY.link
    assert entry.id == ENTRY.id
    assert not entry.get("guidislink")
    assert entry.published_parsed[:6] == (2026, 11, 1, 6, 5, 4)
    assert entry.updated_parsed[:6] == (2026, 11, 2, 7, 8, 9)
    assert entry.author == "The Times"
    assert [tag.term for tag in entry.tags] == ["Computer Vision", "R&D"]
    assert [tag.scheme for tag in entry.tags] == [category.scheme for category in ENTRY.categories]
    assert "Body <em>text</em>" in entry.content[0].value
    assert [media["url"] for media in entry.media_content] == [image.url for image in ENTRY.images[1:]]
    assert [link.href for link in entry.links if link.rel == "related"] == [link.url for link in ENTRY.related]
    assert [link.href for link in entry.links if link.rel == "alternate"] == [ENTRY.link]


def test_feedparser_knows_the_language() -> None:
    assert parse(render("rss", FEED)).feed.language == "en-GB"
    assert parse(render("atom", FEED)).feed.title_detail.language == "en-GB"


@pytest.mark.parametrize("name", XML_FORMATS)
@pytest.mark.parametrize("excerpt", ["<video src=x onerror=alert(1)>", "<script>alert(1)</script>", "<img src=x>"])
def test_markup_that_an_excerpt_talks_about_is_never_live(name: str, excerpt: str) -> None:
    # Also for readers that trust a feed and show what it says.
    for sanitize in (True, False):
        entry = feedparser.parse(render(name, feed_with(excerpt=excerpt)), sanitize_html=sanitize).entries[0]
        values = [content.value for content in entry.content]
        if entry.summary_detail.type == "text/html":
            values.append(entry.summary)
        else:
            assert entry.summary == excerpt
        for value in values:
            assert excerpt not in value
            assert excerpt.replace("<", "&lt;").replace(">", "&gt;") in value


def test_escaped_once_the_markup_would_be_live() -> None:
    # The negative control of the test above.
    data = render("rss", feed_with(excerpt="<video src=x>")).replace(
        b"&amp;lt;video src=x&amp;gt;", b"&lt;video src=x&gt;"
    )
    assert "<video" in feedparser.parse(data).entries[0].summary


@pytest.mark.parametrize("name", XML_FORMATS)
@given(title=NASTY, text=NASTY, more=NASTY)
@example(title="\x00", text="\ud800", more="\uffff")
@settings(max_examples=120, deadline=None)
def test_no_text_breaks_a_feed_or_gets_lost(name: str, title: str, text: str, more: str) -> None:
    feed = feed_with(
        title=title,
        excerpt=text,
        provider_name=more,
        categories=(Category(text, "https://example.org/feeds/x"), Category(more, "")),
        images=(Image("https://x.org/1.png", title=more), Image("https://x.org/2.png", title=text)),
        related=(RelatedLink(text, "https://x.org/r"),),
        body_html="",
    )
    data = render(name, feed, "both")
    root = etree.fromstring(data)
    titles = [element.text for element in root.iter("{*}title")]
    assert titles[1] == (xml_line(title) or ENTRY.link)
    if name == "atom":
        assert (root.findtext("{*}entry/{*}summary") or "") == xml_text(text).strip().replace(
            "\r\n", "\n"
        ) or "\r" in text

    entry = parse(data).entries[0]
    assert entry.link == ENTRY.link
    assert entry.id == ENTRY.id
    assert entry.published_parsed[:6] == (2026, 11, 1, 6, 5, 4)
    assert entry.updated_parsed[:6] == (2026, 11, 2, 7, 8, 9)
    # feedparser takes C1 controls for cp1252, Latin-1 that would be UTF-8 for UTF-8 read wrongly, and an
    # RSS title with markup in it for HTML.
    if not any("\x7f" <= c <= "\x9f" or c in "ÂÃâ" for c in title) and (name == "atom" or not set(title) & set("<&")):
        assert entry.title == titles[1]


@given(url=st.text(max_size=60).map(lambda tail: f"https://x.org/{tail}"))
@settings(max_examples=100, deadline=None)
def test_no_url_breaks_a_feed(url: str) -> None:
    feed = feed_with(
        provider_url=url,
        images=(Image(url), Image(f"{url}?")),
        related=(RelatedLink("", url),),
        categories=(Category("c", url),),
    )
    for name in XML_FORMATS:
        etree.fromstring(render(name, feed, "both"))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("count", [0, 1, 50])
def test_the_same_feed_gives_the_same_bytes(name: str, count: int) -> None:
    feed = feed_of(*[ENTRY] * count)
    assert render(name, feed) == render(name, feed)
    assert render(name, feed).count(ENTRY.id.encode()) == count


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.UTF-8"])
def test_another_process_gives_the_same_bytes(locale: str) -> None:
    script = (
        "import sys, locale\n"
        "try: locale.setlocale(locale.LC_ALL, '')\n"
        "except locale.Error: pass\n"
        "from tests.publish.feed_samples import FEED\n"
        "from feedbot.publish.render import RENDERERS\n"
        "for name in sorted(RENDERERS): sys.stdout.buffer.write(RENDERERS[name][1](FEED, 'both'))\n"
    )
    expected = b"".join(render(name, FEED, "both") for name in FORMATS)
    for seed in ("0", "4711"):
        environment = os.environ | {
            "PYTHONHASHSEED": seed,
            "LC_ALL": locale,
            "TZ": "Asia/Tokyo",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        assert ran.stdout == expected


def test_no_clock_and_no_version_is_in_a_feed() -> None:
    today = datetime.now().astimezone().strftime("%Y-%m-%dT")  # noqa: TID251 - what must not be there
    for name in FORMATS:
        text = render(name, FEED).decode()
        assert not [
            word for word in (feedgen_version, f"feedbot/{feedbot_version}", "python-feedgen", today) if word in text
        ]
