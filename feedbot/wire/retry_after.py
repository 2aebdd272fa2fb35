"""How long a server asks to be left alone (RFC 9110, 10.2.3)."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MIN_HOLD_S = 60.0
MAX_HOLD_S = 86400.0
_MAX_ASKED_S = 1e9
_SECONDS = re.compile(r"[+-]?\d+(\.\d+)?")


def asked_wait_s(value: str, now: datetime) -> float | None:
    """The seconds that a Retry-After asks for, 0 to a billion; None where it is neither seconds nor a date."""
    text = value.strip()[:100]
    if _SECONDS.fullmatch(text):
        seconds = float(text)
    else:
        try:
            date = parsedate_to_datetime(text)
            # "-0000" and a missing zone come naive; HTTP dates are UTC.
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = (date - now).total_seconds()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return min(max(seconds, 0.0), _MAX_ASKED_S)


def hold_s(asked_s: float) -> float:
    """The seconds that feedbot waits for it: absurd values are clamped to between 60 s and 24 h."""
    return min(max(asked_s, MIN_HOLD_S), MAX_HOLD_S)
