"""What history says of a target: strikes, recovery and since when."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

import msgspec
from msgspec.structs import replace

from feedbot.core.observation import BY_REQUEST, FailureKind
from feedbot.core.verdict import Verdict, VerdictKind

DAY_S = 86400.0


class StatusKind(StrEnum):
    """Where a target stands."""

    UNCHECKED = "unchecked"
    ALIVE = "alive"
    MOVED = "moved"
    FAILING = "failing"
    DEAD = "dead"
    BLOCKED = "blocked"
    REFUSED = "refused"


class StrikeRule(msgspec.Struct, frozen=True):
    """`dead` takes this many strikes, with at least `over_s` seconds from the first to the last bad answer."""

    strikes: int
    over_s: float

    @property
    def spacing_s(self) -> float:
        """Seconds until a failing target is asked again, so that the last strike falls at `over_s`."""
        return self.over_s / (self.strikes - 1)

    @property
    def apart_s(self) -> float:
        """Seconds from one strike to the next at the least: half of the spacing.

        What is seen sooner is the same occasion seen again. By the schedule every bad answer counts, and by a look
        every day all strikes are there before `over_s` has passed; two looks in one minute are one strike.
        """
        return self.spacing_s / 2


class StrikePolicy(msgspec.Struct, frozen=True):
    """How each kind of bad verdict counts towards `dead`; the defaults are those of the specification."""

    gone: StrikeRule = StrikeRule(2, 1 * DAY_S)
    missing: StrikeRule = StrikeRule(3, 6 * DAY_S)
    soft_dead: StrikeRule = StrikeRule(3, 6 * DAY_S)
    parked: StrikeRule = StrikeRule(2, 3 * DAY_S)
    no_host: StrikeRule = StrikeRule(5, 14 * DAY_S)
    """No such host, or the connection refused."""
    unreachable: StrikeRule = StrikeRule(5, 60 * DAY_S)
    """Every other failure; a host that resolves and stays silent is often a trap for bots."""


DEFAULT_STRIKES = StrikePolicy()
UNVERIFIABLE_AFTER_S = 30 * DAY_S
"""A link blocked for so long is listed as one that feedbot cannot verify."""

RECOVERY_S = 6 * 3600.0
"""Seconds between the two good answers to GET that bring a dead target back."""


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a target; a new one is `Status()`. Times are aware and UTC.

    `strikes` counts since the last good verdict, each `rule.apart_s` after the one before, of which
    `last_strike_at` is the last; `rule` is the longest one of that streak,
    `first_alive_at` is None as long as the target was never seen alive, and `revived_at` is the
    first good answer of a dead target that has to show itself once more.
    """

    kind: StatusKind = StatusKind.UNCHECKED
    since_at: datetime | None = None
    verdict: VerdictKind | None = None
    reason: str = ""
    checked_at: datetime | None = None
    strikes: int = 0
    first_strike_at: datetime | None = None
    last_strike_at: datetime | None = None
    rule: StrikeRule | None = None
    first_alive_at: datetime | None = None
    revived_at: datetime | None = None
    moved_to: str | None = None
    moved_looks: int = 0
    """So many good looks in a row led to `moved_to`; the first of them was at `moved_first_at`."""
    moved_first_at: datetime | None = None
    nameless: bool = False
    """The latest strike was that no such host exists."""
    by_request: bool = False
    """Refused because the host asks not to be checked, by its robots.txt or in words."""

    @property
    def is_unlinkable(self) -> bool:
        """True where no reader may be sent to it: dead, or refused by its scheme, port or address."""
        return self.kind is StatusKind.DEAD or (self.kind is StatusKind.REFUSED and not self.by_request)

    @property
    def never_alive(self) -> bool:
        """True for a link that was never seen alive and is not found: most often a typo."""
        no_host = self.nameless and self.verdict is VerdictKind.UNREACHABLE
        not_found = self.verdict in {VerdictKind.MISSING, VerdictKind.GONE} or no_host
        return self.first_alive_at is None and self.strikes > 0 and not_found


def strike_rule(verdict: Verdict, policy: StrikePolicy = DEFAULT_STRIKES) -> StrikeRule | None:
    """How a verdict counts towards `dead`; None where it does not."""
    match verdict.kind:
        case VerdictKind.GONE:
            return policy.gone
        case VerdictKind.MISSING:
            return policy.missing
        case VerdictKind.SOFT_DEAD:
            return policy.soft_dead
        case VerdictKind.PARKED:
            return policy.parked
        case VerdictKind.UNREACHABLE:
            return policy.unreachable if _is_of_silence(verdict) else policy.no_host
        case (
            VerdictKind.ALIVE
            | VerdictKind.MOVED
            | VerdictKind.BLOCKED
            | VerdictKind.SUSPECT
            | VerdictKind.REFUSED
            | VerdictKind.AMP_WITHDRAWN
            | VerdictKind.UNKNOWN
        ):
            return None
        case _ as never:
            assert_never(never)


def _is_of_silence(verdict: Verdict) -> bool:
    """True where a host that exists gave no usable answer."""
    told = {FailureKind.DNS_NXDOMAIN, FailureKind.CONNECT_REFUSED}
    return verdict.kind is VerdictKind.UNREACHABLE and verdict.failure not in told


def is_unverifiable(status: Status, now: datetime) -> bool:
    """True for a link that walls have kept from being seen for 30 days: it may live, and a person can look."""
    if status.kind is not StatusKind.BLOCKED or status.since_at is None:
        return False
    return (now - status.since_at).total_seconds() >= UNVERIFIABLE_AFTER_S


def advance(
    past: Status, verdict: Verdict, now: datetime, *, host_answers: bool, policy: StrikePolicy = DEFAULT_STRIKES
) -> Status:
    """The status after one more verdict.

    `host_answers` tells whether another target of the same host is not failing. Without one, a
    host that resolves but stays silent is most often a trap for bots, and nothing on it dies. Times
    later than `now`, of a run whose clock was ahead, are taken for `now`.
    """
    past = _not_after(past, now)
    match verdict.kind:
        case VerdictKind.UNKNOWN:
            return past
        case VerdictKind.ALIVE | VerdictKind.MOVED:
            return _good(past, verdict, now)
        case VerdictKind.BLOCKED:
            return _without_strike(past, verdict, now, StatusKind.BLOCKED)
        case VerdictKind.SUSPECT | VerdictKind.AMP_WITHDRAWN:
            return _told(past, verdict, now)
        case VerdictKind.REFUSED:
            refused = _without_strike(past, verdict, now, StatusKind.REFUSED)
            return replace(refused, by_request=verdict.failure in BY_REQUEST)
        case (
            VerdictKind.GONE
            | VerdictKind.MISSING
            | VerdictKind.SOFT_DEAD
            | VerdictKind.PARKED
            | VerdictKind.UNREACHABLE
        ):
            return _strike(past, verdict, now, policy, host_answers=host_answers)
        case _ as never:
            assert_never(never)


def _not_after(status: Status, now: datetime) -> Status:
    moments = (
        status.since_at,
        status.first_strike_at,
        status.last_strike_at,
        status.first_alive_at,
        status.revived_at,
        status.moved_first_at,
    )
    if max(filter(None, moments), default=now) <= now:
        return status

    def clamped(moment: datetime | None) -> datetime | None:
        return None if moment is None else min(moment, now)

    return replace(
        status,
        since_at=clamped(status.since_at),
        first_strike_at=clamped(status.first_strike_at),
        last_strike_at=clamped(status.last_strike_at),
        first_alive_at=clamped(status.first_alive_at),
        revived_at=clamped(status.revived_at),
        moved_first_at=clamped(status.moved_first_at),
    )


def _good(past: Status, verdict: Verdict, now: datetime) -> Status:
    if past.kind is StatusKind.DEAD and not _has_recovered(past, verdict, now):
        revived_at = past.revived_at or (now if verdict.by_get else None)
        return replace(_told(past, verdict, now), revived_at=revived_at)
    has_moved = verdict.kind is VerdictKind.MOVED
    kind = StatusKind.MOVED if has_moved else StatusKind.ALIVE
    as_before = past.moved_first_at if has_moved and past.moved_to == verdict.moved_to else None
    return Status(
        kind=kind,
        since_at=past.since_at if past.kind is kind else now,
        verdict=verdict.kind,
        reason=verdict.reason,
        checked_at=now,
        first_alive_at=past.first_alive_at or now,
        moved_to=verdict.moved_to,
        moved_looks=(past.moved_looks if as_before else 0) + has_moved,
        moved_first_at=(as_before or now) if has_moved else None,
    )


def _has_recovered(past: Status, verdict: Verdict, now: datetime) -> bool:
    if past.revived_at is None or not verdict.by_get:
        return False
    return now - past.revived_at >= timedelta(seconds=RECOVERY_S)


def _without_strike(past: Status, verdict: Verdict, now: datetime, kind: StatusKind) -> Status:
    """Neither adds to the strikes nor takes them away; what was dead stays dead."""
    if past.kind is StatusKind.DEAD:
        return replace(_told(past, verdict, now), revived_at=None)
    return _told(past, verdict, now, kind)


def _strike(past: Status, verdict: Verdict, now: datetime, policy: StrikePolicy, *, host_answers: bool) -> Status:
    rule = strike_rule(verdict, policy)
    assert rule is not None
    if past.rule is not None and past.rule.over_s > rule.over_s:
        rule = past.rule
    last_at = past.last_strike_at
    counts = last_at is None or now - last_at >= timedelta(seconds=rule.apart_s)
    struck = replace(
        _told(past, verdict, now, past.kind),
        strikes=past.strikes + counts,
        first_strike_at=past.first_strike_at or now,
        last_strike_at=now if counts else last_at,
        rule=rule,
        revived_at=None,
        moved_to=None,
        moved_looks=0,
        moved_first_at=None,
        nameless=verdict.failure is FailureKind.DNS_NXDOMAIN,
    )
    if past.kind is StatusKind.DEAD:
        return struck
    dies = _is_out(struck) and (host_answers or not _is_of_silence(verdict))
    return _in_kind(struck, past, StatusKind.DEAD if dies else StatusKind.FAILING, now)


def _is_out(status: Status) -> bool:
    """True where the latest answer, a bad one, ends what its rule asks for; it need not be a strike of its own."""
    if status.rule is None or status.first_strike_at is None or status.checked_at is None:
        return False
    lasted = status.checked_at - status.first_strike_at
    return status.strikes >= status.rule.strikes and lasted >= timedelta(seconds=status.rule.over_s)


def _told(past: Status, verdict: Verdict, now: datetime, kind: StatusKind | None = None) -> Status:
    told = replace(past, verdict=verdict.kind, reason=verdict.reason, checked_at=now)
    return told if kind is None else _in_kind(told, past, kind, now)


def _in_kind(status: Status, past: Status, kind: StatusKind, now: datetime) -> Status:
    return replace(status, kind=kind, since_at=past.since_at if past.kind is kind else now)


def outlook(status: Status) -> str:
    """What would change a status, in a sentence."""
    match status.kind:
        case StatusKind.UNCHECKED:
            return "the first look decides"
        case StatusKind.ALIVE | StatusKind.MOVED:
            return "a bad answer makes it failing; one alone changes nothing for readers"
        case StatusKind.FAILING:
            return _outlook_of_failing(status)
        case StatusKind.DEAD if status.revived_at is not None:
            again_at = status.revived_at + timedelta(seconds=RECOVERY_S)
            return f"one more good answer to GET, not before {again_at:%Y-%m-%d %H:%M} UTC, makes it alive again"
        case StatusKind.DEAD:
            return f"two good answers to GET, {RECOVERY_S / 3600:.0f} hours apart, make it alive again"
        case StatusKind.BLOCKED:
            return "any answer that is no wall; walls alone never make it dead"
        case StatusKind.REFUSED:
            return "another address of its host, or a change of the config"
        case _ as never:
            assert_never(never)


def _outlook_of_failing(status: Status) -> str:
    if status.rule is None or status.first_strike_at is None:
        return "the next look decides"
    missing = max(0, status.rule.strikes - status.strikes)
    dead_at = status.first_strike_at + timedelta(seconds=status.rule.over_s)
    if status.last_strike_at is not None:
        dead_at = max(dead_at, status.last_strike_at + missing * timedelta(seconds=status.rule.apart_s))
    left = max(1, missing)
    strikes = "1 more strike" if left == 1 else f"{left} more strikes"
    return f"{strikes}, the last not before {dead_at:%Y-%m-%d %H:%M} UTC, would make it dead; one good answer, alive"
