"""Backups: one copy of state.db a day, compressed, the latest few of them."""

import glob
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from feedbot.core.backups import backup_name, day_of, too_many
from feedbot.errors import StateError
from feedbot.state import copies
from feedbot.state.database import State, said_plainly


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup: its file, its size in bytes, the day (UTC) that it is of, and the earlier ones that went for it."""

    path: Path
    size: int
    day: date
    gone: tuple[Path, ...] = ()


def back_up(state: State, folder: Path, now: datetime, *, keep: int, max_bytes: int, leave_free: int) -> Backup:
    """Write the backup of this day, in the place of an earlier one of the same day, and let the oldest go.

    None goes before the new one is found whole and is durable. Raises StateError where the disk has no room for it
    and `leave_free` bytes more, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: cannot be made: {error.strerror or error}") from error
    stem, suffix = state.path.stem, state.path.suffix
    path = folder / backup_name(stem, suffix, now.date())
    with said_plainly(state.path):
        # The copy, and at worst as much once more for its packed form.
        needed = 2 * copies.bytes_in_use(state.db.conn) + leave_free
        free = copies.free_bytes(folder)
        if free < needed:
            raise StateError(
                f"{folder}: no backup is made, for the disk has {copies.megabytes(free)} free, and it takes"
                f" {copies.megabytes(needed)} with disk.low; free some, or let backup.directory name another disk"
            )
        plain = folder / f".{stem}{suffix}.plain"
        _sweep(folder, stem)
        try:
            copies.copy_of(state.db.conn, plain)
            copies.pack(plain, path)
        finally:
            with suppress(OSError):
                plain.unlink(missing_ok=True)
    there = kept(folder, state.path)
    oldest = there[: too_many([one.size for one in there], keep=keep, max_bytes=max_bytes)]
    # By a clock that was wrong others may be of later days.
    gone = [one for one in oldest if one.path != path]
    for one in gone:
        with suppress(OSError):
            one.path.unlink()
    return Backup(path, path.stat().st_size, now.date(), gone=tuple(one.path for one in gone))


def kept(folder: Path, database: Path) -> list[Backup]:
    """The backups of a database in a folder, the oldest first; none where there is no such folder."""
    found = []
    with suppress(OSError):
        for file in folder.iterdir():
            day = day_of(file.name, database.stem, database.suffix)
            if day is not None and file.is_file():
                found.append(Backup(file, file.stat().st_size, day))
    return sorted(found, key=lambda one: one.day)


def _sweep(folder: Path, stem: str) -> None:
    """Remove what a process that was killed has left unfinished, on whatever day."""
    for file in folder.glob(f".{glob.escape(stem)}-*{copies.TEMP_SUFFIX}"):
        with suppress(OSError):
            file.unlink()
