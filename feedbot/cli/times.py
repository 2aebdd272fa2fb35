"""Times as people say them."""

from datetime import datetime

_UNITS = (("year", 365 * 86400), ("month", 30 * 86400), ("day", 86400), ("hour", 3600), ("minute", 60))


def span(seconds: float) -> str:
    """A length of time in its largest unit of which there are two at least, such as "3 days" or "40 hours"."""
    for unit, length in _UNITS:
        if seconds >= 2 * length:
            return f"{int(seconds / length):,} {unit}s"
    return "a minute" if seconds >= 60 else "a moment"


def said_of(then: datetime, now: datetime) -> str:
    """When something was or will be, such as "3 days ago", "in 2 hours" or "just now"."""
    seconds = (now - then).total_seconds()
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    return f"{span(seconds)} ago" if seconds > 0 else f"in {span(-seconds)}"


def at(moment: datetime) -> str:
    """A moment to the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
