"""Atom (RFC 4287): Feed -> bytes."""

from feedbot.core.feed import Entry, Feed
from feedbot.publish.feedgen_extension import ATOM_NAMESPACES, TOMBSTONES_NAMESPACE
from feedbot.publish.fragments import Fragments, render_with
from feedbot.publish.generator import add_entries, feed_title, new_generator, provider_label
from feedbot.publish.html import content_html, is_web_url
from feedbot.publish.xml_text import xml_line, xml_text

SUFFIX = ".atom"


def render_atom(feed: Feed, images: str, fragments: Fragments | None = None) -> bytes:
    """The feed as an Atom document in UTF-8; the same Feed gives the same bytes.

    `images` (content, media, both) says where an entry's lead image goes. With `fragments` the bytes are the same, and
    an entry that is known is not rendered again. One thread at a time.
    """
    if fragments is None:
        return _document(feed, images)
    return render_with(
        fragments,
        feed,
        lambda part: _document(part, images),
        depends_on=lambda entry: (images, _author_name(entry, feed)),
        opening=b"  <entry>\n",
        closing=b"</feed>\n",
    )


def _document(feed: Feed, images: str) -> bytes:
    namespaces = ATOM_NAMESPACES | (TOMBSTONES_NAMESPACE if feed.tombstones else {})
    generator = new_generator(feed, SUFFIX, "application/atom+xml", namespaces)
    generator.language(feed.language)
    if subtitle := xml_line(feed.description):
        generator.subtitle(subtitle)
    for element, entry in add_entries(generator, feed, images):
        element.updated(entry.updated_at)  # feedgen's own default is the time of the build
        author = {"name": _author_name(entry, feed)}
        if is_web_url(entry.provider_url):
            author["uri"] = entry.provider_url
        element.author(author)
        if summary := xml_text(entry.excerpt).strip():
            element.summary(summary)
        if html := content_html(entry, lead_image=images != "media"):
            element.content(html, type="html")
    document: bytes = generator.atom_str(pretty=True)
    return document


def _author_name(entry: Entry, feed: Feed) -> str:
    # RFC 4287, 4.2.1: an entry has an author; the publication speaks where no provider is named.
    return provider_label(entry) or feed_title(feed)
