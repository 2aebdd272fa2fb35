"""The pages of articles on the publication's own site, and the new entries that wait for theirs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from feedbot.core.own_page import OwnPage
from feedbot.state.database import State, moment, stamp
from feedbot.state.reasons import in_full

_PAGES = """
SELECT files.entry_id AS entry_id, files.path AS path, targets.url AS url, targets.reason AS reason,
    targets.moved_to AS moved_to,
    targets.first_alive_at IS NOT NULL AS was_alive, targets.status = 'refused' AND targets.by_request AS by_request,
    links.ignored AS is_ignored, targets.id NOT IN (SELECT id FROM temp.unlinkable) AS is_linkable,
    identities.public = 0 AND files.draft = 0 AND files.published_at <= :now AS is_unseen,
    targets.url = files.source AS is_source
FROM files
CROSS JOIN identities ON identities.id = files.entry_id
CROSS JOIN article_links AS links ON links.file_id = files.id AND links.role = 'page'
CROSS JOIN targets ON targets.id = links.target_id
WHERE files.vanished_at IS NULL
    AND (:beside IS NULL OR files.id IN (SELECT file_id FROM article_links WHERE target_id = :beside))
ORDER BY files.path
"""

_OF_UNSEEN = """
SELECT links.target_id AS id FROM identities
CROSS JOIN files ON files.entry_id = identities.id
CROSS JOIN article_links AS links ON links.file_id = files.id AND links.role = 'page'
WHERE identities.public = 0 AND files.vanished_at IS NULL
"""


def known(state: State, now: datetime, *, beside: int | None = None) -> list[OwnPage]:
    """The page of every article that has one, by path; after `targets.set_unlinkable`.

    `beside` is the number of a target: of the articles that link to it alone.
    """
    return [
        OwnPage(
            entry_id=row["entry_id"],
            path=row["path"],
            url=row["url"],
            reason=in_full(row["reason"], row["moved_to"]),
            was_alive=bool(row["was_alive"]),
            by_request=bool(row["by_request"]),
            is_ignored=bool(row["is_ignored"]),
            is_linkable=bool(row["is_linkable"]),
            is_unseen=bool(row["is_unseen"]),
            is_source=bool(row["is_source"]),
        )
        for row in state.each(_PAGES, {"now": stamp(now), "beside": beside})
    ]


def of_unseen(state: State) -> set[int]:
    """The numbers of the targets that are pages of articles which no reader has seen."""
    return {row["id"] for row in state.rows(_OF_UNSEEN)}


def waiting(state: State) -> dict[str, datetime]:
    """The entries that wait for their page, by id, and since when."""
    return {row["entry_id"]: moment(row["since_at"]) for row in state.rows("SELECT * FROM waiting ORDER BY entry_id")}


def note_waiting(state: State, since: Mapping[str, datetime]) -> None:
    """Note that these wait now, and no others."""
    if since == waiting(state):
        return
    with state.write() as connection:
        connection.execute("DELETE FROM waiting")
        connection.executemany(
            "INSERT INTO waiting (entry_id, since_at) VALUES (?, ?)", [(one, stamp(at)) for one, at in since.items()]
        )


def forget(connection: Any, entry_ids: str) -> None:
    """Let no trace of these entries (a JSON list of ids) stay; inside a write phase."""
    connection.execute("DELETE FROM waiting WHERE entry_id IN (SELECT value FROM json_each(?))", [entry_ids])
