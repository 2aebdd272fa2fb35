"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/): Feed -> bytes."""

import msgspec

from feedbot.core.feed import Entry, Feed
from feedbot.publish.feedgen_extension import rfc3339
from feedbot.publish.fragments import Fragments
from feedbot.publish.generator import feed_title, provider_label
from feedbot.publish.html import content_html, is_web_url, related_title, web_images, web_related
from feedbot.publish.xml_text import xml_line, xml_text

SUFFIX = ".json"


class _Author(msgspec.Struct, omit_defaults=True):
    name: str = ""
    url: str = ""


class _Related(msgspec.Struct):
    title: str
    url: str


class _Extension(msgspec.Struct, omit_defaults=True):
    """What the standard has no word for."""

    via: str = ""
    quality: float | None = None
    heat: float | None = None
    related: list[_Related] = []


class _Item(msgspec.Struct, omit_defaults=True, kw_only=True):
    id: str
    url: str
    title: str
    content_html: str
    summary: str = ""
    image: str = ""
    date_published: str
    date_modified: str
    authors: list[_Author] = []
    tags: list[str] = []
    extension: _Extension | None = msgspec.field(default=None, name="_feedbot")


class _Hub(msgspec.Struct):
    type: str
    url: str


class _JsonFeed(msgspec.Struct, omit_defaults=True, kw_only=True):
    version: str
    title: str
    home_page_url: str
    feed_url: str
    description: str = ""
    authors: list[_Author]
    language: str
    hubs: list[_Hub] = []
    items: list[msgspec.Raw]


def render_json_feed(feed: Feed, images: str, fragments: Fragments | None = None) -> bytes:
    """The feed as a JSON Feed 1.1 document in UTF-8; the same Feed gives the same bytes.

    `images` (content, media, both) says where an entry's lead image goes: into `content_html`, or
    not. It is the entry's `image` in any case, which the standard takes for a hint and not for a second one.
    An entry whose link is not http or https is left out, as in the other formats. With `fragments` the bytes are the
    same, and an item that is known is not made again.
    """
    known = Fragments() if fragments is None else fragments
    document = _JsonFeed(
        version="https://jsonfeed.org/version/1.1",
        title=feed_title(feed),
        home_page_url=xml_text(feed.site_url),
        feed_url=xml_text(f"{feed.url_base}{feed.slug}{SUFFIX}"),
        description=xml_line(feed.description),
        # The authors of every item that names none: the publication speaks there, as in Atom.
        authors=[_Author(feed_title(feed), xml_text(feed.site_url))],
        language=feed.language,
        hubs=[_Hub("WebSub", xml_text(hub)) for hub in feed.hubs],
        items=[msgspec.Raw(_fragment(entry, images, known)) for entry in feed.entries if is_web_url(entry.link)],
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _fragment(entry: Entry, images: str, fragments: Fragments) -> bytes:
    fragment = fragments.find(entry, images)
    if fragment is None:
        fragment = msgspec.json.encode(_item(entry, images))
        fragments.keep(entry, images, fragment)
    return fragment


def _item(entry: Entry, images: str) -> _Item:
    pictures = web_images(entry)
    via = entry.via if is_web_url(entry.via) else ""
    related = [_Related(related_title(one), one.url) for one in web_related(entry)]
    extension = _Extension(via=via, quality=entry.quality, heat=entry.heat, related=related)
    return _Item(
        id=xml_text(entry.id),
        # Not `external_url`, which is for a page that the one at `url` talks about.
        url=entry.link,
        title=xml_line(entry.title) or entry.link,
        # Required; empty where the article has nothing but a title.
        content_html=content_html(entry, lead_image=images != "media"),
        summary=xml_text(entry.excerpt).strip(),
        image=pictures[0].url if pictures else "",
        date_published=rfc3339(entry.published_at),
        date_modified=rfc3339(entry.updated_at),
        authors=_authors(entry),
        tags=[term for category in entry.categories if (term := xml_line(category.term))],
        extension=None if extension == _Extension() else extension,
    )


def _authors(entry: Entry) -> list[_Author]:
    name = provider_label(entry)
    return [_Author(name, entry.provider_url if is_web_url(entry.provider_url) else "")] if name else []
