"""In what order a run asks what is due, and which part of it where a budget is too small for all."""

import math
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from typing import TypeVar, assert_never

import msgspec

from feedbot.core.status import DAY_S, Status, StatusKind
from feedbot.core.verdict import VerdictKind

_YEAR_S = 365.25 * DAY_S

# Of the deep links in articles of the New York Times, 6 % were dead after two years and 72 % after
# twenty (Bowers, Stanton, Zittrain 2021). The Weibull law through these two points:
_ROT_SHAPE = math.log(math.log(1 - 0.72) / math.log(1 - 0.06)) / math.log(20 / 2)
_ROT_SCALE_S = 20 * _YEAR_S / math.pow(-math.log(1 - 0.72), 1 / _ROT_SHAPE)
_YOUNGEST_S = _YEAR_S
"""That law would have the first months be safe, which nobody measured: the first year is taken for the second."""

_HOST_SHARE = 9 / 25
"""Of all pages that are gone, this share went with their whole site (Pew Research Center 2024)."""

# No study was found of these two. Of links that failed at one look, 4 % worked half a year later, and
# most of those would never have been called dead here.
_REVIVALS_A_S = 0.01 / _YEAR_S
_WALLS_A_S = 1 / _YEAR_S

_HALF_HEAT = 100.0
_HALF_RECENCY_S = 30 * DAY_S
_RESERVED = 10
"""One request in so many goes to what has waited longest, whatever it is worth: so nothing waits for ever."""

_T = TypeVar("_T")


class Rank(IntEnum):
    """What a target is to readers; the lowest is asked first."""

    FEED_SOURCE = 0
    """The source, or the own page, of an entry that is in a feed now."""
    FEED = 1
    """Anything else in such an entry."""
    NEW = 2
    """Anything in an article of the last days."""
    SOURCE = 3
    RELATED = 4
    """A related article or an image."""
    AMP = 5
    """An AMP page or its copy in a cache."""


class Due(msgspec.Struct, frozen=True):
    """A target that is due, and what speaks for asking it soon.

    `rank`, `heat` and `published_at` are the best, the hottest and the newest of the articles that
    link to it. `host_failed_at` is when another target of its host last began to fail, if one does.
    """

    url: str
    status: Status
    due_at: datetime
    rank: Rank
    heat: float | None = None
    published_at: datetime | None = None
    host_failed_at: datetime | None = None


def plan(due: Iterable[Due], now: datetime, budget: int | None = None) -> list[Due]:
    """What to ask, in the order to ask it: by rank, then by priority, then by URL.

    Where all of it would take more requests than `budget`, the part with the highest priority is
    taken, and for a tenth of the requests what is due for longest. At least one target is taken.
    """
    by_priority = sorted(due, key=lambda one: (-priority(one, now), one.url))
    if budget is not None:
        costs = {one.url: expected_requests(one.status) for one in by_priority}
        longest = sorted(by_priority, key=lambda one: (one.due_at, one.url))
        taken = within(
            budget,
            longest=((one.url, costs[one.url]) for one in longest),
            by_priority=((one.url, costs[one.url]) for one in by_priority),
            needed=sum(costs.values()),
        )
        by_priority = by_priority if taken is None else [one for one in by_priority if one.url in taken]
    return sorted(by_priority, key=lambda one: one.rank)


def within(
    budget: int, *, longest: Iterable[tuple[_T, int]], by_priority: Iterable[tuple[_T, int]], needed: int
) -> set[_T] | None:
    """What a budget of requests buys, of names with the requests that each takes; None where it buys all of them.

    `longest` are those that have waited longest, first; so many as `kept_for_longest` are enough. `by_priority` are all
    of them, the best first, and is read no further than the budget reaches; `needed` is what all of them take.
    """
    if needed <= budget:
        return None
    taken: set[_T] = set()
    spent = 0
    for limit, candidates in ((kept_for_longest(budget), longest), (budget, by_priority)):
        for name, cost in candidates:
            if spent >= limit:
                break
            if name not in taken and (spent + cost <= budget or not taken):
                taken.add(name)
                spent += cost
    return taken


def kept_for_longest(budget: int) -> int:
    """How many requests of a budget go to what has waited longest; no more targets than that are taken for it."""
    return math.ceil(budget / _RESERVED)


def affordable(statuses: Iterable[Status], budget: int) -> int:
    """How many of these, from the first one on, so many requests will probably reach; at least one."""
    reached = spent = 0
    for status in statuses:
        spent += expected_requests(status)
        if spent > budget and reached:
            break
        reached += 1
    return reached


def expected_requests(status: Status) -> int:
    """Requests that a look at the target will probably take: redirects are followed, and silence is asked again."""
    if status.verdict is VerdictKind.UNREACHABLE:
        return 4
    return 2 if status.kind is StatusKind.MOVED else 1


def priority(one: Due, now: datetime) -> float:
    """How much a look is worth: the chance that it changes what is known, times who would mind."""
    return expected_change(one, now) * weight(one, now)


def weight(one: Due, now: datetime) -> float:
    """How much readers mind: doubled by each rank, by heat at the most, and by a date of today; from 1 to 128."""
    heat = max(0.0, one.heat or 0.0)
    recency = 0.0 if one.published_at is None else 0.5 ** (_seconds(one.published_at, now) / _HALF_RECENCY_S)
    return (1 << (Rank.AMP - one.rank)) * (1 + heat / (heat + _HALF_HEAT)) * (1 + recency)


def expected_change(one: Due, now: datetime) -> float:
    """The probability, 0 to 1, that the verdict of the target is another one now than at its last look."""
    status = one.status
    match status.kind:
        case StatusKind.UNCHECKED:
            return 1.0
        case StatusKind.ALIVE | StatusKind.MOVED:
            chance = _changed(status, now, _death_rate(one, now))
            return max(chance, _HOST_SHARE) if _host_failed_since(one) else chance
        case StatusKind.FAILING:
            left = status.rule.strikes - status.strikes if status.rule else 1
            # All strikes are there and it is not dead: a host that is silent on every page, like a wall.
            return 1 / left if left > 0 else _changed(status, now, _WALLS_A_S)
        case StatusKind.DEAD:
            return 1.0 if status.revived_at is not None else _changed(status, now, _REVIVALS_A_S)
        case StatusKind.BLOCKED | StatusKind.REFUSED:
            return _changed(status, now, _WALLS_A_S)
        case _ as never:
            assert_never(never)


def _host_failed_since(one: Due) -> bool:
    """True where another target of its host began to fail after this one was looked at."""
    failed_at, checked_at = one.host_failed_at, one.status.checked_at
    return failed_at is not None and checked_at is not None and checked_at < failed_at


def _death_rate(one: Due, now: datetime) -> float:
    """Deaths a second to expect of a living link: that of its age, less the longer it was seen to live.

    The mean of a Gamma distribution: the prior has shape 1 and the published rate of this age for
    its mean; a time watched without a death adds to its rate parameter.
    """
    age_s = max(_seconds(one.published_at, now), _YOUNGEST_S)
    published = _ROT_SHAPE / _ROT_SCALE_S * math.pow(age_s / _ROT_SCALE_S, _ROT_SHAPE - 1)
    checked_at = one.status.checked_at
    watched_s = 0.0 if checked_at is None else _seconds(one.status.since_at, checked_at)
    return 1 / (1 / published + watched_s)


def _changed(status: Status, now: datetime, rate: float) -> float:
    """The probability of at least one event at this rate since the last look."""
    return -math.expm1(-rate * _seconds(status.checked_at, now))


def _seconds(since: datetime | None, until: datetime) -> float:
    """Seconds between two times; 0 where the first is unknown, or later because a clock was ahead."""
    return 0.0 if since is None else max(0.0, (until - since).total_seconds())


def time_left_s(due: int, *, asked_per_s: float, run_s: float, every_s: float, budget: int | None) -> float:
    """About how long it takes until all that is due now is asked.

    Runs start every `every_s` seconds, last `run_s` at most, ask so many targets a second and so
    many requests at most.
    """
    a_run = asked_per_s * run_s if budget is None else min(asked_per_s * run_s, budget)
    full_runs = max(0, math.ceil(due / a_run) - 1)
    return full_runs * max(every_s, run_s) + (due - full_runs * a_run) / asked_per_s
