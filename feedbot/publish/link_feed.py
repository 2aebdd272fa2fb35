"""links.atom, for the operator: what became of links, one entry for each transition (RFC 4287)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from feedbot.publish.html import is_web_url
from feedbot.publish.xml_text import xml_line, xml_text

LINK_FEED_NAME = "links.atom"

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """One transition: its constant id, the link, what became of it in a word and when, and the lines that say more."""

    id: str
    url: str
    kind: str
    at: datetime
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkFeed:
    """The feed, newest entry first; `url` is where it is served, empty where that is nobody's business."""

    id: str
    title: str
    updated_at: datetime
    entries: Sequence[LinkEntry]
    url: str = ""


def render_link_feed(feed: LinkFeed) -> bytes:
    """The feed as an Atom document in UTF-8; the same feed gives the same bytes."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # the stubs know no default namespace
    _add(root, "id", xml_text(feed.id))
    _add(root, "title", xml_line(feed.title))
    _add(root, "updated", _stamp(feed.updated_at))
    if feed.url:
        etree.SubElement(root, f"{{{_ATOM}}}link", rel="self", type="application/atom+xml", href=xml_text(feed.url))
    _add(root, "generator", "feedbot")  # no version: an upgrade changes no byte
    # RFC 4287, 4.1.1: an author here stands for every entry.
    _add(etree.SubElement(root, f"{{{_ATOM}}}author"), "name", "feedbot")
    for entry in feed.entries:
        _add_entry(root, entry)
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _add_entry(root: etree._Element, entry: LinkEntry) -> None:
    element = etree.SubElement(root, f"{{{_ATOM}}}entry")
    _add(element, "title", xml_line(f"{entry.kind}: {entry.url}"))
    if is_web_url(entry.url):
        etree.SubElement(element, f"{{{_ATOM}}}link", rel="alternate", href=entry.url)
    _add(element, "id", xml_text(entry.id))
    _add(element, "published", _stamp(entry.at))
    _add(element, "updated", _stamp(entry.at))
    etree.SubElement(element, f"{{{_ATOM}}}category", term=xml_line(entry.kind))
    content = _add(element, "content", "\n".join(xml_line(line) for line in entry.lines))
    content.set("type", "text")


def _add(parent: etree._Element, tag: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, f"{{{_ATOM}}}{tag}")
    element.text = text
    return element


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
