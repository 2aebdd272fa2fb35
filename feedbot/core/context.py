"""What is known of a target besides an observation of it, kept with the observation so that it can be judged again."""

import hashlib
import posixpath
from datetime import datetime, timedelta

import msgspec

from feedbot.core.article import LinkRole
from feedbot.core.page import PageSignals
from feedbot.core.url import split_url

ASK_SIBLING_EVERY = timedelta(days=7)
"""A made-up address is asked for at most this often in one folder of a host: it costs the host a request."""

AMP_ROLES = frozenset({LinkRole.AMP, LinkRole.RELATED_AMP})
CACHE_ROLES = frozenset({LinkRole.CDN_AMP, LinkRole.RELATED_CDN_AMP})
TITLED_ROLES = frozenset({LinkRole.SOURCE, LinkRole.PAGE, LinkRole.RELATED_SOURCE}) | AMP_ROLES | CACHE_ROLES
"""Links to a page that should carry the title of the article that they stand for."""
IMAGE_ROLES = frozenset({LinkRole.IMAGE, LinkRole.PROVIDER_IMAGE, LinkRole.RELATED_IMAGE})


class Sibling(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a made-up address beside a page answered; `status` is None where it did not answer."""

    url: str
    asked_at: datetime
    final_url: str
    status: int | None = None
    signals: PageSignals | None = None


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """The page that another address stands for: an article for its AMP page, an AMP page for a cache's copy.

    `verdict` is the latest on it. `amphtml` is what the page as last read named with rel=amphtml; `was_read`
    tells whether it was read at all.
    """

    url: str
    is_alive: bool
    verdict: str | None = None
    was_read: bool = False
    amphtml: str | None = None
    canonical: str | None = None
    moved_to: str | None = None


class Opinion(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was seen of a target from another place at about the same time: the verdict on that, and its status."""

    vantage: str
    verdict: str
    status: int | None = None


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known besides the observation.

    `roles` are those of the links that point to the target, `titles` those of the articles that they stand
    for. `was_titled`: an earlier look found one of the titles on the page. `source` is the article of an AMP
    page, `amp` the AMP page of a cache's copy. `vantage` names the place that the target was asked from, where
    several are known by name, and `second` is what was seen from another one.
    """

    roles: tuple[LinkRole, ...] = ()
    titles: tuple[str, ...] = ()
    was_titled: bool = False
    sibling: Sibling | None = None
    source: Source | None = None
    amp: Source | None = None
    vantage: str | None = None
    second: Opinion | None = None

    @property
    def is_image(self) -> bool:
        """True where every link to the target shows it as a picture."""
        return bool(self.roles) and IMAGE_ROLES.issuperset(self.roles)

    @property
    def is_amp(self) -> bool:
        """True where every link to the target gives it as an AMP page."""
        return bool(self.roles) and AMP_ROLES.issuperset(self.roles)

    @property
    def is_cache(self) -> bool:
        """True where every link to the target gives it as a cache's copy of an AMP page."""
        return bool(self.roles) and CACHE_ROLES.issuperset(self.roles)


NOTHING_KNOWN = Context()


def folder_of(url: str) -> str:
    """The folder of a page, up to its last slash: what a made-up address shares with it."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[0] + "/" if _path(url) != "/" else url.partition("?")[0]


def sibling_url(url: str, week: int) -> str:
    """A made-up address in the folder of a page, in the form of its name; another one each week.

    Nobody can have put a page there: its name is of 20 digits of a hash.
    """
    name = hashlib.sha256(f"{folder_of(url)} {week}".encode()).hexdigest()[:20]
    path = _path(url)
    extension = posixpath.splitext(path)[1]
    is_plain = extension[1:].isalnum() and len(extension) <= 8
    ending = "/" if path.endswith("/") and path != "/" else extension if is_plain else ""
    return f"{folder_of(url)}{name}{ending}"


def _path(url: str) -> str:
    return split_url(url).path.partition("?")[0]
