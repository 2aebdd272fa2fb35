"""How gently a host is asked: so many at once, so long between two starts, silence when it says so."""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

import tldextract

from feedbot.clock import Clock
from feedbot.config import PerHostConfig
from feedbot.wire.resolver import literal_address

# The list that comes with the package, never a download; without its private part, so that all of
# *.cdn.ampproject.org is one host, and so is all of github.io.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


class HeldTooLong(Exception):
    """The host is held beyond the moment up to which its asker would wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"held for another {wait_s:g} s")
        self.wait_s = wait_s


@lru_cache(maxsize=4096)
def gate_key(host: str) -> str:
    """What shares one gate: the registrable domain; an IP address or a name without one is its own."""
    name = host.rstrip(".").lower()
    if literal_address(name) is not None:
        return name
    return _SUFFIXES(name).top_domain_under_public_suffix or name


class HostGates:
    """One gate per registrable domain: at most `concurrency` through at once, `delay_s` between starts.

    `overall` bounds those through all gates together; a start waits for both, so the delay holds
    between real starts.
    """

    def __init__(self, per_host: PerHostConfig, clock: Clock, overall: int | None = None) -> None:
        self.per_host = per_host
        self._clock = clock
        self._overall = asyncio.Semaphore(overall) if overall is not None else None
        self._gates: dict[str, _Gate] = {}

    @asynccontextmanager
    async def slot(self, host: str, latest: float = math.inf) -> AsyncIterator[None]:
        """A turn at a host, in the order of asking.

        Raises HeldTooLong where a hold ends after `latest` (monotonic seconds), which may turn out
        while waiting.
        """
        gate = self._gate(host)
        async with gate.room:
            async with gate.turn:
                while (wait := gate.opens_at() - self._clock.monotonic()) > 0:
                    if gate.held_until > latest:
                        raise HeldTooLong(gate.held_until - self._clock.monotonic())
                    await self._clock.sleep(wait)
                if self._overall is not None:
                    await self._overall.acquire()
                gate.next_start_at = self._clock.monotonic() + self.per_host.delay_s
            try:
                yield
            finally:
                if self._overall is not None:
                    self._overall.release()

    def hold(self, host: str, seconds: float) -> None:
        """Start nothing at the host for so long; a longer hold stays."""
        gate = self._gate(host)
        gate.held_until = max(gate.held_until, self._clock.monotonic() + seconds)

    def held_for(self, host: str) -> float:
        """Seconds that the host is still held; 0 where it is not."""
        return max(0.0, self._gate(host).held_until - self._clock.monotonic())

    def _gate(self, host: str) -> "_Gate":
        key = gate_key(host)
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = _Gate(self.per_host.concurrency)
        return gate


class _Gate:
    __slots__ = ("held_until", "next_start_at", "room", "turn")

    def __init__(self, concurrency: int) -> None:
        self.room = asyncio.Semaphore(concurrency)
        self.turn = asyncio.Lock()
        self.next_start_at = -math.inf
        self.held_until = -math.inf

    def opens_at(self) -> float:
        return max(self.next_start_at, self.held_until)
