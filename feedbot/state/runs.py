"""Runs and the observations made in them, which are never changed."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from feedbot.core.context import NOTHING_KNOWN, Context
from feedbot.core.observation import NETWORK_KINDS, Answered, Exchange, Failed, Failure, FailureKind, Observation
from feedbot.core.verdict import RULES, Verdict, VerdictKind
from feedbot.errors import StateError
from feedbot.state.database import State, at_second, moment, seconds, stamp
from feedbot.state.packed import pack_look, unpack_look
from feedbot.state.reasons import of_look_in_full, shortened_of_look
from feedbot.state.stored import decoder

_decode_context = decoder(Context)
_decode_exchanges = decoder(tuple[Exchange, ...])


@dataclass(frozen=True, slots=True)
class LastRun:
    """The newest finished run."""

    id: int
    who: str
    started_at: datetime
    finished_at: datetime
    online: bool | None
    summary: dict[str, int]


def begin(state: State, now: datetime) -> int:
    """A new run; returns its number."""
    with state.write() as connection:
        connection.execute("UPDATE clock SET latest = max(latest, ?)", [stamp(now)])
        cursor = connection.execute("INSERT INTO runs (who, started_at) VALUES (?, ?)", [state.who, stamp(now)])
        return int(cursor.lastrowid)


def take_back(state: State, run_id: int) -> None:
    """Have a run that has asked nothing be as if it had never begun."""
    with state.write() as connection:
        connection.execute("DELETE FROM runs WHERE id = ?", [run_id])


def finish(
    state: State, run_id: int, now: datetime, *, online: bool | None, summary: dict[str, int], frozen: bool = False
) -> None:
    """Close a run; `summary` counts verdicts, `online` is None where nothing was asked.

    `frozen` tells that its network failures do not count, because so many came at once.
    """
    with state.write() as connection:
        connection.execute(
            "UPDATE runs SET finished_at = ?, online = ?, summary = ?, frozen = ? WHERE id = ?",
            [stamp(now), online, msgspec.json.encode(summary).decode(), frozen, run_id],
        )


def last(state: State) -> LastRun | None:
    """The newest finished run, or None before the first."""
    rows = state.rows("SELECT * FROM runs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1")
    if not rows:
        return None
    row = rows[0]
    return LastRun(
        id=row["id"],
        who=row["who"],
        started_at=moment(row["started_at"]),
        finished_at=moment(row["finished_at"]),
        online=None if row["online"] is None else bool(row["online"]),
        summary=msgspec.json.decode(row["summary"] or "{}", type=dict[str, int]),
    )


# What the canaries of one run said holds for the next runs, so that a row of commands does not ask them each time.
_CANARIES_HOLD = timedelta(minutes=10)


def was_online_lately(state: State, now: datetime) -> bool:
    """True where a run that ended within ten minutes had a network from its beginning to its end."""
    found = state.value(
        "SELECT 1 FROM runs WHERE online = 1 AND frozen = 0 AND finished_at BETWEEN ? AND ? LIMIT 1",
        [stamp(now - _CANARIES_HOLD), stamp(now)],
    )
    return found is not None


_MANY = 20


def pace(state: State) -> float | None:
    """Targets asked in a second by the last ten runs that asked many, or any where none did; None before the first."""
    rows = state.rows(
        "SELECT started_at, finished_at, summary FROM runs WHERE online = 1 AND finished_at IS NOT NULL"
        " ORDER BY id DESC LIMIT 100"
    )
    paces = []
    for row in rows:
        summary = msgspec.json.decode(row["summary"], type=dict[str, int])
        asked = sum(summary.values()) - summary.get(VerdictKind.UNKNOWN, 0)
        # Times are kept in whole seconds.
        paces.append((asked, max(1.0, (moment(row["finished_at"]) - moment(row["started_at"])).total_seconds())))
    # One link takes its second, which says nothing of a run that asks a hundred at once.
    longer = [pace for pace in paces if pace[0] >= _MANY] or paces
    asked = sum(asked for asked, _ in longer[:10])
    return asked / sum(seconds for _, seconds in longer[:10]) if asked else None


@dataclass(frozen=True, slots=True)
class Judged:
    """What was seen of a target, at its URL, what else was known then, and what it was judged to be."""

    target_id: int
    observation: Observation
    context: Context
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Added:
    """The numbers of looks that were appended, in their order; `damaged` are the targets whose oldest look is no more.

    Looks at these were packed alone, so that nothing of them is lost.
    """

    numbers: range
    damaged: tuple[int, ...]


def add_observations(connection: Any, run_id: int, judged: Iterable[Judged]) -> Added:
    """Append what was seen of targets, and what it was judged to be; inside a write phase.

    Each leans on the oldest look at its target that is kept (state/packed.py).
    """
    looks = list(judged)
    oldest = _oldest(connection, [one.target_id for one in looks])
    first = 1 + connection.execute("SELECT coalesce(max(id), 0) FROM observations").fetchone()[0]
    numbers = range(first, first + len(looks))
    damaged: list[int] = []
    rows = []
    for number, one in zip(numbers, looks, strict=True):
        leans_on, its_text = oldest.get(one.target_id, (None, None))
        exchanges, context = msgspec.json.encode(one.observation.exchanges), msgspec.json.encode(one.context)
        try:
            seen = pack_look(exchanges, context, one.observation.url, its_text)
        except StateError:
            leans_on, seen = None, pack_look(exchanges, context, one.observation.url)
            damaged.append(one.target_id)
        rows.append((number, run_id, *_row(one), leans_on, seen))
    connection.executemany(
        "INSERT INTO observations (id, run_id, target_id, started_at, elapsed_ms, http_status, failure, failure_text,"
        " final_url, verdict, reason, rules, leans_on, seen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    return Added(numbers, tuple(damaged))


def _oldest(connection: Any, target_ids: list[int]) -> dict[int, tuple[int, bytes]]:
    """Number and packed text of the oldest look at each of these targets."""
    rows = connection.execute(
        "SELECT oldest.target_id, oldest.id, oldest.seen FROM json_each(?) AS wanted CROSS JOIN observations AS oldest"
        " ON oldest.id = (SELECT min(id) FROM observations WHERE target_id = wanted.value) AND oldest.leans_on IS NULL",
        [json.dumps(target_ids)],
    )
    return {target_id: (number, seen) for target_id, number, seen in rows.fetchall()}


def _row(judged: Judged) -> tuple[Any, ...]:
    observation, verdict = judged.observation, judged.verdict
    http_status: int | None = None
    failure: Failure | None = None
    match observation.outcome:
        case Answered(status=status, final_url=final_url):
            http_status = status
        case Failed(failure=failure, final_url=final_url):
            pass
    return (
        judged.target_id,
        seconds(observation.started_at),
        observation.elapsed_ms,
        http_status,
        None if failure is None else failure.kind.value,
        None if failure is None else failure.text,
        None if final_url == observation.url else final_url,
        verdict.kind.value,
        shortened_of_look(verdict.reason, None if final_url == observation.url else final_url, http_status),
        RULES,
    )


_KEEP_PAGES = """
UPDATE targets SET page_look = NULL, page = pack_page((
    SELECT page_of_look(look.seen, targets.url, leant_on.seen) FROM observations AS look
    LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on WHERE look.id = targets.page_look
), url)
WHERE id IN (SELECT target_id FROM json_each(:looks) AS going CROSS JOIN observations ON observations.id = going.value)
    AND page_look IN (SELECT value FROM json_each(:looks))
"""


def delete(connection: Any, observation_ids: Sequence[int]) -> int:
    """Delete these looks, and pack anew those that lean on them; inside a write phase. Returns how many went.

    What the pages of their targets said when they were last read is kept on.
    """
    wanted = json.dumps(list(observation_ids))
    connection.execute(_KEEP_PAGES, {"looks": wanted})
    leaning = connection.execute(
        "SELECT look.id, look.target_id, look.seen, targets.url, base.seen FROM json_each(?) AS wanted"
        " CROSS JOIN observations AS base ON base.id = wanted.value AND base.leans_on IS NULL"
        " CROSS JOIN observations AS look ON look.target_id = base.target_id AND look.leans_on = base.id"
        " CROSS JOIN targets ON targets.id = look.target_id"
        " WHERE look.id NOT IN (SELECT value FROM json_each(?)) ORDER BY look.id",
        [wanted, wanted],
    ).fetchall()
    anew: dict[int, tuple[int, bytes]] = {}
    for number, target_id, seen, url, base in leaning:
        leans_on, its_text = anew.get(target_id, (None, None))
        packed = pack_look(*unpack_look(seen, url, base), url, its_text)
        anew.setdefault(target_id, (number, packed))
        connection.execute("UPDATE observations SET leans_on = ?, seen = ? WHERE id = ?", [leans_on, packed, number])
    connection.executemany("DELETE FROM observations WHERE id = ?", [(one,) for one in observation_ids])
    return len(observation_ids)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An observation as it is kept: what was known and judged then, by which rules, and whether it counted."""

    id: int
    run_id: int
    target_id: int
    observation: Observation
    context: Context
    verdict: VerdictKind
    reason: str
    rules: int
    counted: bool
    """False for a failure of the network kind in a run that was cut off, stopped, or that failed as a whole."""


_RECORDED = (
    "SELECT observations.*, targets.url AS url, leant_on.seen AS leant_on,"
    " runs.online = 1 AND runs.frozen = 0 AS was_online"
    " FROM observations JOIN targets ON targets.id = observations.target_id"
    " JOIN runs ON runs.id = observations.run_id"
    " LEFT JOIN observations AS leant_on ON leant_on.id = observations.leans_on"
)


def numbered(state: State, observation_ids: Sequence[int]) -> list[Recorded]:
    """The observations with these numbers, in their order."""
    rows = state.rows(
        f"{_RECORDED} WHERE observations.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - no outside text
        " ORDER BY observations.id",
        [json.dumps(list(observation_ids))],
    )
    return [_recorded(row) for row in rows]


def trail(state: State, url: str) -> list[Recorded]:
    """Every observation of a canonical URL, oldest first."""
    return [_recorded(row) for row in state.rows(f"{_RECORDED} WHERE targets.url = ? ORDER BY observations.id", [url])]


def readable_trail(state: State, url: str) -> tuple[list[Recorded], int]:
    """The same, without those that are damaged, and how many these are."""
    found: list[Recorded] = []
    damaged = 0
    for row in state.rows(f"{_RECORDED} WHERE targets.url = ? ORDER BY observations.id", [url]):
        try:
            found.append(_recorded(row))
        except StateError:
            damaged += 1
    return found, damaged


def trails(state: State) -> Iterator[list[Recorded]]:
    """The same for every target that was ever asked, one after the other."""
    for row in state.rows("SELECT DISTINCT target_id FROM observations ORDER BY target_id"):
        rows = state.rows(f"{_RECORDED} WHERE observations.target_id = ? ORDER BY observations.id", [row["target_id"]])
        yield [_recorded(one) for one in rows]


def _recorded(row: dict[str, Any]) -> Recorded:
    outcome: Answered | Failed
    url = row["url"]
    final_url = row["final_url"] or url
    if row["failure"] is None:
        outcome = Answered(row["http_status"], final_url)
    else:
        outcome = Failed(Failure(FailureKind(row["failure"]), row["failure_text"]), final_url)
    exchanges, context = unpack_look(row["seen"], url, row["leant_on"])
    is_of_network = row["failure"] is not None and FailureKind(row["failure"]) in NETWORK_KINDS
    return Recorded(
        id=row["id"],
        run_id=row["run_id"],
        target_id=row["target_id"],
        observation=Observation(
            url=url,
            started_at=at_second(row["started_at"]),
            elapsed_ms=row["elapsed_ms"],
            exchanges=_decode_exchanges(exchanges),
            outcome=outcome,
        ),
        context=NOTHING_KNOWN if context is None else _decode_context(context),
        verdict=VerdictKind(row["verdict"]),
        reason=of_look_in_full(row["reason"], row["final_url"], row["http_status"]),
        rules=row["rules"],
        counted=not is_of_network or bool(row["was_online"]),
    )
