"""The seam to the network: one exchange, failures as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from feedbot.core.observation import Failure, FailureKind, Phases
from feedbot.core.url import InvalidUrl, UrlParts, split_url

Method = Literal["GET", "HEAD"]
"""How a link is asked."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: a canonical http(s) URL (core/url.py) whose scheme and port are already vetted.

    `timeout_s` shortens the wire's own limit for this exchange; both run from when the name is resolved.
    `body` is sent with a POST, as it stands; its Content-Type is among `headers`.
    """

    method: Method | Literal["POST"]
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    timeout_s: float | None = None
    body: bytes = b""

    def parts(self) -> UrlParts:
        """The URL taken apart; raises InvalidUrl where it is none of http or https."""
        parts = split_url(self.url)
        if parts.scheme not in {"http", "https"} or not parts.host:
            raise InvalidUrl(f"not an http or https URL: {self.url[:200]!r}")
        return parts


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: `headers` by lower-case name, `body` as sent (never decoded), cut at the wire's limit.

    A header sent several times is joined with ", "; where it can have one value only, the first counts.
    `peer` is the address asked; `elapsed_ms` runs from the request's slot, its name resolved.
    `certificate_expires_at` is the server's, in ISO 8601 and UTC; None where none was seen: over http,
    and on a connection that an earlier exchange opened.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    peer: str | None
    http_version: str
    elapsed_ms: int
    phases: Phases | None = None
    certificate_expires_at: str | None = None


class Wire(Protocol):
    """Carries out exchanges: no redirects, no cookies, no environment, no decoding, no second opinion.

    What every wire keeps to (tests/wire/contract holds them to it):

    - a socket is opened to a vetted address only, and a connection serves its own name only;
    - the deadline starts when the name is resolved, and covers all else;
    - connecting, TLS included, has a limit of its own; what ends there is CONNECT_TIMEOUT;
    - a header block over `max_header_bytes`, interim answers (1xx) included, is PROTOCOL;
    - a body is cut at `max_body_bytes`, which is no failure;
    - a body that breaks off, is garbage or outlasts the deadline is a failure (RESET, PROTOCOL,
      TIMEOUT) of a 2xx; any other status has said what it had to say and counts as answered;
    - a kept connection that the server closed meanwhile (RFC 9112, 9.3.1), or that holds bytes of an
      earlier answer, is replaced, also for a POST; one that waited for longer than `keepalive_s` is not tried.
    """

    @property
    def most_at_once(self) -> int | None:
        """Exchanges beyond this many wait for a connection; None where none ever does."""
        ...

    async def exchange(self, request: Request) -> Response | Failure:
        """The answer, or why there is none; raises nothing but cancellation."""
        ...

    async def aclose(self) -> None:
        """Close every connection; an exchange under way ends in OURSELVES."""
        ...


CLOSED = Failure(FailureKind.OURSELVES, "the wire is closed")


@dataclass(frozen=True, slots=True)
class WireLimits:
    """What one exchange may take: seconds and bytes; and how long its connection may wait for the next."""

    connect_timeout_s: float = 10.0
    exchange_timeout_s: float = 30.0
    max_header_bytes: int = 100_000
    max_body_bytes: int = 64 * 1024
    keepalive_s: int = 10

    def deadline_s(self, request: Request) -> float:
        """Seconds that an exchange may take in all."""
        if request.timeout_s is None:
            return self.exchange_timeout_s
        return min(request.timeout_s, self.exchange_timeout_s)
