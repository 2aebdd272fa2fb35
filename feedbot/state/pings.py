"""What WebSub hubs are still to be told, and what they refused."""

import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from feedbot.core.ping import Ping
from feedbot.state.database import State, moment, stamp

_NOTE = """
INSERT INTO pings (hub, topic, changes, changed_at, due_at) VALUES (?, ?, 1, ?, ?)
ON CONFLICT DO UPDATE SET changes = changes + 1, changed_at = excluded.changed_at,
    due_at = coalesce(due_at, excluded.due_at)
"""

_DUE = """
SELECT hub, topic, changes, changed_at, tries FROM pings
WHERE due_at <= :now AND hub NOT IN (SELECT hub FROM pings WHERE of_all AND due_at > :now)
ORDER BY hub, topic
"""


def note(state: State, hubs: Sequence[str], topics: Sequence[str], now: datetime) -> None:
    """Note that these addresses changed; what a hub was not told yet of an earlier change is one with this.

    A try that waits is not brought forward by it. What other hubs were to be told is forgotten: they are asked no more.
    """
    with state.write() as connection:
        others = "DELETE FROM pings WHERE hub NOT IN (SELECT value FROM json_each(?))"
        connection.execute(others, [json.dumps(hubs)])
        arguments = [(hub, topic, stamp(now), stamp(now)) for hub in hubs for topic in topics]
        connection.executemany(_NOTE, arguments)


def due(state: State, hubs: Sequence[str], now: datetime) -> dict[str, list[Ping]]:
    """What these hubs are to be told now, by hub; a hub that is left alone is not among them."""
    waiting: dict[str, list[Ping]] = defaultdict(list)
    for row in state.rows(_DUE, {"now": stamp(now)}):
        if row["hub"] in hubs:
            ping = Ping(row["hub"], row["topic"], row["changes"], moment(row["changed_at"]), row["tries"])
            waiting[ping.hub].append(ping)
    return waiting


def keep_told(connection: Any, ping: Ping) -> None:
    """The hub knows of it: what changed meanwhile is still to be told; inside a write phase, as those below."""
    _settle(connection, ping, refused="")


def keep_refused(connection: Any, ping: Ping, why: str) -> bool:
    """The hub will not have it; True where it did not say so the last time that it was told of this address."""
    told = connection.execute("SELECT refused FROM pings WHERE hub = ? AND topic = ?", [ping.hub, ping.topic])
    before = told.fetchone()
    _settle(connection, ping, refused=why)
    return before is None or before[0] != why


def keep_failed(connection: Any, ping: Ping, next_at: datetime, *, of_all: bool) -> None:
    """It is to be tried again then."""
    connection.execute(
        "UPDATE pings SET tries = ?, of_all = ?, due_at = ? WHERE hub = ? AND topic = ? AND due_at IS NOT NULL",
        [ping.tries + 1, int(of_all), stamp(next_at), ping.hub, ping.topic],
    )


def give_up(connection: Any, ping: Ping) -> None:
    """Nothing is told of it any more, unless it changed meanwhile or changes again."""
    connection.execute(
        "UPDATE pings SET tries = 0, of_all = 0, due_at = NULL WHERE hub = ? AND topic = ? AND changes = ?",
        [ping.hub, ping.topic, ping.changes],
    )


def _settle(connection: Any, ping: Ping, *, refused: str) -> None:
    # The row stays, for its count: another process may have told of this change and noted the next one meanwhile.
    connection.execute(
        "UPDATE pings SET tries = 0, of_all = 0, refused = ?, due_at = CASE WHEN changes = ? THEN NULL ELSE due_at END"
        " WHERE hub = ? AND topic = ?",
        [refused, ping.changes, ping.hub, ping.topic],
    )
