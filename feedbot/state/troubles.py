"""The linked targets that are not plainly alive, for the operator: worst first, with counts by kind, host and topic.

Everything here speaks of the links that `choose` chose, to be called first.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from feedbot.core.article import LinkRole
from feedbot.state.database import State, at_second, said_plainly, seconds, stamp
from feedbot.state.targets import Target, target_of

# Of what was not looked at yet there is nothing to tell. What a person calls dead is told, however it looks.
_TROUBLED = """(
    targets.status <> 'unchecked' AND NOT (targets.status = 'alive' AND coalesce(targets.verdict, 'alive') = 'alive')
    OR targets.url IN (SELECT url FROM marks WHERE kind = 'dead')
)"""

_WORST_FIRST = """
CASE
    WHEN targets.status = 'dead' THEN 0
    WHEN targets.status = 'failing' THEN 1
    WHEN targets.verdict = 'suspect' THEN 2
    WHEN targets.status = 'refused' AND NOT targets.by_request THEN 3
    WHEN targets.status = 'blocked' THEN 4
    WHEN targets.status = 'moved' THEN 5
    ELSE 6
END, targets.strikes DESC, targets.since_at, targets.url
"""

_WORST = f"""
SELECT targets.*, 0 AS head_refused, targets.id IN (SELECT id FROM temp.unlinkable) AS is_lost
FROM temp.troubled JOIN targets ON targets.id = target_id
ORDER BY {_WORST_FIRST} LIMIT ?
"""  # noqa: S608 - no outside text

# The links of those few hosts are counted one host after the other, by the index of targets.
_BY_HOST = """
WITH worst (host, troubled, hosts) AS MATERIALIZED (
    SELECT host, count(*) AS n, count(*) OVER () FROM temp.troubled JOIN targets ON targets.id = target_id
    GROUP BY host ORDER BY n DESC, host LIMIT ?
)
SELECT host, troubled, hosts, (
    SELECT count(*) FROM targets WHERE targets.host = worst.host AND targets.id IN (SELECT target_id FROM temp.reported)
) AS links
FROM worst ORDER BY troubled DESC, host
"""

_BY_TOPIC = """
SELECT topics.name AS name, count(DISTINCT troubled.target_id) AS n, count(*) OVER () AS topics
FROM temp.troubled AS troubled
CROSS JOIN article_links AS links ON links.target_id = troubled.target_id AND links.ignored = 0
CROSS JOIN temp.reported_files USING (file_id)
CROSS JOIN members USING (file_id)
CROSS JOIN topics ON topics.key = members.topic
GROUP BY topics.key ORDER BY n DESC, topics.name LIMIT ?
"""

_PUBLIC = """
    AND files.draft = 0 AND files.published_at <= :now
    AND EXISTS (SELECT 1 FROM identities WHERE identities.id = files.entry_id AND identities.public)
"""


class Place(msgspec.Struct, frozen=True):
    """Where a link stands."""

    path: str
    line: int
    role: LinkRole


class Troubled(msgspec.Struct, frozen=True):
    """A target that is not plainly alive; the first of its `places` and how many there are, and its topics by name."""

    target: Target
    due_at: datetime
    is_unlinkable: bool
    places: tuple[Place, ...] = ()
    places_count: int = 0
    topics: tuple[str, ...] = ()


class HostCount(msgspec.Struct, frozen=True):
    """How many links of a host there are, and how many of them are in trouble."""

    host: str
    links: int
    troubled: int


class Day(msgspec.Struct, frozen=True):
    """How often the targets of a host were looked at on one day (UTC), by what was seen."""

    host: str
    day: date
    good: int
    hidden: int
    failing: int


def choose(state: State, now: datetime, *, public: bool) -> None:
    """Let the queries of this connection tell of the links that articles have now.

    With `public` only of those that readers can know: of no draft, no future article, none that is held back.
    """
    only = _PUBLIC if public else ""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS reported_files (file_id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS reported (target_id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS troubled (target_id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.reported_files")
        connection.execute("DELETE FROM temp.reported")
        connection.execute("DELETE FROM temp.troubled")
        connection.execute(
            f"INSERT INTO temp.reported_files SELECT id FROM files WHERE vanished_at IS NULL {only}",  # noqa: S608
            {"now": stamp(now)} if public else {},
        )
        connection.execute(
            "INSERT OR IGNORE INTO temp.reported SELECT target_id FROM temp.reported_files"
            " CROSS JOIN article_links USING (file_id) WHERE ignored = 0"
        )
        # Every target is looked at here, once, and the few that are found are what most is told of.
        connection.execute(
            f"INSERT INTO temp.troubled SELECT id FROM temp.reported JOIN targets ON id = target_id WHERE {_TROUBLED}"  # noqa: S608
        )


def is_reported(state: State, target_ids: Sequence[int]) -> set[int]:
    """Those of these targets that an article links to."""
    rows = state.rows(
        "SELECT target_id FROM temp.reported WHERE target_id IN (SELECT value FROM json_each(?))",
        [json.dumps(list(target_ids))],
    )
    return {row["target_id"] for row in rows}


def by_verdict(state: State) -> list[tuple[str, str | None, int]]:
    """How many targets have each status and latest verdict."""
    rows = state.rows(
        "SELECT status, verdict, count(*) AS n FROM temp.reported JOIN targets ON targets.id = target_id"
        " GROUP BY status, verdict ORDER BY n DESC, status, verdict"
    )
    return [(row["status"], row["verdict"], row["n"]) for row in rows]


def by_host(state: State, limit: int) -> tuple[list[HostCount], int]:
    """The hosts with the most targets in trouble, and how many hosts have any."""
    rows = state.rows(_BY_HOST, [limit])
    found = [HostCount(row["host"], row["links"], row["troubled"]) for row in rows]
    return found, rows[0]["hosts"] if rows else 0


def by_topic(state: State, limit: int) -> tuple[list[tuple[str, int]], int]:
    """The topics with the most targets in trouble, and how many topics have any; drafts are on no topic."""
    rows = state.rows(_BY_TOPIC, [limit])
    return [(row["name"], row["n"]) for row in rows], rows[0]["topics"] if rows else 0


def worst(state: State, limit: int, *, most_places: int) -> tuple[list[Troubled], int]:
    """The targets in trouble, worst first, each with up to `most_places` places; and how many there are in all.

    After `targets.set_unlinkable`.
    """
    rows = state.rows(_WORST, [limit])
    number = state.value("SELECT count(*) FROM temp.troubled")
    ids = json.dumps([row["id"] for row in rows])
    where, counts = _places(state, ids, most_places)
    topics = _topics(state, ids)
    return [_troubled(row, where, counts, topics) for row in rows], int(number)


def _troubled(
    row: dict[str, Any], where: dict[int, list[Place]], counts: dict[int, int], topics: dict[int, list[str]]
) -> Troubled:
    one = row["id"]
    return Troubled(
        target=target_of(row),
        due_at=at_second(row["next_check_at"]),
        is_unlinkable=bool(row["is_lost"]),
        places=tuple(where.get(one, ())),
        places_count=counts.get(one, 0),
        topics=tuple(topics.get(one, ())),
    )


def places(state: State, target_ids: Sequence[int], limit: int) -> dict[int, list[Place]]:
    """By target, the first places where links to it stand, those as a source before others."""
    return _places(state, json.dumps(sorted(set(target_ids))), limit)[0]


def _places(state: State, ids: str, limit: int) -> tuple[dict[int, list[Place]], dict[int, int]]:
    """By target, the first places, those as a source before others, and how many there are."""
    rows = state.each(
        "SELECT * FROM (SELECT links.target_id AS id, files.path AS path, links.line AS line, links.role AS role,"
        " count(*) OVER (PARTITION BY links.target_id) AS n, row_number() OVER (PARTITION BY links.target_id"
        " ORDER BY links.role <> 'source', files.path, links.line, links.role) AS place"
        " FROM json_each(?) AS wanted"
        " CROSS JOIN article_links AS links ON links.target_id = wanted.value AND links.ignored = 0"
        " CROSS JOIN temp.reported_files USING (file_id) CROSS JOIN files ON files.id = links.file_id)"
        " WHERE place <= ? ORDER BY id, place",
        [ids, limit],
    )
    where: dict[int, list[Place]] = {}
    counts: dict[int, int] = {}
    for row in rows:
        where.setdefault(row["id"], []).append(Place(row["path"], row["line"], LinkRole(row["role"])))
        counts[row["id"]] = row["n"]
    return where, counts


def _topics(state: State, ids: str) -> dict[int, list[str]]:
    rows = state.each(
        "SELECT DISTINCT links.target_id AS id, topics.name AS name FROM json_each(?) AS wanted"
        " CROSS JOIN article_links AS links ON links.target_id = wanted.value AND links.ignored = 0"
        " CROSS JOIN temp.reported_files USING (file_id) CROSS JOIN members USING (file_id)"
        " CROSS JOIN topics ON topics.key = members.topic ORDER BY topics.name",
        [ids],
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row["id"], []).append(row["name"])
    return found


def last_look(state: State) -> datetime | None:
    """When the latest observation was made; None before the first."""
    at = state.value("SELECT started_at FROM observations ORDER BY id DESC LIMIT 1")
    return None if at is None else at_second(at)


def history(state: State, hosts: Sequence[str], until: date, days: int) -> list[Day]:
    """What was seen of these hosts, day by day, on so many days to `until`; days without a look are left out."""
    rows = state.rows(
        "SELECT targets.host AS host, date(seen.started_at, 'unixepoch') AS day,"
        " sum(seen.verdict IN ('alive', 'moved', 'amp_withdrawn')) AS good,"
        " sum(seen.verdict IN ('blocked', 'refused', 'suspect', 'unknown')) AS hidden, count(*) AS looks"
        " FROM json_each(?) AS wanted CROSS JOIN targets ON targets.host = wanted.value"
        " CROSS JOIN temp.reported ON reported.target_id = targets.id"
        " CROSS JOIN observations AS seen ON seen.target_id = targets.id AND seen.started_at >= ?"
        " GROUP BY 1, 2 ORDER BY 1, 2",
        [json.dumps(list(hosts)), seconds(datetime.combine(until - timedelta(days=days - 1), time(), UTC))],
    )
    return [
        Day(
            row["host"],
            date.fromisoformat(row["day"]),
            row["good"],
            row["hidden"],
            row["looks"] - row["good"] - row["hidden"],
        )
        for row in rows
    ]
