"""A date as people write it in front matter, read the same on every machine."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]+)?)?"
_ISO = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    rf"(?:(?:[Tt]|[ \t]+){_TIME}[ \t]*(?P<zone>[A-Za-z]{{1,5}}|[+-][0-9]{{2}}(?::?[0-9]{{2}})?)?)?"
)
_RFC2822 = re.compile(
    r"(?:[A-Za-z]{3,9},?[ \t]+)?(?P<day>[0-9]{1,2})[ \t]+(?P<month>[A-Za-z]{3})[a-z]*[ \t]+(?P<year>[0-9]{4})"
    rf"(?:[ \t]+{_TIME}[ \t]*(?P<zone>[A-Za-z]{{1,5}}|[+-][0-9]{{4}})?)?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Hours east of Greenwich: the names of RFC 2822, and the ways of writing UTC.
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "ut"), 0),
    **dict.fromkeys(("edt",), -4),
    **dict.fromkeys(("est", "cdt"), -5),
    **dict.fromkeys(("cst", "mdt"), -6),
    **dict.fromkeys(("mst", "pdt"), -7),
    **dict.fromkeys(("pst",), -8),
}
FIRST_YEAR = 1970


def parse_date(text: str, zone: tzinfo) -> datetime:
    """The moment that a date names, as `parse_local` reads it, in UTC."""
    return parse_local(text, zone).astimezone(UTC)


def parse_local(text: str, zone: tzinfo) -> datetime:
    """The moment that a date names, in the zone that it names: whole seconds, between the years 1970 and 9999 in UTC.

    Understood are ISO 8601 (`2020-01-24`, `2020-01-24T14:57:00Z`, `2020-01-24 14:57 +0100`, with
    fractions, which are dropped) and RFC 2822 (`Fri, 24 Jan 2020 14:57:00 GMT`). A date without a
    zone is in `zone`; there, a time that occurs twice is the first of the two, and one that a
    clock skips is counted on from before the gap. Raises ValueError with a few words that do
    not quote the text.
    """
    text = text.strip()
    found = _ISO.fullmatch(text) or _RFC2822.fullmatch(text)
    if found is None:
        raise ValueError("expected a date such as 2020-01-24T14:57:00Z")
    month = found["month"]
    if month.isdigit():
        month_number = int(month)
    elif month.lower() in _MONTHS:
        month_number = _MONTHS.index(month.lower()) + 1
    else:
        raise ValueError("expected a date with a month such as Jan")
    # A leap second (RFC 3339 allows 60) is the second before it, as POSIX clocks have it.
    second = min(int(found["second"] or 0), 59) if (found["second"] or "") <= "60" else 60
    try:
        local = datetime(
            int(found["year"]),
            month_number,
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            second,
            tzinfo=_zone(found["zone"], zone),
        )
        moment = local.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expected a date that the calendar has, such as 2020-01-24T14:57:00Z") from None
    if moment.year < FIRST_YEAR:
        raise ValueError(f"expected a date in the years {FIRST_YEAR} to 9999")
    return local


# Few ways of writing it are in all the articles of a publication.
@lru_cache(maxsize=64)
def _zone(text: str | None, default: tzinfo) -> tzinfo:
    """The zone written behind a time; raises ValueError for one that is not known."""
    if text is None:
        return default
    if text[0] in "+-":
        digits = text[1:].replace(":", "")
        hours, minutes = int(digits[:2]), int(digits[2:] or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("no such offset")
        offset = timedelta(hours=hours, minutes=minutes)
        return timezone(-offset if text[0] == "-" else offset)
    if text.lower() not in _ZONES:
        raise ValueError("no such zone")
    return timezone(timedelta(hours=_ZONES[text.lower()]))
