"""How the backups of a database are called, and which of them go when there are too many."""

import re
from collections.abc import Sequence
from datetime import date


def backup_name(stem: str, suffix: str, day: date) -> str:
    """The name of the backup of a day, such as `state-2026-11-25.db.gz` of `state.db`."""
    return f"{stem}-{day.isoformat()}{suffix}.gz"


def day_of(name: str, stem: str, suffix: str) -> date | None:
    """The day that a backup of this database is of, by its name; None for any other file."""
    match = re.fullmatch(rf"{re.escape(stem)}-(\d{{4}}-\d{{2}}-\d{{2}}){re.escape(suffix)}\.gz", name, re.ASCII)
    try:
        return None if match is None else date.fromisoformat(match[1])
    except ValueError:
        return None


def too_many(sizes: Sequence[int], *, keep: int, max_bytes: int) -> int:
    """How many of the oldest backups go: those beyond `keep`, and beyond `max_bytes` together; never the newest.

    `sizes` are in bytes, the oldest first.
    """
    kept = together = 0
    for size in reversed(sizes):
        together += size
        if kept > 0 and (kept >= keep or together > max_bytes):
            break
        kept += 1
    return len(sizes) - kept
