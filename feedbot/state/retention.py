"""What is no longer kept: old looks at links are rolled up into where they led, the rest of what is old is deleted.

Everything is done in small write phases, so that nobody waits long. The pages that become free are used again by
what comes; the file itself shrinks with `feedbot db vacuum`.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from feedbot.core.replay import Seen, replay
from feedbot.core.status import Status, StrikePolicy
from feedbot.errors import StateError
from feedbot.state import hosts, runs, targets
from feedbot.state.database import State, at_second, seconds, stamp
from feedbot.state.packed import pack_status, unpack_status
from feedbot.state.runs import Recorded
from feedbot.state.stored import decoder
from feedbot.state.targets import Target

MOST_LOOKS = 200_000
"""So many looks are rolled up at once, at most: a dozen seconds of a processor, about. The next time goes on."""

_LOOKS_A_WRITE = 100
"""So many looks are gone through for a write phase, which takes with them what else is old at the same links."""
_ROWS_A_WRITE = 5_000

_RUNS_KEPT = 1_000
"""The latest runs are kept, whatever their age: the pace of checking is told by them."""

_decode_status = decoder(Status)

# The latest look at a target stays for good: where its page led is asked of it.
_HAS_LATER = """
EXISTS (
    SELECT 1 FROM observations AS later WHERE later.target_id = seen.target_id
    AND (later.started_at, later.id) > (seen.started_at, seen.id)
)
"""

_PAGE = f"""
SELECT id, target_id, started_at, {_HAS_LATER} AS has_later FROM observations AS seen WHERE id > ? ORDER BY id LIMIT ?
"""  # noqa: S608 - no outside text

# All at once, because what leans on them is packed anew.
_OLD_OF_TARGETS = f"""
SELECT id, target_id FROM observations AS seen
WHERE target_id IN (SELECT value FROM json_each(?)) AND started_at < ? AND {_HAS_LATER} ORDER BY id LIMIT ?
"""  # noqa: S608 - no outside text

_UNLINKED = """
SELECT id FROM targets WHERE next_check_at < ?
AND NOT EXISTS (SELECT 1 FROM article_links WHERE target_id = targets.id)
AND NOT EXISTS (SELECT 1 FROM marks WHERE marks.url = targets.url)
AND NOT EXISTS (SELECT 1 FROM transitions WHERE transitions.target_id = targets.id)
LIMIT ?
"""

_KEEP = """
INSERT INTO rolled_up (target_id, looks, first_at, status) VALUES (?, ?, ?, ?)
ON CONFLICT (target_id) DO UPDATE SET looks = looks + excluded.looks, status = excluded.status
"""


@dataclass(frozen=True, slots=True)
class RolledUp:
    """So many looks, the first of them at `first_at`, led to this status; they are no longer kept.

    Why the status was what it was is not kept either: its `reason` is empty.
    """

    looks: int
    first_at: datetime
    status: Status


def rolled_up(state: State, target_id: int) -> RolledUp | None:
    """Where a target stood before the oldest look that is still kept; None where all are."""
    rows = state.rows("SELECT looks, first_at, status FROM rolled_up WHERE target_id = ?", [target_id])
    if not rows:
        return None
    return RolledUp(rows[0]["looks"], at_second(rows[0]["first_at"]), _decode_status(unpack_status(rows[0]["status"])))


def start_of(state: State, target_id: int) -> Status:
    """Where a target stood before the looks at it that are still kept, as far as they come later (`since`)."""
    earlier = rolled_up(state, target_id)
    return Status() if earlier is None else earlier.status


def since(start: Status, recorded: Iterable[Recorded]) -> list[Seen]:
    """The looks that came after a status, and may be replayed from it.

    Earlier ones can still be there where later ones were not kept, for want of room (`stand_in`).
    """
    return [
        Seen(one.observation, one.context, counted=one.counted)
        for one in recorded
        if start.checked_at is None or one.observation.started_at > start.checked_at
    ]


def stand_in(connection: Any, standing: Iterable[Target]) -> None:
    """Keep where targets stand after a look that is not kept, so that later ones go on from there."""
    connection.executemany(_KEEP, [_row(one.id, 1, one.status.checked_at, one.status) for one in standing])


def roll_up(state: State, before: datetime, now: datetime, *, strikes: StrikePolicy, most: int = MOST_LOOKS) -> int:
    """Roll up the looks before a moment, oldest first, all but the latest of each target; returns how many.

    Looks are stored in the order of time, so the first page that is young ends the search; one from the future, of a
    clock that was wrong, does not.
    """
    after, done = 0, 0
    while done < most:
        page = state.rows(_PAGE, [after, _LOOKS_A_WRITE])
        of = {row["target_id"] for row in page if row["has_later"] and row["started_at"] < seconds(before)}
        if of:
            with state.write() as connection:
                old: dict[int, list[int]] = {}
                for row in state.rows(_OLD_OF_TARGETS, [json.dumps(sorted(of)), seconds(before), most - done]):
                    old.setdefault(row["target_id"], []).append(row["id"])
                done += _roll_up_readable(state, connection, old, strikes)
        if len(page) < _LOOKS_A_WRITE or seconds(before) <= page[-1]["started_at"] <= seconds(now):
            break
        after = page[-1]["id"]
    return done


def _roll_up_readable(state: State, connection: Any, old: Mapping[int, list[int]], strikes: StrikePolicy) -> int:
    """Roll up old looks, given by their targets; returns how many. Where one cannot be read, none of its target is."""
    try:
        return _roll_up(state, connection, old, strikes)
    except StateError:  # `feedbot db check` tells of it
        done = 0
        for target_id, looks in old.items():
            with suppress(StateError):
                done += _roll_up(state, connection, {target_id: looks}, strikes)
        return done


def _roll_up(state: State, connection: Any, old: Mapping[int, list[int]], strikes: StrikePolicy) -> int:
    """Roll up all of these or, where a StateError is raised, none."""
    connection.execute("SAVEPOINT rolling_up")
    try:
        numbers = [number for looks in old.values() for number in looks]
        by_target: dict[int, list[Recorded]] = {}
        for look in runs.numbered(state, numbers):
            by_target.setdefault(look.target_id, []).append(look)
        for target_id, recorded in by_target.items():
            start = start_of(state, target_id)
            status = replay(
                since(start, recorded),
                host_answers=targets.host_answers(state, targets.get(state, target_id)),
                policy=strikes,
                start=start,
            )
            connection.execute(_KEEP, _row(target_id, len(recorded), recorded[0].observation.started_at, status))
        runs.delete(connection, numbers)
    except StateError:
        connection.execute("ROLLBACK TO rolling_up")
        raise
    finally:
        connection.execute("RELEASE rolling_up")
    return len(numbers)


def _row(target_id: int, looks: int, first_at: datetime | None, status: Status) -> list[Any]:
    assert first_at is not None, "a look has a time"
    kept = msgspec.structs.replace(status, reason="")
    return [target_id, looks, seconds(first_at), pack_status(msgspec.json.encode(kept))]


def delete_transitions(state: State, before: datetime) -> int:
    """Delete what was told of links before a moment; returns how many."""
    return _delete(
        state, "DELETE FROM transitions WHERE id IN (SELECT id FROM transitions WHERE at < ? LIMIT ?)", seconds(before)
    )


def delete_runs(state: State, before: datetime) -> int:
    """Delete the runs before a moment of which no look is kept, but the latest thousand; returns how many.

    All looks are read for it, once: none comes to a run that is not among the latest.
    """
    old = [
        row["id"]
        for row in state.rows(
            "SELECT id FROM runs WHERE started_at < ? AND id <= (SELECT max(id) FROM runs) - ?",
            [stamp(before), _RUNS_KEPT],
        )
    ]
    if old:
        in_use = {run_id for (run_id,) in state.plain("SELECT DISTINCT run_id FROM observations")}
        old = [run_id for run_id in old if run_id not in in_use]
    for start in range(0, len(old), _ROWS_A_WRITE):
        with state.write() as connection:
            gone = [(run_id,) for run_id in old[start : start + _ROWS_A_WRITE]]
            connection.executemany("DELETE FROM runs WHERE id = ?", gone)
    return len(old)


def delete_siblings(state: State, before: datetime) -> int:
    """Delete what made-up addresses answered before a moment; returns how many."""
    return _delete(
        state,
        "DELETE FROM siblings WHERE folder IN (SELECT folder FROM siblings WHERE asked_at < ? LIMIT ?)",
        stamp(before),
    )


def delete_unlinked(state: State, before: datetime) -> int:
    """Delete the targets that have been due since before a moment, as no article links to them; returns how many.

    Only what is linked is asked, so nothing else is due for so long unless a budget is too small for it. One that a
    person has marked stays, and so does one of which a report may still tell what became of it.
    """
    deleted = 0
    while True:
        # The query is asked in the write phase: an article that comes meanwhile links to what is there, or to another.
        with state.write() as connection:
            rows = connection.execute(_UNLINKED, [seconds(before), _ROWS_A_WRITE]).fetchall()
            connection.executemany("DELETE FROM observations WHERE target_id = ?", rows)
            connection.executemany("DELETE FROM targets WHERE id = ?", rows)
            if rows:
                hosts.delete_unused(connection)
        deleted += len(rows)
        if len(rows) < _ROWS_A_WRITE:
            return deleted


def room(state: State) -> tuple[int, int]:
    """How many bytes of the file are in use, and how many are free for what comes."""
    pages, free, size = (state.value(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size"))
    return (pages - free) * size, free * size


def _delete(state: State, sql: str, before: int | str) -> int:
    deleted = 0
    while True:
        with state.write() as connection:
            gone = int(connection.execute(sql, [before, _ROWS_A_WRITE]).rowcount)
        deleted += gone
        if gone < _ROWS_A_WRITE:
            return deleted
