"""The feed of an earlier publisher, as far as its readers remember it: ids, links and dates."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from lxml import etree

from feedbot.articles.dates import parse_date

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"


class EarlierEntry(msgspec.Struct, frozen=True):
    """An entry by which its readers know it; `link` as written, dates where there is one."""

    id: str
    link: str
    published_at: datetime | None = None
    updated_at: datetime | None = None


def earlier_entries(data: bytes) -> list[EarlierEntry]:
    """The entries of an RSS 2.0 or Atom feed, in its order. Raises ValueError where it is neither."""
    # What readers saw of it was read leniently too; entities and the network are nobody's business here.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"is no feed: {error}") from None
    if root is not None and root.tag == f"{_ATOM}feed":
        return list(_atom(root))
    if root is not None and root.tag == "rss":
        return list(_rss(root))
    raise ValueError("is neither RSS 2.0 nor Atom")


def _atom(root: etree._Element) -> Iterator[EarlierEntry]:
    for entry in root.iterfind(f"{_ATOM}entry"):
        # RFC 4287, 4.2.7.2: a link without rel is the alternate.
        links = [
            link.get("href", "")
            for link in entry.iterfind(f"{_ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        ]
        published_at, updated_at = (_date(entry, _ATOM + tag) for tag in ("published", "updated"))
        yield EarlierEntry(
            _text(entry, f"{_ATOM}id"), links[0] if links else "", published_at or updated_at, updated_at
        )


def _rss(root: etree._Element) -> Iterator[EarlierEntry]:
    for item in root.iterfind("channel/item"):
        link, guid = _text(item, "link"), item.find("guid")
        own = _text(item, "guid")
        # RSS 2.0: a guid is a permalink unless it says that it is none.
        if not link and guid is not None and guid.get("isPermaLink", "true") != "false":
            link = own
        published_at = _date(item, "pubDate") or _date(item, f"{_DC}date")
        # Without a guid, readers know an item by its link.
        yield EarlierEntry(own or link, link, published_at, _date(item, f"{_ATOM}updated"))


def _text(element: etree._Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _date(element: etree._Element, tag: str) -> datetime | None:
    try:
        return parse_date(_text(element, tag), UTC)
    except ValueError:
        return None
