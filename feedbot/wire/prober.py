"""One careful look at a target: which requests, in which order, until an outcome is certain."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from feedbot.clock import Clock
from feedbot.core.observation import Answered, Exchange, Failed, Failure, FailureKind, Observation
from feedbot.core.page import read_page
from feedbot.core.page_address import challenge_of_headers
from feedbot.core.url import BAD_PORTS, MAX_URL_LENGTH, InvalidUrl, resolve_url, split_url, why_never_asked
from feedbot.wire.hosts import NO_RULES, Credentials, HostRule, HostRules, covering
from feedbot.wire.identity import Headers
from feedbot.wire.politeness import HeldTooLong, HostGates
from feedbot.wire.resolver import Resolver
from feedbot.wire.retry_after import asked_wait_s, hold_s
from feedbot.wire.robots import Robots
from feedbot.wire.wire import Method, Request, Response, Wire

MAX_REQUESTS_PER_URL = 4
_ROBOTS_TIMEOUT_S = 10.0
_MAX_TEXT = 300
_MAX_VALIDATOR = 512

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WAIT_CODES = frozenset({429, 503})
_TRANSIENT = frozenset(
    {
        FailureKind.RESET,
        FailureKind.CONNECT_REFUSED,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.CONNECT_UNREACHABLE,
        FailureKind.TIMEOUT,
    }
)
# What may be a server's answer to HEAD as such; the other kinds come before a method is sent.
_AFTER_ASKING = frozenset({FailureKind.RESET, FailureKind.TIMEOUT, FailureKind.PROTOCOL})


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """What to look at: a canonical URL, the method to begin with, and what tells its last answer from another.

    `length` is the Content-Length of that answer, in bytes. `compared`: its page is to be held against another.
    """

    url: str
    first_method: Method = "GET"
    etag: str | None = None
    last_modified: str | None = None
    length: int | None = None
    compared: bool = False


class Postponed(msgspec.Struct, frozen=True, tag=True):
    """A target that was not judged: its host asked to be left alone for longer than the run lasts.

    It was not asked at all, or with a HEAD only whose answer wants a GET for a second opinion.
    """

    url: str
    retry_after_s: float


class Lost(msgspec.Struct, frozen=True, tag=True):
    """A target that was taken from the plan and has no result, because the process that was to ask it is gone."""

    url: str


@dataclass(frozen=True, slots=True)
class ProbePolicy:
    """How far a probe goes; durations in seconds, `run_ends_at` in the clock's monotonic seconds.

    `optout` are hosts that are never asked, nor their subdomains (canonical names); `hosts` says what
    is different for single ones. `robots` says whose groups of a robots.txt are obeyed: feedbot's own
    (False), those for everybody too (True), or none, and then it is not asked for ("never").
    `back_off_s` are the waits before each retry of a transient failure; where it is empty, there is none.
    """

    headers: Headers
    hosts: HostRules = NO_RULES
    optout: frozenset[str] = frozenset()
    robots: bool | Literal["never"] = "never"
    max_redirects: int = 5
    back_off_s: tuple[float, ...] = (2.0, 8.0)
    probe_timeout_s: float = 60.0
    run_ends_at: float = math.inf


class Prober:
    """Probes targets over a wire, through the gates of their hosts.

    `head_refused` holds the hosts that broke HEAD where GET then worked; they are asked with GET.
    The caller may fill it before, and keep it after, a run. `resolver` is the wire's own, which looks up
    each name once: a host waits for its turn only when its name is known. Without one (behind a proxy,
    which looks names up itself) the wire does so in its turn.
    """

    def __init__(
        self, wire: Wire, gates: HostGates, clock: Clock, policy: ProbePolicy, resolver: Resolver | None = None
    ) -> None:
        self.wire = wire
        self.gates = gates
        self.clock = clock
        self.policy = policy
        self._resolver = resolver
        self._looked_up: set[str] = set()
        self.head_refused: set[str] = set()
        self.robots: Robots | None = None
        if policy.robots != "never":
            self.robots = Robots(self.ask, gates, everybody=policy.robots)

    @property
    def run_left_s(self) -> float | None:
        """Seconds until the run ends; None where it has no end."""
        left = self.policy.run_ends_at - self.clock.monotonic()
        return None if math.isinf(left) else max(0.0, left)

    @property
    def is_over(self) -> bool:
        """True where the run has ended: nothing is started any more."""
        return self.clock.monotonic() >= self.policy.run_ends_at

    async def probe(self, target: ProbeTarget) -> Observation | Postponed:
        """One observation of a target, or Postponed where its host is held beyond the end of the run.

        What was answered before the hold is an observation: else a host that asks for a wait every
        time, or a target that leads to one, would never have any.
        """
        started_at, started = self.clock.now(), self.clock.monotonic()
        look = _Look(self, target)
        try:
            outcome = await look.outcome()
        except HeldTooLong as held:
            so_far = look.outcome_so_far()
            if so_far is None:
                return Postponed(target.url, held.wait_s)
            outcome = so_far
        return Observation(
            url=target.url,
            started_at=started_at,
            elapsed_ms=round((self.clock.monotonic() - started) * 1000),
            exchanges=tuple(look.exchanges),
            outcome=outcome,
        )

    async def ask(self, url: str, timeout_s: float = _ROBOTS_TIMEOUT_S) -> Response | Failure:
        """A GET of a URL that is no target, through its host's gate and without credentials.

        A Failure where policy refuses it; raises HeldTooLong.
        """
        policy = self.policy
        refused = _why_refused(url, policy)
        if refused is not None:
            return refused
        host = split_url(url).host
        rule = policy.hosts.of(host)
        headers = policy.headers if rule is None else rule.headers
        await self.look_up(host)
        async with self.gates.slot(host, latest=policy.run_ends_at):
            answer = await self.wire.exchange(Request("GET", url, headers, timeout_s=timeout_s))
        if isinstance(answer, Response) and answer.status in _WAIT_CODES:
            self.heed(host, self.retry_after_s(answer))
        return answer

    async def look_up(self, host: str) -> float:
        """Have a host's name looked up, once a run; returns the seconds that it took.

        Before its turn, so that a slow name server takes no room from hosts that could be asked.
        """
        if self._resolver is None or host in self._looked_up:
            return 0.0
        started = self.clock.monotonic()
        with self.gates.slots.watching():
            await self._resolver.resolve(host)
        self._looked_up.add(host)
        return self.clock.monotonic() - started

    def retry_after_s(self, answer: Response) -> float | None:
        """The seconds for which an answer asks to be left alone; None where it does not say."""
        value = answer.headers.get("retry-after")
        return None if value is None else asked_wait_s(value, self.clock.now())

    def heed(self, host: str, retry_after_s: float | None) -> None:
        """Leave a host alone, after 429 or 503, for as long as it asks; ask it more slowly where it does not say."""
        if retry_after_s is None:
            self.gates.slow_lane(host)
        else:
            self.gates.hold(host, hold_s(retry_after_s))


@dataclass(slots=True)
class _Look:
    """One probe under way: where it stands and what it has used up."""

    prober: Prober
    target: ProbeTarget
    url: str = field(init=False)
    host: str = field(init=False, default="")
    rule: HostRule | None = field(init=False, default=None)
    credentials: Credentials | None = field(init=False, default=None)
    origin: tuple[str, str, int] | None = field(init=False, default=None)
    """Of the target; None once the way has left it."""
    method: Method = field(init=False)
    hop: int = field(init=False, default=0)
    exchanges: list[Exchange] = field(init=False, default_factory=list)
    asked: Counter[str] = field(init=False, default_factory=Counter)
    seen: set[tuple[str, Method]] = field(init=False, default_factory=set)
    retries: int = field(init=False, default=0)
    waited: bool = field(init=False, default=False)
    head_failed: bool = field(init=False, default=False)
    slowed: str | None = field(init=False, default=None)
    spent_s: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.url = self.target.url
        self.method = self.target.first_method

    async def outcome(self) -> Answered | Failed:
        """The end of the probe; raises HeldTooLong."""
        refused = self._enter(self.url) or await self._forbidden()
        while refused is None:
            if self._budget_s <= 0:
                return self._failed(FailureKind.TIMEOUT, f"no outcome in {self._limit_s:g} s")
            exchange = await self._ask()
            self.exchanges.append(exchange)
            if await self._asks_again(exchange):
                continue
            if self.head_failed and _is_clear(exchange):
                # The same page, asked with GET, is well: it was HEAD that the server cannot do.
                self.prober.head_refused.add(self.host)
            if exchange.failure is not None:
                return Failed(exchange.failure, self.url)
            assert exchange.status is not None
            if exchange.status not in _REDIRECTS or exchange.accepted:
                return Answered(exchange.status, self.url)
            if exchange.location is None:
                return self._failed(FailureKind.REDIRECT_INVALID, self._bad_location)
            refused = self._follow(exchange.location) or await self._forbidden()
        return refused

    def outcome_so_far(self) -> Answered | Failed | None:
        """What the last exchange says where no other may be made; None where it decides nothing."""
        if not self.exchanges:
            return None
        last = self.exchanges[-1]
        # Servers answer HEAD with a 404 or 405 for pages that live; GET would have been next.
        if last.method == "HEAD" and not _asks_to_wait(last) and _may_be_due_to_head(last):
            return None
        if last.failure is not None:
            return Failed(last.failure, last.url)
        assert last.status is not None
        return Answered(last.status, last.url)

    # One exchange

    async def _ask(self) -> Exchange:
        prober = self.prober
        looked_up_s = await prober.look_up(self.host)
        async with prober.gates.slot(self.host, latest=prober.policy.run_ends_at):
            self.asked[self.url] += 1
            self.seen.add((self.url, self.method))
            request = Request(self.method, self.url, self._headers(), timeout_s=self._budget_s)
            started = prober.clock.monotonic()
            answer = await prober.wire.exchange(request)
            seconds = prober.clock.monotonic() - started
        self.spent_s += seconds
        if self.credentials is not None:
            answer = self.credentials.scrub(answer)
        if isinstance(answer, Failure):
            return Exchange(
                hop=self.hop,
                method=self.method,
                url=self.url,
                failure=Failure(answer.kind, answer.text[:_MAX_TEXT]),
                elapsed_ms=round(seconds * 1000),
            )
        return self._answered(answer, round(looked_up_s * 1000))

    def _headers(self) -> Headers:
        headers = self.prober.policy.headers if self.rule is None else self.rule.headers
        if self.credentials is not None:
            headers = self.credentials.headers
        # Validators belong to the target's own URL, and a GET is there to see the page.
        if self.method == "HEAD" and self.hop == 0:
            etag, last_modified = _validator(self.target.etag), _validator(self.target.last_modified)
            headers += (("If-None-Match", etag),) if etag else ()
            headers += (("If-Modified-Since", last_modified),) if last_modified else ()
        return headers

    def _answered(self, answer: Response, looked_up_ms: int) -> Exchange:
        headers = answer.headers
        phases = answer.phases
        if looked_up_ms and phases is not None:
            phases = msgspec.structs.replace(phases, resolve=looked_up_ms)
        location = self._location(headers.get("location")) if answer.status in _REDIRECTS else None
        # A redirect's own page is not where anybody arrives, and a HEAD has none.
        reads = self.method == "GET" and location is None
        # Where a redirect ends is compared with where one from a made-up address does.
        compared = self.target.compared or self.hop > 0
        signals = read_page(self.url, answer.status, headers, answer.body, compared=compared) if reads else None
        return Exchange(
            hop=self.hop,
            method=self.method,
            url=self.url,
            status=answer.status,
            location=location,
            peer=answer.peer,
            http_version=answer.http_version[:20],
            elapsed_ms=answer.elapsed_ms,
            bytes_read=len(answer.body),
            phases=phases,
            certificate_expires_at=answer.certificate_expires_at,
            retry_after_s=self.prober.retry_after_s(answer),
            accepted=self.rule is not None and answer.status in self.rule.accepted,
            challenge=challenge_of_headers(answer.status, headers),
            etag=_validator(headers.get("etag")),
            last_modified=_validator(headers.get("last-modified")),
            signals=signals,
            length=_length(headers.get("content-length")),
        )

    # Asking again

    async def _asks_again(self, exchange: Exchange) -> bool:
        """True where the same URL is asked once more: after a wait, with GET, or as a retry."""
        held = _asks_to_wait(exchange)
        # One URL slows its host once: it may be the only one there that fails. A 503 may be about HEAD.
        slows = _is_too_much(exchange) and (exchange.method, exchange.status) != ("HEAD", 503)
        if held or (slows and self.slowed != self.url):
            self.prober.heed(self.host, exchange.retry_after_s)
            self.slowed = self.url
        if self.asked[self.url] >= MAX_REQUESTS_PER_URL:
            return False
        if held:
            # The slot of the next request does the waiting, or says that the run will not last.
            again = not self.waited
            self.waited = True
            self.method = "GET" if again else self.method
            return again
        if self.method == "HEAD" and _may_be_due_to_head(exchange):
            self.method = "GET"
            if exchange.status == 429:
                # Too many requests is not about the method: GET takes the time of a retry.
                return await self._backs_off()
            self.head_failed = True
            return True
        if self.method == "HEAD" and self.hop == 0 and _has_changed(exchange, self.target):
            # The page is not the one that was read: it is read anew.
            self.method = "GET"
            return True
        return not self.waited and _is_transient(exchange) and await self._backs_off()

    async def _backs_off(self) -> bool:
        """Wait before a retry; False where there is none left, or no time for it."""
        pauses = self.prober.policy.back_off_s
        if self.retries >= len(pauses) or pauses[self.retries] >= self._budget_s:
            return False
        pause = pauses[self.retries]
        self.retries += 1
        self.spent_s += pause
        with self.prober.gates.slots.pausing():
            await self.prober.clock.sleep(pause)
        return True

    # From hop to hop

    def _follow(self, location: str) -> Failed | None:
        """Step to the next URL; a Failed where it is not to be asked."""
        if self.hop >= self.prober.policy.max_redirects:
            most = self.prober.policy.max_redirects
            return _failed(FailureKind.REDIRECT_LIMIT, f"more than {most} redirects", location)
        if (location, self.method) in self.seen and self.method == "HEAD":
            self.method = "GET"
        if (location, self.method) in self.seen:
            return _failed(FailureKind.REDIRECT_LOOP, f"redirects lead back to {location}", location)
        self.hop += 1
        self.head_failed = False
        return self._enter(location)

    def _enter(self, url: str) -> Failed | None:
        """Make a URL the current one; a Failed where policy refuses it."""
        self.url = url
        refused = _why_refused(url, self.prober.policy)
        if refused is not None:
            return self._failed(refused.kind, refused.text)
        parts = split_url(url)
        self.host = parts.host
        self.rule = self.prober.policy.hosts.of(self.host)
        # Credentials are for the origin that the link names: nobody else may send us there with them.
        origin = (parts.scheme, parts.host, parts.port)
        self.origin = origin if self.hop == 0 or self.origin == origin else None
        self.credentials = None if self.origin is None else self.prober.policy.hosts.credentials(parts)
        never_head = self.rule is not None and self.rule.never_head
        if self.method == "HEAD" and (never_head or self.host in self.prober.head_refused):
            self.method = "GET"
        return None

    async def _forbidden(self) -> Failed | None:
        """A Failed where the current URL's robots.txt does not want it asked; raises HeldTooLong."""
        robots = self.prober.robots
        why = None if robots is None else await robots.why_not(self.url, split_url(self.url))
        return None if why is None else self._failed(FailureKind.POLICY_ROBOTS, why)

    def _location(self, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            url = resolve_url(text, base=self.url).partition("#")[0]
        except InvalidUrl:
            return None
        return url if len(url) <= MAX_URL_LENGTH else None

    @property
    def _bad_location(self) -> str:
        return f"{self.exchanges[-1].status} leads nowhere: no Location, or none that is a URL"

    def _failed(self, kind: FailureKind, text: str) -> Failed:
        return _failed(kind, text, self.url)

    @property
    def _limit_s(self) -> float:
        return self.prober.policy.probe_timeout_s

    @property
    def _budget_s(self) -> float:
        """Seconds left of the probe; waiting for a slot does not count."""
        return self._limit_s - self.spent_s


def _why_refused(url: str, policy: ProbePolicy) -> Failure | None:
    """Why a URL is not asked, by its scheme, its port or its host's wish; None where it may be."""
    try:
        parts = split_url(url)
    except InvalidUrl as error:
        return Failure(FailureKind.POLICY_SCHEME, str(error))
    why = why_never_asked(parts)
    if why is not None:
        is_port = parts.scheme in ("http", "https") and parts.port in BAD_PORTS
        return Failure(FailureKind.POLICY_PORT if is_port else FailureKind.POLICY_SCHEME, why)
    if policy.optout and covering(policy.optout, parts.host) is not None:
        return Failure(FailureKind.POLICY_OPTOUT, f"{parts.host} asks not to be checked")
    return None


def _failed(kind: FailureKind, text: str, url: str) -> Failed:
    return Failed(Failure(kind, text[:_MAX_TEXT]), url)


def _is_clear(exchange: Exchange) -> bool:
    """True for an answer that needs no second opinion: 2xx, 3xx that leads somewhere, 304, 410, an accepted one."""
    status = exchange.status
    if exchange.accepted:
        return True
    if status is None or exchange.challenge is not None:
        return False
    if status in _REDIRECTS:
        return exchange.location is not None
    return 200 <= status < 400 or status == 410


def _asks_to_wait(exchange: Exchange) -> bool:
    return _is_too_much(exchange) and exchange.retry_after_s is not None


def _is_too_much(exchange: Exchange) -> bool:
    """True for 429 and 503, unless the operator takes them for a living page."""
    return exchange.status in _WAIT_CODES and not exchange.accepted


def _may_be_due_to_head(exchange: Exchange) -> bool:
    """True where GET may fare better: an unclear answer, or none after the method was sent."""
    if exchange.failure is not None:
        return exchange.failure.kind in _AFTER_ASKING
    return not _is_clear(exchange)


def _has_changed(head: Exchange, target: ProbeTarget) -> bool:
    """True where a HEAD tells of another page than the one remembered, by any of three signs that both have.

    A length of 0 says nothing: servers send it with HEAD because no body follows.
    """
    if head.status is None or not 200 <= head.status < 300:
        return False
    pairs = (
        (_weak(head.etag), _weak(target.etag)),
        (head.last_modified, target.last_modified),
        (head.length or None, target.length or None),
    )
    return any(now is not None and before is not None and now != before for now, before in pairs)


def _weak(etag: str | None) -> str | None:
    """An entity tag for weak comparison (RFC 9110, 8.8.3.2)."""
    return None if etag is None else etag.removeprefix("W/")


def _is_transient(exchange: Exchange) -> bool:
    if exchange.failure is not None:
        return exchange.failure.kind in _TRANSIENT
    status = exchange.status or 0
    if exchange.accepted:
        return False
    # A wall does not tire of a bot that knocks again.
    is_wall = exchange.challenge is not None or (
        exchange.signals is not None and exchange.signals.challenge is not None
    )
    return not is_wall and (status == 429 or 500 <= status < 600)


def _validator(value: str | None) -> str | None:
    """A validator that can be sent back as it came; one cut short or re-coded would match nothing."""
    usable = value and len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable()
    return value if usable else None


def _length(value: str | None) -> int | None:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) <= 18 else None
