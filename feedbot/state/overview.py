"""How links stand, counted by topic, by provider and by host, and how many were dead some time ago.

Everything here speaks of the links that `choose` chose, to be called first.
"""

from datetime import datetime
from typing import Any, Literal

import msgspec

from feedbot.core.healing import MOVED_LOOKS, MOVED_OVER
from feedbot.state import troubles
from feedbot.state.database import State, at_second, said_plainly, seconds, stamp

By = Literal["topic", "provider", "host"]
"""By what links are counted: the topics and the provider of the articles that hold them, or their own host."""


class Group(msgspec.Struct, frozen=True):
    """How many links of a topic, a provider or a host stand so; a link is counted once in each."""

    name: str
    links: int
    dead: int
    failing: int
    blocked: int
    unchecked: int


class Worst(msgspec.Struct, frozen=True):
    """How many dead and failing links a topic, a provider or a host has."""

    name: str
    dead: int
    failing: int


# Each from a set of targets (`chosen`: id and status) to names. A set that is small is gone through first.
_NAMED: dict[By, str] = {
    "topic": """
SELECT DISTINCT topics.name AS name, chosen.id AS id, chosen.status AS status FROM chosen
CROSS JOIN article_links AS links ON links.target_id = chosen.id AND links.ignored = 0
CROSS JOIN temp.reported_files USING (file_id)
CROSS JOIN members USING (file_id)
CROSS JOIN topics ON topics.key = members.topic
""",
    "provider": """
SELECT DISTINCT coalesce(nullif(files.provider_name, ''), files.provider_domain) AS name,
    chosen.id AS id, chosen.status AS status FROM chosen
CROSS JOIN article_links AS links ON links.target_id = chosen.id AND links.ignored = 0
CROSS JOIN temp.reported_files USING (file_id)
CROSS JOIN files ON files.id = links.file_id
WHERE files.provider_name <> '' OR files.provider_domain <> ''
""",
    "host": "SELECT targets.host AS name, chosen.id AS id, chosen.status AS status FROM chosen JOIN targets USING (id)",
}

_WORST = """
WITH chosen AS (SELECT id, status FROM temp.standing WHERE status IN ('dead', 'failing')),
named AS ({named})
SELECT name, sum(status = 'dead') AS dead, sum(status = 'failing') AS failing, count(*) OVER () AS number
FROM named GROUP BY name ORDER BY dead DESC, failing DESC, name LIMIT ?
"""

# All links are soonest found from the files that hold them.
_ALL_NAMED: dict[By, str] = {
    "topic": """
SELECT DISTINCT topics.name AS name, links.target_id AS id FROM temp.reported_files
CROSS JOIN members USING (file_id)
CROSS JOIN topics ON topics.key = members.topic
CROSS JOIN article_links AS links ON links.file_id = members.file_id AND links.ignored = 0
""",
    "provider": """
SELECT DISTINCT coalesce(nullif(files.provider_name, ''), files.provider_domain) AS name, links.target_id AS id
FROM temp.reported_files
CROSS JOIN files ON files.id = reported_files.file_id
CROSS JOIN article_links AS links ON links.file_id = files.id AND links.ignored = 0
WHERE files.provider_name <> '' OR files.provider_domain <> ''
""",
    "host": "SELECT targets.host AS name, targets.id AS id FROM temp.reported JOIN targets ON targets.id = target_id",
}

_ALL = """
WITH chosen AS MATERIALIZED (SELECT id, status FROM temp.reported JOIN targets ON id = target_id),
named AS MATERIALIZED ({named})
SELECT name, count(*) AS links, sum(status = 'dead') AS dead, sum(status = 'failing') AS failing,
    sum(status = 'blocked') AS blocked, sum(status = 'unchecked') AS unchecked, count(*) OVER () AS number
FROM named CROSS JOIN chosen USING (id) GROUP BY name
ORDER BY dead DESC, failing DESC, blocked DESC, links DESC, name LIMIT ?
"""

# The first change after that moment tells what was before it; a link without one stands as it stood.
_DEAD_THEN = """
WITH changed (id, was) AS MATERIALIZED (
    SELECT target_id, from_status FROM (
        SELECT target_id, from_status, row_number() OVER (PARTITION BY target_id ORDER BY at, id) AS place
        FROM transitions WHERE at > ? AND kind IN ('died', 'recovered')
    ) WHERE place = 1
)
SELECT (
    SELECT count(*) FROM temp.standing WHERE status = 'dead' AND id NOT IN (SELECT id FROM changed)
) + (
    SELECT count(*) FROM changed WHERE was = 'dead' AND id IN (SELECT target_id FROM temp.reported)
)
"""


# What the rows of targets hold besides is wide: those of which something is told are copied once.
_STANDING = """
INSERT INTO temp.standing SELECT id, url, status, verdict, since_at, strikes
FROM temp.troubled CROSS JOIN targets ON id = target_id
WHERE status IN ('dead', 'failing', 'blocked') OR verdict = 'suspect'
"""


def choose(state: State, now: datetime) -> None:
    """Let the queries of this connection tell of the links that articles have now."""
    troubles.choose(state, now, public=False)
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS standing (id INTEGER PRIMARY KEY, url TEXT, status TEXT, verdict TEXT,"
            " since_at INTEGER, strikes INTEGER)"
        )
        connection.execute("DELETE FROM temp.standing")
        connection.execute(_STANDING)


def trouble(state: State) -> list[tuple[int, str]]:
    """Number and URL of the links that are dead or failing, worst first."""
    rows = state.rows(
        "SELECT id, url FROM temp.standing WHERE status IN ('dead', 'failing')"
        " ORDER BY status = 'dead' DESC, strikes DESC, url"
    )
    return [(row["id"], row["url"]) for row in rows]


def worst(state: State, by: By, limit: int) -> tuple[list[Worst], int]:
    """Those with the most dead and failing links, and how many have any."""
    rows = state.rows(_WORST.format(named=_NAMED[by]), [limit])
    return [Worst(row["name"], row["dead"], row["failing"]) for row in rows], _number(rows)


def counted(state: State, by: By, limit: int) -> tuple[list[Group], int]:
    """All there are, those with the most dead and failing links first, and how many there are."""
    rows = state.rows(_ALL.format(named=_ALL_NAMED[by]), [limit])
    found = [
        Group(row["name"], row["links"], row["dead"], row["failing"], row["blocked"], row["unchecked"]) for row in rows
    ]
    return found, _number(rows)


def _number(rows: list[dict[str, Any]]) -> int:
    return rows[0]["number"] if rows else 0


def dead_then(state: State, then: datetime) -> int | None:
    """How many of the links that articles have now were dead then; None where nothing is known of that time."""
    first = state.value("SELECT min(started_at) FROM runs")
    if first is None or first > stamp(then):
        return None
    return int(state.value(_DEAD_THEN, [seconds(then)]))


def failing_since(state: State, then: datetime) -> int:
    """How many of the links that are failing began to after that moment."""
    return int(
        state.value(
            "SELECT count(*) FROM temp.standing WHERE status = 'failing' AND since_at > ?",
            [seconds(then)],
        )
    )


def hidden_since_before(state: State, then: datetime) -> tuple[int, str]:
    """How many links walls have hidden since that moment or longer, and the URL of the first of them."""
    return _counted_with_first(state, "status = 'blocked' AND since_at <= ?", [seconds(then)])


def suspects(state: State) -> tuple[int, str]:
    """How many links that do not fail lead to what is not the page that was linked to, and the URL of the first."""
    return _counted_with_first(state, "verdict = 'suspect' AND status NOT IN ('dead', 'failing')", [])


def _counted_with_first(state: State, which: str, arguments: list[int]) -> tuple[int, str]:
    row = state.rows(f"SELECT count(*) AS n, min(url) AS url FROM temp.standing WHERE {which}", arguments)[0]  # noqa: S608
    return row["n"], row["url"] or ""


def moved_for_good(state: State) -> int:
    """How many links were led on to one new address for as long as feeds and `feedbot fix` ask for (core/healing.py).

    Whether that is a better address for everybody, those look at besides.
    """
    return int(
        state.value(
            "SELECT count(*) FROM targets INDEXED BY targets_moved WHERE status = 'moved' AND verdict = 'moved'"
            " AND moved_looks >= ? AND checked_at - moved_first_at >= ?"
            " AND id IN (SELECT target_id FROM temp.reported)",
            [MOVED_LOOKS, MOVED_OVER.total_seconds()],
        )
    )


def next_due_at(state: State) -> datetime | None:
    """When the next link is due; None where there is none."""
    at = state.value(
        "SELECT next_check_at FROM targets INDEXED BY targets_due"
        " WHERE EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0)"
        " ORDER BY next_check_at LIMIT 1"
    )
    return None if at is None else at_second(at)
