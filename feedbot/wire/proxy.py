"""The one proxy that may be set: then it is the only peer, and the vetting of addresses is its task."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import unquote, urlsplit

import httpcore

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.failures import MAX_TEXT, CarriedFailure, failure_of
from feedbot.wire.resolver import Addresses, Resolver
from feedbot.wire.vetted import MAX_ADDRESSES
from feedbot.wire.vetting import connect_first

_MAX_HEAD = 16 * 1024
_HAS_CREDENTIALS_TO_GIVE = 407


@dataclass(frozen=True, slots=True)
class Proxy:
    """Where an HTTP proxy listens; `credentials` are name and password."""

    host: str
    port: int
    credentials: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        """The address without the credentials."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def authorization(self) -> str | None:
        """The value of Proxy-Authorization; None where there are no credentials."""
        if self.credentials is None:
            return None
        return "Basic " + base64.b64encode(":".join(self.credentials).encode()).decode("ascii")


def proxy_of(url: str) -> Proxy:
    """The proxy that a URL names; ValueError where it is not `http://[NAME:PASSWORD@]HOST[:PORT]`."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(f"not the URL of an HTTP proxy: {url!r}")
    credentials = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return Proxy(parts.hostname, parts.port or 80, credentials)


async def proxy_addresses(proxy: Proxy, resolver: Resolver) -> Addresses | Failure:
    """The addresses of a proxy, at most three, whatever range they are of: the operator has named it."""
    found = await resolver.resolve(proxy.host)
    return proxy_failure(found) if isinstance(found, Failure) else found[:MAX_ADDRESSES]


def proxy_failure(failure: Failure) -> Failure:
    """The same as OURSELVES: a proxy that fails says nothing of the link."""
    return Failure(FailureKind.OURSELVES, f"proxy {failure.text}"[:MAX_TEXT])


def proxy_refusal(status: int) -> Failure:
    """What a proxy's status says that is no answer of the server's."""
    why = " (it wants credentials)" if status == _HAS_CREDENTIALS_TO_GIVE else ""
    return Failure(FailureKind.OURSELVES, f"proxy answered {status}{why}")


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
        options = list(socket_options or ())
        try:
            stream = await connect_first(self._inner, found, self._proxy.port, timeout, local_address, options)
        except CarriedFailure as carried:
            raise CarriedFailure(proxy_failure(carried.failure)) from None
        if self._is_tunnel:
            try:
                await self._open_tunnel(stream, f"{f'[{host}]' if ':' in host else host}:{port}", timeout)
            except BaseException:
                await stream.aclose()
                raise
        return stream

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
        if self._proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {self._proxy.authorization}")
        head = b""
        try:
            await stream.write("\r\n".join([*lines, "", ""]).encode("ascii"), timeout)
            while b"\r\n\r\n" not in head and len(head) < _MAX_HEAD:
                more = await stream.read(4096, timeout)
                if not more:
                    raise EOFError
                head += more
        except Exception as error:  # noqa: BLE001 - whatever it is, it is between us and the proxy
            raise CarriedFailure(proxy_failure(failure_of(error))) from None
        version, _, rest = head.partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
            raise CarriedFailure(Failure(FailureKind.OURSELVES, "proxy does not speak HTTP"))
        if not 200 <= int(rest[:3]) < 300:
            raise CarriedFailure(proxy_refusal(int(rest[:3])))
