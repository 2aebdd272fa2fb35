"""Either wire, made ready for the loopback: what the contract is tested with."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpcore
import trustme

from feedbot.wire.choice import curl_is_here
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.wire import Request, Wire, WireLimits
from tests.wire.scripted import LOOPBACK, TLS, ScriptedResolver

if curl_is_here():
    from feedbot.wire.curl_wire import CurlWire

# So much that no slow machine runs into it.
AMPLE = WireLimits(connect_timeout_s=20.0, exchange_timeout_s=30.0)
EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass(frozen=True)
class Kit:
    """A wire by its name, `curl` or `httpx`; a plain one is given nothing that only spares time."""

    name: str
    is_plain: bool = False

    @asynccontextmanager
    async def wire(
        self,
        resolver: Any = None,
        *,
        limits: WireLimits = AMPLE,
        allowed: Sequence[Any] = LOOPBACK,
        ca_bundle: Path | None = None,
        door: "Door | None" = None,
        **more: Any,
    ) -> AsyncIterator[Wire]:
        resolver = resolver or ScriptedResolver()
        made: Wire
        if self.name == "curl":
            made = CurlWire(
                resolver, limits, allowed, ca_bundle=ca_bundle, open_socket=door.open if door else None, **more
            )
        else:
            made = HttpxWire(
                resolver,
                limits,
                allowed,
                ca_bundle=ca_bundle,
                # Reading the authorities of the world takes longer than most tests.
                ssl_context=None if ca_bundle or self.is_plain else TLS,
                backend=_DoorBackend(door) if door else None,
                **more,
            )
        try:
            yield made
        finally:
            await made.aclose()

    async def ask(
        self, url: str, method: str = "GET", headers: Any = (), timeout_s: float | None = None, **options: Any
    ) -> Any:
        """One exchange over a wire of its own."""
        async with self.wire(**options) as wire:
            return await wire.exchange(Request(method, url, headers, timeout_s))


def get(url: str, *headers: tuple[str, str], timeout_s: float | None = None) -> Request:
    return Request("GET", url, headers, timeout_s)


@dataclass
class Door:
    """Where sockets are made: every address is written down, and only those of `leads_to` are connected.

    `errors` are raised for an address instead; any other that is not open is refused without a socket.
    """

    leads_to: tuple[str, ...] = ("127.0.0.1",)
    errors: dict[str, OSError] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)

    def pass_by(self, address: str) -> None:
        self.addresses.append(address)
        if address in self.errors:
            raise self.errors[address]
        if address not in self.leads_to:
            raise ConnectionRefusedError(111, "Connection refused")

    def open(self, address: str, family: int, kind: int, protocol: int) -> socket.socket:
        self.pass_by(address)
        return socket.socket(family, kind, protocol)

    @property
    def elsewhere(self) -> list[str]:
        """Addresses that were to be connected besides those it leads to."""
        return [address for address in self.addresses if address not in self.leads_to]


class _DoorBackend(httpcore.AnyIOBackend):
    def __init__(self, door: Door) -> None:
        self._door = door

    async def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self._door.pass_by(host)
        return await super().connect_tcp(host, *args, **kwargs)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test's own, and the file that a wire trusts it by."""

    ca: trustme.CA
    bundle: Path

    def server(self, *names: str, **options: Any) -> ssl.SSLContext:
        """What a server shows that has a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ca.issue_cert(*names, **options).configure_cert(context)
        return context


def open_sockets() -> int:
    """How many sockets this process has; 0 where the system does not tell."""
    found = 0
    for descriptor in Path("/proc/self/fd").glob("*"):
        with suppress(OSError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


async def eventually(is_so: Any, seconds: float = 60.0) -> bool:
    """True as soon as it is so, False where it is not by then."""
    ends_at = asyncio.get_running_loop().time() + seconds
    while not is_so():
        if asyncio.get_running_loop().time() > ends_at:
            return False
        await asyncio.sleep(0.01)
    return True
