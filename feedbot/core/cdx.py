"""What an archive is asked for the copies that it has of a page, and what it answers: the CDX protocol.

As the Wayback Machine speaks it (github.com/internetarchive/wayback, wayback-cdx-server) and pywb (its manual,
"CDXJ Server API"). The availability API is not used: it answers 429, and "nothing" where there is something.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from feedbot.core.snapshot import archive_stamp, moment_of
from feedbot.core.url import canonical_url

MOST_CHOSEN = 3
"""So many copies are looked at, the nearest first: each costs the archive a request."""

_MOST_ROWS = 5
# An answer without a line is one only where lines were to be expected; elsewhere it is a broken one.
_LINES = frozenset({"text/x-ndjson", "application/x-ndjson"})

_decode_table = msgspec.json.Decoder(list[list[str | None]]).decode
_decode_lines = msgspec.json.Decoder(dict[str, Any]).decode_lines

Row = Mapping[str, Any]


def query_url(cdx_url: str, url: str, near: datetime) -> str:
    """The address of a query for the copies of a canonical URL that answered 200, those nearest to a time first.

    Raises InvalidUrl where it would be too long.
    """
    asked = {
        "url": url,
        "output": "json",
        "filter": "statuscode:200",
        "closest": archive_stamp(near),
        "sort": "closest",
        "limit": _MOST_ROWS,
    }
    return canonical_url(f"{cdx_url}{'&' if '?' in cdx_url else '?'}{urlencode(asked)}")


def read_rows(body: bytes, content_type: str) -> list[Row] | None:
    """The copies that an answer of 200 tells of; None where it is none of the protocol's.

    The Wayback Machine answers with a table whose first row names the columns (`[]` for nothing), pywb with an object
    a line (no line for nothing).
    """
    media = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return [] if media in _LINES else None
    try:
        if body.lstrip().startswith(b"["):
            table = _decode_table(body)
            rows: list[Row] = [dict(zip(table[0], row, strict=True)) for row in table[1:]]  # type: ignore[arg-type]
        else:
            rows = list(_decode_lines(body))
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        return None
    return rows if all("timestamp" in row and _status(row) is not None for row in rows) else None


def nearest(rows: Sequence[Row], near: datetime) -> list[datetime]:
    """When the copies that answered 200 were taken, the nearest to a time first, three at most.

    Chosen here whatever was asked for: pywb leaves its filter out where it finds a URL that is only like the one asked.
    """
    found = {moment_of(str(row["timestamp"])) for row in rows if _status(row) == "200"} - {None}
    return sorted((at for at in found if at is not None), key=lambda at: (abs(at - near), at))[:MOST_CHOSEN]


def _status(row: Row) -> str | None:
    status = row.get("statuscode", row.get("status"))
    return None if status is None else str(status)
