"""The Wire over httpx 0.28: its transport and httpcore's pool, with our own door to the socket."""

import ssl
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import certifi
import httpcore
import httpx

from feedbot.core.address import Network
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.proxy import Proxy
from feedbot.core.url import UrlParts
from feedbot.wire.attempt import Attempt, peer_of
from feedbot.wire.failures import failure_of
from feedbot.wire.headers import plain_headers
from feedbot.wire.peers import WANTS_CREDENTIALS, authorization, peers_of, proxy_failure, proxy_refusal
from feedbot.wire.proxy import ProxyBackend
from feedbot.wire.resolver import Resolver
from feedbot.wire.vetting import VettingBackend
from feedbot.wire.wire import CLOSED, Request, Response, WireLimits

# httpcore's pool scans all its connections per request; at 500 it invents dead links.
POOL = 50
_CHUNKS_IN_A_ROW = 100

# What a kept connection may bring through no fault of this exchange: it was closed long ago (RFC 9112,
# 9.3.1), or the answer before had more bytes than it said, which now stand where a status line should.
_LEFT_OVER = frozenset({FailureKind.RESET, FailureKind.PROTOCOL})


class HttpxWire:
    """Exchanges over HTTP/1.1, at most 50 at once; kept connections serve their own name only.

    The transport is used without httpx's client, which would bring a cookie jar, redirects, netrc and
    the environment's proxies. Limits hold as wire.Wire says; the deadline starts when the name is
    resolved and a connection may be used.
    """

    def __init__(
        self,
        resolver: Resolver,
        limits: WireLimits | None = None,
        allowed: Sequence[Network] = (),
        ca_bundle: Path | str | None = None,
        proxy: Proxy | None = None,
        ssl_context: ssl.SSLContext | None = None,
        backend: httpcore.AsyncNetworkBackend | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._resolver = resolver
        self._limits = limits or WireLimits()
        self._allowed = tuple(allowed)
        self._proxy = proxy
        # One for each scheme, for a proxy is asked for http and for https in two ways. What is passed in
        # (a mock's) opens no sockets.
        self._transports = (
            dict.fromkeys(("http", "https"), transport)
            if transport
            else self._made(ssl_context or trusting(ca_bundle), backend)
        )
        self._slots = anyio.Semaphore(POOL)
        self._under_way: set[anyio.CancelScope] = set()
        self._is_closed = False

    @property
    def most_at_once(self) -> int | None:
        """Exchanges beyond this many wait for a connection; None where none ever does."""
        return POOL

    async def exchange(self, request: Request) -> Response | Failure:
        """The answer, or why there is none; raises nothing but cancellation."""
        try:
            parts = request.parts()
            # Resolved here so that a slow name server costs no connection and no deadline, and judged, for a
            # kept connection needs no socket; the door to the socket asks again and judges what it is told then.
            asked = time.monotonic()
            peers = await peers_of(parts, self._resolver, self._allowed, self._proxy)
            if isinstance(peers, Failure):
                return peers
            resolve_s = time.monotonic() - asked
            async with self._slots:
                return await self._within_deadline(request, parts, resolve_s)
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return failure_of(error)

    async def aclose(self) -> None:
        """Close every connection; an exchange under way ends in OURSELVES."""
        self._is_closed = True
        for scope in self._under_way:
            scope.cancel()
        for transport in self._transports.values():
            await transport.aclose()

    def _made(
        self, context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend | None
    ) -> dict[str, httpx.AsyncBaseTransport]:
        if self._proxy is None:
            door = VettingBackend(self._resolver, self._allowed, backend)
            return dict.fromkeys(("http", "https"), _DooredTransport(door, context, self._limits.keepalive_s))
        return {
            scheme: _DooredTransport(
                ProxyBackend(self._proxy, self._resolver, is_tunnel=scheme == "https", inner=backend),
                context,
                self._limits.keepalive_s,
            )
            for scheme in ("http", "https")
        }

    async def _within_deadline(self, request: Request, parts: UrlParts, resolve_s: float) -> Response | Failure:
        if self._is_closed:
            return CLOSED
        deadline_s = self._limits.deadline_s(request)
        started = time.monotonic()
        attempt = Attempt(self._limits.max_header_bytes)
        failure: Failure | None = None
        is_finished = False
        # A scope of anyio, not asyncio.timeout: httpcore shields the closing of a connection from the
        # former only, and a closing that is cut short loses a place in the pool for good.
        with anyio.move_on_after(deadline_s) as scope:
            self._under_way.add(scope)
            try:
                failure = await self._ask(request, parts, attempt, deadline_s)
                if failure is not None and failure.kind in _LEFT_OVER and attempt.was_stale:
                    attempt = Attempt(self._limits.max_header_bytes)
                    failure = await self._ask(request, parts, attempt, deadline_s)
                is_finished = True
            finally:
                self._under_way.discard(scope)
        if not is_finished:
            failure = CLOSED if self._is_closed else self._late(attempt, deadline_s)
        head = attempt.head
        if failure is not None and (head is None or 200 <= head.status_code < 300):
            return failure
        assert head is not None
        is_forwarded = self._proxy is not None and parts.scheme == "http"
        if is_forwarded and head.status_code == WANTS_CREDENTIALS:
            return proxy_refusal(head.status_code)
        headers = plain_headers((_text(name).lower(), _text(value)) for name, value in head.headers.raw)
        if isinstance(headers, Failure):
            return attempt.named(headers)
        return Response(
            status=head.status_code,
            headers=headers,
            body=bytes(attempt.body),
            peer=attempt.peer,
            http_version=head.http_version,
            elapsed_ms=round((time.monotonic() - started) * 1000),
            phases=attempt.phases(resolve_s),
            certificate_expires_at=attempt.certificate_expires_at,
        )

    async def _ask(self, request: Request, parts: UrlParts, attempt: Attempt, deadline_s: float) -> Failure | None:
        try:
            with attempt.under_way():
                head = await self._transports[parts.scheme].handle_async_request(
                    self._foreign(request, parts, attempt, deadline_s)
                )
                try:
                    attempt.head = head
                    attempt.peer = attempt.peer or peer_of(head.extensions.get("network_stream"))
                    await self._read_body(head, attempt.body)
                finally:
                    await head.aclose()
        except Exception as error:  # noqa: BLE001 - the edge of the room: every exception becomes a value
            return attempt.named(failure_of(error))
        return None

    def _foreign(self, request: Request, parts: UrlParts, attempt: Attempt, deadline_s: float) -> httpx.Request:
        # As ada wrote it: httpx would quote it a second time, by other rules.
        target = parts.path
        # Without a Host of ours httpx decodes the name to see whether there is one, by IDNA 2008, which
        # refuses names that live: emoji, and what IDNA 2003 allowed.
        headers = [("Host", parts.authority), *request.headers]
        if self._proxy is not None and parts.scheme == "http":
            # RFC 9112, 3.2.2: a proxy is told the whole URL.
            target = f"http://{parts.authority}{parts.path}"
            if (credentials := authorization(self._proxy)) is not None:
                headers.append(("Proxy-Authorization", credentials))
        extensions: dict[str, Any] = {
            "timeout": {
                "connect": self._limits.connect_timeout_s,
                "read": deadline_s,
                "write": deadline_s,
                "pool": deadline_s,
            },
            "target": target.encode("ascii"),
            "trace": attempt.trace,
        }
        if parts.scheme == "https" and parts.host.endswith("."):
            # A certificate names the host without the dot of the root.
            extensions["sni_hostname"] = parts.host.rstrip(".")
        # Put together from ada's reading, lest another parser finds another host in it.
        url = f"{parts.scheme}://{parts.host}:{parts.port}{parts.path}"
        content = request.body if request.method == "POST" else None
        return httpx.Request(request.method, url, headers=headers, content=content, extensions=extensions)

    def _late(self, attempt: Attempt, deadline_s: float) -> Failure:
        if not attempt.is_new or attempt.was_asked:
            return attempt.named(Failure(FailureKind.TIMEOUT, f"no full answer in {deadline_s:g} s"))
        failure = attempt.named(Failure(FailureKind.CONNECT_TIMEOUT, f"not connected in {deadline_s:g} s"))
        return failure if self._proxy is None or attempt.is_connected else proxy_failure(failure)

    async def _read_body(self, head: httpx.Response, body: bytearray) -> None:
        limit = self._limits.max_body_bytes
        chunks = 0
        async for chunk in head.aiter_raw():
            body += chunk[: limit - len(body)]
            if len(body) >= limit:
                return
            chunks += 1
            if chunks % _CHUNKS_IN_A_ROW == 0:
                # Thousands of them may lie in one read: the others, and the deadline, have a turn between.
                await anyio.lowlevel.checkpoint()


class _DooredTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool of our own making, which it offers no parameter for."""

    def __init__(self, door: httpcore.AsyncNetworkBackend, ssl_context: ssl.SSLContext, keepalive_s: float) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=POOL,
            max_keepalive_connections=POOL,
            keepalive_expiry=keepalive_s,
            http1=True,
            http2=False,
            retries=0,
            network_backend=door,
        )


def trusting(ca_bundle: Path | str | None = None) -> ssl.SSLContext:
    """A context that trusts the authorities in a file (certifi's unless given), whatever the environment says.

    Raises OSError where the file cannot be read, ssl.SSLError where no certificate is in it.
    """
    return ssl.create_default_context(cafile=ca_bundle or certifi.where())


def _text(raw: bytes) -> str:
    return raw.decode("latin-1")
