"""The linked targets that are not plainly alive, for the operator: worst first, with counts by kind, host and topic.

Everything here speaks of the links that `choose` chose, to be called first.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import msgspec

from feedbot.core.article import LinkRole
from feedbot.state import hosts
from feedbot.state.database import State, at_second, said_plainly, seconds, stamp
from feedbot.state.linked import IS_REPORTED, TOLD, Linked, tallies
from feedbot.state.targets import COLUMNS, Target, target_of

# Of what was not looked at yet there is nothing to tell.
_TROUBLED = "status <> 'unchecked' AND NOT (status = 'alive' AND coalesce(verdict, 'alive') = 'alive')"

_IS_TOLD = f"({IS_REPORTED} AND targets.id NOT IN (SELECT target_id FROM temp.untold))"  # noqa: S608 - no outside text

# Every link of an article file that is not told of, and of none that is.
_UNTOLD = f"""
INSERT INTO temp.untold SELECT DISTINCT links.target_id FROM temp.untold_files
CROSS JOIN article_links AS links ON links.file_id = untold_files.file_id AND links.ignored = 0
CROSS JOIN targets ON targets.id = links.target_id AND {IS_REPORTED}
WHERE NOT EXISTS (
    SELECT 1 FROM article_links AS others WHERE others.target_id = links.target_id AND others.ignored = 0
        AND others.file_id NOT IN (SELECT file_id FROM temp.untold_files)
)
"""  # noqa: S608 - no outside text

# What a person calls dead is told, however it looks.
_FIND_TROUBLED = (
    "INSERT INTO temp.troubled SELECT id, status, linked FROM targets INDEXED BY targets_told"  # noqa: S608 - as above
    f" WHERE {TOLD} AND {_TROUBLED} AND {_IS_TOLD}",
    "INSERT OR IGNORE INTO temp.troubled SELECT id, status, linked FROM marks"  # noqa: S608 - as above
    f" CROSS JOIN targets USING (url) WHERE marks.kind = 'dead' AND {_IS_TOLD}",
)

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
SELECT {COLUMNS}, 0 AS head_refused, targets.id IN (SELECT id FROM temp.unlinkable) AS is_lost
FROM temp.troubled CROSS JOIN targets ON targets.id = target_id WHERE troubled.status {{which}}
ORDER BY {_WORST_FIRST} LIMIT ?
"""  # noqa: S608 - no outside text

_FROM_THE_WORST = ("= 'dead'", "= 'failing'", "NOT IN ('dead', 'failing')")
"""Where there are many of the first, the rows of the others need not be read: they are wide."""

# The links of those few hosts are counted one host after the other, by the index of targets.
_BY_HOST = f"""
WITH worst (id, host, troubled, hosts) AS MATERIALIZED (
    SELECT host_id, {hosts.NAME} AS name, count(*) AS n, count(*) OVER ()
    FROM temp.troubled CROSS JOIN targets ON targets.id = target_id
    GROUP BY host_id ORDER BY n DESC, name LIMIT ?
)
SELECT host, troubled, hosts, (SELECT count(*) FROM targets WHERE targets.host_id = worst.id AND {_IS_TOLD}) AS links
FROM worst ORDER BY troubled DESC, host
"""  # noqa: S608 - no outside text

# To most one link leads: these are counted by files. Of the others each is counted once in a topic.
_BY_TOPIC = f"""
WITH files_of_once (file_id, n) AS MATERIALIZED (
    SELECT links.file_id, count(*) FROM temp.troubled AS troubled
    CROSS JOIN article_links AS links ON links.target_id = troubled.target_id
    WHERE troubled.linked = {Linked.ONCE} GROUP BY links.file_id
),
often (topic, target_id) AS (
    SELECT DISTINCT members.topic, troubled.target_id FROM temp.troubled AS troubled
    CROSS JOIN article_links AS links ON links.target_id = troubled.target_id AND links.ignored = 0
        AND links.file_id NOT IN (SELECT file_id FROM temp.untold_files)
    CROSS JOIN members USING (file_id)
    WHERE troubled.linked = {Linked.OFTEN}
),
counted (topic, n) AS (
    SELECT members.topic, sum(n) FROM files_of_once CROSS JOIN members USING (file_id) GROUP BY members.topic
    UNION ALL
    SELECT topic, count(*) FROM often GROUP BY topic
)
SELECT topics.name AS name, sum(counted.n) AS n, count(*) OVER () AS topics
FROM counted JOIN topics ON topics.key = counted.topic
GROUP BY topics.key ORDER BY sum(counted.n) DESC, topics.name LIMIT ?
"""  # noqa: S608 - no outside text

_PUBLIC = """(
    files.draft = 0 AND files.published_at <= :now
    AND EXISTS (SELECT 1 FROM identities WHERE identities.id = files.entry_id AND identities.public)
)"""


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
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS untold_files (file_id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS untold (target_id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.untold_files")
        connection.execute("DELETE FROM temp.untold")
        connection.execute("INSERT INTO temp.untold_files SELECT id FROM files WHERE vanished_at IS NOT NULL")
        if public:
            connection.execute(
                f"INSERT OR IGNORE INTO temp.untold_files SELECT id FROM files WHERE {_PUBLIC} IS NOT TRUE",  # noqa: S608
                {"now": stamp(now)},
            )
            connection.execute(_UNTOLD)


def find_troubled(state: State) -> None:
    """Find what `by_host`, `by_topic` and `worst` tell of; after `choose`."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS troubled (target_id INTEGER PRIMARY KEY, status TEXT, linked INTEGER)"
        )
        connection.execute("DELETE FROM temp.troubled")
        for statement in _FIND_TROUBLED:
            connection.execute(statement)


def is_reported(state: State, target_ids: Sequence[int]) -> set[int]:
    """Those of these targets that an article links to."""
    rows = state.rows(
        f"SELECT id FROM targets WHERE id IN (SELECT value FROM json_each(?)) AND {_IS_TOLD}",  # noqa: S608 - as above
        [json.dumps(list(target_ids))],
    )
    return {row["id"] for row in rows}


def by_verdict(state: State) -> list[tuple[str, str | None, int]]:
    """How many targets have each status and latest verdict."""
    found: Counter[tuple[str, str | None]] = Counter()
    for one in tallies(state):
        if one.is_reported:
            found[one.status, one.verdict] += one.number
    for row in state.each("SELECT status, verdict FROM temp.untold CROSS JOIN targets ON targets.id = target_id"):
        found[row["status"], row["verdict"]] -= 1
    told = [(status, verdict, number) for (status, verdict), number in found.items() if number]
    return sorted(told, key=lambda one: (-one[2], one[0], one[1] or ""))


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

    After `targets.set_unlinkable` and `find_troubled`.
    """
    rows: list[dict[str, Any]] = []
    for which in _FROM_THE_WORST:
        rows += state.rows(_WORST.format(which=which), [limit - len(rows)])
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
        " AND links.file_id NOT IN (SELECT file_id FROM temp.untold_files)"
        " CROSS JOIN files ON files.id = links.file_id)"
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
        " AND links.file_id NOT IN (SELECT file_id FROM temp.untold_files) CROSS JOIN members USING (file_id)"
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
        "SELECT wanted.value AS host, date(seen.started_at, 'unixepoch') AS day,"  # noqa: S608 - no outside text
        " sum(seen.verdict IN ('alive', 'moved', 'amp_withdrawn')) AS good,"
        " sum(seen.verdict IN ('blocked', 'refused', 'suspect', 'unknown')) AS hidden, count(*) AS looks"
        " FROM json_each(?) AS wanted CROSS JOIN host_names ON host_names.host = wanted.value"
        f" CROSS JOIN targets ON targets.host_id = host_names.id AND {_IS_TOLD}"
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
