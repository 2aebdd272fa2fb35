"""A clock, a resolver, a wire and sockets that do what a test says, at once and every time."""

import asyncio
import heapq
import ipaddress
import ssl
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpcore

from feedbot.clock import SystemClock
from feedbot.core.checker import Pace
from feedbot.core.observation import Failure, Observation
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.identity import identity_headers
from feedbot.wire.politeness import HostGates
from feedbot.wire.prober import ProbePolicy, Prober
from feedbot.wire.resolver import literal_address
from feedbot.wire.wire import Request, Response, Wire, WireLimits

LOOPBACK = tuple(ipaddress.ip_network(text) for text in ("127.0.0.0/8", "::1/128"))
PUBLIC = "93.184.216.34"
# One for all: reading the authorities of the world takes longer than most tests.
TLS = ssl.create_default_context()


class ScriptedClock:
    """Time stands still until everybody sleeps; then it jumps to the next one's waking."""

    def __init__(self) -> None:
        self.t = 1000.0
        self.slept: list[float] = []
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._pump: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=self.t - 1000.0)

    def monotonic(self) -> float:
        return self.t

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.t + max(0.0, seconds), len(self.slept), waking))
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._run())
        await waking

    async def _run(self) -> None:
        while self._sleepers:
            for _ in range(20):
                await asyncio.sleep(0)
            at, _, waking = heapq.heappop(self._sleepers)
            if not waking.done():
                self.t = max(self.t, at)
                waking.set_result(None)


class ScriptedResolver:
    """Answers from a table; a list is answered one by one, its last for ever. Literals are themselves."""

    def __init__(
        self,
        table: Mapping[str, str | tuple[str, ...] | Failure | list[str]] | None = None,
        default: str | Failure = "127.0.0.1",
    ) -> None:
        self.table = dict(table or {})
        self.default = default
        self.asked: list[str] = []

    async def resolve(self, host: str) -> tuple[str, ...] | Failure:
        literal = literal_address(host)
        if literal is not None:
            return (literal,)
        self.asked.append(host)
        found = self.table.get(host, self.default)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return (found,) if isinstance(found, str) else found


class ScriptedWire:
    """Answers by a function; remembers what was asked and when."""

    def __init__(self, script: Callable[[Request], Response | Failure], clock: ScriptedClock | None = None) -> None:
        self.script = script
        self.clock = clock
        self.asked: list[Request] = []
        self.at: list[float] = []

    async def exchange(self, request: Request) -> Response | Failure:
        self.asked.append(request)
        self.at.append(self.clock.monotonic() if self.clock else 0.0)
        await asyncio.sleep(0)
        return self.script(request)

    async def aclose(self) -> None:
        pass


def response(status: int, **headers: str) -> Response:
    return Response(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=b"",
        peer="127.0.0.1",
        http_version="HTTP/1.1",
        elapsed_ms=1,
    )


class RecordingBackend(httpcore.AsyncNetworkBackend):
    """Counts every connect; an address gets the answer that `script` has for the request bytes."""

    def __init__(self, script: Callable[[str, bytes], bytes] | None = None) -> None:
        self.script = script or (lambda address, request: b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.connects: list[str] = []

    async def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self.connects.append(host)
        return _Stream(host, self.script)

    async def connect_unix_socket(self, path: str, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        self.connects.append(path)
        raise httpcore.ConnectError("no unix sockets here")

    async def sleep(self, seconds: float) -> None:
        pass


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, address: str, script: Callable[[str, bytes], bytes]) -> None:
        self.address = address
        self.script = script
        self.written = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        written, self.written = self.written, b""
        return self.script(self.address, written) if written else b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.written += buffer

    async def aclose(self) -> None:
        pass

    async def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return self

    def get_extra_info(self, info: str) -> Any:
        return (self.address, 80) if info == "server_addr" else None


def loopback_wire(resolver: ScriptedResolver | None = None, **options: Any) -> HttpxWire:
    options.setdefault("limits", WireLimits(connect_timeout_s=1.0, exchange_timeout_s=5.0))
    options.setdefault("allowed", LOOPBACK)
    options.setdefault("ssl_context", TLS)
    return HttpxWire(resolver or ScriptedResolver(), **options)


def prober_over(
    wire: Wire,
    clock: Any = None,
    per_host: Pace | None = None,
    head_refused: Iterable[str] = (),
    **policy: Any,
) -> Prober:
    clock = clock or SystemClock()
    gates = HostGates(per_host or Pace(delay_s=0), clock)
    prober = Prober(wire, gates, clock, ProbePolicy(headers=identity_headers("https://me.test/bot"), **policy))
    prober.head_refused.update(head_refused)
    return prober


def said(observation: object) -> str:
    """The outcome in a word: a status or the kind of a failure."""
    assert isinstance(observation, Observation), observation
    outcome = observation.outcome
    return str(outcome.failure.kind) if hasattr(outcome, "failure") else str(outcome.status)
