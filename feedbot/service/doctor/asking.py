"""How the doctor asks servers: over the wire that asks links, few times, and within a bound whatever they do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.feed_answers import MAX_BYTES, Answer
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import InvalidUrl, host_of, resolve_url, split_url, why_never_asked
from feedbot.wire.choice import make_httpx_wire
from feedbot.wire.identity import identity_headers
from feedbot.wire.resolver import Resolver, SystemResolver
from feedbot.wire.wire import Request, Wire

ANSWERS_WITHIN_S = 10.0
"""What a server has for one answer."""

ENDS_WITHIN_S = 90.0
"""Nothing more is asked after this long."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3
_NETWORK = frozenset(
    {
        FailureKind.DNS_TIMEOUT,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.CONNECT_REFUSED,
        FailureKind.CONNECT_UNREACHABLE,
        FailureKind.TIMEOUT,
    }
)
# A host that is silent twice on a port is not asked there a third time.
_MOST_SILENCES = 2


class Asker:
    """Asks for the doctor; what it learns of dates and certificates on the way, others judge."""

    def __init__(
        self, wire: Wire, resolver: Resolver, clock: Clock, contact: str, *, within_s: float = ANSWERS_WITHIN_S
    ) -> None:
        self.resolver = resolver
        self.certificates: dict[str, str] = {}
        """When the certificate of a host expires, in ISO 8601 and UTC."""
        self._wire = wire
        self._clock = clock
        self._contact = contact
        self._within_s = within_s
        self._ends_at = clock.monotonic() + ENDS_WITHIN_S
        self._silences: dict[tuple[str, int], int] = {}

    async def ask(self, url: str, **headers: str) -> Answer | Failure:
        """The answer to a GET at the end of at most three redirects; `if_none_match=...` sends If-None-Match."""
        said = {name.replace("_", "-").title(): value for name, value in headers.items()}
        sent = tuple((dict(identity_headers(self._contact)) | said).items())
        for _ in range(_MOST_REDIRECTS + 1):
            answer = await self._exchange(url, sent)
            if isinstance(answer, Failure) or answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            led = _led(url, answer.headers["location"])
            if isinstance(led, Failure):
                return led
            url = led
        return Failure(FailureKind.REDIRECT_LIMIT, f"more than {_MOST_REDIRECTS} redirects")

    async def _exchange(self, url: str, headers: tuple[tuple[str, str], ...]) -> Answer | Failure:
        parts = split_url(url)
        host, place = host_of(url), (parts.host, parts.port)
        left_s = self._ends_at - self._clock.monotonic()
        if self._silences.get(place, 0) >= _MOST_SILENCES or left_s <= 0:
            return Failure(FailureKind.TIMEOUT, f"{host} did not answer before, and is not asked again")
        response = await self._wire.exchange(Request("GET", url, headers, min(self._within_s, left_s)))
        if isinstance(response, Failure):
            if response.kind in _NETWORK:
                self._silences[place] = self._silences.get(place, 0) + 1
            return response
        if response.certificate_expires_at is not None:
            self.certificates[host] = response.certificate_expires_at
        return Answer(url, response.status, response.headers, response.body)


def _led(url: str, location: str) -> str | Failure:
    """Where a redirect leads, where that may be asked."""
    try:
        led = resolve_url(location, url).partition("#")[0]
        why = why_never_asked(split_url(led))
    except InvalidUrl:
        return Failure(FailureKind.REDIRECT_INVALID, f"a redirect to {location[:200]!r}")
    return led if why is None else Failure(FailureKind.REDIRECT_INVALID, f"a redirect to {led}: {why}")


@asynccontextmanager
async def open_asker(
    config: Config,
    clock: Clock,
    resolver: Resolver | None = None,
    *,
    within_s: float = ANSWERS_WITHIN_S,
) -> AsyncIterator[Asker]:
    """An asker over httpx within the config's limits; closes what it opened. A resolver passed in stays the caller's.

    Raises ConfigError as `choice.require_usable` does.
    """
    names = resolver or SystemResolver(threads=8, timeout_s=within_s)
    wire = make_httpx_wire(config.checker.policy(), names, max_body_bytes=MAX_BYTES)
    try:
        yield Asker(wire, names, clock, config.contact, within_s=within_s)
    finally:
        await wire.aclose()
        if isinstance(names, SystemResolver) and names is not resolver:
            names.close()
