"""The network of the demo: every name of the story leads to this machine, and none to any other."""

from dataclasses import dataclass, field, replace

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import split_url
from feedbot.wire.resolver import Addresses, literal_address
from feedbot.wire.wire import Request, Response, Wire

LOOPBACK = "127.0.0.1"


@dataclass
class Names:
    """The demo's name server, as a Resolver: asks nobody."""

    lost: set[str] = field(default_factory=set)
    """The hosts whose domains nobody has renewed."""
    is_cut_off: bool = False
    """True while the publication's own network is down."""

    async def resolve(self, host: str) -> Addresses | Failure:
        """127.0.0.1 for a name of the story; an address is itself, and is vetted as ever."""
        if (address := literal_address(host)) is not None:
            return (address,)
        if self.is_cut_off:
            return Failure(FailureKind.DNS_SERVFAIL, "name look-up failed")
        if host in self.lost or not host.endswith(".example"):
            return Failure(FailureKind.DNS_NXDOMAIN, "no such name")
        return (LOOPBACK,)


class LoopbackWire:
    """Another wire that asks the demo's site, whatever port a URL names, and over HTTP: it has no certificates."""

    def __init__(self, inner: Wire, port: int) -> None:
        self._inner = inner
        self._port = port

    @property
    def most_at_once(self) -> int | None:
        """As of the other wire."""
        return self._inner.most_at_once

    async def exchange(self, request: Request) -> Response | Failure:
        """The answer of the demo's site, under the host that the URL names."""
        parts = split_url(request.url)
        return await self._inner.exchange(replace(request, url=f"http://{parts.host}:{self._port}{parts.path}"))

    async def aclose(self) -> None:
        """Close the other wire."""
        await self._inner.aclose()
