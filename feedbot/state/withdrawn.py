"""Entries that feeds tell readers to forget (feeds.tombstones): those that were in a feed and are published no more."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from feedbot.core.feed import Tombstone
from feedbot.state.database import State, moment, stamp


def by_feed(state: State) -> dict[str, tuple[Tombstone, ...]]:
    """What is noted, by the feed's slug, the latest first."""
    found: dict[str, list[Tombstone]] = {}
    for row in state.rows("SELECT feed, entry_id, at FROM withdrawn ORDER BY at DESC, entry_id"):
        found.setdefault(row["feed"], []).append(Tombstone(row["entry_id"], moment(row["at"])))
    return {feed: tuple(tombstones) for feed, tombstones in found.items()}


def note(state: State, gone: Mapping[str, Iterable[str]], now: datetime) -> None:
    """Note entries that left feeds now, by the feed's slug; one that is noted keeps its time."""
    rows = [(feed, entry_id, stamp(now)) for feed, ids in gone.items() for entry_id in ids]
    if rows:
        with state.write() as connection:
            connection.executemany("INSERT OR IGNORE INTO withdrawn (feed, entry_id, at) VALUES (?, ?, ?)", rows)


def note_takedown(connection: Any, entry_ids: Iterable[str], now: datetime) -> None:
    """Note entries that are taken down, in each feed that shows them; inside a write phase, before they are deleted."""
    connection.executemany(
        "INSERT OR IGNORE INTO withdrawn (feed, entry_id, at)"
        " SELECT DISTINCT feed, entry_id, ? FROM published_entries WHERE entry_id = ?",
        [(stamp(now), entry_id) for entry_id in entry_ids],
    )


def forget(state: State, back: Collection[tuple[str, str]], until: datetime) -> None:
    """Forget what is back, as feed and entry id, and what went by then."""
    old = state.value("SELECT 1 FROM withdrawn WHERE at <= ? LIMIT 1", [stamp(until)])
    if back or old is not None:
        with state.write() as connection:
            connection.executemany("DELETE FROM withdrawn WHERE feed = ? AND entry_id = ?", list(back))
            connection.execute("DELETE FROM withdrawn WHERE at <= ?", [stamp(until)])
