"""What became of links, as an operator is told it: only ever added to, in the write phase in which a status changes."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from feedbot.core.status import StatusKind
from feedbot.core.transition import TransitionKind, transition
from feedbot.state.database import State, at_second, seconds
from feedbot.state.reasons import in_full, shortened
from feedbot.state.targets import Target


class Transition(msgspec.Struct, frozen=True):
    """A stored transition of the target with this number and canonical URL."""

    target_id: int
    url: str
    kind: TransitionKind
    at: datetime
    before: StatusKind
    after: StatusKind
    verdict: str | None
    reason: str
    moved_to: str | None


# Numbers only grow, also where the latest was deleted: those who are told digests know how far they were told.
_INSERT = """
INSERT OR IGNORE INTO transitions (id, target_id, kind, at, from_status, to_status, verdict, reason, moved_to)
VALUES (
    1 + max((SELECT coalesce(max(id), 0) FROM transitions), (SELECT coalesce(max(told_until), 0) FROM receivers)),
    ?, ?, ?, ?, ?, ?, ?, ?
)
"""


def note(connection: Any, looked_at: Iterable[tuple[Target, Target]]) -> None:
    """Keep what is worth telling of targets, each as it stood before a look and after; inside a write phase.

    A second one of a kind on the same day (UTC) is not kept: a link that goes back and forth is told once.
    """
    found = []
    for before, after in looked_at:
        kind = transition(after.url, before.status, after.status)
        if kind is not None:
            found.append(_row(before, after, kind))
    connection.executemany(_INSERT, found)


def _row(before: Target, after: Target, kind: TransitionKind) -> tuple[Any, ...]:
    status = after.status
    assert status.checked_at is not None, "a transition comes of a look"
    return (
        after.id,
        kind.value,
        seconds(status.checked_at),
        before.status.kind.value,
        status.kind.value,
        None if status.verdict is None else status.verdict.value,
        shortened(status.reason, status.moved_to),
        status.moved_to,
    )


def newest(state: State, limit: int) -> list[Transition]:
    """The latest transitions, newest first."""
    rows = state.rows(
        "SELECT transitions.*, targets.url AS url FROM transitions JOIN targets ON targets.id = transitions.target_id"
        " ORDER BY transitions.at DESC, transitions.id DESC LIMIT ?",
        [limit],
    )
    return [
        Transition(
            target_id=row["target_id"],
            url=row["url"],
            kind=TransitionKind(row["kind"]),
            at=at_second(row["at"]),
            before=StatusKind(row["from_status"]),
            after=StatusKind(row["to_status"]),
            verdict=row["verdict"],
            reason=in_full(row["reason"], row["moved_to"]),
            moved_to=row["moved_to"],
        )
        for row in rows
    ]
