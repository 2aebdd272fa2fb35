"""Which targets are due, or chosen, and in which order they are to be asked (core/order.py)."""

import json
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import reduce
from heapq import nsmallest
from operator import add
from typing import Any

import msgspec

from feedbot.core.order import Due, Rank, expected_requests, kept_for_longest, plan, priority, within
from feedbot.core.status import Status, StatusKind, StrikeRule
from feedbot.core.verdict import VerdictKind
from feedbot.state import hosts
from feedbot.state.database import State, at_second, at_second_or_none, moment_or_none, said_plainly, seconds, stamp
from feedbot.state.targets import COLUMNS, HEAD_REFUSED, Target, load, target_of

_CLOCK_STEP = timedelta(hours=1)
"""Less than that is a correction, and worth no second look."""

_NEWS = timedelta(days=7)
"""An article is news for so long, in a feed or not."""

FEED_SIZE = 50
"""So many entries a feed holds, where nothing else is said."""

# As `StatusKind(kind)` and `Rank(rank)` say, in a tenth of their time: all that is due is asked for them.
_KINDS = {kind.value: kind for kind in StatusKind}
_RANKS = tuple(Rank)


# What a target is to readers, over all links to it: the ranks are those of core/order.py. In a feed is
# what subscribers have, and what the next build would give them: after a restore nothing is published
# yet, and the order is the same. Of each topic only its newest are read: that costs the same with many articles.
NEXT_IN_FEEDS = """
SELECT file_id FROM (
    SELECT members.file_id AS file_id,
        row_number() OVER (PARTITION BY members.topic ORDER BY members.published_at DESC) AS place
    FROM (SELECT '' AS key UNION ALL SELECT key FROM topics) AS topic
    CROSS JOIN members ON members.topic = topic.key AND members.published_at BETWEEN coalesce((
        SELECT published_at FROM members AS last WHERE last.topic = topic.key AND last.published_at <= :now
        ORDER BY published_at DESC LIMIT 1 OFFSET :feed_size - 1
    ), '') AND :now
) WHERE place <= :feed_size
"""

_CLAIMS = """
SELECT links.target_id AS id,
    min(CASE
        WHEN files.id IN (SELECT file_id FROM next_in_feeds)
            OR EXISTS (SELECT 1 FROM published_entries AS shown WHERE shown.entry_id = files.entry_id)
            THEN links.role NOT IN ('source', 'page')
        WHEN files.published_at > :news_since THEN 2
        WHEN links.role = 'source' THEN 3
        WHEN links.role NOT IN ('amp', 'cdn_amp', 'related.amp', 'related.cdn_amp') THEN 4
        ELSE 5
    END) AS rank,
    max(files.heat) AS heat,
    max(files.published_at) AS published_at
"""

# A page of one's own that is to come is not asked before its time: it would be dead when it comes.
ASKED = """
    links.ignored = 0 AND NOT ((files.draft OR files.published_at > :now) AND EXISTS (
        SELECT 1 FROM article_links AS page
        WHERE page.file_id = files.id AND page.role = 'page' AND page.target_id = links.target_id
    ))
"""

_HOST_FAILED_AT = """
(SELECT max(first_strike_at) FROM targets AS other INDEXED BY targets_broken
    WHERE other.host_id = targets.host_id AND other.status IN ('dead', 'failing') AND other.status = 'failing')
"""

_DUE = f"""
WITH next_in_feeds (file_id) AS MATERIALIZED ({NEXT_IN_FEEDS}),
claims AS (
    {_CLAIMS}
    -- SQLite would rather scan all targets, or all links, than ask for the few that are due.
    FROM temp.due CROSS JOIN article_links AS links ON links.target_id = due.target_id
    CROSS JOIN files ON files.id = links.file_id
    WHERE {ASKED}
    GROUP BY due.target_id
)
"""

_CHOSEN = f"""
WITH next_in_feeds (file_id) AS MATERIALIZED ({NEXT_IN_FEEDS}),
claims AS (
    {_CLAIMS}
    FROM files
    CROSS JOIN article_links AS links ON links.file_id = files.id
    CROSS JOIN targets ON targets.id = links.target_id
    WHERE files.vanished_at IS NULL AND {ASKED}
        AND (:paths IS NULL OR files.path IN (SELECT value FROM json_each(:paths)))
        AND (:urls IS NULL OR targets.url IN (SELECT value FROM json_each(:urls)))
        AND (:statuses IS NULL OR targets.status IN (SELECT value FROM json_each(:statuses)))
    GROUP BY targets.id
)
SELECT {COLUMNS}, {HEAD_REFUSED},
    claims.rank AS rank, claims.heat AS heat, claims.published_at AS published_at, {_HOST_FAILED_AT} AS host_failed_at
FROM claims
CROSS JOIN targets ON targets.id = claims.id
"""  # noqa: S608 - no outside text

# The few columns that speak for asking a target soon, and not the rest of its row, which is wide; SQLite sorts, in a
# file where there are many.
_BEST_FIRST = f"""
{_DUE}
SELECT targets.id, claims.rank, {hosts.NAME}, targets.status,
    targets.verdict, targets.next_check_at, targets.url
FROM claims CROSS JOIN targets ON targets.id = claims.id
ORDER BY priority_of(
    targets.status, targets.since_at, targets.checked_at, targets.strikes, targets.rule_strikes, targets.rule_over_s,
    targets.revived_at, claims.rank, claims.heat, claims.published_at, {_HOST_FAILED_AT}
) DESC, targets.url
"""  # noqa: S608 - no outside text


class Planned(msgspec.Struct, frozen=True):
    """Targets to ask, in their order, in some bytes each: a million may be due.

    `ids` are their numbers; `hosts` has for each the place of its host in `names`. `left_out` are the numbers of those
    that are due and not to be asked.
    """

    ids: "array[int]"
    hosts: "array[int]"
    names: tuple[str, ...]
    left_out: "array[int]"


def due(state: State, now: datetime, *, feed_size: int = FEED_SIZE, budget: int | None = None) -> list[Target]:
    """The targets to be asked now, in the order to ask them (`planned`)."""
    return load(state, planned(state, now, feed_size=feed_size, budget=budget).ids)


def planned(
    state: State,
    now: datetime,
    *,
    feed_size: int = FEED_SIZE,
    budget: int | None = None,
    leaves_out: Callable[[str], bool] = lambda _: False,
) -> Planned:
    """What is to be asked now, in the order of `order.plan`; only targets that a link points to.

    A feed holds up to `feed_size` entries. With a budget of requests, the part of what is due that it
    reaches; none of it is spent on the URLs that `leaves_out` names. After the clock was set back, what was planned by
    the clock that was ahead is due at once.
    """
    if state.value("SELECT latest FROM clock") > stamp(now + _CLOCK_STEP):
        _plan_anew(state, now)
    names: dict[str, int] = {}
    left_out = array("q")
    due_now = _due_now(state, now, feed_size, leaves_out, names, left_out)
    ids, hosts = [array("q") for _ in Rank], [array("l") for _ in Rank]
    for one in due_now if budget is None else _afforded(due_now, budget):
        number, rank, place = one[:3]
        ids[rank].append(number)
        hosts[rank].append(place)
    return Planned(reduce(add, ids), reduce(add, hosts), tuple(names), left_out)


def plan_of(found: Iterable[Target]) -> Planned:
    """These targets, to be asked in this order."""
    names: dict[str, int] = {}
    ids, hosts = array("q"), array("l")
    for target in found:
        ids.append(target.id)
        hosts.append(names.setdefault(target.host, len(names)))
    return Planned(ids, hosts, tuple(names), array("q"))


_DueNow = tuple[int, int, int, int, int, str]
"""The number of a target that is due, its rank, the place of its host, its requests, when it was due, and its URL."""


def _due_now(
    state: State,
    now: datetime,
    feed_size: int,
    leaves_out: Callable[[str], bool],
    names: dict[str, int],
    left_out: "array[int]",
) -> Iterator[_DueNow]:
    """What is due, by priority and URL; notes the hosts by name, and what is left out."""
    arguments = _claim_arguments(now, feed_size)
    costs: dict[tuple[str, str | None], int] = {}
    note_due(state, now)
    with said_plainly(state.path):
        connection = state.db.conn
        connection.create_function("priority_of", 11, lambda *row: _priority(row, now), deterministic=True)
        for number, rank, host, kind, verdict, due_at, url in connection.execute(_BEST_FIRST, arguments):
            if leaves_out(url):
                left_out.append(number)
                continue
            cost = costs.get((kind, verdict))
            if cost is None:
                status = Status(StatusKind(kind), verdict=None if verdict is None else VerdictKind(verdict))
                cost = costs[kind, verdict] = expected_requests(status)
            yield number, rank, names.setdefault(host, len(names)), cost, due_at, url


def _afforded(due_now: Iterator[_DueNow], budget: int) -> Iterator[tuple[int, int, int]]:
    """Number, rank and host of what a budget reaches, in the order in which it comes; all of it is read first."""
    numbers, ranks, hosts, costs = array("q"), array("b"), array("l"), array("b")
    kept = kept_for_longest(budget)
    longest: list[tuple[int, str, int, int]] = []
    for number, rank, host, cost, due_at, url in due_now:
        numbers.append(number)
        ranks.append(rank)
        hosts.append(host)
        costs.append(cost)
        longest.append((due_at, url, number, cost))
        if len(longest) > 2 * kept:
            longest = nsmallest(kept, longest)
    taken = within(
        budget,
        longest=((number, cost) for _, _, number, cost in sorted(longest)),
        by_priority=zip(numbers, costs, strict=True),
        needed=sum(costs),
    )
    for number, rank, host in zip(numbers, ranks, hosts, strict=True):
        if taken is None or number in taken:
            yield number, rank, host


def _priority(row: Sequence[Any], now: datetime) -> float:
    kind, since_at, checked_at, strikes, rule_strikes, rule_over_s, revived_at, rank, heat, published_at, failed_at = (
        row
    )
    status = Status(
        kind=_KINDS[kind],
        since_at=at_second_or_none(since_at),
        checked_at=at_second_or_none(checked_at),
        strikes=strikes,
        rule=None if rule_strikes is None else StrikeRule(rule_strikes, rule_over_s),
        revived_at=at_second_or_none(revived_at),
    )
    return priority(
        Due("", status, now, _RANKS[rank], heat, moment_or_none(published_at), at_second_or_none(failed_at)), now
    )


class Choice(msgspec.Struct, frozen=True):
    """What somebody chose: the targets to ask, in the order to ask them, and the URLs of all that the words name."""

    targets: tuple[Target, ...]
    urls: frozenset[str]


def chosen(
    state: State,
    now: datetime,
    *,
    paths: Collection[str] | None = None,
    urls: Collection[str] | None = None,
    statuses: Collection[str] | None = None,
    leaves_out: Callable[[str], bool] = lambda _: False,
    feed_size: int = FEED_SIZE,
    budget: int | None = None,
) -> Choice:
    """The targets of article files that are there, due or not: of these paths, these canonical URLs, these statuses.

    None of a kind means all of it. As in `due`, links that an article wants left alone, and pages of its own that are
    to come, are not among them, nor are the URLs that `leaves_out` names; order and budget are as there.
    """
    asked = {"paths": paths, "urls": urls, "statuses": statuses}
    arguments = {name: None if one is None else json.dumps(sorted(one)) for name, one in asked.items()}
    found, claims = _claimed(state.each(_CHOSEN, {**_claim_arguments(now, feed_size), **arguments}))
    left = [one for one in claims if not leaves_out(one.url)]
    planned = plan(left, now, budget)
    return Choice(tuple(found[one.url] for one in planned), frozenset(one.url for one in left))


def _claimed(rows: Iterable[dict[str, Any]]) -> tuple[dict[str, Target], list[Due]]:
    """The targets of such rows by URL, and what speaks for asking each soon."""
    found: dict[str, Target] = {}
    claims = []
    for row in rows:
        target = found[row["url"]] = target_of(row)
        claims.append(
            Due(
                url=target.url,
                status=target.status,
                due_at=at_second(row["next_check_at"]),
                rank=Rank(row["rank"]),
                heat=row["heat"],
                published_at=moment_or_none(row["published_at"]),
                host_failed_at=at_second_or_none(row["host_failed_at"]),
            )
        )
    return found, claims


def due_count(state: State, now: datetime) -> int:
    """How many targets are due at most: those that no link points to any more are counted too."""
    return int(state.value("SELECT count(*) FROM targets WHERE next_check_at <= ?", [seconds(now)]))


def _claim_arguments(now: datetime, feed_size: int) -> dict[str, Any]:
    return {"now": stamp(now), "now_s": seconds(now), "news_since": stamp(now - _NEWS), "feed_size": feed_size}


def _plan_anew(state: State, now: datetime) -> None:
    planned_ahead = "checked_at > :now OR checked_at IS NULL OR frozen = 1"
    with state.write() as connection:
        connection.execute(
            f"UPDATE targets SET next_check_at = :now WHERE next_check_at > :now AND ({planned_ahead})",  # noqa: S608
            {"now": seconds(now)},
        )
        connection.execute("UPDATE clock SET latest = ?", [stamp(now)])


def note_due(state: State, now: datetime) -> None:
    """Tell the queries of this connection what is due, in the order of its numbers: it is found in that of its time."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS due (target_id INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM temp.due")
        connection.execute(
            "INSERT INTO temp.due SELECT id FROM targets INDEXED BY targets_due WHERE next_check_at <= ? ORDER BY id",
            [seconds(now)],
        )
