"""Which link an entry carries: its source while that can be read, then whatever leads to the same article.

The entry's id never changes on the way (core/identity.py), and what was done is said in its content.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec

from feedbot.core.page_address import consent_url, login_url
from feedbot.core.snapshot import Snapshot
from feedbot.core.status import Status, StatusKind
from feedbot.core.url import host_of, path_of

MOVED_LOOKS = 3
MOVED_OVER = timedelta(days=7)
"""A permanent redirect is believed once so many looks in a row, over so long, led to the same place."""

_WELL = frozenset({StatusKind.ALIVE, StatusKind.MOVED})
# One of a site's languages or countries: "/en/", "/en-us/", "/uk/".
_LOCALE = re.compile(r"/[a-z]{2}(?:[-_][a-z]{2})?(?=/|$)", re.IGNORECASE)

DeadSource = Literal["drop", "keep", "mark"]
"""What becomes of an entry that no link is left for: it goes, stays, or stays and says so."""


class Way(StrEnum):
    """How an entry's link came about, where it is not simply the source."""

    PAGE = "page"
    """To the article's own page, as the config has it: nothing is to be said of it."""
    MOVED = "moved"
    AMP = "amp"
    CACHE = "cache"
    ARCHIVE = "archive"
    KEPT = "kept"
    MARKED = "marked"


class Standing(msgspec.Struct, frozen=True):
    """A link of an article and what is known of its target; `is_linkable` by what was seen and what people say.

    `http_status` and `final_url` are those of the latest look. `titled`: the page has carried the article's title.
    """

    url: str
    status: Status
    is_linkable: bool
    titled: bool = False
    http_status: int | None = None
    final_url: str = ""


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where an entry leads instead of to its source; `taken_at` is when an archive took its copy."""

    url: str
    way: Way
    taken_at: datetime | None = None


def entry_link(
    source: Standing,
    amp: Standing | None,
    cache: Standing | None,
    dead_source: DeadSource = "drop",
    *,
    snapshot: Snapshot | None = None,
) -> Link | Literal["lost"] | None:
    """Where an entry leads instead; None where to its source, "lost" where nowhere: it is to be dropped.

    `amp` is the article's AMP page, `cache` a cache's copy of that, `snapshot` an archive's copy of the source, which
    was found good when it was found (core/snapshot_look.py). A link that is alive, blocked, failing or was
    not checked yet is not replaced. What is refused by its scheme, port or address is never a link.
    """
    if source.is_linkable:
        return Link(moved_to, Way.MOVED) if (moved_to := moved_for_good(source.status, source.url)) else None
    if amp is not None and amp.is_linkable and amp.status.kind in _WELL:
        return Link(amp.url, Way.AMP)
    if cache is not None and cache.is_linkable and _is_whole_copy(cache):
        return Link(cache.url, Way.CACHE)
    if snapshot is not None:
        return Link(snapshot.url, Way.ARCHIVE, snapshot.taken_at)
    if dead_source == "drop" or source.status.kind is StatusKind.REFUSED:
        return "lost"
    return Link(source.url, Way.KEPT if dead_source == "keep" else Way.MARKED)


def moved_for_good(status: Status, url: str) -> str | None:
    """The new address of a page that has moved; None as long as that is not sure, or it is no better address."""
    moved_to, first_at = status.moved_to, status.moved_first_at
    if status.kind is not StatusKind.MOVED or moved_to is None or first_at is None or status.checked_at is None:
        return None
    if status.moved_looks < MOVED_LOOKS or status.checked_at - first_at < MOVED_OVER:
        return None
    return None if is_visitors_own(url, moved_to) else moved_to


def is_visitors_own(url: str, moved_to: str) -> bool:
    """True where a redirect depends on who asks: to a login, to consent, to a country's edition, or with a tag.

    Another visitor is led elsewhere from the same address, so that is what readers are given.
    """
    if login_url(moved_to) is not None or consent_url(moved_to) is not None:
        return True
    query, new_query = url.partition("?")[2], moved_to.partition("?")[2]
    if new_query and new_query != query:
        return True
    # The same page but for a locale in its path: the next visitor's is another one.
    path, new_path = path_of(url).rstrip("/"), path_of(moved_to).rstrip("/")
    bare = _LOCALE.sub("", new_path, count=1)
    return bare != new_path and bare == path


def _is_whole_copy(cache: Standing) -> bool:
    """True for a copy that carries the article's title and is shown by the cache itself."""
    shown = cache.http_status is not None and 200 <= cache.http_status < 300
    return shown and cache.titled and host_of(cache.final_url) == host_of(cache.url)
