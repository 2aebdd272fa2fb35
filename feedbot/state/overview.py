"""How links stand, counted by topic, by provider and by host, and how many were dead some time ago.

Everything here speaks of the links that articles have now. Of a million of them no query here goes through all, or
through the rows of those that are not well, which are wide: it is in indexes (`state/linked.py`).
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal

import msgspec

from feedbot.core.healing import MOVED_LOOKS, MOVED_OVER
from feedbot.core.status import StatusKind
from feedbot.state import hosts
from feedbot.state.database import State, at_second, said_plainly, seconds, stamp
from feedbot.state.linked import BROKEN, IS_REPORTED, TOLD, WORST, Linked

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


# Of those that several links lead to, from the few that there are: each is counted once in each of their names.
_SHARED: dict[By, str] = {
    "topic": f"""
SELECT DISTINCT topics.name AS name, targets.id AS id, targets.status AS status FROM targets INDEXED BY targets_told
CROSS JOIN article_links AS links ON links.target_id = targets.id AND links.ignored = 0
CROSS JOIN files ON files.id = links.file_id AND files.vanished_at IS NULL
CROSS JOIN members ON members.file_id = files.id
CROSS JOIN topics ON topics.key = members.topic
WHERE {TOLD} AND {BROKEN} AND targets.linked = {Linked.OFTEN}
""",  # noqa: S608 - no outside text
    "provider": f"""
SELECT DISTINCT coalesce(nullif(files.provider_name, ''), files.provider_domain) AS name,
    targets.id AS id, targets.status AS status FROM targets INDEXED BY targets_told
CROSS JOIN article_links AS links ON links.target_id = targets.id AND links.ignored = 0
CROSS JOIN files ON files.id = links.file_id AND files.vanished_at IS NULL
WHERE {TOLD} AND {BROKEN} AND targets.linked = {Linked.OFTEN}
    AND (files.provider_name <> '' OR files.provider_domain <> '')
""",  # noqa: S608 - no outside text
}

# Of the others by their files, which `choose` has counted.
_BY_NAME: dict[By, str] = {
    "topic": f"""
SELECT topics.name AS name, sum(broken.dead) AS dead, sum(broken.failing) AS failing FROM topics
CROSS JOIN members ON members.topic = topics.key
CROSS JOIN temp.broken_files AS broken USING (file_id) GROUP BY topics.key
UNION ALL
SELECT name, sum(status = 'dead'), sum(status = 'failing') FROM ({_SHARED["topic"]}) GROUP BY name
""",  # noqa: S608 - no outside text
    "provider": f"""
SELECT coalesce(nullif(files.provider_name, ''), files.provider_domain) AS name,
    sum(broken.dead) AS dead, sum(broken.failing) AS failing FROM temp.broken_files AS broken
CROSS JOIN files ON files.id = broken.file_id
WHERE files.provider_name <> '' OR files.provider_domain <> '' GROUP BY 1
UNION ALL
SELECT name, sum(status = 'dead'), sum(status = 'failing') FROM ({_SHARED["provider"]}) GROUP BY name
""",  # noqa: S608 - no outside text
    "host": f"""
SELECT {hosts.NAME} AS name, sum(status = 'dead') AS dead,
    sum(status = 'failing') AS failing
FROM targets INDEXED BY targets_broken WHERE {BROKEN} AND {IS_REPORTED} GROUP BY host_id
""",  # noqa: S608 - no outside text
}

_WORST = """
SELECT name, sum(dead) AS dead, sum(failing) AS failing, count(*) OVER () AS number
FROM ({by_name}) GROUP BY name ORDER BY sum(dead) DESC, sum(failing) DESC, name LIMIT ?
"""

# All links are soonest found from the files that hold them.
_ALL_NAMED: dict[By, str] = {
    "topic": """
SELECT DISTINCT topics.name AS name, links.target_id AS id FROM files
CROSS JOIN members ON members.file_id = files.id
CROSS JOIN topics ON topics.key = members.topic
CROSS JOIN article_links AS links ON links.file_id = files.id AND links.ignored = 0
WHERE files.vanished_at IS NULL
""",
    "provider": """
SELECT DISTINCT coalesce(nullif(files.provider_name, ''), files.provider_domain) AS name, links.target_id AS id
FROM files CROSS JOIN article_links AS links ON links.file_id = files.id AND links.ignored = 0
WHERE files.vanished_at IS NULL AND (files.provider_name <> '' OR files.provider_domain <> '')
""",
    "host": f"""
SELECT {hosts.NAME} AS name, targets.id AS id FROM targets
WHERE {IS_REPORTED}
""",  # noqa: S608 - as above
}

_ALL = """
WITH named AS MATERIALIZED ({named})
SELECT name, count(*) AS links, sum(status = 'dead') AS dead, sum(status = 'failing') AS failing,
    sum(status = 'blocked') AS blocked, sum(status = 'unchecked') AS unchecked, count(*) OVER () AS number
FROM named CROSS JOIN targets USING (id) GROUP BY name
ORDER BY dead DESC, failing DESC, blocked DESC, links DESC, name LIMIT ?
"""

# As the index has it.
_MOVED_FOR_GOOD = (
    f"status = 'moved' AND verdict = 'moved' AND moved_looks >= {MOVED_LOOKS}"
    f" AND checked_at - moved_first_at >= {MOVED_OVER.total_seconds():.0f}"
)

# The first change after that moment tells what was before it; a link without one stands as it stood.
_DEAD_THEN = f"""
WITH changed (id, was) AS MATERIALIZED (
    SELECT target_id, from_status FROM (
        SELECT target_id, from_status, row_number() OVER (PARTITION BY target_id ORDER BY at, id) AS place
        FROM transitions WHERE at > ? AND kind IN ('died', 'recovered')
    ) WHERE place = 1
)
SELECT count(*) FILTER (WHERE was = 'dead') - count(*) FILTER (WHERE status = 'dead')
FROM changed CROSS JOIN targets USING (id) WHERE {IS_REPORTED}
"""  # noqa: S608 - no outside text

# Most are linked to once, by an article that is there.
_BROKEN_FILES = f"""
INSERT INTO temp.broken_files SELECT links.file_id, sum(status = 'dead'), sum(status = 'failing')
FROM targets INDEXED BY targets_told CROSS JOIN article_links AS links ON links.target_id = targets.id
WHERE {TOLD} AND {BROKEN} AND targets.linked = {Linked.ONCE} GROUP BY links.file_id
"""  # noqa: S608 - no outside text


def choose(state: State) -> None:
    """Let `worst` tell of what is dead or failing now."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS broken_files (file_id INTEGER PRIMARY KEY, dead INTEGER, failing INTEGER)"
        )
        connection.execute("DELETE FROM temp.broken_files")
        connection.execute(_BROKEN_FILES)


def trouble(state: State, limit: int = -1) -> list[tuple[int, str]]:
    """Number and URL of the links that are dead or failing, worst first; so many, or all with -1."""
    found: list[tuple[int, str]] = []
    for kind in ("dead", "failing"):
        rows = state.rows(
            "SELECT id, url FROM targets INDEXED BY targets_worst"  # noqa: S608 - no outside text
            f" WHERE {WORST} AND status = ? AND {IS_REPORTED} ORDER BY strikes DESC, url LIMIT ?",
            [kind, -1 if limit < 0 else limit - len(found)],
        )
        found += [(row["id"], row["url"]) for row in rows]
    return found


def number_in_trouble(state: State, urls: Iterable[str]) -> int:
    """How many links of these canonical URLs are dead or failing."""
    return int(
        state.value(
            "SELECT count(*) FROM targets WHERE url IN (SELECT value FROM json_each(?))"  # noqa: S608 - no outside text
            f" AND {BROKEN} AND {IS_REPORTED}",
            [json.dumps(sorted(urls))],
        )
    )


def worst(state: State, by: By, limit: int) -> tuple[list[Worst], int]:
    """Those with the most dead and failing links, and how many have any; after `choose`."""
    rows = state.rows(_WORST.format(by_name=_BY_NAME[by]), [limit])
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


def dead_then(state: State, then: datetime, dead_now: int) -> int | None:
    """How many of the links that articles have now were dead then; None where nothing is known of that time."""
    first = state.value("SELECT min(started_at) FROM runs")
    if first is None or first > stamp(then):
        return None
    return dead_now + int(state.value(_DEAD_THEN, [seconds(then)]))


def failing_since(state: State, then: datetime) -> int:
    """How many of the links that are failing began to after that moment."""
    return int(
        state.value(
            "SELECT count(*) FROM targets INDEXED BY targets_worst"  # noqa: S608 - no outside text
            f" WHERE {WORST} AND status = 'failing' AND since_at > ? AND {IS_REPORTED}",
            [seconds(then)],
        )
    )


# Of all links, those of which a person has not said anything.
_UNSAID = "url NOT IN (SELECT value FROM json_each(:said))"


def hidden_since_before(state: State, then: datetime, said: Iterable[str] = ()) -> tuple[int, str]:
    """How many links walls have hidden since that moment or longer, and the URL of the first.

    Without those of `said`.
    """
    row = state.rows(
        "SELECT count(*) AS n, min(url) AS url FROM targets INDEXED BY targets_worst"  # noqa: S608 - no outside text
        f" WHERE {WORST} AND status = 'blocked' AND since_at <= :then AND {IS_REPORTED} AND {_UNSAID}",
        {"then": seconds(then), "said": json.dumps(sorted(said))},
    )[0]
    return row["n"], row["url"] or ""


def suspects(state: State, said: Iterable[str] = ()) -> tuple[int, str]:
    """How many links that do not fail lead to what is not the page that was linked to, and the URL of the first.

    Without those of `said`.
    """
    failing_or_unknown = {StatusKind.DEAD, StatusKind.FAILING, StatusKind.UNCHECKED}
    kinds = json.dumps([kind for kind in StatusKind if kind not in failing_or_unknown])
    row = state.rows(
        "SELECT count(*) AS n, min(url) AS url FROM targets INDEXED BY targets_told"  # noqa: S608 - no outside text
        f" WHERE {TOLD} AND status IN (SELECT value FROM json_each(:kinds)) AND verdict = 'suspect' AND {IS_REPORTED}"
        f" AND {_UNSAID}",
        {"kinds": kinds, "said": json.dumps(sorted(said))},
    )[0]
    return row["n"], row["url"] or ""


def moved_for_good(state: State, said: Iterable[str] = ()) -> int:
    """How many links were led on to one new address for as long as feeds and `feedbot fix` ask for (core/healing.py).

    Without those of `said`. Whether it is a better address for everybody, feeds and `feedbot fix` look at besides.
    """
    urls = sorted(said)
    # Only where there are such: the URLs are not in the index.
    unsaid = f" AND {_UNSAID}" if urls else ""
    return int(
        state.value(
            "SELECT count(*) FROM targets INDEXED BY targets_moved_for_good"  # noqa: S608 - no outside text
            f" WHERE {_MOVED_FOR_GOOD} AND {IS_REPORTED}{unsaid}",
            {"said": json.dumps(urls)} if urls else {},
        )
    )


def in_doubt(state: State) -> list[str]:
    """The URLs of all links that walls hide, that are suspect or that have moved."""
    rows = state.rows(
        f"SELECT url FROM targets INDEXED BY targets_worst WHERE {WORST} AND status = 'blocked'"  # noqa: S608
        f" UNION SELECT url FROM targets INDEXED BY targets_told WHERE {TOLD}"
        " AND (verdict = 'suspect' OR status = 'moved')"
    )
    return [row["url"] for row in rows]


def next_due_at(state: State) -> datetime | None:
    """When the next link is due; None where there is none."""
    at = state.value(
        "SELECT next_check_at FROM targets INDEXED BY targets_due"
        " WHERE EXISTS (SELECT 1 FROM article_links AS links WHERE links.target_id = targets.id AND links.ignored = 0)"
        " ORDER BY next_check_at LIMIT 1"
    )
    return None if at is None else at_second(at)
