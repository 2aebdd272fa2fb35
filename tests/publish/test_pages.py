"""The pages for people, read as a browser would read them."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedbot.config import Config
from feedbot.core.article import Image
from feedbot.core.feed import Category, RelatedLink
from feedbot.core.slug import RESERVED_SLUGS
from feedbot.publish.opml import OPML_NAME
from feedbot.publish.pages import (
    ABOUT_NAME,
    INDEX_NAME,
    SUBSCRIBE_AS,
    ListedFeed,
    render_about,
    render_index,
    render_topic_page,
    span,
)
from feedbot.publish.render import RENDERERS
from feedbot.publish.xml_text import xml_line
from tests.publish.feed_samples import ENTRY, FEED, feed_of, feed_with

FORMATS = ("rss", "atom", "json")
SLUGS = {"Computer Vision": "computer-vision"}
LISTED = (
    ListedFeed("All articles", replace(FEED, slug="all"), datetime(2026, 11, 1, 6, 5, 4, tzinfo=UTC)),
    ListedFeed("AI & more", FEED, None),
)
TEXT = st.one_of(
    st.text(alphabet="<>&\"'/!-[]{}%\x00\x08\x0b\x1b\x1f\x7f\x85\u2028\u202e\u2066\ufeff\uffff\ud800😀שa \n\r\t;#"),
    st.text(),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            "</style><img src=x onerror=alert(1)>",
            '" onmouseover="alert(1)',
            "' autofocus onfocus='alert(1)",
            "&lt;b&gt; &amp;amp; &#0; &bogus;",
            "{{ 7 * 7 }} {% include 'x' %}",
            "--><!--",
            "x" * 10_000,
            "<b>" * 3_000,
        ]
    ),
).filter(xml_line)


def parsed(page: bytes) -> LexborHTMLParser:
    return LexborHTMLParser(page.decode())


def topic_page(feed=FEED, formats=FORMATS, slugs=SLUGS):
    return parsed(render_topic_page(feed, formats, slugs))


def config_of(**checker: object) -> Config:
    return Config.model_validate(
        {
            "site": {"title": "AI <News>", "url": "https://example.org/", "language": "de"},
            "feeds": {"url": "https://example.org/feeds/"},
            "checker": checker,
        }
    )


def every_page() -> dict[str, bytes]:
    return {
        "topic": render_topic_page(FEED, FORMATS, SLUGS),
        "empty": render_topic_page(feed_of(), FORMATS, SLUGS),
        "index": render_index(LISTED, FORMATS),
        "about": render_about(config_of(), "Mozilla/5.0 (compatible; feedbot)"),
    }


def hrefs(page: LexborHTMLParser, within: str = "") -> list[str | None]:
    return [link.attributes["href"] for link in page.css(f"{within} a[href]".strip())]


def text_of(node: LexborNode | None) -> str:
    assert node is not None
    return node.text()


def shape(page: LexborHTMLParser) -> list[tuple[str | None, list[str]]]:
    """Every element with the names of its attributes: what no text may change."""
    return [(node.tag, sorted(node.attributes)) for node in page.css("*")]


def test_every_format_of_the_configuration_is_one_that_pages_offer():
    assert set(SUBSCRIBE_AS) == set(RENDERERS)


def test_a_topic_page_shows_what_its_entries_say():
    page = topic_page()
    assert text_of(page.css_first("h1")) == "AI & more"
    assert text_of(page.css_first("title")) == "AI & more"
    (article,) = page.css("article")
    title = article.css_first("h2 a")
    assert (text_of(title), title.attributes["href"]) == (ENTRY.title, ENTRY.link)
    assert text_of(article.css_first(".meta")) == "The Times · 1 November 2026"
    assert article.css_first("time").attributes["datetime"] == "2026-11-01T06:05:04Z"
    assert text_of(article.css_first(".excerpt")) == ENTRY.excerpt
    (image,) = article.css("img")
    assert image.attributes == {
        "src": "https://cdn.example.org/lead.JPG?w=2",
        "alt": "A “lead”",
        "width": "640",
        "height": "480",
        "loading": "lazy",
        "decoding": "async",
        "referrerpolicy": "no-referrer",
    }
    related = [(text_of(link), link.attributes["href"]) for link in article.css(".related a")]
    assert related == [(one.title, one.url) for one in ENTRY.related]


def test_an_entry_that_leads_elsewhere_than_to_its_source_says_so_and_links_no_dead_page():
    page = topic_page(
        feed_with(link="https://amp.org/", via="https://dead.org/", note="This leads to its <AMP> version.")
    )
    assert text_of(page.css_first(".note")) == "This leads to its <AMP> version."
    assert "https://dead.org/" not in hrefs(page)
    assert topic_page().css(".note") == []


def test_a_category_leads_to_the_page_of_its_topic_where_it_has_one():
    topics = topic_page().css(".topics li")
    assert [text_of(topic) for topic in topics] == ["Computer Vision", "R&D"]
    assert [link.attributes["href"] for topic in topics for link in topic.css("a")] == ["computer-vision.html"]


@pytest.mark.parametrize(("formats", "suffixes"), [(FORMATS, [".rss", ".atom", ".json"]), (("atom",), [".atom"])])
def test_the_formats_that_are_written_are_offered_to_people_and_to_programs(formats, suffixes):
    page = topic_page(formats=formats)
    offered = [f"ai{suffix}" for suffix in suffixes]
    assert hrefs(page, ".subscribe") == offered
    found = page.css("link[rel=alternate]")
    assert [link.attributes["href"] for link in found] == offered
    assert [link.attributes["type"] for link in found] == [SUBSCRIBE_AS[one][1] for one in formats]
    assert found[0].attributes["title"] == f"AI & more ({SUBSCRIBE_AS[formats[0]][0]})"


def test_the_index_leads_to_every_feed_and_page():
    page = parsed(render_index(LISTED, FORMATS))
    files = ["all.rss", "all.atom", "all.json", "ai.rss", "ai.atom", "ai.json"]
    assert [link.attributes["href"] for link in page.css("link[rel=alternate]")] == files
    assert hrefs(page, ".subscribe") == files
    assert [(text_of(a), a.attributes["href"]) for a in page.css("a.name")] == [
        ("All articles", "all.html"),
        ("AI & more", "ai.html"),
    ]
    assert [text_of(day) for day in page.css("time")] == ["1 November 2026"]
    assert OPML_NAME in hrefs(page)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://x.org/", ""]
)
def test_only_web_addresses_become_links_and_images(address):
    feed = feed_with(images=(Image(address),), related=(RelatedLink("Related", address),))
    page = topic_page(feed)
    assert page.css("article img, .related") == []
    assert topic_page(feed_with(link=address)).css("article") == []
    bad = {
        one for one in hrefs(page) if not re.match(r"https?://|#content$|[a-z0-9-]+\.(html|rss|atom|json)$", one or "")
    }
    assert bad == set()


@given(title=TEXT, text=TEXT, name=TEXT)
@example(title="<script>", text="&lt;", name='"')
@settings(max_examples=150, deadline=None)
def test_no_text_changes_the_shape_of_a_page_or_gets_lost(title, text, name):
    def written(title, text, name):
        entry = replace(
            ENTRY,
            title=title,
            excerpt=text,
            provider_name=name,
            images=(Image("https://cdn.example.org/lead.JPG?w=2", 640, 480, text),),
            related=(RelatedLink(name, "https://x.org/"),),
            categories=(Category(title, ""), Category(name, "")),
        )
        feed = replace(FEED, title=title, description=text, entries=(entry,))
        slugs = {title: "one", name: "one"}
        return topic_page(feed, slugs=slugs), parsed(render_index([ListedFeed(name, feed, None)], FORMATS))

    page, index = written(title, text, name)
    plain_page, plain_index = written("A title", "A text", "A name")
    assert shape(page) == shape(plain_page)
    assert shape(index) == shape(plain_index)
    line = xml_line(title)
    assert text_of(page.css_first("h1")) == text_of(page.css_first("article h2 a")) == line
    assert text_of(page.css_first("title")) == line
    assert text_of(page.css_first(".excerpt")) == page.css_first("img").attributes["alt"] == xml_line(text)
    assert [text_of(topic) for topic in page.css(".topics li")] == [line, xml_line(name)]
    assert text_of(index.css_first(".name")) == xml_line(name)


def test_where_nothing_printable_is_left_the_address_or_the_slug_stands_for_it():
    page = topic_page(replace(feed_with(title="\x00", provider_name="\x00", excerpt="\x00"), title="\x00"))
    assert text_of(page.css_first("h1")) == "ai"
    assert text_of(page.css_first("h2")) == ENTRY.link
    assert text_of(page.css_first(".meta")) == "nytimes.com · 1 November 2026"
    assert page.css(".excerpt") == []
    assert text_of(parsed(render_index([ListedFeed("\x00", FEED, None)], FORMATS)).css_first(".name")) == "ai"


@pytest.mark.parametrize("name", list(every_page()))
def test_a_page_has_the_landmarks_and_labels_that_screen_readers_go_by(name):
    page = parsed(every_page()[name])
    for landmark in ("h1", "main", "body > header", "body > footer", "title"):
        assert len(page.css(landmark)) == 1, landmark
    assert page.css_first("html").attributes["lang"] == "en"
    labels = [nav.attributes["aria-label"] for nav in page.css("nav")]
    assert len(labels) == len(set(labels)) >= 1
    assert all("alt" in image.attributes for image in page.css("img"))
    assert all(text_of(link).strip() for link in page.css("a"))
    assert page.css_first("a").attributes["href"] == "#content"
    assert page.css("script, [style], iframe, object, form") == []


def test_what_an_article_says_is_marked_as_its_language_and_turned_its_own_way():
    for part in ("h1", "h2", ".excerpt", ".related a", ".topics li"):
        attributes = topic_page().css_first(part).attributes
        assert (attributes["lang"], attributes["dir"]) == ("en-GB", "auto"), part


def test_about_says_who_asks_and_how_to_stop_it():
    page = parsed(
        render_about(config_of(contact="https://example.org/who", optout=["a.example", "b.example"]), "Bot/1")
    )
    said = " ".join(text_of(page.css_first("main")).split())
    assert "AI <News> publishes its articles" in said
    assert "Questions and complaints: https://example.org/who" in said
    assert "says who it is: Bot/1 " in said
    assert "At most 2 requests at once to one domain, and 1 second between the starts of two." in said
    assert "asked again after 1 day, and less often while nothing changes, down to once in 30 days" in said
    assert "so far 2 hosts have asked" in said
    assert "User-agent: feedbot Disallow: /" in said
    assert "other settings" not in said
    assert {"https://example.org/", "https://example.org/feeds/", "https://example.org/who"} <= set(hrefs(page))


def test_who_complains_is_not_led_from_about_to_about():
    page = parsed(render_about(config_of(contact="https://example.org/feeds/about.html"), "Bot/1"))
    said = " ".join(text_of(page.css_first("main")).split())
    assert "Questions and complaints: https://example.org/ " in said
    assert "https://example.org/feeds/about.html" not in hrefs(page)


@pytest.mark.parametrize(
    ("robots", "is_read", "obeys_all"), [(False, True, False), (True, True, True), ("never", False, False)]
)
def test_about_says_what_of_robots_txt_is_obeyed(robots, is_read, obeys_all):
    said = render_about(config_of(robots=robots), "Bot/1").decode()
    assert ("User-agent: feedbot" in said) is is_read
    assert ("robots.txt is not read" in said) is not is_read
    assert ("for everybody (*)" in said) is obeys_all


def test_about_does_not_hide_that_some_hosts_are_asked_otherwise():
    page = render_about(config_of(hosts={"a.example": {"delay_s": 0.5}}), "Bot/1").decode()
    assert "For some hosts other settings" in page
    assert "a.example" not in page


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (86400, "1 day"),
        (30 * 86400, "30 days"),
        (36 * 3600, "36 hours"),
        (90, "90 seconds"),
        (300.0, "5 minutes"),
        (1, "1 second"),
        (0.5, "0.5 seconds"),
        (0, "0 seconds"),
    ],
)
def test_a_duration_is_said_whole(seconds, words):
    assert span(seconds) == words


def test_no_topic_can_have_the_name_of_another_page():
    assert {name.removesuffix(".html") for name in (INDEX_NAME, ABOUT_NAME)} <= RESERVED_SLUGS


def test_another_process_gives_the_same_bytes():
    script = (
        "import sys, locale\n"
        "try: locale.setlocale(locale.LC_ALL, '')\n"
        "except locale.Error: pass\n"
        "from tests.publish.test_pages import every_page\n"
        "for page in every_page().values(): sys.stdout.buffer.write(page)\n"
    )
    expected = b"".join(every_page().values())
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    for seed, locale in (("0", "C"), ("4711", "de_DE.UTF-8")):
        environment = os.environ | {"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": "Asia/Tokyo", "PYTHONPATH": paths}
        ran = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
        assert ran.stdout == expected
