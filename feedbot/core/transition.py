"""What an operator is told of: a link that died, came back, moved for good, or cannot be verified any more."""

import hashlib
from datetime import date
from enum import StrEnum

from feedbot.core.healing import moved_for_good
from feedbot.core.status import Status, StatusKind, is_unverifiable

_WELL = frozenset({StatusKind.ALIVE, StatusKind.MOVED})


class TransitionKind(StrEnum):
    """A change of a link's status that is worth a word. Values are stored and never change their meaning."""

    DIED = "died"
    RECOVERED = "recovered"
    """It was dead, and lives again."""
    MOVED = "moved"
    """Its new address is believed (core/healing.py): readers are led there from now on."""
    BLOCKED = "blocked"
    """Walls have hidden it for 30 days: whether it lives, a person must see."""


def transition(url: str, before: Status, after: Status) -> TransitionKind | None:
    """What one more look has changed; None where there is nothing to tell, as for a link that begins to fail.

    A status is judged as of its latest look, so the same two always give the same answer.
    """
    if after.kind is StatusKind.DEAD:
        return TransitionKind.DIED if before.kind is not StatusKind.DEAD else None
    if before.kind is StatusKind.DEAD:
        return TransitionKind.RECOVERED if after.kind in _WELL else None
    if moved_for_good(after, url) is not None and moved_for_good(after, url) != moved_for_good(before, url):
        return TransitionKind.MOVED
    if _is_unverifiable(after) and not _is_unverifiable(before):
        return TransitionKind.BLOCKED
    return None


def _is_unverifiable(status: Status) -> bool:
    return status.checked_at is not None and is_unverifiable(status, status.checked_at)


def transition_id(url: str, kind: TransitionKind, day: date, authority: str, year: int) -> str:
    """The id of a transition of a canonical URL in a feed, a tag: URI (RFC 4151); a link has one of a kind a day."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    return f"tag:{authority},{year}:link:{digest}:{kind}:{day.isoformat()}"
