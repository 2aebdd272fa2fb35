"""The judgement of one observation, with a reason that a person would use.

The rules stand in the order in which they are asked; the first that has something to say decides. A wall comes
before anything else, because at any code it hides what is behind it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import assert_never

import msgspec
from msgspec.structs import replace

from feedbot.core import soft_death
from feedbot.core.amp import why_not_cache_of
from feedbot.core.context import NOTHING_KNOWN, Context, Opinion
from feedbot.core.domain import registrable_domain
from feedbot.core.observation import Answered, Exchange, Failed, FailureKind, Observation
from feedbot.core.page import PageSignals, carries_title, consent_url, login_url, marketplace_host
from feedbot.core.page_body import HTML_TYPES
from feedbot.core.url import host_of

RULES = 2
"""The version of the rules; stored with each verdict, and raised whenever one would judge otherwise."""


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


class Verdict(msgspec.Struct, frozen=True):
    """A kind and its reason; `failure` where the probe got no answer, `moved_to` where kind is moved.

    `by_get` tells that the deciding answer was to a GET, which alone may raise the dead. `warnings` are
    sentences on what a person should look at although the link is well.
    """

    kind: VerdictKind
    reason: str
    failure: FailureKind | None = None
    moved_to: str | None = None
    by_get: bool = False
    warnings: tuple[str, ...] = ()


STRIKES = frozenset(
    {VerdictKind.GONE, VerdictKind.MISSING, VerdictKind.SOFT_DEAD, VerdictKind.PARKED, VerdictKind.UNREACHABLE}
)
"""What counts towards `dead`; core/status.py says how."""
_BROKEN = frozenset({VerdictKind.GONE, VerdictKind.MISSING, VerdictKind.SOFT_DEAD, VerdictKind.PARKED})


def is_broken(verdict: Verdict) -> bool:
    """True where one look is enough to call the link broken: not found, gone, or no such host."""
    no_host = verdict.kind is VerdictKind.UNREACHABLE and verdict.failure is FailureKind.DNS_NXDOMAIN
    return verdict.kind in _BROKEN or no_host


# Codes by which servers turn a bot away while the page lives; to a GET, except the first row.
_BLOCKED_ALWAYS = frozenset({401, 402, 403, 407, 429, 451})
_BLOCKED_ON_GET = frozenset({400, 405, 406, 418, 430})
_PERMANENT = frozenset({301, 308})
_NOT_THERE = frozenset({404, 410})
# AMP pages that are no longer, as far as one look tells.
_ENDED = frozenset(
    {
        VerdictKind.GONE,
        VerdictKind.MISSING,
        VerdictKind.SOFT_DEAD,
        VerdictKind.PARKED,
        VerdictKind.AMP_WITHDRAWN,
    }
)
_CERTIFICATE_SOON = timedelta(days=14)
_MORE_THAN_A_NOTICE = 120
# After these the prober waits before it asks the same URL again.
_WAIT_CODES = frozenset({429, 503})


def judge(observation: Observation, context: Context = NOTHING_KNOWN) -> Verdict:
    """The verdict of one observation; total: every observation has one."""
    verdict = _of_one_place(observation, context)
    return verdict if context.second is None else _of_two_places(verdict, context, context.second)


def _of_one_place(observation: Observation, context: Context) -> Verdict:
    match observation.outcome:
        case Answered():
            return _judge_answer(_Seen(observation, context, observation.exchanges[-1]))
        case Failed():
            return _judge_failure(observation.url, observation.outcome)
        case _ as never:
            assert_never(never)


def _of_two_places(verdict: Verdict, context: Context, second: Opinion) -> Verdict:
    """No strike, unless both places give one: who turns one of them away, or lies to it, may serve readers well."""
    if verdict.kind not in STRIKES:
        return verdict
    if second.verdict in STRIKES:
        return replace(verdict, reason=f"{verdict.reason}; from {second.vantage} it is no better")
    if second.verdict in {VerdictKind.ALIVE, VerdictKind.MOVED}:
        why = f"answers from {second.vantage}, not from {context.vantage}"
    else:
        code = "" if second.status is None else f", {second.status}"
        why = f"from {second.vantage} it is {second.verdict}{code}"
    return Verdict(VerdictKind.BLOCKED, f"{verdict.reason}; {why}", by_get=verdict.by_get)


class _Seen(msgspec.Struct, frozen=True):
    """An answered observation, as the rules look at it."""

    observation: Observation
    context: Context
    last: Exchange
    """The exchange that decided."""

    @property
    def status(self) -> int:
        assert self.last.status is not None
        return self.last.status

    @property
    def page(self) -> PageSignals | None:
        return self.last.signals

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300 or self.status == 304

    @property
    def was_redirected(self) -> bool:
        return self.last.hop > 0

    @property
    def has_left_its_domain(self) -> bool:
        if self.last.url == self.observation.url:
            return False
        there, here = host_of(self.last.url), host_of(self.observation.url)
        return there != here and registrable_domain(there) != registrable_domain(here)

    def verdict(self, kind: VerdictKind, why: str = "", moved_to: str | None = None) -> Verdict:
        """A verdict of this kind, whose reason begins with what was asked and answered."""
        said = _say(self.observation)
        reason = f"{said}: {why}" if why else said
        return Verdict(kind, reason, moved_to=moved_to, by_get=self.last.method == "GET")


def _judge_answer(seen: _Seen) -> Verdict:
    for rule in _RULES:
        verdict = rule(seen)
        if verdict is not None:
            return replace(verdict, warnings=_warnings(seen, verdict))
    return _alive(seen)


def _accepted(seen: _Seen) -> Verdict | None:
    # The operator knows this host: what is accepted is neither a wall nor an error.
    if not seen.last.accepted:
        return None
    return _moved(seen) or seen.verdict(VerdictKind.ALIVE, "" if seen.is_success else "accepted by the config")


# Walls


def _challenged(seen: _Seen) -> Verdict | None:
    mark = seen.last.challenge
    if mark is None and seen.page is not None and seen.page.challenge is not None:
        mark = None if _is_the_article(seen.page, seen.context) else seen.page.challenge
    return None if mark is None else seen.verdict(VerdictKind.BLOCKED, f"a challenge for browsers ({mark})")


def _turned_away(seen: _Seen) -> Verdict | None:
    status, last = seen.status, seen.last
    if status in _BLOCKED_ALWAYS or status >= 600 or (last.method == "GET" and status in _BLOCKED_ON_GET):
        why = _why_too_many(seen.observation.exchanges) if status == 429 else _why_blocked(status)
        return seen.verdict(VerdictKind.BLOCKED, why)
    if status == 503 and last.retry_after_s is not None:
        return seen.verdict(VerdictKind.BLOCKED, "asks to come back later: maintenance")
    return None


def _held(seen: _Seen) -> Verdict | None:
    # A redirect is the last answer only where the next host was held beyond the run: no strike.
    if seen.last.location is None:
        return None
    why = f"leads to {seen.last.location}, whose host asks to be left alone for now"
    return seen.verdict(VerdictKind.BLOCKED, why)


def _walled(seen: _Seen) -> Verdict | None:
    page = seen.page
    if page is not None and ((page.wall is None and page.login is None) or _is_the_article(page, seen.context)):
        page = None
    if page is not None and page.wall is not None and (seen.is_success or seen.status >= 500):
        return seen.verdict(VerdictKind.BLOCKED, f"a wall before the page ({page.wall})")
    if not seen.is_success:
        return None
    if seen.was_redirected and (what := _asks_first(seen)) is not None:
        return seen.verdict(VerdictKind.BLOCKED, f"leads to {what}")
    if page is not None and page.login is not None:
        return seen.verdict(VerdictKind.BLOCKED, f"asks for a login ({page.login})")
    return None


def _is_the_article(page: PageSignals, context: Context) -> bool:
    """True for a page that carries the article's title and more words than a notice has, whatever it quotes."""
    return page.words >= _MORE_THAN_A_NOTICE and carries_any(page, context.titles)


def _asks_first(seen: _Seen) -> str | None:
    """What a redirect leads to that asks something of a person before the page is shown."""
    before, after = seen.observation.url, seen.last.url
    if login_url(after) is not None and login_url(before) is None:
        return "a page that asks for a login"
    if consent_url(after) is not None and consent_url(before) is None:
        return "a page that asks for consent"
    return None


# What is not there


def _cached(seen: _Seen) -> Verdict | None:
    """A cache drops pages that live and keeps some that are dead: it never decides alone."""
    if not seen.context.is_cache:
        return None
    amp = seen.context.amp
    if amp is not None and amp.verdict in _ENDED:
        return seen.verdict(VerdictKind.AMP_WITHDRAWN, f"a copy of an AMP page that is {amp.verdict}")
    if seen.status in _NOT_THERE:
        return seen.verdict(VerdictKind.AMP_WITHDRAWN, "the cache does not hold it, which says nothing of the page")
    return None


def _amp_withdrawn(seen: _Seen) -> Verdict | None:
    """An AMP page that is no longer offered while its article lives: no error, the source serves."""
    source = seen.context.source
    if not seen.context.is_amp or source is None or not source.is_alive:
        return None
    ends = {source.url, source.canonical, source.moved_to} - {None, seen.observation.url}
    if seen.is_success and seen.was_redirected and seen.last.url in ends:
        return seen.verdict(VerdictKind.AMP_WITHDRAWN, "the AMP page now leads to the article itself")
    if seen.status in _NOT_THERE and source.was_read and source.amphtml != seen.observation.url:
        return seen.verdict(VerdictKind.AMP_WITHDRAWN, "the article lives and no longer names this AMP page")
    return None


def _not_there(seen: _Seen) -> Verdict | None:
    if seen.status == 410:
        return seen.verdict(VerdictKind.GONE, "gone, says the server")
    if seen.status == 404:
        return seen.verdict(VerdictKind.MISSING, "not found")
    return None


def _other_code(seen: _Seen) -> Verdict | None:
    return None if seen.is_success else seen.verdict(VerdictKind.UNREACHABLE, _phrase(seen.status))


# Answers of success that are not the page


def _parked(seen: _Seen) -> Verdict | None:
    page = seen.page
    if not seen.has_left_its_domain and (page is None or page.parked is None):
        return None
    market = marketplace_host(host_of(seen.last.url)) if seen.has_left_its_domain else None
    if market is not None:
        return seen.verdict(VerdictKind.PARKED, f"leads to a marketplace for domains ({market})")
    if page is None or page.parked is None:
        return None
    if soft_death.is_wildcard(seen.last, seen.context):
        return seen.verdict(VerdictKind.PARKED, f"{page.parked}, at every address of the host")
    if _is_named_elsewhere(seen):
        return seen.verdict(VerdictKind.PARKED, f"another site offers the domain ({page.parked})")
    return None


def _is_named_elsewhere(seen: _Seen) -> bool:
    """True where a redirect led to another domain whose URL names the one that was left."""
    left = registrable_domain(host_of(seen.observation.url))
    return seen.has_left_its_domain and left in seen.last.url.lower()


def _suspect(seen: _Seen) -> Verdict | None:
    """Another domain whose page is not the article: lapsed domains lead to casinos and worse."""
    page, titles = seen.page, seen.context.titles
    if not titles or not seen.has_left_its_domain or seen.context.is_image or seen.context.is_cache:
        return None
    if page is None or page.media not in HTML_TYPES or carries_any(page, titles):
        return None
    if page.not_found is not None:
        return None
    shown = f"titled {page.title!r}" if page.title else "without a title"
    return seen.verdict(VerdictKind.SUSPECT, f"leads to another domain, to a page {shown} that is not the article")


def _soft_dead(seen: _Seen) -> Verdict | None:
    found = soft_death.signs(seen.observation, seen.last, seen.context)
    if soft_death.weight(found) < soft_death.ENOUGH:
        return None
    return seen.verdict(VerdictKind.SOFT_DEAD, f"but {' and '.join(sign.text for sign in found)}")


def _moved(seen: _Seen) -> Verdict | None:
    moved_to = _moved_to(seen.observation)
    if moved_to is None:
        return None
    return Verdict(
        VerdictKind.MOVED,
        f"moved permanently to {moved_to}",
        moved_to=moved_to,
        by_get=seen.last.method == "GET",
    )


def _alive(seen: _Seen) -> Verdict:
    return seen.verdict(VerdictKind.ALIVE)


_Rule = Callable[[_Seen], Verdict | None]

_RULES: tuple[_Rule, ...] = (
    _accepted,
    _challenged,
    _turned_away,
    _held,
    _walled,
    _cached,
    _amp_withdrawn,
    _not_there,
    _other_code,
    _parked,
    _suspect,
    _soft_dead,
    _moved,
    _alive,
)


def _warnings(seen: _Seen, verdict: Verdict) -> tuple[str, ...]:
    """What a person should know beside a good verdict; none of it is a reason to doubt the link."""
    if verdict.kind not in {VerdictKind.ALIVE, VerdictKind.MOVED}:
        return ()
    context, page = seen.context, seen.page
    found = []
    expires_at = seen.last.certificate_expires_at
    if expires_at is not None:
        left = datetime.fromisoformat(expires_at) - seen.observation.started_at
        if left < _CERTIFICATE_SOON:
            found.append(f"its certificate expires on {expires_at[:10]}")
    if context.was_titled and page is not None and page.title and not carries_any(page, context.titles):
        found.append(f"its page is now titled {page.title!r}, which is not like the article's title any more")
    if context.is_cache and context.amp is not None:
        why = why_not_cache_of(seen.observation.url, context.amp.url)
        found += [] if why is None else [why]
    return tuple(found)


def carries_any(page: PageSignals, titles: tuple[str, ...]) -> bool:
    """True where the page carries one of the titles."""
    return any(carries_title(page, title) for title in titles)


def _judge_failure(url: str, outcome: Failed) -> Verdict:
    kind, text = outcome.failure.kind, outcome.failure.text
    # Else it would be read as said of the link itself.
    led = "" if outcome.final_url == url else f"leads to {outcome.final_url}: "
    match kind:
        case (
            FailureKind.POLICY_SCHEME
            | FailureKind.POLICY_PORT
            | FailureKind.POLICY_ADDRESS
            | FailureKind.POLICY_ROBOTS
            | FailureKind.POLICY_OPTOUT
        ):
            return Verdict(VerdictKind.REFUSED, f"{led}not asked: {text}", failure=kind)
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
        ):
            return Verdict(VerdictKind.UNREACHABLE, f"{led}{text}", failure=kind)
        case FailureKind.REDIRECT_LOOP | FailureKind.REDIRECT_LIMIT | FailureKind.REDIRECT_INVALID:
            return Verdict(VerdictKind.UNREACHABLE, text, failure=kind)
        case _ as never:
            assert_never(never)


def _moved_to(observation: Observation) -> str | None:
    """The end of the leading run of 301/308, not what a later 302 points at; None where there is none."""
    end = None
    for exchange in observation.chain:
        if exchange.status not in _PERMANENT or exchange.accepted:
            break
        end = exchange.location
    return end if end != observation.url else None


def _say(observation: Observation) -> str:
    """The deciding answer in words, such as "404 on GET after 405 on HEAD"."""
    last = observation.exchanges[-1]
    words = f"{last.status} on {last.method}"
    if len(observation.exchanges) == 1:
        return words
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
