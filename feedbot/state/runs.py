"""Runs and the observations made in them, which are only ever added to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation
from feedbot.core.verdict import Verdict
from feedbot.state.database import State, moment, stamp

_decode_exchanges = msgspec.json.Decoder(tuple[Exchange, ...]).decode


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


def finish(state: State, run_id: int, now: datetime, *, online: bool | None, summary: dict[str, int]) -> None:
    """Close a run; `summary` counts verdicts, `online` is None where nothing was asked."""
    with state.write() as connection:
        connection.execute(
            "UPDATE runs SET finished_at = ?, online = ?, summary = ? WHERE id = ?",
            [stamp(now), online, msgspec.json.encode(summary).decode(), run_id],
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


def add_observations(connection: Any, run_id: int, judged: Iterable[tuple[int, Observation, Verdict]]) -> None:
    """Append what was seen of targets, by their ids, and what it was judged to be; inside a write phase."""
    connection.executemany(
        "INSERT INTO observations (run_id, target_id, started_at, elapsed_ms, http_status, failure, failure_text,"
        " final_url, exchanges, verdict, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_row(run_id, target_id, observation, verdict) for target_id, observation, verdict in judged],
    )


def _row(run_id: int, target_id: int, observation: Observation, verdict: Verdict) -> tuple[Any, ...]:
    http_status: int | None = None
    failure: Failure | None = None
    match observation.outcome:
        case Answered(status=status, final_url=final_url):
            http_status = status
        case Failed(failure=failure, final_url=final_url):
            pass
    return (
        run_id,
        target_id,
        stamp(observation.started_at),
        observation.elapsed_ms,
        http_status,
        None if failure is None else failure.kind.value,
        None if failure is None else failure.text,
        final_url,
        msgspec.json.encode(observation.exchanges).decode(),
        verdict.kind.value,
        verdict.reason,
    )


def observations(state: State, url: str) -> list[Observation]:
    """Every observation of a canonical URL, oldest first, as it was made."""
    rows = state.rows(
        "SELECT observations.* FROM observations JOIN targets ON targets.id = observations.target_id"
        " WHERE targets.url = ? ORDER BY observations.id",
        [url],
    )
    return [_observation(url, row) for row in rows]


def _observation(url: str, row: dict[str, Any]) -> Observation:
    outcome: Answered | Failed
    if row["failure"] is None:
        outcome = Answered(row["http_status"], row["final_url"])
    else:
        outcome = Failed(Failure(FailureKind(row["failure"]), row["failure_text"]), row["final_url"])
    return Observation(
        url=url,
        started_at=moment(row["started_at"]),
        elapsed_ms=row["elapsed_ms"],
        exchanges=_decode_exchanges(row["exchanges"]),
        outcome=outcome,
    )
