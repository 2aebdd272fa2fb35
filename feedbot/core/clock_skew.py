"""How far a clock is off, by what servers say that the time is (Date: RFC 9110, 6.6.1)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median

MOST_S = 120.0
"""Beyond this, what is dated ahead comes early or late, and certificates may be judged by the wrong day."""


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The server's time when it answered; None where it says none, or the answer was kept by a cache (Age)."""
    said = headers.get("date")
    if said is None or headers.get("age", "0").strip() != "0":
        return None
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def skew_s(seen: Iterable[tuple[datetime, datetime]]) -> float | None:
    """By how many seconds our clock is ahead; each is our time and the server's. None where there is none.

    The middle one counts: a single server whose clock is wrong says nothing of ours.
    """
    ahead = [(ours - theirs).total_seconds() for ours, theirs in seen]
    return median(ahead) if ahead else None
