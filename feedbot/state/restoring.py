"""A copy in the place of state.db: found whole before, and what was there is kept aside.

A process that is killed on the way leaves the one or the other, whole.
"""

import os
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where it is installed

from feedbot.errors import StateError
from feedbot.state import copies
from feedbot.state.database import moment, nobody_else

_WAL, _SHM = "-wal", "-shm"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was brought back, and what for: the latest moment that each knew of, None where it cannot be told.

    `aside` is the file in which the replaced database is, None where there was none; `takedowns` is how many were
    made since and hold on, None where they could not be brought along.
    """

    version: int
    is_of: datetime | None
    was_of: datetime | None
    aside: Path | None
    takedowns: int | None


def restore(path: Path, source: Path, now: datetime, *, who: str) -> Restored:
    """Put a copy, packed (.gz) or not, in the place of state.db.

    What was taken down since stays away: its hashes are brought along. Raises LockHeld where a daemon or a run is
    there; StateError where the copy is damaged, of a newer feedbot or not there, or the database is another user's.
    """
    if not source.is_file():
        raise StateError(f"{source}: there is no such file; `feedbot db restore` shows which copies there are")
    if path.exists() and source.samefile(path):
        raise StateError(f"{source}: is the database itself; `feedbot db restore` shows which copies there are")
    with nobody_else(path, who=who):
        with copies.unfinished(path) as temp:
            copies.unpack(source, temp)
            version = copies.require_whole(temp)
            was_of, hashes = known_of(path)
            takedowns = bring_along(temp, hashes)
            is_of, _ = known_of(temp)
            aside = set_aside(path, now)
        return Restored(version, is_of, was_of, aside, takedowns)


def known_of(path: Path) -> tuple[datetime | None, list[tuple[Any, ...]]]:
    """The latest moment that a database was written at, and its takedowns; nothing of what cannot be read."""
    latest: datetime | None = None
    hashes: list[tuple[Any, ...]] = []
    with suppress(sqlite3.Error, OSError, ValueError, StateError), closing(_opened(path, "mode=rw")) as connection:
        hashes = connection.execute("SELECT hash, takedown, forgotten_at FROM forgotten ORDER BY hash").fetchall()
        latest = moment(connection.execute("SELECT latest FROM clock").fetchone()[0])
    return latest, hashes


def bring_along(copy: Path, hashes: list[tuple[Any, ...]]) -> int | None:
    """Note the takedowns that a copy does not know of; None where it is of a version that knew of none at all."""
    if not hashes:
        return 0
    with closing(_opened(copy, "mode=rw")) as connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone() is None:
            return None
        connection.execute("BEGIN IMMEDIATE")
        # Numbers of takedowns are each database's own.
        (last,) = connection.execute("SELECT coalesce(max(takedown), 0) FROM forgotten").fetchone()
        added = connection.executemany(
            "INSERT OR IGNORE INTO forgotten (hash, takedown, forgotten_at) VALUES (?, ?, ?)",
            [(digest, last + takedown, at) for digest, takedown, at in hashes],
        ).rowcount
        connection.execute("COMMIT")
    return int(added)


def set_aside(path: Path, now: datetime) -> Path | None:
    """Give the database another name besides its own, with all that its log holds; and leave no log beside it."""
    if not path.exists():
        # A log without its database would be taken for that of the next one.
        _remove_log(path)
        return None
    with suppress(sqlite3.Error, ValueError), closing(_opened(path, "mode=rw")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = path.with_name(f"{path.name}.replaced-{now:%Y-%m-%dT%H%M%SZ}")
    log = path.with_name(path.name + _WAL)
    if log.exists() and log.stat().st_size > 0:
        # Of a damaged database it can be all that is good.
        log.replace(aside.with_name(aside.name + _WAL))
    _remove_log(path)
    aside.unlink(missing_ok=True)
    os.link(path, aside)
    return aside


def _remove_log(path: Path) -> None:
    for suffix in (_WAL, _SHM):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _opened(path: Path, options: str) -> Any:
    return sqlite3.connect(f"{path.resolve().as_uri()}?{options}", uri=True, isolation_level=None)
