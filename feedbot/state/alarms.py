"""What operators and editors are to be told, and what each of them was told already."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from feedbot.core.alerts import Trouble
from feedbot.core.digest import Change
from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind
from feedbot.state.database import State, at_second, moment, stamp


class Receiver(msgspec.Struct, frozen=True):
    """One way to somebody, and where telling stands; see the schema."""

    name: str
    tries: int
    again_at: datetime | None
    busy_until: datetime | None
    digest_at: datetime
    begins_after: int
    told_until: int


def standing(connection: Any) -> dict[str, Trouble]:
    """What is wrong as it was last noted, by key; inside a write phase, or as of one moment."""
    return _troubles(connection.execute("SELECT key, title, sentence, since_at FROM alarms"))


def save_standing(connection: Any, troubles: Mapping[str, Trouble]) -> None:
    """Note what is wrong now, in the place of what was; inside a write phase."""
    connection.execute("DELETE FROM alarms")
    connection.executemany(
        "INSERT INTO alarms (key, title, sentence, since_at) VALUES (?, ?, ?, ?)",
        [(one.key, one.title, one.sentence, stamp(one.since_at)) for one in troubles.values()],
    )


def keep_receivers(state: State, names: Collection[str], digest_at: datetime) -> None:
    """Have these receivers and no others; a new one is told of links from now on, `digest_at` being over."""
    known = {row["name"] for row in state.rows("SELECT name FROM receivers")}
    if known == set(names):
        return
    with state.write() as connection:
        latest = connection.execute("SELECT coalesce(max(id), 0) FROM transitions").fetchone()[0]
        connection.execute(
            "DELETE FROM receivers WHERE name NOT IN (SELECT value FROM json_each(?))", [json.dumps(list(names))]
        )
        connection.executemany(
            "INSERT OR IGNORE INTO receivers (name, digest_at, begins_after, told_until) VALUES (?, ?, ?, ?)",
            [(name, stamp(digest_at), latest, latest) for name in names],
        )


def receiver(connection: Any, name: str) -> Receiver | None:
    """One receiver; None where the config of another process does not have it any more."""
    row = connection.execute(
        "SELECT tries, again_at, busy_until, digest_at, begins_after, told_until FROM receivers WHERE name = ?", [name]
    ).fetchone()
    if row is None:
        return None
    tries, again_at, busy_until, digest_at, begins_after, told_until = row
    return Receiver(
        name=name,
        tries=tries,
        again_at=None if again_at is None else moment(again_at),
        busy_until=None if busy_until is None else moment(busy_until),
        digest_at=moment(digest_at),
        begins_after=begins_after,
        told_until=told_until,
    )


def told(connection: Any, name: str) -> dict[str, Trouble]:
    """What a receiver was told to be wrong, by key, and not yet to be over."""
    return _troubles(
        connection.execute("SELECT key, title, sentence, since_at FROM told_alarms WHERE receiver = ?", [name])
    )


def claim(connection: Any, name: str, until: datetime) -> None:
    """Have nobody else tell this receiver anything before then; inside a write phase."""
    connection.execute("UPDATE receivers SET busy_until = ? WHERE name = ?", [stamp(until), name])


def keep_failed(connection: Any, one: Receiver, again_at: datetime) -> None:
    """It is to be tried again then; inside a write phase, as those below."""
    connection.execute(
        "UPDATE receivers SET tries = ?, again_at = ?, busy_until = NULL WHERE name = ?",
        [one.tries + 1, stamp(again_at), one.name],
    )


def keep_reached(connection: Any, name: str) -> None:
    """It has what it was sent."""
    connection.execute("UPDATE receivers SET tries = 0, again_at = NULL, busy_until = NULL WHERE name = ?", [name])


def keep_told(connection: Any, name: str, troubles: Mapping[str, Trouble]) -> None:
    """All that it knows to be wrong."""
    connection.execute("DELETE FROM told_alarms WHERE receiver = ?", [name])
    connection.executemany(
        "INSERT INTO told_alarms (receiver, key, title, sentence, since_at)"
        " SELECT name, ?, ?, ?, ? FROM receivers WHERE name = ?",
        [(one.key, one.title, one.sentence, stamp(one.since_at), name) for one in troubles.values()],
    )


def keep_digest(connection: Any, name: str, digest_at: datetime, told_until: int, lives: Mapping[int, bool]) -> None:
    """It knows of the transitions up to this one; `lives` are the links of whose life it was told: is it dead."""
    connection.execute(
        "UPDATE receivers SET digest_at = ?, told_until = ? WHERE name = ?", [stamp(digest_at), told_until, name]
    )
    connection.executemany(
        "INSERT OR REPLACE INTO told_links (target_id, receiver, is_dead)"
        " SELECT targets.id, receivers.name, ? FROM targets, receivers WHERE targets.id = ? AND receivers.name = ?",
        [(int(is_dead), target_id, name) for target_id, is_dead in lives.items()],
    )


def changes(state: State, after: int) -> list[Change]:
    """The transitions after this one, in order."""
    rows = state.rows("SELECT id, target_id, kind, at, moved_to FROM transitions WHERE id > ? ORDER BY id", [after])
    return [
        Change(row["id"], row["target_id"], TransitionKind(row["kind"]), at_second(row["at"]), row["moved_to"])
        for row in rows
    ]


def told_dead(state: State, name: str) -> dict[int, bool]:
    """The links of whose life a receiver was told, by target: whether it was told last that it is dead."""
    rows = state.rows("SELECT target_id, is_dead FROM told_links WHERE receiver = ?", [name])
    return {row["target_id"]: bool(row["is_dead"]) for row in rows}


def kinds(state: State, target_ids: Iterable[int]) -> dict[int, StatusKind]:
    """Where these targets stand."""
    rows = state.rows(
        "SELECT id, status FROM targets WHERE id IN (SELECT value FROM json_each(?))",
        [json.dumps(sorted(set(target_ids)))],
    )
    return {row["id"]: StatusKind(row["status"]) for row in rows}


def _troubles(rows: Any) -> dict[str, Trouble]:
    return {key: Trouble(key, title, sentence, moment(since)) for key, title, sentence, since in rows.fetchall()}
