"""How much a link, or a problem in a file, asks of a person."""

from datetime import datetime
from enum import StrEnum

from feedbot.core.mark import Mark, is_excused
from feedbot.core.status import Status, StatusKind, is_unverifiable
from feedbot.core.verdict import Verdict, VerdictKind, is_broken

BY_URGENCY = (
    VerdictKind.GONE,
    VerdictKind.MISSING,
    VerdictKind.SOFT_DEAD,
    VerdictKind.PARKED,
    VerdictKind.SUSPECT,
    VerdictKind.UNREACHABLE,
    VerdictKind.REFUSED,
    VerdictKind.BLOCKED,
    VerdictKind.AMP_WITHDRAWN,
    VerdictKind.MOVED,
    VerdictKind.UNKNOWN,
    VerdictKind.ALIVE,
)
"""What needs a person comes first."""


class Level(StrEnum):
    """What is asked of a person, the most first."""

    ERROR = "error"
    """Mend it."""
    WARNING = "warning"
    """Look at it."""
    NOTE = "note"
    """Know of it."""
    UNKNOWN = "unknown"
    """Nobody can tell, for now."""
    FINE = "fine"


_LEVELS = tuple(Level)


def level_of_link(verdict: Verdict, status: Status, mark: Mark | None, now: datetime) -> Level:
    """What one link asks of a person, by what was seen just now, what history says, and what a person has said."""
    if is_excused(mark):
        return Level.FINE
    if verdict.kind is VerdictKind.UNKNOWN:
        return Level.UNKNOWN
    if is_broken(verdict) or status.kind is StatusKind.DEAD:
        return Level.ERROR
    # No reader is sent to what may not be asked, unless it is the host that asks to be left alone.
    is_off = verdict.kind is VerdictKind.REFUSED and status.is_unlinkable
    if status.kind is StatusKind.FAILING or verdict.kind is VerdictKind.SUSPECT or is_off:
        return Level.WARNING
    if is_unverifiable(status, now):
        return Level.WARNING
    if verdict.kind is VerdictKind.ALIVE and not verdict.warnings:
        return Level.FINE
    return Level.NOTE


def fails(verdict: Verdict, status: Status, mark: Mark | None) -> bool:
    """True for a link that a test of links would fail by: broken at this look, failing or dead, and not excused."""
    if is_excused(mark) or verdict.kind is VerdictKind.UNKNOWN:
        return False
    return is_broken(verdict) or status.kind in {StatusKind.DEAD, StatusKind.FAILING}


def rank(level: Level, kind: VerdictKind) -> tuple[int, int]:
    """What sorts links by what they ask of a person."""
    return _LEVELS.index(level), BY_URGENCY.index(kind)
