"""Figures for those who watch over feedbot: where things stand, at a cost that does not grow with history."""

from dataclasses import dataclass
from datetime import datetime

from feedbot.state.database import State, moment

RUNS_LOOKED_AT = 10_000
"""Runs are counted among the newest of so many: at one every 15 minutes, those of 104 days."""


@dataclass(frozen=True, slots=True)
class RunsOfOneOutcome:
    """The runs that ended in one way: how many, and the seconds that they took together."""

    runs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Runs:
    """The newest runs, by outcome: online, offline, frozen, idle (nothing was due) or unfinished."""

    by_outcome: dict[str, RunsOfOneOutcome]
    by_verdict: dict[str, int]
    """How many links were seen in them, by verdict."""
    last_duration_s: float | None
    last_end_at: datetime | None
    last_good_end_at: datetime | None
    """When the newest ended whose looks counted, or that found nothing to do."""


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file in the feeds folder, as it was when it was written."""

    name: str
    size: int
    written_at_s: float


GOOD = ("online", "idle")

_RUNS = """
WITH newest AS (SELECT * FROM runs ORDER BY id DESC LIMIT :most)
SELECT CASE
        WHEN finished_at IS NULL THEN 'unfinished'
        WHEN online IS NULL THEN 'idle'
        WHEN online = 0 THEN 'offline'
        WHEN frozen = 1 THEN 'frozen'
        ELSE 'online'
    END AS outcome,
    count(*) AS runs,
    coalesce(sum(strftime('%s', finished_at) - strftime('%s', started_at)), 0) AS seconds,
    max(finished_at) AS last_end_at
FROM newest GROUP BY outcome
"""
_SEEN = """
SELECT each.key AS verdict, sum(each.value) AS seen
FROM (SELECT summary FROM runs ORDER BY id DESC LIMIT :most) AS newest, json_each(newest.summary) AS each
GROUP BY verdict
"""


def of_runs(state: State) -> Runs:
    """The newest 10,000 runs in numbers."""
    rows = {row["outcome"]: row for row in state.rows(_RUNS, {"most": RUNS_LOOKED_AT})}
    newest = state.rows(
        "SELECT started_at, finished_at FROM runs WHERE finished_at IS NOT NULL ORDER BY id DESC LIMIT 1"
    )
    good = [row["last_end_at"] for outcome, row in rows.items() if outcome in GOOD]
    return Runs(
        by_outcome={outcome: RunsOfOneOutcome(row["runs"], row["seconds"]) for outcome, row in rows.items()},
        by_verdict={row["verdict"]: row["seen"] for row in state.rows(_SEEN, {"most": RUNS_LOOKED_AT})},
        last_duration_s=_seconds(newest[0]) if newest else None,
        last_end_at=moment(newest[0]["finished_at"]) if newest else None,
        last_good_end_at=moment(max(good)) if good else None,
    )


def last_good_end(state: State) -> datetime | None:
    """When the newest run ended whose looks counted, or that found nothing to do; None before the first."""
    found = state.value(
        "SELECT finished_at FROM runs WHERE finished_at IS NOT NULL AND (online IS NULL OR online = 1 AND frozen = 0)"
        " ORDER BY id DESC LIMIT 1"
    )
    return None if found is None else moment(found)


def entries_by_feed(state: State) -> dict[str, int]:
    """How many entries subscribers of each feed have, by slug; a feed without any is not in it."""
    rows = state.rows("SELECT feed, count(*) AS entries FROM published_entries GROUP BY feed")
    return {row["feed"]: row["entries"] for row in rows}


def held_by_feed(state: State) -> dict[str, int]:
    """How many removals the guard holds back, by the slug of the feed."""
    rows = state.rows("SELECT feed, count(*) AS held FROM holds WHERE feed <> '' GROUP BY feed")
    return {row["feed"]: row["held"] for row in rows}


def published_files(state: State) -> list[PublishedFile]:
    """The files in the feeds folder, by name."""
    rows = state.rows("SELECT name, size, mtime_ns FROM published_files ORDER BY name")
    return [PublishedFile(row["name"], row["size"], row["mtime_ns"] / 10**9) for row in rows]


def _seconds(run: dict[str, str]) -> float:
    return (moment(run["finished_at"]) - moment(run["started_at"])).total_seconds()
