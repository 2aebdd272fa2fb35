"""When a target is looked at again, and with which method; which of its neighbours with it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, assert_never

from feedbot.core.observation import FailureKind
from feedbot.core.status import DAY_S, RECOVERY_S, Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind, is_broken

_SHARE_OF_JITTER = 0.1
_LIVING = frozenset({StatusKind.ALIVE, StatusKind.MOVED})
_GOOD = frozenset({VerdictKind.ALIVE, VerdictKind.MOVED})
_NEIGHBOURS = 3
_MOST_NEIGHBOURS = 30
"""At a time: half a minute of a run, at the one request a second that a host is asked."""


@dataclass(frozen=True, slots=True)
class SchedulePolicy:
    """Intervals in seconds; the defaults are those of the specification."""

    alive_min_s: float = 1 * DAY_S
    alive_max_s: float = 30 * DAY_S
    blocked_min_s: float = 3 * DAY_S
    blocked_max_s: float = 30 * DAY_S
    dead_early_s: float = 7 * DAY_S
    dead_late_s: float = 30 * DAY_S
    refused_min_s: float = 1 * DAY_S
    refused_max_s: float = 30 * DAY_S
    page_check_every_s: float = 7 * DAY_S


def next_check_at(status: Status, policy: SchedulePolicy, now: datetime, jitter: float) -> datetime:
    """When the target is due again; `jitter` from 0 to 1 stretches the wait by up to a tenth.

    A target that has been steady for a while is left alone for as long again, so that the wait
    doubles from check to check. Jitter only ever stretches: a strike that comes early does not count.
    """
    return now + timedelta(seconds=_wait_s(status, policy, now) * (1 + _SHARE_OF_JITTER * jitter))


def _wait_s(status: Status, policy: SchedulePolicy, now: datetime) -> float:
    steady_s = (now - status.since_at).total_seconds() if status.since_at else 0.0
    match status.kind:
        case StatusKind.UNCHECKED:
            return 0.0
        case StatusKind.ALIVE | StatusKind.MOVED:
            return _clamp(steady_s, policy.alive_min_s, policy.alive_max_s)
        case StatusKind.BLOCKED:
            return _clamp(steady_s, policy.blocked_min_s, policy.blocked_max_s)
        case StatusKind.REFUSED:
            # A name server that gives a private address once (a filter, a mistake) may soon give a public one.
            return _clamp(steady_s, policy.refused_min_s, policy.refused_max_s)
        case StatusKind.FAILING:
            return status.rule.spacing_s if status.rule else policy.alive_min_s
        case StatusKind.DEAD if status.revived_at is not None:
            return RECOVERY_S
        case StatusKind.DEAD:
            return policy.dead_early_s if steady_s < 8 * policy.dead_early_s else policy.dead_late_s
        case _ as never:
            assert_never(never)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def first_method(
    status: Status,
    policy: SchedulePolicy,
    now: datetime,
    *,
    page_checked_at: datetime | None,
    head_refused: bool,
    prefers_head: bool = False,
) -> Literal["GET", "HEAD"]:
    """HEAD where a living page was read lately and the host is known to answer HEAD; otherwise GET.

    `prefers_head` is the operator's word for a host: a living page once read is not read again.
    """
    is_well = status.kind in _LIVING and status.verdict in _GOOD
    if not is_well or head_refused or page_checked_at is None:
        return "GET"
    if prefers_head:
        return "HEAD"
    # A page that was read in the future, by a clock that was ahead, was read who knows when.
    page_is_due = page_checked_at > now or now - page_checked_at >= timedelta(seconds=policy.page_check_every_s)
    return "GET" if page_is_due else "HEAD"


def is_alarming(past: Status, verdict: Verdict) -> bool:
    """True where a target that lived now fails in a way that others on its host may share.

    More than a third of the pages that are gone went with their whole site (core/order.py), and a
    site that is rebuilt loses many addresses at once. Silence is not of this kind: it mostly passes.
    """
    if past.kind not in _LIVING:
        return False
    return is_broken(verdict) or verdict.failure is FailureKind.CONNECT_REFUSED


def neighbours_to_ask(alarms: int) -> int:
    """How many living targets of a host to ask at once after so many alarms on it in one batch of results.

    Each of them that fails is an alarm again, so a host that is gone is known as a whole after a few
    runs; where only a page is gone, three looks were wasted.
    """
    return min(alarms * _NEIGHBOURS, _MOST_NEIGHBOURS)


def jitter_of(url: str) -> float:
    """A fraction from 0 to 1 that is the same for a URL each time, so that runs can be repeated."""
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:4]) / 2**32
