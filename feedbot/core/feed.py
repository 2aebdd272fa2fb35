"""The neutral model of a feed, in Atom's words (RFC 4287): what every renderer turns into bytes."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.core.article import Article, Image
from feedbot.core.healing import Link, Way
from feedbot.core.url import InvalidUrl, canonical_url, host_of, resolve_url

_TO_THE_SOURCE = frozenset({Way.KEPT, Way.MARKED})
_NOTES = {
    Way.PAGE: "",
    Way.MOVED: "The page has moved; this entry leads to its new address.",
    Way.AMP: "The original page can no longer be read; this entry leads to its AMP version.",
    Way.CACHE: "The original page can no longer be read; this entry leads to the copy of it at {host}.",
    Way.ARCHIVE: "The original page can no longer be read; this entry leads to a copy of it from {date} at {host}.",
    Way.KEPT: "",
    Way.MARKED: "The original page can no longer be read.",
}


@dataclass(frozen=True, slots=True)
class Category:
    """A topic on an entry: `term` is the display name, `scheme` the address of the topic's feeds."""

    term: str
    scheme: str


@dataclass(frozen=True, slots=True)
class RelatedLink:
    """A living link to a further article on the same story."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One article as subscribers see it. `id` never changes; `updated_at` moves by editors only."""

    id: str
    title: str
    link: str
    published_at: datetime
    updated_at: datetime
    excerpt: str = ""
    body_html: str = ""
    provider_name: str = ""
    provider_url: str = ""
    categories: tuple[Category, ...] = ()
    images: tuple[Image, ...] = ()
    related: tuple[RelatedLink, ...] = ()
    via: str = ""
    """The source, where the entry leads elsewhere: to the article's own page, or where the source moved or died."""
    note: str = ""
    """What readers are told of that, in a sentence."""
    quality: float | None = None
    heat: float | None = None


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a document stands among those of its feed (RFC 5005, 4), each as a file's name without its suffix.

    `current` is the feed, in its archive documents; the feed itself has none, and no `following` one.
    """

    previous: str = ""
    following: str = ""
    current: str = ""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that was in a feed and is published no more (RFC 6721), and since when."""

    entry_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic's feed, or a document of its archive, newest entry first.

    `slug` is the name of its files, without their suffix. `url_base` is where they are served, ending in `/`.
    """

    id: str
    slug: str
    title: str
    description: str
    site_url: str
    url_base: str
    language: str
    updated_at: datetime
    entries: tuple[Entry, ...] = ()
    ttl_minutes: int = 60
    hubs: tuple[str, ...] = ()
    """Where subscribers can ask to be told of changes at once (WebSub), in the order of the config."""
    archive: Archive = Archive()
    tombstones: tuple[Tombstone, ...] = ()
    """For Atom, which has a word for them, the latest first."""


def build_entry(
    article: Article,
    *,
    entry_id: str,
    updated_at: datetime,
    categories: tuple[Category, ...],
    unlinkable: frozenset[str],
    instead: Link | None = None,
) -> Entry:
    """The entry of an article, without the related links and pictures that no reader may be sent to.

    `unlinkable` holds canonical URLs (core/url.py): the article's targets of which Status.is_unlinkable holds.
    `instead` is where it leads, where that is not the source (core/healing.py).
    """
    link = article.source_url if instead is None or instead.way in _TO_THE_SOURCE else instead.url
    return Entry(
        id=entry_id,
        title=article.title,
        link=link,
        published_at=article.published_at,
        updated_at=updated_at,
        excerpt=article.excerpt,
        body_html=article.body_html,
        provider_name=article.provider.name or article.provider.domain,
        provider_url=_provider_url(article),
        categories=categories,
        images=tuple(image for image in article.images if _is_linkable(image.url, unlinkable)),
        related=tuple(
            RelatedLink(related.title, related.source_url)
            for related in article.related
            if related.source_url is not None
            and related.source_url.startswith(("http://", "https://"))
            and _is_linkable(related.source_url, unlinkable)
        ),
        via="" if link == article.source_url else article.source_url,
        quality=article.quality,
        heat=article.heat,
        note="" if instead is None else _note(instead),
    )


def _note(instead: Link) -> str:
    date = "" if instead.taken_at is None else instead.taken_at.date().isoformat()
    return _NOTES[instead.way].format(host=host_of(instead.url), date=date)


def _is_linkable(url: str, unlinkable: frozenset[str]) -> bool:
    # Most articles have no link that is dead: theirs need not be made canonical once more.
    return not unlinkable or canonical_url(url) not in unlinkable


def _provider_url(article: Article) -> str:
    if not article.provider.domain:
        return ""
    try:
        return resolve_url(f"https://{article.provider.domain}/")
    except InvalidUrl:
        return ""
