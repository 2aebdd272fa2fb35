"""A feedgen generator with all that RSS and Atom have in common; what differs is in rss.py and atom.py.

Not thread-safe: feedgen sets the process's locale for every date it writes (its util.py, 89-96).
"""

from collections.abc import Iterator
from typing import Any

from feedgen.feed import FeedGenerator

from feedbot.core.feed import Entry, Feed
from feedbot.publish.feedgen_extension import HISTORY_NAMESPACE, NAME, EntryExtension, FeedExtension
from feedbot.publish.html import is_web_url
from feedbot.publish.xml_text import xml_line, xml_text

_NAME = "feedbot"
MARK = f"<generator>{_NAME}</generator>".encode()
"""What tells by an RSS or Atom file that feedbot wrote it."""


def new_generator(feed: Feed, suffix: str, media_type: str, namespaces: dict[str, str]) -> Any:
    """A feedgen FeedGenerator that knows the feed but not yet its entries."""
    generator = FeedGenerator()
    generator.register_extension(NAME, FeedExtension, EntryExtension)
    generator.feedbot.feed = feed
    generator.feedbot.suffix = suffix
    generator.feedbot.media_type = media_type
    generator.feedbot.namespaces = namespaces | (HISTORY_NAMESPACE if feed.archive.current else {})
    generator.id(xml_text(feed.id))
    generator.title(feed_title(feed))
    generator.updated(feed.updated_at)  # feedgen's own default is the time of the build
    generator.generator(_NAME)  # no version: an upgrade changes no byte
    generator.link(href=xml_text(f"{feed.url_base}{feed.slug}{suffix}"), rel="self", type=media_type)
    for hub in feed.hubs:
        generator.link(href=xml_text(hub), rel="hub")  # for Atom; RSS gets its own from our extension
    # RSS takes the last link added, whatever its rel (feedgen's feed.py, 615).
    generator.link(href=xml_text(feed.site_url), rel="alternate", type="text/html")
    return generator


def add_entries(generator: Any, feed: Feed, images: str) -> Iterator[tuple[Any, Entry]]:
    """Each entry with a feedgen FeedEntry that has what both formats share.

    An entry whose link is not http or https is left out: nothing else may become a link.
    """
    for entry in feed.entries:
        if not is_web_url(entry.link):
            continue
        item = generator.add_entry(order="append")  # its default turns the feed upside down
        item.feedbot.entry = entry
        item.feedbot.images = images
        item.title(xml_line(entry.title) or entry.link)
        item.link(href=entry.link)
        item.guid(xml_text(entry.id), permalink=False)
        item.category(
            [
                {"term": term, "scheme": xml_text(category.scheme)}
                for category in entry.categories
                if (term := xml_line(category.term))
            ]
        )
        yield item, entry


def feed_title(feed: Feed) -> str:
    """The feed's title; its slug where nothing printable is left of it, for a feed must have one."""
    return xml_line(feed.title) or feed.slug


def provider_label(entry: Entry) -> str:
    """The provider's name; its host where it has none; empty where the entry names no provider."""
    name = xml_line(entry.provider_name)
    if not name and is_web_url(entry.provider_url):
        return entry.provider_url.split("/")[2]
    return name
