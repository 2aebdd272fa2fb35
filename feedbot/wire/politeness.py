"""How gently a host is asked: so many at once, so long between two starts, silence when it says so."""

import asyncio
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from feedbot.clock import Clock
from feedbot.core.checker import HostPolicy, Pace
from feedbot.core.domain import registrable_domain
from feedbot.wire.hosts import covering
from feedbot.wire.slots import Slots, Step

SLOW_LANE_FROM_S = 1.0
SLOW_LANE_TO_S = 32.0
"""A run of ten minutes asks such a host some eighteen times more."""


class HeldTooLong(Exception):
    """The host is held beyond the moment up to which its asker would wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"held for another {wait_s:g} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Share:
    """Which registrable domains are this process's, of so many `processes` that ask at the same time.

    There are more of them as the plan goes on (HostGates.take_over).
    """

    domains: set[str]
    processes: int


class HostGates:
    """One gate per registrable domain: at most `concurrency` through at once, `delay_s` between starts.

    `slots` bounds those through all gates together; a start waits for both, so the delay holds
    between real starts. A name in `hosts` that has a pace of its own, and is a part of a domain only,
    has a gate of its own as well. A domain outside of the `share`, to which a redirect leads, is asked so
    many times as gently as there are processes: together they keep to its pace, and the one whose it is
    comes on top.
    """

    def __init__(
        self,
        per_host: Pace,
        clock: Clock,
        slots: Slots | None = None,
        hosts: Mapping[str, HostPolicy] | None = None,
        share: Share | None = None,
    ) -> None:
        self._per_host = per_host
        self._share = share
        self._paced = {name: _pace(per_host, host) for name, host in (hosts or {}).items() if _is_paced(host)}
        self._clock = clock
        self.slots = slots or Slots()
        self._gates: dict[str, _Gate] = {}

    def slot(self, host: str, latest: float = math.inf) -> "Slot":
        """A turn at a host, in the order of asking, for `async with`.

        Entering raises HeldTooLong where a hold ends after `latest` (monotonic seconds), which may
        turn out while waiting.
        """
        return Slot(self, self._gate(host), latest)

    def take_over(self, domains: Iterable[str]) -> None:
        """These domains are this process's from now on; one that a redirect has led to before gets its own pace."""
        if self._share is None:
            return
        new = set(domains) - self._share.domains
        self._share.domains.update(new)
        for key in (*new, *self._paced):
            if (gate := self._gates.get(key)) is not None and registrable_domain(key) in new:
                gate.quicken(self._pace(key), self._share.processes)

    async def _enter(self, gate: "_Gate", latest: float) -> Step:
        while True:
            if gate.is_open(self._clock.monotonic()):
                await self._reach(gate, latest)
            else:
                with self.slots.pausing():
                    await self._reach(gate, latest)
            try:
                step = await self.slots.take()
            except BaseException:
                gate.leave()
                raise
            finally:
                gate.turn.release()
            now = self._clock.monotonic()
            if gate.opens_at() <= now:
                gate.started_at = now
                return step
            # While it waited for room, its host has asked to be left alone.
            self._leave(gate, step)

    async def _reach(self, gate: "_Gate", latest: float) -> None:
        """Be the next one at the gate, with its turn, when it opens."""
        await gate.room.acquire()
        try:
            await gate.turn.acquire()
            try:
                while (wait := gate.opens_at() - self._clock.monotonic()) > 0:
                    if gate.held_until > latest:
                        raise HeldTooLong(gate.held_until - self._clock.monotonic())
                    await self._clock.sleep(wait)
            except BaseException:
                gate.turn.release()
                raise
        except BaseException:
            gate.leave()
            raise

    def _leave(self, gate: "_Gate", step: Step) -> None:
        self.slots.give(step)
        gate.leave()

    def slow_down(self, host: str, delay_s: float) -> None:
        """Let at least so long pass between two starts at the host from now on."""
        gate = self._gate(host)
        gate.delay_s = max(gate.delay_s, delay_s)

    def slow_lane(self, host: str) -> None:
        """Double the time between two starts at the host for the rest of the run, from 1 s up to 32 s.

        For a host that is asked too much, or cannot go on, and does not say when to come back.
        """
        self.slow_down(host, min(max(SLOW_LANE_FROM_S, 2 * self.delay_at(host)), SLOW_LANE_TO_S))

    def delay_at(self, host: str) -> float:
        """Seconds between two starts at the host."""
        return self._gate(host).delay_s

    def hold(self, host: str, seconds: float) -> None:
        """Start nothing at the host for so long; a longer hold stays."""
        gate = self._gate(host)
        gate.held_until = max(gate.held_until, self._clock.monotonic() + seconds)

    def held_for(self, host: str) -> float:
        """Seconds that the host is still held; 0 where it is not."""
        return max(0.0, self._gate(host).held_until - self._clock.monotonic())

    def standing(self) -> Iterator[tuple[str, float, float]]:
        """By name, the gates of the share that are closed for now or slower than at first.

        With each the seconds between two starts, and those until the next may be.
        """
        now = self._clock.monotonic()
        for key, gate in self._gates.items():
            if self._share is not None and registrable_domain(key) not in self._share.domains:
                continue
            rests_s = max(0.0, gate.opens_at() - now)
            if rests_s or gate.delay_s > self._pace(key).delay_s:
                yield key, gate.delay_s, rests_s

    def key(self, host: str) -> str:
        """What a host's gate is called: hosts of one key share it."""
        domain = registrable_domain(host)
        name = covering(self._paced, host) if self._paced else None
        return name if name is not None and name.endswith(f".{domain}") else domain

    def concurrency_at(self, host: str) -> int:
        """How many may be at the host at once."""
        return self._pace(host).concurrency

    def _pace(self, host: str) -> Pace:
        name = covering(self._paced, host) if self._paced else None
        return self._per_host if name is None else self._paced[name]

    def _gate(self, host: str) -> "_Gate":
        key = self.key(host)
        gate = self._gates.get(key)
        if gate is None:
            pace = self._pace(host)
            share = self._share
            times = 1 if share is None or registrable_domain(host) in share.domains else share.processes
            gate = self._gates[key] = _Gate(pace, times)
        return gate


def _is_paced(host: HostPolicy) -> bool:
    return host.delay_s is not None or host.concurrency is not None


def _pace(per_host: Pace, host: HostPolicy) -> Pace:
    return Pace(
        concurrency=per_host.concurrency if host.concurrency is None else host.concurrency,
        delay_s=per_host.delay_s if host.delay_s is None else host.delay_s,
    )


class Slot:
    """One turn at a host; a class and no generator, for it is entered at every request."""

    __slots__ = ("_gate", "_gates", "_latest", "_step")

    def __init__(self, gates: HostGates, gate: "_Gate", latest: float) -> None:
        self._gates = gates
        self._gate = gate
        self._latest = latest
        self._step: Step

    async def __aenter__(self) -> None:
        self._step = await self._gates._enter(self._gate, self._latest)  # noqa: SLF001 - two halves of one thing

    async def __aexit__(self, *_: object) -> None:
        self._gates._leave(self._gate, self._step)  # noqa: SLF001 - as above


class _Gate:
    __slots__ = ("delay_s", "held_until", "room", "started_at", "turn")

    def __init__(self, pace: Pace, times: int) -> None:
        """A gate that is so many times as gentle as its pace."""
        self.delay_s = pace.delay_s * times
        self.room = asyncio.Semaphore(max(1, pace.concurrency // times))
        self.turn = asyncio.Lock()
        self.started_at = -math.inf
        self.held_until = -math.inf

    def quicken(self, pace: Pace, times: int) -> None:
        """Go by the pace, after so many times as gently; what the host has asked for since stays."""
        if self.delay_s == pace.delay_s * times:
            self.delay_s = pace.delay_s
        for _ in range(pace.concurrency - max(1, pace.concurrency // times)):
            self.room.release()

    def opens_at(self) -> float:
        return max(self.started_at + self.delay_s, self.held_until)

    def is_open(self, now: float) -> bool:
        """True where nobody has to wait for it."""
        return not (self.room.locked() or self.turn.locked()) and self.opens_at() <= now

    def leave(self) -> None:
        self.room.release()
