"""The Markdown body of an article, as HTML that is safe to publish."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from feedbot.articles.address import has_encoded_template_marks, read_url
from feedbot.articles.text import clean_line, clean_text
from feedbot.core.problems import Code
from feedbot.core.url import InvalidUrl, split_url

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Markdown and HTML have inputs that cost quadratic time: within these bounds, about two seconds.
MAX_BODY_CHARACTERS = 256 * 1024
MAX_BODY_TAGS = 20_000
MAX_BODY_LINKS = 1_000

_SCHEMES = frozenset({"http", "https", "mailto"})
_CHECKED_SCHEMES = frozenset({"http", "https"})
_URL_ATTRIBUTES = frozenset({"href", "src", "cite"})
_BLANK = re.compile(r"\s*")


class BodyTooLarge(Exception):
    """The body is beyond a bound; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A link that is left out: its line and column in the body from 1 (0: no known column), what is wrong, and why."""

    line: int
    column: int
    code: Code
    why: str


@dataclass(frozen=True, slots=True)
class Body:
    """A rendered body: sanitised HTML, its first heading as text, its links with their lines in the body from 1.

    `skipped` tells of each link that is left out.
    """

    html: str = ""
    heading: str = ""
    links: tuple[tuple[str, int], ...] = ()
    skipped: tuple[Skipped, ...] = ()


def render_body(markdown: str, site_url: str) -> Body:
    """The body as HTML of harmless elements, with links to http, https and mailto only, all absolute.

    Links within the page (`#note`) become plain text. Raises BodyTooLarge beyond 256 Ki characters
    or 20,000 tags.
    """
    if _BLANK.fullmatch(markdown):
        return Body()
    if len(markdown) > MAX_BODY_CHARACTERS:
        raise BodyTooLarge(f"the body is larger than {MAX_BODY_CHARACTERS:,} characters and is left out")
    # Loaded here because most articles have no body.
    import nh3  # noqa: PLC0415

    parser = _parser()
    tokens = parser.parse(markdown)
    html = parser.renderer.render(tokens, parser.options, {})
    if html.count("<") > MAX_BODY_TAGS:
        raise BodyTooLarge(f"the body holds more than {MAX_BODY_TAGS:,} tags and is left out")
    links: dict[str, str] = {}  # absolute URL -> as written
    skipped: dict[str, tuple[Code, str]] = {}  # as written -> what, and why
    cleaned = nh3.clean(html, url_schemes=set(_SCHEMES), attribute_filter=_absolute(site_url, links, skipped))
    where = _LineFinder(markdown, tokens)
    return Body(
        html=clean_text(cleaned).strip(),
        heading=_first_heading(tokens),
        links=tuple((url, where.place_of(written)[0]) for url, written in links.items()),
        skipped=tuple(Skipped(*where.place_of(written), code, why) for written, (code, why) in skipped.items()),
    )


def harmless(html: str) -> str:
    """A body's HTML from elsewhere without what `render_body` would not leave in it; its own stays as it is."""
    if "<" not in html:
        return html
    import nh3  # noqa: PLC0415 - as above

    return clean_text(nh3.clean(html, url_schemes=set(_SCHEMES))).strip()


def without_links(html: str, is_left_out: Callable[[str], bool]) -> str:
    """A body's HTML without the links and pictures that lead to such a URL; the words of the links stay."""
    if "=" not in html:
        return html
    import nh3  # noqa: PLC0415 - as above

    left_out = []

    def attribute(_tag: str, name: str, value: str) -> str | None:
        if name not in _URL_ATTRIBUTES or split_url(value).scheme not in _CHECKED_SCHEMES or not is_left_out(value):
            return value
        left_out.append(value)
        return None

    cleaned = nh3.clean(html, url_schemes=set(_SCHEMES), attribute_filter=attribute)
    return cleaned if left_out else html


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415

    return MarkdownIt("commonmark", {"html": True}).enable("table")


def _absolute(
    site_url: str, links: dict[str, str], skipped: dict[str, tuple[Code, str]]
) -> Callable[[str, str, str], str | None]:
    """A filter of attributes that makes URLs absolute and drops those that may not stay."""

    def attribute(_tag: str, name: str, value: str) -> str | None:
        if name not in _URL_ATTRIBUTES:
            return value
        if value.startswith("#") or not value.strip():
            return None
        if len(links) + len(skipped) >= MAX_BODY_LINKS:
            why = f"the body holds more than {MAX_BODY_LINKS:,} links; the others are left out"
            skipped.setdefault("", (Code.BODY_TOO_MANY_LINKS, why))
            return None
        if has_encoded_template_marks(value):
            skipped[value] = Code.TEMPLATE_MARKS, "body: a URL with template marks is left out"
            return None
        try:
            url = read_url(value, site_url, loose=True)[0]
            scheme = split_url(url).scheme
        except InvalidUrl:
            scheme = ""
        # nh3 has its own URL parser; where the two differ, both must agree.
        if scheme not in _SCHEMES:
            skipped[value] = Code.URL_NOT_HTTP, "body: a link that is no http, https or mailto URL is left out"
            return None
        if scheme in _CHECKED_SCHEMES:
            links.setdefault(url, value)
        return url

    return attribute


class _LineFinder:
    """Finds the place of a URL: where its text stands, else the line of its Markdown block."""

    def __init__(self, markdown: str, tokens: "list[Token]") -> None:
        self._markdown = markdown
        self._lines: dict[str, int] = {}
        for token in tokens:
            for child in token.children or () if token.map else ():
                url = child.attrs.get("href") or child.attrs.get("src")
                if isinstance(url, str) and token.map:
                    self._lines.setdefault(url, token.map[0] + 1)

    def place_of(self, written: str) -> tuple[int, int]:
        """Line and column from 1; column 0 where only the line is known."""
        start = self._lines.get(written, 1)
        found = self._markdown.find(written)
        if found < 0:
            found = self._markdown.find(written.replace("&", "&amp;"))
        if not written or found < 0:
            return start, 0
        return self._markdown.count("\n", 0, found) + 1, found - self._markdown.rfind("\n", 0, found)


def _first_heading(tokens: "list[Token]") -> str:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            texts = (
                child.content if child.type in {"text", "code_inline"} else " "
                for child in inline.children or ()
                if child.type in {"text", "code_inline", "softbreak", "hardbreak"}
            )
            heading = clean_line("".join(texts))
            if heading:
                return heading
    return ""
