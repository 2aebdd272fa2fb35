"""Probes of the hostile answers over one wire, and as a process of its own, whose memory can be measured."""

import asyncio
import gc
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from feedbot.clock import SystemClock
from feedbot.core.observation import Observation
from feedbot.wire.curl_wire import CurlWire
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.prober import Postponed, ProbeTarget
from feedbot.wire.wire import Wire, WireLimits
from tests.wire.hostile_answers import ANSWERS
from tests.wire.scripted import LOOPBACK, TLS, ScriptedResolver, prober_over

LIMITS = WireLimits(connect_timeout_s=2.0, exchange_timeout_s=3.0)
SHORT = WireLimits(connect_timeout_s=1.0, exchange_timeout_s=1.0)
NO_LIMITS = WireLimits(exchange_timeout_s=60.0, max_header_bytes=1 << 40, max_body_bytes=1 << 40)
DEADLINE_S = 4.0
"""Of a probe: its redirects together."""

# Those that wait for their deadline do nothing meanwhile; the others share the processor.
_WAITING_AT_ONCE, _BUSY_AT_ONCE = 35, 10


@dataclass(frozen=True)
class Ended:
    """What came of a probe, and after how many seconds."""

    result: Observation | Postponed
    seconds: float


def open_wire(kind: str, limits: WireLimits = LIMITS) -> Wire:
    if kind == "curl":
        return CurlWire(ScriptedResolver(), limits, LOOPBACK)
    return HttpxWire(ScriptedResolver(), limits, LOOPBACK, ssl_context=TLS)


async def probe(wire: Wire, name: str, port: int, **policy: Any) -> Ended:
    """One answer by its name; each is served by a host of its own."""
    raw, clock = ANSWERS[name], SystemClock()
    policy = {"probe_timeout_s": DEADLINE_S, "back_off_s": (), "run_ends_at": clock.monotonic() + 30} | policy
    started = clock.monotonic()
    url = f"{raw.scheme}://host{port}.test:{port}/"
    result = await prober_over(wire, clock, **policy).probe(ProbeTarget(url, raw.method))
    return Ended(result, clock.monotonic() - started)


async def probe_all(wire: Wire, ports: Mapping[str, int]) -> dict[str, Ended]:
    """All of them, as many at once as leaves each its time."""
    ended: dict[str, Ended] = {}

    async def work(names: Iterable[str]) -> None:
        for name in names:
            ended[name] = await probe(wire, name, ports[name])

    waiting = [name for name in ports if "timeout" in ANSWERS[name].ends]
    busy = [name for name in ports if name not in waiting]
    shares = [iter(waiting)] * _WAITING_AT_ONCE + [iter(busy)] * _BUSY_AT_ONCE
    await asyncio.gather(*(work(share) for share in shares))
    return ended


# Memory


async def _bounded(kind: str, ports: dict[str, int]) -> None:
    wire = open_wire(kind, SHORT)
    for _ in range(3):
        assert len(await probe_all(wire, ports)) == len(ports)
    await wire.aclose()


async def _unbounded(kind: str, ports: dict[str, int]) -> None:
    wire = open_wire(kind, NO_LIMITS)
    await probe(wire, "body: without end", ports["body: without end"], probe_timeout_s=60)
    await wire.aclose()


async def _decoding(_: str, ports: dict[str, int]) -> None:
    async with httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{ports['body: a bomb in gzip']}/")


_MODES = {"bounded": _bounded, "unbounded": _unbounded, "decoding": _decoding}


async def _warm_up(kind: str, ports: dict[str, int]) -> None:
    """What is loaded once (the authorities of the world, codecs) is no growth."""
    wire = open_wire(kind)
    for name in ("connection: two answers", "TLS: an alert", "body: gzip cut short"):
        await probe(wire, name, ports[name])
    await wire.aclose()


def measured(kind: str, mode: str, ports: dict[str, int]) -> int:
    """Kilobytes by which this process grows at its peak."""
    asyncio.run(_warm_up(kind, ports))
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew (man 5 proc)
    before = _kilobytes("VmRSS")
    asyncio.run(_MODES[mode](kind, ports))
    return _kilobytes("VmHWM") - before


def _kilobytes(name: str) -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))


if __name__ == "__main__":
    sys.stdout.write(str(measured(*sys.argv[1:], json.load(sys.stdin))))
