"""The one feedgen extension: what feedgen 1.0 cannot say, and the order of the elements.

feedgen fills what it does well; this puts right what it does not: Atom entry links without
`rel` (its issue 135), dates with `+0000` or `+00:00`, a content without description that lands
in `description`, media groups, an order of its own. feedgen makes its Atom elements without a
namespace, under a literal `xmlns` attribute, so their tags are bare here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import PurePosixPath

from lxml import etree

from feedbot.core.article import Image
from feedbot.core.feed import Entry, Feed
from feedbot.publish.html import content_html, is_web_url, related_title, web_images, web_related
from feedbot.publish.xml_text import xml_line, xml_text

NAME = "feedbot"

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"

RSS_NAMESPACES = {"atom": ATOM, "content": CONTENT, "dc": DC, "media": MEDIA}
ATOM_NAMESPACES = {"media": MEDIA}
# Of feeds that have some.
TOMBSTONES_NAMESPACE = {"at": TOMBSTONES}
# Of archive documents only.
HISTORY_NAMESPACE = {"fh": HISTORY}

_ATOM_LINK = f"{{{ATOM}}}link"
_ATOM_UPDATED = f"{{{ATOM}}}updated"
_ENCODED = f"{{{CONTENT}}}encoded"
_CREATOR = f"{{{DC}}}creator"
_MEDIA_CONTENT = f"{{{MEDIA}}}content"
_MEDIA_TITLE = f"{{{MEDIA}}}title"
_DELETED = f"{{{TOMBSTONES}}}deleted-entry"
_ARCHIVE = f"{{{HISTORY}}}archive"


def _ranked(*tags: str) -> dict[str, int]:
    return {tag: rank for rank, tag in enumerate(tags)}


_CHANNEL = _ranked(
    "title", "link", "description", "language", "lastBuildDate", "ttl", "generator", _ATOM_LINK, _ARCHIVE
)
_ITEM = _ranked(
    *("title", "link", "guid", "pubDate", _ATOM_UPDATED, _CREATOR, "source", "category", "description", _ENCODED)
)
_FEED = _ranked("id", "title", "subtitle", "updated", "link", "generator", _ARCHIVE, _DELETED)
_ENTRY = _ranked("title", "link", "id", "published", "updated", "author", "category", "summary", "content")

# What browsers show, by the extension of the URL's path; any other type is left unsaid.
_IMAGE_TYPES = {
    ".avif": "image/avif",
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}


class FeedExtension:
    """The feed's part: the namespaces, `lastBuildDate` or `updated`, its archive, and the order."""

    feed: Feed
    suffix: str
    media_type: str
    namespaces: dict[str, str]

    def extend_ns(self) -> dict[str, str]:
        """The namespaces of the root element."""
        return self.namespaces

    def extend_rss(self, rss: etree._Element) -> etree._Element:
        """The `rss` element, its channel complete but for the items."""
        channel = rss[0]
        _set_text(channel, "lastBuildDate", rfc822(self.feed.updated_at))
        for hub in self.feed.hubs:  # feedgen writes rel=self only (its feed.py, 274-287)
            etree.SubElement(channel, _ATOM_LINK, {"href": xml_text(hub), "rel": "hub"})
        self._add_archive(channel, _ATOM_LINK)
        _reorder(channel, _CHANNEL)
        return rss

    def extend_atom(self, feed: etree._Element) -> etree._Element:
        """The `feed` element, complete but for the entries."""
        _set_text(feed, "updated", rfc3339(self.feed.updated_at))
        self._add_archive(feed, "link")
        for one in self.feed.tombstones:
            etree.SubElement(feed, _DELETED, {"ref": xml_text(one.entry_id), "when": rfc3339(one.at)})
        _reorder(feed, _FEED)
        return feed

    def _add_archive(self, parent: etree._Element, link: str) -> None:
        archive = self.feed.archive
        # RFC 5005, 4; in RSS as in Atom, by its appendix B.
        relations = {"current": archive.current, "prev-archive": archive.previous, "next-archive": archive.following}
        for relation, name in relations.items():
            if name:
                address = xml_text(f"{self.feed.url_base}{name}{self.suffix}")
                etree.SubElement(parent, link, {"href": address, "rel": relation, "type": self.media_type})
        if archive.current:
            etree.SubElement(parent, _ARCHIVE)


class EntryExtension:
    """An entry's part. `images` is feeds.images of the configuration: content, media or both."""

    entry: Entry
    images: str

    def extend_rss(self, item: etree._Element) -> etree._Element:
        """The `item` element, complete and in order."""
        entry = self.entry
        _add(item, "pubDate", rfc822(entry.published_at))
        _add(item, _ATOM_UPDATED, rfc3339(entry.updated_at))
        if creator := xml_line(entry.provider_name):
            _add(item, _CREATOR, creator)
        if html := content_html(entry, lead_image=self.images != "media"):
            _add(item, _ENCODED, html)
        _reorder(item, _ITEM)
        self._add_media(item)
        self._add_related(item, _ATOM_LINK)
        return item

    def extend_atom(self, element: etree._Element) -> etree._Element:
        """The `entry` element, complete and in order."""
        entry = self.entry
        # RFC 4287, 4.1.1: at most one alternate link of a type; feedgen loses what makes it one.
        for link in element.iterfind("link"):
            link.attrib.update({"rel": "alternate", "type": "text/html"})
        _set_text(element, "updated", rfc3339(entry.updated_at))
        _add(element, "published", rfc3339(entry.published_at))
        _reorder(element, _ENTRY)
        self._add_media(element)
        self._add_related(element, "link")
        return element

    def _add_media(self, parent: etree._Element) -> None:
        for image in web_images(self.entry)[1 if self.images == "content" else 0 :]:
            content = etree.SubElement(parent, _MEDIA_CONTENT, _media_attributes(image))
            if title := xml_line(image.title):
                _add(content, _MEDIA_TITLE, title)

    def _add_related(self, parent: etree._Element, tag: str) -> None:
        for related in web_related(self.entry):
            attributes = {"rel": "related", "type": "text/html", "title": related_title(related)}
            etree.SubElement(parent, tag, {**attributes, "href": xml_text(related.url)})
        if is_web_url(self.entry.via):
            # RFC 4287, 4.2.7.2: what the entry's information is from.
            etree.SubElement(parent, tag, {"rel": "via", "type": "text/html", "href": self.entry.via})


def rfc822(time: datetime) -> str:
    """The time as RSS 2.0 writes it (RFC 822 with four-digit years), in GMT, whole seconds, in no locale."""
    return format_datetime(time.astimezone(UTC), usegmt=True)


def rfc3339(time: datetime) -> str:
    """The time as Atom writes it (RFC 4287, 3.3): UTC with `Z`, whole seconds."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _media_attributes(image: Image) -> dict[str, str]:
    attributes = {"url": xml_text(image.url)}
    path = image.url.partition("#")[0].partition("?")[0]
    if kind := _IMAGE_TYPES.get(PurePosixPath(path).suffix.lower()):
        attributes["type"] = kind
    attributes["medium"] = "image"
    if image.width:
        attributes["width"] = str(image.width)
    if image.height:
        attributes["height"] = str(image.height)
    return attributes


def _add(parent: etree._Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _set_text(parent: etree._Element, tag: str, text: str) -> None:
    child = parent.find(tag)
    assert child is not None  # feedgen always writes its dates
    child.text = text


def _reorder(parent: etree._Element, ranks: dict[str, int]) -> None:
    children: Iterable[etree._Element] = sorted(parent, key=lambda child: ranks.get(str(child.tag), len(ranks)))
    parent[:] = children
