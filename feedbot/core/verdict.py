"""The judgement of one observation, with a reason that a person would use.

This version judges by codes, failures and redirects; what a page says comes later, so
`soft_dead`, `parked`, `suspect` and `amp_withdrawn` are words that are not spoken yet.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import assert_never

from feedbot.core.observation import Answered, Exchange, Failed, FailureKind, Observation


class VerdictKind(StrEnum):
    """What one observation says of its target."""

    ALIVE = "alive"
    MOVED = "moved"
    BLOCKED = "blocked"
    GONE = "gone"
    MISSING = "missing"
    SOFT_DEAD = "soft_dead"
    PARKED = "parked"
    SUSPECT = "suspect"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    AMP_WITHDRAWN = "amp_withdrawn"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A kind and its reason; `failure` where the probe got no answer, `moved_to` where kind is moved.

    `by_get` tells that the deciding answer was to a GET, which alone may raise the dead.
    """

    kind: VerdictKind
    reason: str
    failure: FailureKind | None = None
    moved_to: str | None = None
    by_get: bool = False


_BROKEN = frozenset({VerdictKind.GONE, VerdictKind.MISSING, VerdictKind.SOFT_DEAD, VerdictKind.PARKED})


def is_broken(verdict: Verdict) -> bool:
    """True where one look is enough to call the link broken: not found, gone, or no such host."""
    no_host = verdict.kind is VerdictKind.UNREACHABLE and verdict.failure is FailureKind.DNS_NXDOMAIN
    return verdict.kind in _BROKEN or no_host


# Codes by which servers turn a bot away while the page lives; to a GET, except the first row.
_BLOCKED_ALWAYS = frozenset({401, 402, 403, 407, 429, 451})
_BLOCKED_ON_GET = frozenset({400, 405, 406, 418, 430})
_PERMANENT = frozenset({301, 308})
# After these the prober waits before it asks the same URL again.
_WAIT_CODES = frozenset({429, 503})


def judge(observation: Observation) -> Verdict:
    """The verdict of one observation; total: every observation has one."""
    match observation.outcome:
        case Answered():
            return _judge_answer(observation, observation.outcome)
        case Failed():
            return _judge_failure(observation.outcome)
        case _ as never:
            assert_never(never)


def _judge_answer(observation: Observation, outcome: Answered) -> Verdict:
    status = outcome.status
    last = observation.exchanges[-1]
    by_get = last.method == "GET"
    said = _say(observation)
    # A wall is asked about first: at any code it hides what is behind it.
    if last.challenge is not None:
        return Verdict(VerdictKind.BLOCKED, f"{said}: a challenge for browsers ({last.challenge})", by_get=by_get)
    if status in _BLOCKED_ALWAYS or status >= 600 or (by_get and status in _BLOCKED_ON_GET):
        why = _why_too_many(observation.exchanges) if status == 429 else _why_blocked(status)
        return Verdict(VerdictKind.BLOCKED, f"{said}: {why}", by_get=by_get)
    if status == 503 and last.retry_after_s is not None:
        return Verdict(VerdictKind.BLOCKED, f"{said}: asks to come back later: maintenance", by_get=by_get)
    if last.location is not None:
        # A redirect is the last answer only where the next host was held beyond the run: no strike.
        why = f"leads to {last.location}, whose host asks to be left alone for now"
        return Verdict(VerdictKind.BLOCKED, f"{said}: {why}", by_get=by_get)
    if 200 <= status < 300 or status == 304:
        moved_to = _moved_to(observation)
        if moved_to is not None:
            return Verdict(VerdictKind.MOVED, f"moved permanently to {moved_to}", moved_to=moved_to, by_get=by_get)
        return Verdict(VerdictKind.ALIVE, said, by_get=by_get)
    if status == 410:
        return Verdict(VerdictKind.GONE, f"{said}: gone, says the server", by_get=by_get)
    if status == 404:
        return Verdict(VerdictKind.MISSING, f"{said}: not found", by_get=by_get)
    return Verdict(VerdictKind.UNREACHABLE, f"{said}: {_phrase(status)}", by_get=by_get)


def _judge_failure(outcome: Failed) -> Verdict:
    kind, text = outcome.failure.kind, outcome.failure.text
    match kind:
        case FailureKind.POLICY_SCHEME | FailureKind.POLICY_PORT | FailureKind.POLICY_ADDRESS:
            return Verdict(VerdictKind.REFUSED, f"not asked: {text}", failure=kind)
        case FailureKind.OURSELVES:
            return Verdict(VerdictKind.UNKNOWN, f"our own fault: {text}", failure=kind)
        case (
            FailureKind.DNS_NXDOMAIN
            | FailureKind.DNS_NO_ADDRESS
            | FailureKind.DNS_SERVFAIL
            | FailureKind.DNS_TIMEOUT
            | FailureKind.CONNECT_REFUSED
            | FailureKind.CONNECT_TIMEOUT
            | FailureKind.CONNECT_UNREACHABLE
            | FailureKind.TLS
            | FailureKind.RESET
            | FailureKind.TIMEOUT
            | FailureKind.PROTOCOL
            | FailureKind.REDIRECT_LOOP
            | FailureKind.REDIRECT_LIMIT
            | FailureKind.REDIRECT_INVALID
        ):
            return Verdict(VerdictKind.UNREACHABLE, text, failure=kind)
        case _ as never:
            assert_never(never)


def _moved_to(observation: Observation) -> str | None:
    """The end of the leading run of 301/308, not what a later 302 points at; None where there is none."""
    end = None
    for exchange in observation.chain:
        if exchange.status not in _PERMANENT:
            break
        end = exchange.location
    return end if end != observation.url else None


def _say(observation: Observation) -> str:
    """The deciding answer in words, such as "404 on GET after 405 on HEAD"."""
    last = observation.exchanges[-1]
    words = f"{last.status} on {last.method}"
    earlier = _earlier_on_same_hop(observation.exchanges)
    if earlier is not None:
        words += f" after {_outcome_word(earlier)} on {earlier.method}"
    if last.hop > 0:
        words += f" at {last.url}, {last.hop} redirect{'s' if last.hop > 1 else ''} on"
    return words


def _earlier_on_same_hop(exchanges: tuple[Exchange, ...]) -> Exchange | None:
    last = exchanges[-1]
    earlier = [e for e in exchanges[:-1] if e.hop == last.hop]
    differing = [e for e in earlier if (e.method, e.status) != (last.method, last.status)]
    return differing[-1] if differing else None


def _outcome_word(exchange: Exchange) -> str:
    return str(exchange.status) if exchange.failure is None else exchange.failure.text


def _why_blocked(status: int) -> str:
    match status:
        case 401 | 407:
            return "asks for a login"
        case 402:
            return "asks for payment"
        case 451:
            return "withheld for legal reasons"
        case _:
            return "turns bots away; the page may well be alive"


def _why_too_many(exchanges: tuple[Exchange, ...]) -> str:
    """Why a 429 is blocked; "still" only where the same URL was asked again after one."""
    last = exchanges[-1]
    if any(e.hop == last.hop and e.status in _WAIT_CODES for e in exchanges[:-1]):
        return "too many requests, still after waiting"
    if last.retry_after_s is not None:
        return f"too many requests, asks to wait {last.retry_after_s:,.0f} s"
    return "too many requests"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return "not an answer that HTTP knows"
