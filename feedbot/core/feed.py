"""The neutral model of a feed, in Atom's words (RFC 4287): what every renderer turns into bytes."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.core.article import Image


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


@dataclass(frozen=True, slots=True)
class Feed:
    """One topic's feed, newest entry first. `url_base` is where the files are served, ending in `/`."""

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
