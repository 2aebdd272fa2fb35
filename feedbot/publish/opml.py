"""feeds/feeds.opml, the list of the feeds for readers that subscribe to all at once: OPML 2.0 (opml.org/spec2.opml)."""

from dataclasses import dataclass

from lxml import etree

from feedbot.core.feed import Feed
from feedbot.publish.feedgen_extension import rfc822
from feedbot.publish.generator import feed_title
from feedbot.publish.xml_text import xml_line, xml_text

OPML_NAME = "feeds.opml"


@dataclass(frozen=True, slots=True)
class FeedList:
    """The feeds, at least one, by their heads, and the suffix of the format in which they are offered."""

    title: str
    feeds: tuple[Feed, ...]
    suffix: str


def render_opml(listed: FeedList) -> bytes:
    """The list as an OPML 2.0 document in UTF-8; its `dateModified` is the newest feed's `updated`, never now."""
    opml = etree.Element("opml", version="2.0")
    head = etree.SubElement(opml, "head")
    etree.SubElement(head, "title").text = xml_line(listed.title)
    # RFC 822, as every date in OPML.
    etree.SubElement(head, "dateModified").text = rfc822(max(feed.updated_at for feed in listed.feeds))
    body = etree.SubElement(opml, "body")
    for feed in listed.feeds:
        etree.SubElement(body, "outline", _outline(feed, listed.suffix))
    document: bytes = etree.tostring(opml, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return document


def _outline(feed: Feed, suffix: str) -> dict[str, str]:
    title = feed_title(feed)
    attributes = {
        # `rss` stands for a feed of any format.
        "type": "rss",
        "text": title,
        "title": title,
        "xmlUrl": xml_text(f"{feed.url_base}{feed.slug}{suffix}"),
        "htmlUrl": xml_text(feed.site_url),
        "description": xml_line(feed.description),
        "language": feed.language,
    }
    return {name: text for name, text in attributes.items() if text}
