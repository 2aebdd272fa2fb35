"""The months of archives as their documents were last written, and which months are never taken to be as they were."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from feedbot.state.database import State, stamp
from feedbot.state.stored import decoder

_decode_names = decoder(tuple[str, ...])

# Their entries change with time, or by an operator's word, and nothing that is counted does: a file that has vanished
# stays for a day, one of the future comes, what the guard holds goes. What is held back, readers have not seen yet.
_RESTLESS = """
SELECT DISTINCT substr(published_at, 1, 7) FROM identities WHERE id IN (
    SELECT entry_id FROM files WHERE vanished_at IS NOT NULL
    UNION SELECT files.entry_id FROM members CROSS JOIN files ON files.id = members.file_id
        WHERE members.topic = '' AND members.published_at > :as_of
    UNION SELECT value FROM json_each(:held)
)
UNION SELECT month FROM changes WHERE month >= substr(:as_of, 1, 7)
"""


class ArchivedMonth(msgspec.Struct, frozen=True):
    """The documents of a month of a feed, oldest first: a hash of what they were made from, and what is beside them.

    `before` and `after` are the names of the documents before the first and after the last, or empty.
    """

    inputs: str
    before: str
    after: str
    documents: tuple[str, ...]


def noted(state: State) -> dict[tuple[str, str], ArchivedMonth]:
    """What is known of months, by feed and month."""
    rows = state.plain("SELECT feed, month, inputs, before, after, documents FROM archived_months")
    return {
        (feed, month): ArchivedMonth(inputs, before, after, _decode_names(documents))
        for feed, month, inputs, before, after, documents in rows
    }


def note(connection: Any, months: Mapping[tuple[str, str], ArchivedMonth | None]) -> None:
    """Remember months, or forget those that are None; inside the write phase that notes their documents' files."""
    connection.executemany(
        "DELETE FROM archived_months WHERE feed = ? AND month = ?", [key for key, one in months.items() if one is None]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO archived_months (feed, month, inputs, before, after, documents)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (*key, one.inputs, one.before, one.after, msgspec.json.encode(one.documents).decode())
            for key, one in months.items()
            if one is not None
        ],
    )


def forget(connection: Any) -> None:
    """Have every entry of every archive looked at by the next build; inside a write phase."""
    connection.execute("DELETE FROM archived_months")


def restless(state: State, as_of: datetime, held: Collection[str]) -> set[str]:
    """The months with entries that may come or go by themselves, of which `held` are some, by id.

    All months are among them that are not over as of that moment.
    """
    arguments = {"as_of": stamp(as_of), "held": json.dumps(sorted(held))}
    return {month for (month,) in state.plain(_RESTLESS, arguments)}


def months_of(state: State, paths: Iterable[str]) -> list[tuple[str, str]]:
    """The month of the entry of each of these article files that has one, and the path: (month, path)."""
    return list(
        state.plain(
            "SELECT substr(identities.published_at, 1, 7), files.path FROM json_each(?) AS wanted"
            " CROSS JOIN files ON files.path = wanted.value CROSS JOIN identities ON identities.id = files.entry_id",
            [json.dumps(sorted(paths))],
        )
    )
