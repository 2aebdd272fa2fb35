"""An article, the links in it, and which articles are published."""

from datetime import datetime
from enum import StrEnum

import msgspec


class LinkRole(StrEnum):
    """What a link is for in its article."""

    SOURCE = "source"
    PAGE = "page"
    """The article's own page on the publication's site, where entries are to lead there (feeds.link)."""
    AMP = "amp"
    CDN_AMP = "cdn_amp"
    IMAGE = "image"
    PROVIDER_IMAGE = "provider.image"
    RELATED_SOURCE = "related.source"
    RELATED_AMP = "related.amp"
    RELATED_CDN_AMP = "related.cdn_amp"
    RELATED_IMAGE = "related.image"
    BODY = "body"


class Link(msgspec.Struct, frozen=True):
    """A URL in an article file; `url` is the canonical target (core/url.py), `line` counts from 1.

    `item` is 0 for the article itself and n for its n-th related article. `is_ignored`: the article asks
    that feedbot leave this link alone.
    """

    role: LinkRole
    url: str
    line: int
    item: int = 0
    is_ignored: bool = False


class Image(msgspec.Struct, frozen=True):
    """A picture at an absolute URL; width and height in pixels where the file says so."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""


class Provider(msgspec.Struct, frozen=True):
    """Who published the source: a display name and a bare domain such as `nytimes.com`."""

    name: str = ""
    domain: str = ""


class Related(msgspec.Struct, frozen=True):
    """A further article on the same story: a title and where it can be read."""

    title: str
    source_url: str | None
    amp_url: str | None = None
    cdn_amp_url: str | None = None
    excerpt: str = ""
    published_at: datetime | None = None
    provider: Provider = Provider()
    images: tuple[Image, ...] = ()


class Article(msgspec.Struct, frozen=True):
    """One article file, read and understood.

    Every URL is absolute and normalised (WHATWG URL standard) and keeps its fragment; times are
    aware and UTC. `path` is relative to the folder of the config file, with forward slashes.
    `body_html` is sanitised. The file's `secured` field is nowhere in it.
    """

    path: str
    title: str
    source_url: str
    published_at: datetime
    updated_at: datetime | None = None
    own_id: str | None = None
    amp_url: str | None = None
    cdn_amp_url: str | None = None
    excerpt: str = ""
    body_html: str = ""
    kind: str = "article"
    category: str = ""
    quality: float | None = None
    heat: float | None = None
    draft: bool = False
    provider: Provider = Provider()
    topics: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    links: tuple[Link, ...] = ()


class Rejected(msgspec.Struct, frozen=True):
    """An article file that cannot be used: where (line 0 = the file as a whole) and why, in a sentence.

    `column` counts from 1, in code points; 0 is unknown. `code` is of core/problems.py, `field` a name as in the file.
    """

    path: str
    line: int
    reason: str
    column: int = 0
    code: str = ""
    field: str = ""


class Remark(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something odd in an article file that is still usable: where and what, in a sentence; the rest as in Rejected.

    Stored: those of earlier versions have neither column nor code nor field.
    """

    path: str
    line: int
    text: str
    column: int = 0
    code: str = ""
    field: str = ""


def is_published(article: Article, now: datetime) -> bool:
    """True where readers may see the article: not a draft, and its publication time has come."""
    return not article.draft and article.published_at <= now
