"""How the past of the feeds is cut into archive documents that do not change (RFC 5005, section 4)."""

import re
from collections.abc import Iterable
from datetime import datetime

import msgspec

_DOCUMENT_FILE = re.compile(r"[a-z0-9-]+\.[0-9]{4}-[0-9]{2}(?:-[0-9]+)?\.(?:rss|atom)(?:\.gz)?")


class Came(msgspec.Struct, frozen=True, gc=False):
    """An entry that readers have seen: when it came, in UTC, and its place among those of the same second."""

    id: str
    path: str
    published_at: datetime


def closed_periods(entries: Iterable[Came], size: int, *, later: bool = False) -> dict[str, tuple[str, ...]]:
    """The ids of each period that is over, in order of time; of a period that is not, nothing.

    A period is a month (UTC), named `2026-11`; one in which more than `size` entries came is several: `2026-11`,
    `2026-11-2`, and so on, each but the last of exactly `size`. It is over when a later entry is there, whatever the
    clock says. So at most `size` entries are in none, the newest: a feed of as many entries and the documents of the
    periods are everything together, at every moment.

    The set of entries of an archive document should not change (RFC 5005, 4): a client that has read one does not ask
    again. Periods are therefore cut by the ledger (publish/ledger.py), which keeps those whose article is gone: what
    dies moves no entry to another period, and a lost state.db none either. What still does, for the later periods of
    that month: an entry that came late with an earlier date, one that was dated anew, and a takedown.

    So a month is cut by its own entries alone, and `entries` may be those of some whole months. `later` tells that
    there are entries of a later month than any of these.
    """
    # The order of the feeds, from its other end.
    published = sorted(entries, key=lambda one: one.path, reverse=True)
    published.sort(key=lambda one: one.published_at)
    periods: dict[str, list[str]] = {}
    month, part = (0, 0), 0
    ids: list[str] = []
    for one in published:
        its_month = one.published_at.year, one.published_at.month
        if its_month != month:
            month, part = its_month, 1
        elif len(ids) == size:
            part += 1
        else:
            ids.append(one.id)
            continue
        ids = periods[_name(month, part)] = [one.id]
    closed = list(periods.items()) if later else list(periods.items())[:-1]
    return {name: tuple(ids) for name, ids in closed}


def document_name(slug: str, period: str) -> str:
    """The name of an archive document without its suffix; no feed has it, for no slug (core/slug.py) has a dot."""
    return f"{slug}.{period}"


def month_of(period: str) -> str:
    """The month of a period, such as `2026-11`."""
    return period[:7]


def is_document_file(name: str) -> bool:
    """True for the file of an archive document, or the .gz beside it, among the files in the feeds folder."""
    return _DOCUMENT_FILE.fullmatch(name) is not None


def _name(month: tuple[int, int], part: int) -> str:
    name = f"{month[0]:04}-{month[1]:02}"
    return name if part == 1 else f"{name}-{part}"
