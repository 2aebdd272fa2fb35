"""The headers of an answer, as a mapping."""

from collections.abc import Iterable

from feedbot.core.observation import Failure, FailureKind

# Headers of which the second value would only spoil the first (RFC 9110, 5.3: they are no lists).
_SINGLE = frozenset({"location", "retry-after", "etag", "last-modified", "content-type"})


def plain_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str] | Failure:
    """By lower-case name, which the pairs have already; repeated values are joined with ", " where that is a list.

    The values are bytes read as latin-1, so that what is sent back later (an ETag) is what came. A
    Location that is UTF-8 is read as that, as browsers do. Two that differ are PROTOCOL: browsers
    show nothing then (Fetch standard, "location URL").
    """
    plain: dict[str, str] = {}
    for name, value in pairs:
        if name not in plain:
            plain[name] = value
        elif name not in _SINGLE:
            plain[name] += f", {value}"
        elif name == "location" and value != plain[name]:
            return Failure(FailureKind.PROTOCOL, "not HTTP: several Locations that differ")
    place = plain.get("location")
    if place is not None and not place.isascii():
        plain["location"] = _as_utf8(place)
    return plain


def _as_utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
