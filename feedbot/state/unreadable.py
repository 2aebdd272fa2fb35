"""What is packed in state.db and cannot be unpacked, as after bits have flipped: counted, and parted with.

A run goes on without it, and keeps what it sees by itself; who goes through all that is kept cannot.
"""

import json
from typing import Any

import msgspec

from feedbot.state import retention, runs, targets
from feedbot.state.database import State

_LOOKS = (
    "observations AS look JOIN targets ON targets.id = look.target_id LEFT JOIN observations AS leant_on"
    " ON leant_on.id = look.leans_on WHERE NOT is_readable(look.seen, targets.url, leant_on.seen)"
)
_PAGES = "targets WHERE NOT is_page(page, url)"
_ARTICLES = "articles WHERE NOT is_article(article)"
_STATUSES = "rolled_up WHERE NOT is_status(status)"

_KINDS = {"looks": _LOOKS, "pages": _PAGES, "articles": _ARTICLES, "rolled-up statuses": _STATUSES}


class Parted(msgspec.Struct, frozen=True):
    """What was parted with: looks, pages that are read again, and rolled-up statuses; articles are read again."""

    looks: int = 0
    pages: int = 0
    statuses: int = 0
    articles: int = 0


def counted(state: State) -> dict[str, int]:
    """How much cannot be unpacked, by what it is: looks, pages, articles, rolled-up statuses."""
    found = {what: state.value(f"SELECT count(*) FROM {where}") for what, where in _KINDS.items()}  # noqa: S608
    return {what: number for what, number in found.items() if number}


def part_with(state: State) -> Parted:
    """Delete it all, in one write phase; where links stand is kept, and what comes goes on from there.

    Their status now stands in for what can no longer be replayed (`retention.stand_in`): looks that are left tell of
    the link, and decide nothing any more. Whoever calls this holds `checking_run(state)`.
    """
    with state.write() as connection:
        looks = _column(connection, f"SELECT look.id FROM {_LOOKS}")  # noqa: S608 - no outside text
        statuses = _column(connection, f"SELECT target_id FROM {_STATUSES}")  # noqa: S608 - as above
        articles = _column(connection, f"SELECT file_id FROM {_ARTICLES}")  # noqa: S608 - as above
        links = _column(
            connection,
            "SELECT target_id FROM observations WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(looks)],
        )
        standing = targets.load(state, sorted({*links, *statuses}))
        pages = connection.execute(
            "UPDATE targets SET page = NULL, page_look = NULL, page_checked_at = NULL, etag = NULL,"
            " last_modified = NULL, length = NULL"
            " WHERE page_look IN (SELECT value FROM json_each(?)) OR NOT is_page(page, url)",
            [json.dumps(looks)],
        ).rowcount
        connection.execute(
            "DELETE FROM rolled_up WHERE target_id IN (SELECT value FROM json_each(?))", [json.dumps(statuses)]
        )
        runs.delete(connection, looks)
        retention.stand_in(connection, [one for one in standing if one.status.checked_at is not None])
        connection.execute(
            "UPDATE files SET rules = '' WHERE id IN (SELECT value FROM json_each(?))", [json.dumps(articles)]
        )
    return Parted(len(looks), pages, len(statuses), len(articles))


def _column(connection: Any, sql: str, arguments: list[str] | None = None) -> list[int]:
    return [number for (number,) in connection.execute(sql, arguments or []).fetchall()]
