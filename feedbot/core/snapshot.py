"""Copies of pages in a web archive: what one is, where the archive shows it, and when it is looked for again.

An archive shows a copy at its own address, followed by when the copy was taken and by the page's URL
(`https://web.archive.org/web/20261001080000/https://news.example/story`), as the Wayback Machine and pywb do.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from feedbot.core.mark import Mark, is_linkable
from feedbot.core.url import InvalidUrl, canonical_url

FOUND_FOR = timedelta(days=90)
"""A copy that was found is looked for again after this, while its page lives: archives lose copies."""
ABSENT_FOR = timedelta(days=30)
"""Where there was none, the archive is asked again after this: it may have taken one since."""
UNKNOWN_FOR = timedelta(hours=6)
"""A look-up without an answer is made again after this, doubling up to two weeks."""

_UNKNOWN_FOR_AT_MOST = timedelta(days=14)
_STAMP = "%Y%m%d%H%M%S"
# When it was taken, and what a replay does to it ("id_": nothing, "if_": for a frame, ...).
_TAKEN = re.compile(r"(\d{14})(?:[a-z]{2}_)?")


class Snapshot(msgspec.Struct, frozen=True):
    """A copy of a page: its address in the archive, and when it was taken."""

    url: str
    taken_at: datetime


def snapshot_url(replay_url: str, taken_at: datetime, url: str) -> str:
    """The address at which an archive shows its copy of a canonical URL.

    `replay_url` ends in a slash. Raises InvalidUrl where the address would be too long.
    """
    return canonical_url(f"{replay_url}{archive_stamp(taken_at)}/{url}")


def snapshot_at(address: str, replay_url: str, url: str) -> Snapshot | None:
    """The copy of a page that stands at an address; None where that is no copy, or one of another page or archive.

    Archives lead to a copy by redirects as well: to the nearest time, from http to https, with and without "www.".
    """
    here, archive = address.partition("://")[2], replay_url.partition("://")[2]
    stamp, _, shown = here.removeprefix(archive).partition("/")
    found = _TAKEN.fullmatch(stamp)
    taken_at = None if found is None else moment_of(found[1])
    if not here.startswith(archive) or taken_at is None or _page(shown) != _page(url):
        return None
    return Snapshot(address, taken_at)


def unless_called_dead(snapshot: Snapshot | None, said: Mapping[str, Mark]) -> Snapshot | None:
    """The copy, where there is one and no person calls it dead; `said` are the marks that hold, by canonical URL."""
    if snapshot is None or not is_linkable(said.get(snapshot.url), seems_dead=False):
        return None
    return snapshot


def archive_stamp(moment: datetime) -> str:
    """A time as archives write it: 14 digits, UTC."""
    return moment.astimezone(UTC).strftime(_STAMP)


def moment_of(stamp: str) -> datetime | None:
    """The time of 14 digits; None where they are none."""
    try:
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def unknown_for(failures: int) -> timedelta:
    """How long to wait after so many look-ups in a row (1 or more) that brought no answer."""
    doubled: int = 2 ** min(failures - 1, 10)
    return min(UNKNOWN_FOR * doubled, _UNKNOWN_FOR_AT_MOST)


def _page(url: str) -> str | None:
    """What the addresses of one page have in common, as archives see it; None for what is no URL."""
    try:
        return canonical_url(url).partition("://")[2].removeprefix("www.").rstrip("/")
    except InvalidUrl:
        return None
