"""robots.txt of the origins that are asked: fetched over the same wire, through the host's gate, once a run."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.robots import RobotsRules, read_robots
from feedbot.core.url import InvalidUrl, UrlParts, resolve_url
from feedbot.wire.politeness import HostGates
from feedbot.wire.wire import Response

MAX_REDIRECTS = 5
"""As many as RFC 9309, 2.3.1.2, wants followed at least."""

MAX_CRAWL_DELAY_S = 3600.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# The server was there and gave no answer; what comes before that, the page itself will meet as well.
_UNREADABLE = frozenset({FailureKind.RESET, FailureKind.TIMEOUT, FailureKind.PROTOCOL})

Ask = Callable[[str], Awaitable[Response | Failure]]
"""A GET of a URL through its host's gate, or why policy refuses it; raises HeldTooLong."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an origin: its rules, or why nothing may be asked there."""

    rules: RobotsRules | None = None
    closed: str | None = None


_OPEN = _Known()


class Robots:
    """Says what may not be asked, by the robots.txt of its origin.

    Groups that name feedbot are obeyed always, those for everybody where `everybody` is set. A file
    that is not there (4xx, or redirects that lead nowhere) forbids nothing. One that is there but
    cannot be read (5xx, 429, no full answer) forbids everything for this run where `everybody` is set
    (RFC 9309, 2.3.1.4), and nothing otherwise. Of a longer file only what the wire reads counts.
    """

    def __init__(self, ask: Ask, gates: HostGates, *, everybody: bool) -> None:
        self._ask = ask
        self._gates = gates
        self._everybody = everybody
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Lock] = {}

    async def why_not(self, url: str, parts: UrlParts) -> str | None:
        """Why a URL may not be asked, in words; None where it may. Raises HeldTooLong."""
        origin = f"{parts.scheme}://{parts.host}:{parts.port}"
        known = self._known.get(origin)
        if known is None:
            known = await self._ask_once(origin, parts.host)
        if known.closed is not None:
            return f"robots.txt of {parts.host} {known.closed}, so nothing may be asked there for now"
        if known.rules is not None and not known.rules.allow(url):
            return f"robots.txt of {parts.host} forbids it"
        return None

    async def _ask_once(self, origin: str, host: str) -> _Known:
        """What is known of an origin once one lane has asked; the others wait for that."""
        lock = self._asking.setdefault(origin, asyncio.Lock())
        if lock.locked():
            with self._gates.slots.pausing():
                await lock.acquire()
        else:
            await lock.acquire()
        try:
            if origin not in self._known:
                self._known[origin] = await self._read(f"{origin}/robots.txt", host)
            return self._known[origin]
        finally:
            lock.release()

    async def _read(self, place: str, host: str) -> _Known:
        answer = await self._fetch(resolve_url(place))
        if isinstance(answer, Failure):
            closed = answer.text if answer.kind in _UNREADABLE else None
        else:
            closed = f"answers {answer.status}" if answer.status == 429 or answer.status >= 500 else None
        if closed is not None:
            return _Known(closed=f"cannot be read ({closed})") if self._everybody else _OPEN
        if isinstance(answer, Failure) or not 200 <= answer.status < 300:
            return _OPEN
        rules = read_robots(answer.body.decode("utf-8", "replace"), everybody=self._everybody)
        if rules is None:
            return _OPEN
        if rules.crawl_delay_s is not None:
            self._gates.slow_down(host, min(rules.crawl_delay_s, MAX_CRAWL_DELAY_S))
        return _Known(rules)

    async def _fetch(self, url: str) -> Response | Failure:
        answer = await self._ask(url)
        for _ in range(MAX_REDIRECTS):
            if isinstance(answer, Failure) or answer.status not in _REDIRECTS:
                break
            try:
                url = resolve_url(answer.headers.get("location", ""), base=url).partition("#")[0]
            except InvalidUrl:
                break
            answer = await self._ask(url)
        return answer
