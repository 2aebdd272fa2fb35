"""The pages for people in the browser that most people use: they look right, and do nothing by themselves."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from feedbot.config import Config
from feedbot.core.article import Image
from feedbot.core.feed import Category, RelatedLink
from feedbot.publish.pages import ListedFeed, render_about, render_index, render_topic_page
from tests.publication import Site, loopback_site
from tests.publish.chromium import Chromium, running_chromium
from tests.publish.feed_samples import ENTRY, feed_of

pytestmark = [
    pytest.mark.debian("chromium"),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs chromium (Debian package chromium)"),
]

FORMATS = ("rss", "atom", "json")
PAGES = ("/feeds/index.html", "/feeds/ai.html", "/feeds/about.html")
HOSTILE = (
    "<script>alert('script')</script>",
    "<img src=x onerror=alert('image')>",
    "</title></style></head><body onload=alert('body')>",
    "\"><svg onload=alert('svg')>",
    "' autofocus onfocus=alert('focus') '",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=http://127.0.0.1:9/'>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x.css>",
    "&lt;script&gt;alert('entity')&lt;/script&gt; &#60;b&#62;",
    "{{ 7 * 7 }}{% for x in [] %}",
    "\x00\x08\x1b\x7f\x85\ud800\uffff controls",
    "\u202e\u2066 turned around שלום",
    "x" * 10_000,
    "👩‍👩‍👧" * 500,
)

# The ratio of WCAG 2.2 (1.4.3) between each text and what is behind it, the lowest of the page.
LOWEST_CONTRAST = """(() => {
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const light = color => {
    const [r, g, b] = parts(color).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const told = [...document.body.querySelectorAll('*')]
    .filter(e => [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
    .map(e => [light(getComputedStyle(e).color), light(behind(e))].sort((a, b) => b - a));
  return [told.length, Math.min(...told.map(([high, low]) => (high + 0.05) / (low + 0.05)))];
})()"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with running_chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def pictures() -> Iterator[Site]:
    """A second site, where the articles' pictures are."""
    with loopback_site() as site:
        yield site


@pytest.fixture
def pages(site: Site, pictures: Site) -> Site:
    """A site with pages in which every text of every entry is hostile."""
    entries = tuple(
        replace(
            ENTRY,
            id=f"urn:{number}",
            title=text,
            link=f"https://x.org/{number}",
            excerpt=text,
            provider_name=text,
            images=(Image(pictures.link(f"/{number}.jpg"), 640, 480, text), Image("javascript:alert(1)")),
            related=(RelatedLink(text, "https://x.org/"), RelatedLink("Related", "javascript:alert(1)")),
            categories=(Category(text, ""), Category("Computer Vision", "")),
        )
        for number, text in enumerate(HOSTILE)
    )
    hostile = "".join(HOSTILE)
    feed = replace(feed_of(*entries), title=hostile, description=hostile)
    config = Config.model_validate(
        {
            "site": {"title": hostile.translate(dict.fromkeys([0xD800])), "url": "https://example.org/"},
            "feeds": {"url": "https://example.org/feeds/"},
        }
    )
    listed = [ListedFeed(text, feed, datetime(2026, 11, 1, tzinfo=UTC)) for text in (hostile, *HOSTILE)]
    site.pages = {
        "/feeds/index.html": render_index(listed, FORMATS),
        "/feeds/ai.html": render_topic_page(feed, FORMATS, dict.fromkeys(HOSTILE, "ai")),
        "/feeds/about.html": render_about(config, "Mozilla/5.0 (compatible; feedbot/1.0; +https://example.org/)"),
    }
    return site


@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_hostile_texts_does_nothing(chromium: Chromium, pages: Site, pictures: Site, path: str) -> None:
    visit = chromium.open(pages.link(path), height=20_000)
    assert visit.dialogs == []
    assert visit.complaints == []
    # The browser asks for the site's icon by itself; and not for pictures that are far below.
    allowed = {pages.link(path), pages.link("/favicon.ico")}
    if path == "/feeds/ai.html":
        assert pictures.link("/0.jpg") in visit.requests
        allowed |= {pictures.link(f"/{number}.jpg") for number in range(len(HOSTILE))}
    assert set(visit.requests) <= allowed
    assert chromium.run("location.href") == pages.link(path)


def test_the_browser_would_tell_of_a_script_a_request_and_a_complaint(chromium: Chromium, site: Site) -> None:
    """The control of the test above: the same texts as markup, and no policy."""
    hostile = "".join(text for text in HOSTILE if "refresh" not in text)
    site.pages["/"] = f"<body>{hostile}<script>console.error('loud')</script>".encode("utf-8", "ignore")
    visit = chromium.open(site.link("/"))
    assert {"script", "svg"} <= set(visit.dialogs)
    assert "http://127.0.0.1:9/x.css" in visit.requests
    assert any("loud" in complaint for complaint in visit.complaints)


def test_markup_that_slipped_through_would_still_run_no_script_and_load_nothing_but_images(
    chromium: Chromium, pages: Site
) -> None:
    """The second line of defence: the page's policy."""
    path = "/feeds/about.html"
    slipped = "".join(text for text in HOSTILE if "refresh" not in text).encode("utf-8", "ignore")
    pages.pages[path] = pages.pages[path].replace(b"<h1>", slipped + b"<h1>")
    asked_before = len(pages.asked)
    visit = chromium.open(pages.link(path))
    assert visit.dialogs == []
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    assert {path for _, path in pages.asked[asked_before:]} <= {path, "/feeds/x", "/favicon.ico"}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_window(chromium: Chromium, pages: Site, path: str, width: int) -> None:
    chromium.open(pages.link(path), width=width)
    assert chromium.run("document.documentElement.clientWidth") == width
    assert chromium.run("document.documentElement.scrollWidth") == width
    wide = (
        "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert chromium.run(wide) == 0


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("dark", [False, True])
def test_every_text_stands_out_from_what_is_behind_it(chromium: Chromium, pages: Site, path: str, dark: bool) -> None:
    chromium.open(pages.link(path), dark=dark)
    paper = chromium.run("getComputedStyle(document.documentElement).backgroundColor")
    assert (paper == "rgb(22, 24, 28)") is dark
    texts, lowest = chromium.run(LOWEST_CONTRAST)  # type: ignore[misc] - a list of two
    assert texts > 10
    assert lowest >= 4.5


@pytest.mark.parametrize("path", PAGES)
def test_who_goes_by_keyboard_sees_where_they_are(chromium: Chromium, pages: Site, path: str) -> None:
    chromium.open(pages.link(path))
    focus = """(() => {
      const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
      const isInView = box.right > 0 && box.left < innerWidth && box.bottom > 0 && box.top < innerHeight;
      return [at.textContent, style.outlineStyle, parseFloat(style.outlineWidth) >= 2, isInView];
    })()"""
    for number in range(4):
        chromium.press_tab()
        text, *seen = chromium.run(focus)  # type: ignore[misc] - a list
        assert seen == ["solid", True, True]
        assert number or text == "Skip to the content"


def test_a_name_that_turns_text_around_leaves_the_date_beside_it_alone(chromium: Chromium, site: Site) -> None:
    site.pages["/turned.html"] = render_topic_page(
        feed_of(replace(ENTRY, provider_name="\u202e\u2067 turned")), FORMATS, {}
    )
    chromium.open(site.link("/turned.html"))
    places = """(() => {
      const words = document.querySelector('time').firstChild, range = document.createRange();
      const left = at => {
        range.setStart(words, at);
        range.setEnd(words, at + 1);
        return range.getBoundingClientRect().left;
      };
      const name = document.querySelector('.meta span').getBoundingClientRect();
      return [name.left, name.right, left(0), left(words.length - 1)];
    })()"""
    name_begins, name_ends, day, year = chromium.run(places)  # type: ignore[misc] - a list
    assert name_begins < name_ends < day < year
