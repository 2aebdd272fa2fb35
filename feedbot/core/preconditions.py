"""Whether who asks for a file has it already (RFC 9110, section 13)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# An entity tag (8.8.3) at the start of what is left; a comma may stand inside of its quotes.
_NEXT_TAG = re.compile(r'[\s,]*(?:W/)?("[^"]*")')


def has_it_already(
    etag: str, modified_at: datetime | None, *, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """True where the answer is 304 to GET and HEAD.

    `etag` is the strong tag of what would be sent, quotes included, and `modified_at` what would be said as its
    Last-Modified. Where there is an If-None-Match it alone counts (13.2.2), compared weakly (13.1.2). A date that
    cannot be read, or that nothing is known to compare with, counts for nothing (13.1.3).
    """
    if if_none_match is not None:
        return if_none_match.strip() == "*" or etag in _tags(if_none_match)
    if if_modified_since is None or modified_at is None:
        return False
    since = _date(if_modified_since)
    return since is not None and modified_at.replace(microsecond=0) <= since


def _tags(text: str) -> list[str]:
    """The tags of a list, without what marks the weak ones; it ends where something else stands."""
    found, place = [], 0
    while (match := _NEXT_TAG.match(text, place)) is not None:
        found.append(match[1])
        place = match.end()
    return found


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text.strip()[:100])
        # One without a zone, as in the oldest of the three forms of 5.6.7, is UTC.
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
