"""How feedbot's real wires reach the fixture web: every name is its address, every port one of its own."""

import ipaddress
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpcore

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.resolver import Resolver
from feedbot.wire.wire import Wire, WireLimits
from tests.site.case import Case
from tests.site.server import Site
from tests.wire.scripted import ScriptedResolver

# Short for the silent ones, long enough for a machine that does several things at once.
LIMITS = WireLimits(connect_timeout_s=3.0, exchange_timeout_s=4.0)


def resolver_of(site: Site, cases: Iterable[Case]) -> ScriptedResolver:
    """Names that are served have the site's address, the cases' own are as they say, others do not exist."""
    table: dict[str, Any] = dict.fromkeys(site.hosts, site.address)
    for case in cases:
        table.update(case.names)
    return ScriptedResolver(table, Failure(FailureKind.DNS_NXDOMAIN, "no such host"))


def httpx_wire(site: Site, resolver: Resolver) -> Wire:
    """httpx's wire, with the sockets' ports mapped."""
    trusting = ssl.create_default_context()
    site.authority.configure_trust(trusting)
    return HttpxWire(resolver, LIMITS, _allowed(site), ssl_context=trusting, backend=_MappedPorts(site.ports))


def curl_wire(site: Site, resolver: Resolver, folder: Path) -> Wire:
    """libcurl's wire; it connects by itself, so the site must be at the ports that URLs have."""
    from feedbot.wire.curl_wire import CurlWire  # noqa: PLC0415 - libcurl need not be there

    authorities = folder / "authorities.pem"
    site.authority.cert_pem.write_to_path(str(authorities))
    return CurlWire(resolver, LIMITS, _allowed(site), ca_bundle=authorities)


def _allowed(site: Site) -> tuple[ipaddress.IPv4Network]:
    return (ipaddress.IPv4Network(f"{site.address}/32"),)


class _MappedPorts(httpcore.AsyncNetworkBackend):
    """Opens real sockets, to the site's port where a URL says another."""

    def __init__(self, ports: dict[int, int]) -> None:
        self._ports = ports
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return await self._inner.connect_tcp(host, self._ports[port], *args, **kwargs)

    async def connect_unix_socket(self, path: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        raise httpcore.ConnectError("no unix sockets here")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
