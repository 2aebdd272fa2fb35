"""What subscribers see in a feed file that feedbot wrote: read back from its bytes, not from what was meant."""

import json
from collections.abc import Iterator

import msgspec
from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"


class Shown(msgspec.Struct, frozen=True):
    """An entry as a reader has it; `updated` as written."""

    id: str
    title: str
    link: str
    updated: str


def shown_in(name: str, data: bytes) -> dict[str, Shown]:
    """The entries of a feed file by id, in its order; `name` tells the format. Raises ValueError for no feed."""
    read = {"atom": _atom, "rss": _rss, "json": _json}[name.rpartition(".")[2]]
    try:
        return {one.id: one for one in read(data)}
    except (etree.XMLSyntaxError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"{name}: {error}") from error


def _atom(data: bytes) -> Iterator[Shown]:
    for entry in _parsed(data).iterfind(f"{_ATOM}entry"):
        links = [link.get("href", "") for link in entry.iterfind(f"{_ATOM}link") if link.get("rel") == "alternate"]
        texts = {tag: _text(entry, _ATOM + tag) for tag in ("id", "title", "updated")}
        yield Shown(link=links[0] if links else "", **texts)


def _rss(data: bytes) -> Iterator[Shown]:
    for item in _parsed(data).iterfind("channel/item"):
        guid, title, link, updated = (_text(item, tag) for tag in ("guid", "title", "link", f"{_ATOM}updated"))
        yield Shown(guid, title, link, updated)


def _json(data: bytes) -> Iterator[Shown]:
    for item in json.loads(data)["items"]:
        yield Shown(item["id"], item.get("title", ""), item.get("url", ""), item.get("date_modified", ""))


def _parsed(data: bytes) -> etree._Element:
    # As long as the feeds themselves may be: the limit is for what strangers send.
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def _text(element: etree._Element, tag: str) -> str:
    return element.findtext(tag) or ""
