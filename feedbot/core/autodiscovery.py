"""How a page names its feeds to readers and browsers: `<link rel="alternate">` (RSS Board, RSS Autodiscovery)."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from selectolax.lexbor import LexborHTMLParser

from feedbot.core.page_body import decoded, plain_bytes
from feedbot.core.page_markup import bounded
from feedbot.core.url import InvalidUrl, resolve_url

# JSON Feed 1.0 had no type of its own, and pages still say so.
_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"})
_MAX_BYTES = 512 * 1024
_MOST = 200


@dataclass(frozen=True, slots=True)
class Named:
    """A feed that a page names, by its absolute URL."""

    url: str
    media_type: str


def named_feeds(url: str, headers: Mapping[str, str], body: bytes) -> list[Named]:
    """The feeds that the page at `url` names, in its first 512 kB (64 kB where compressed), at most 200; total."""
    is_plain = headers.get("content-encoding", "").strip().lower() in {"", "identity"}
    plain = body[:_MAX_BYTES] if is_plain else plain_bytes(headers, body)
    if plain is None:
        return []
    parser = LexborHTMLParser(bounded(decoded(headers, plain)))
    base_of = parser.css_first("base[href]")
    base = _resolved(base_of.attributes.get("href") if base_of is not None else None, url) or url
    found = []
    for node in parser.css("link")[:_MOST]:
        told = node.attributes
        media = (told.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" in (told.get("rel") or "").lower().split() and media in _TYPES:
            resolved = _resolved(told.get("href"), base)
            if resolved is not None:
                found.append(Named(resolved, media))
    return found


def link_tag(url: str, title: str, label: str, media_type: str) -> str:
    """The tag to paste into the head of a page, for one feed in one format, such as `Atom`."""
    return f'<link rel="alternate" type="{media_type}" title="{escape(f"{title} ({label})")}" href="{escape(url)}">'


def _resolved(written: str | None, base: str) -> str | None:
    if not (written or "").strip():
        return None
    try:
        return resolve_url(written or "", base).partition("#")[0]
    except InvalidUrl:
        return None
