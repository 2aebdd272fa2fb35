"""Wires whose sockets are counted where they are made, and hostile targets that go through a prober over them."""

import asyncio
import ipaddress
import socket
import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpcore

from feedbot.core.address import Network
from feedbot.core.observation import Observation
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.wire.curl_wire import CurlWire, _open_socket
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.prober import Postponed, ProbeTarget
from feedbot.wire.wire import Method, Wire
from tests.wire.hostile_targets import HOP, Case, Routes, address_in, cases
from tests.wire.scripted import TLS, ScriptedClock, ScriptedResolver, prober_over
from tests.wire.servers import Asked, Server, reply, serve

WIRES = ("curl", "httpx")
METHODS: tuple[Method, ...] = ("GET", "HEAD")
ONLY_THE_HOP = (ipaddress.ip_network(HOP),)
EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass
class Sockets:
    """What was asked for. Only sockets to the hop are real; the others are counted and not given."""

    to_hop: int = 0
    elsewhere: list[str] = field(default_factory=list)

    def count(self, address: str) -> None:
        """Raises ConnectionRefusedError for all but the hop."""
        if address != HOP:
            self.elsewhere.append(address)
            raise ConnectionRefusedError(address)
        self.to_hop += 1

    def open_for_curl(self, address: str, family: int, kind: int, protocol: int) -> socket.socket:
        """What libcurl gets where it asks for a socket."""
        self.count(address)
        return _open_socket(address, family, kind, protocol)


class CountingBackend(httpcore.AnyIOBackend):
    """What httpcore asks for its sockets."""

    def __init__(self, sockets: Sockets) -> None:
        super().__init__()
        self._sockets = sockets

    async def connect_tcp(self, host: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self._sockets.count(host)
        return await super().connect_tcp(host, *args, **kwargs)

    async def connect_unix_socket(self, path: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self._sockets.count(path)
        return await super().connect_unix_socket(path, *args, **kwargs)


def open_wire(
    kind: str, resolver: ScriptedResolver, allowed: Sequence[Network], sockets: Sockets | None = None
) -> Wire:
    """A wire of either kind; without `sockets` its own are those of every day."""
    if kind == "curl":
        return CurlWire(resolver, allowed=allowed, open_socket=sockets and sockets.open_for_curl)
    return HttpxWire(resolver, allowed=allowed, ssl_context=TLS, backend=sockets and CountingBackend(sockets))


@asynccontextmanager
async def hop_server(routes: Routes) -> AsyncIterator[Server]:
    """A server at the hop's address; what is not among its routes is a page."""

    def script(asked: Asked) -> bytes:
        server.asked.clear()  # thousands, which nobody reads
        status, headers = routes.get(asked.target, (200, {}))
        # A Location in UTF-8, as browsers read it; a new connection each time, so that rebinding has its chance.
        sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
        return reply(status, {"Connection": "close"} | sent)

    async with serve(script, HOP) as server:
        yield server


@dataclass(frozen=True)
class Probed:
    """A case, what came of it, and the addresses besides the hop's that sockets were asked for."""

    case: Case
    result: Observation | Postponed
    elsewhere: tuple[str, ...]


async def probe(
    kind: str, cases: Iterable[Case], allowed: Sequence[Network], sockets: Sockets | None = None, at_once: int = 1
) -> list[Probed]:
    """Each case through a prober, all over one wire. Which socket is whose is known where `at_once` is 1."""
    cases = list(cases)
    names = {name: list(answers) for case in cases for name, answers in case.names.items()}
    wire = open_wire(kind, ScriptedResolver(names, default=HOP), allowed, sockets)
    counted = sockets or Sockets()
    waiting = zip(cases, cycle(METHODS))
    done: list[Probed] = []

    async def work() -> None:
        for case, method in waiting:
            before = len(counted.elsewhere)
            result = await prober_over(wire, ScriptedClock()).probe(ProbeTarget(as_target(case.start), method))
            done.append(Probed(case, result, tuple(counted.elsewhere[before:])))

    try:
        await asyncio.gather(*(work() for _ in range(at_once)))
    finally:
        await wire.aclose()
    return done


def as_target(text: str) -> str:
    """The canonical URL; where there is none, the text itself, though no article with it would be read."""
    try:
        return canonical_url(text)
    except InvalidUrl:
        return text


async def in_earnest(kind: str, mode: str) -> None:
    """A fifth of the cases over a wire with sockets of every day; unvetted, those only that stay on this machine."""
    routes: Routes = {}
    async with hop_server(routes) as server:
        for case in cases(server.port):
            routes |= case.routes
        if mode == "vetted":
            await probe(kind, cases(server.port)[::5], ONLY_THE_HOP, at_once=50)
        else:
            await probe(kind, filter(is_of_this_machine, cases(server.port)), EVERYTHING)


def is_of_this_machine(case: Case) -> bool:
    """True for a literal or a name of a loopback address, also of one in its IPv4-mapped form."""
    answers = next(iter(case.names.values()), [(address_in(case.start) or "",)])
    if case.way not in ("literal", "name") or not answers[0][0]:
        return False
    address = ipaddress.ip_address(answers[0][0])
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


if __name__ == "__main__":
    asyncio.run(in_earnest(*sys.argv[1:]))
