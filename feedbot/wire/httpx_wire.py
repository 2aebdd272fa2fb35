"""The Wire over httpx 0.28: its transport and httpcore's pool, with our own door to the socket."""

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpcore
import httpx

from feedbot.core.address import Network
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import UrlParts, split_url
from feedbot.wire.failures import MAX_TEXT, failure_of
from feedbot.wire.resolver import Resolver
from feedbot.wire.vetting import VettingBackend
from feedbot.wire.wire import Request, Response, WireLimits

# httpcore's pool scans all its connections per request; at 500 it invents dead links.
POOL = 50
_KEEPALIVE_S = 5.0
_OWN_PORT = {"http": 80, "https": 443}
# Headers of which the second value would only spoil the first (RFC 9110, 5.3: they are no lists).
_SINGLE = frozenset({"location", "retry-after", "etag", "last-modified", "content-type"})

# What a kept connection may bring through no fault of this exchange: it was closed long ago (RFC 9112,
# 9.3.1), or the answer before had more bytes than it said, which now stand where a status line should.
_LEFT_OVER = frozenset({FailureKind.RESET, FailureKind.PROTOCOL})


class HttpxWire:
    """Exchanges over HTTP/1.1, at most 50 at once; the connections of a host are kept for 5 s.

    The transport is used without httpx's client, which would bring a cookie jar, redirects, netrc and
    the environment's proxies. Limits hold as follows:

    - the deadline starts when the name is resolved and a connection may be used, and covers all else;
    - a header block over about 100 kB (h11's buffer) is PROTOCOL;
    - a body is cut at `max_body_bytes`, which is no failure;
    - a body that breaks off, is garbage or outlasts the deadline is a failure (RESET, PROTOCOL,
      TIMEOUT) of a 2xx; any other status has said what it had to say and counts as answered;
    - a kept connection that the server closed meanwhile (RFC 9112, 9.3.1), or that holds bytes of an
      earlier answer, is replaced once.
    """

    def __init__(
        self,
        resolver: Resolver,
        limits: WireLimits | None = None,
        allowed: Sequence[Network] = (),
        ssl_context: ssl.SSLContext | None = None,
        backend: httpcore.AsyncNetworkBackend | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._resolver = resolver
        self._limits = limits or WireLimits()
        # A transport that is passed in (a mock's) opens no sockets of its own, so nothing is vetted.
        self._transport = transport or _VettedTransport(
            VettingBackend(resolver, allowed, backend), ssl_context or httpx.create_ssl_context()
        )
        self._slots = anyio.Semaphore(POOL)

    @property
    def most_at_once(self) -> int | None:
        """Exchanges beyond this many wait for a connection; None where none ever does."""
        return POOL

    async def exchange(self, request: Request) -> Response | Failure:
        """The answer, or why there is none; raises nothing but cancellation."""
        try:
            parts = split_url(request.url)
            # Resolved here so that a slow name server costs no connection and no deadline; the door
            # to the socket asks again and judges what it is told then.
            found = await self._resolver.resolve(parts.host)
            if isinstance(found, Failure):
                return found
            async with self._slots:
                return await self._within_deadline(request, parts)
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return failure_of(error)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def _within_deadline(self, request: Request, parts: UrlParts) -> Response | Failure:
        started = time.monotonic()
        attempt = _Attempt()
        failure: Failure | None = None
        # A scope of anyio, not asyncio.timeout: httpcore shields the closing of a connection from the
        # former only, and a closing that is cut short loses a place in the pool for good.
        with anyio.move_on_after(self._limits.exchange_timeout_s):
            failure = await self._ask(request, parts, attempt)
            if failure is not None and failure.kind in _LEFT_OVER and attempt.was_stale:
                attempt = _Attempt()
                failure = await self._ask(request, parts, attempt)
            attempt.finished = True
        if not attempt.finished:
            text = f"no full answer in {self._limits.exchange_timeout_s:g} s"
            failure = attempt.named(Failure(FailureKind.TIMEOUT, text))
        head = attempt.head
        if failure is not None and (head is None or 200 <= head.status_code < 300):
            return failure
        assert head is not None
        return Response(
            status=head.status_code,
            headers=_plain_headers(head.headers),
            body=bytes(attempt.body),
            peer=attempt.peer,
            http_version=head.http_version,
            elapsed_ms=round((time.monotonic() - started) * 1000),
        )

    async def _ask(self, request: Request, parts: UrlParts, attempt: "_Attempt") -> Failure | None:
        try:
            head = await self._transport.handle_async_request(self._foreign(request, parts, attempt))
            try:
                attempt.head = head
                attempt.peer = attempt.peer or _peer(head.extensions.get("network_stream"))
                await self._read_body(head, attempt.body)
            finally:
                await head.aclose()
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return attempt.named(failure_of(error))
        return None

    def _foreign(self, request: Request, parts: UrlParts, attempt: "_Attempt") -> httpx.Request:
        seconds = self._limits.exchange_timeout_s
        extensions: dict[str, Any] = {
            "timeout": {
                "connect": self._limits.connect_timeout_s,
                "read": seconds,
                "write": seconds,
                "pool": seconds,
            },
            # As ada wrote it: httpx would quote it a second time, by other rules.
            "target": parts.path.encode("ascii"),
            "trace": attempt.trace,
        }
        if parts.scheme == "https" and parts.host.endswith("."):
            # A certificate names the host without the dot of the root.
            extensions["sni_hostname"] = parts.host.rstrip(".")
        # Without a Host of ours httpx decodes the name to see whether there is one, by IDNA 2008, which
        # refuses names that live: emoji, and what IDNA 2003 allowed.
        headers = [("Host", _host_header(parts)), *request.headers]
        return httpx.Request(request.method, request.url, headers=headers, extensions=extensions)

    async def _read_body(self, head: httpx.Response, body: bytearray) -> None:
        limit = self._limits.max_body_bytes
        async for chunk in head.aiter_raw():
            body += chunk[: limit - len(body)]
            if len(body) >= limit:
                return


@dataclass(slots=True)
class _Attempt:
    """What is known of an exchange so far, also when its deadline cuts it off."""

    head: httpx.Response | None = None
    body: bytearray = field(default_factory=bytearray)
    peer: str | None = None
    connecting: bool = False
    asked: bool = False
    finished: bool = False

    @property
    def was_stale(self) -> bool:
        """True where a kept connection brought no answer at all: what came may be of an earlier exchange."""
        return self.asked and not self.connecting and self.head is None

    def named(self, failure: Failure) -> Failure:
        """The failure with the address asked, where a connection to it came about."""
        return failure if self.peer is None else Failure(failure.kind, f"{self.peer}: {failure.text}"[:MAX_TEXT])

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        """Called by httpcore (its "trace" extension) as the exchange goes on."""
        if event == "connection.connect_tcp.started":
            self.connecting = True
        elif event == "connection.connect_tcp.complete":
            self.peer = _peer(info["return_value"])
        elif event == "http11.send_request_headers.started":
            self.asked = True


class _VettedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool of our own making, which it offers no parameter for."""

    def __init__(self, door: VettingBackend, ssl_context: ssl.SSLContext) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=POOL,
            max_keepalive_connections=POOL,
            keepalive_expiry=_KEEPALIVE_S,
            http1=True,
            http2=False,
            retries=0,
            network_backend=door,
        )


def _host_header(parts: UrlParts) -> str:
    """The host as ada wrote it, with its port where that is not the scheme's own (RFC 9110, 7.2)."""
    return parts.host if parts.port == _OWN_PORT.get(parts.scheme) else f"{parts.host}:{parts.port}"


def _peer(stream: httpcore.AsyncNetworkStream | None) -> str | None:
    """The address at the other end; None where the system no longer knows it, as after a reset."""
    try:
        address = stream.get_extra_info("server_addr") if stream is not None else None
    except Exception:  # noqa: BLE001 - asking who answered must not spoil the answer
        return None
    return str(address[0]) if isinstance(address, tuple) and address else None


def _plain_headers(headers: httpx.Headers) -> dict[str, str]:
    plain: dict[str, str] = {}
    for name, value in headers.multi_items():
        if name not in plain:
            plain[name] = value
        elif name not in _SINGLE:
            plain[name] += f", {value}"
    return plain
