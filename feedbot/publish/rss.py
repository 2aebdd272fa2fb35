"""RSS 2.0: Feed -> bytes. Channel and item are words of this file and of the feedgen extension only."""

from html import escape

from feedbot.core.feed import Feed
from feedbot.publish.feedgen_extension import RSS_NAMESPACES
from feedbot.publish.fragments import Fragments, render_with
from feedbot.publish.generator import add_entries, feed_title, new_generator, provider_label
from feedbot.publish.html import is_web_url
from feedbot.publish.xml_text import xml_line, xml_text

SUFFIX = ".rss"


def render_rss(feed: Feed, images: str, fragments: Fragments | None = None) -> bytes:
    """The feed as an RSS 2.0 document in UTF-8; the same Feed gives the same bytes.

    `images` (content, media, both) says where an entry's lead image goes. With `fragments` the bytes are the same, and
    an item that is known is not rendered again. One thread at a time.
    """
    if fragments is None:
        return _document(feed, images)
    return render_with(
        fragments,
        feed,
        lambda part: _document(part, images),
        depends_on=lambda _: images,
        opening=b"    <item>\n",
        closing=b"  </channel>\n</rss>\n",
    )


def _document(feed: Feed, images: str) -> bytes:
    channel = new_generator(feed, SUFFIX, "application/rss+xml", RSS_NAMESPACES)
    channel.description(xml_line(feed.description) or feed_title(feed))
    channel.language(feed.language)
    channel.ttl(feed.ttl_minutes)
    channel.docs("")
    for item, entry in add_entries(channel, feed, images):
        # An RSS description is HTML: text is escaped here, and again as XML. Escaped once,
        # a reader would be handed the markup that a text talks about as live markup.
        item.description(escape(xml_text(entry.excerpt).strip()))
        if is_web_url(entry.provider_url):
            item.source(url=entry.provider_url, title=provider_label(entry))
    document: bytes = channel.rss_str(pretty=True)
    return document
