"""The one proxy that may be set: then it is the only peer, and the vetting of addresses is its task."""

import re
import time
from collections.abc import Iterable
from typing import NoReturn

import anyio
import httpcore

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.proxy import Proxy
from feedbot.wire.attempt import AttemptStream
from feedbot.wire.failures import CarriedFailure, failure_of
from feedbot.wire.peers import authorization, proxy_addresses, proxy_failure, proxy_refusal
from feedbot.wire.resolver import Resolver
from feedbot.wire.vetting import connect_first

_MAX_HEAD = 16 * 1024
_STATUS_LINE = re.compile(rb"HTTP/1\.[0-9] ([1-9][0-9][0-9])(?![0-9])")


class ProxyBackend(httpcore.AsyncNetworkBackend):
    """Connects to a proxy whatever is asked for, and through it where it is to open a tunnel (CONNECT).

    httpcore's own proxy pool is not used: it takes the "target" of a request for that of its CONNECT
    as well, and names a server with the dot of the root in its TLS.
    """

    def __init__(
        self, proxy: Proxy, resolver: Resolver, *, is_tunnel: bool, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._proxy = proxy
        self._resolver = resolver
        self._is_tunnel = is_tunnel
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the proxy, or through it; raises CarriedFailure: OURSELVES."""
        found = await proxy_addresses(self._proxy, self._resolver)
        if isinstance(found, Failure):
            raise CarriedFailure(found)
        ready_by = None if timeout is None else time.monotonic() + timeout
        options = list(socket_options or ())
        try:
            stream = await connect_first(self._inner, found, self._proxy.port, timeout, local_address, options)
        except CarriedFailure as carried:
            raise CarriedFailure(proxy_failure(carried.failure)) from None
        if self._is_tunnel:
            left_s = None if ready_by is None else max(0.0, ready_by - time.monotonic())
            try:
                await self._open_tunnel(stream, f"{f'[{host}]' if ':' in host else host}:{port}", left_s)
            except BaseException:
                with anyio.CancelScope(shield=True):
                    await stream.aclose()
                raise
        return AttemptStream(stream, ready_by)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> NoReturn:
        """Refused: nothing that a link points to lives there."""
        raise CarriedFailure(Failure(FailureKind.POLICY_ADDRESS, "a unix socket is not a public address"))

    async def sleep(self, seconds: float) -> None:
        """Return after this many seconds."""
        await self._inner.sleep(seconds)

    async def _open_tunnel(self, stream: httpcore.AsyncNetworkStream, target: str, timeout: float | None) -> None:
        lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
        if (allowed := authorization(self._proxy)) is not None:
            lines.append(f"Proxy-Authorization: {allowed}")
        head = b""
        try:
            with anyio.fail_after(timeout):
                await stream.write("\r\n".join([*lines, "", ""]).encode("ascii"))
                while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD:
                    if not (more := await stream.read(4096)):
                        raise EOFError
                    head += more
        except Exception as error:  # noqa: BLE001 - whatever it is, it is between us and the proxy
            raise CarriedFailure(proxy_failure(failure_of(error))) from None
        status = _STATUS_LINE.match(head)
        if status is None:
            raise CarriedFailure(Failure(FailureKind.OURSELVES, "proxy does not speak HTTP"))
        if not status[1].startswith(b"2"):
            raise CarriedFailure(proxy_refusal(int(status[1])))
