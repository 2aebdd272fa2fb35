"""WebSub hubs are told which feeds have changed: one small POST for each address, over the wire that asks links."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from feedbot.clock import Clock
from feedbot.core.checker import CheckerPolicy
from feedbot.core.observation import Failure
from feedbot.core.ping import Answer, Failed, Ping, form, read_failure, read_status
from feedbot.wire.choice import make_wire
from feedbot.wire.identity import Headers, identity_headers
from feedbot.wire.resolver import Resolver, SystemResolver
from feedbot.wire.retry_after import asked_wait_s, hold_s
from feedbot.wire.wire import Request, Wire

ANSWERS_WITHIN_S = 5.0
"""What a hub has for one answer; a hub takes note, and asks the feed's server later."""

BEGUN_WITHIN_S = 10.0
"""No hub is told anything more after this long, so that who waits for a run does not wait for hubs."""

Told = list[tuple[Ping, Answer]]


async def tell_hubs(
    config: CheckerPolicy,
    contact: str,
    clock: Clock,
    pings: Mapping[str, Sequence[Ping]],
    resolver: Resolver | None = None,
    wire_over: Callable[[Resolver], Wire] | None = None,
) -> Told:
    """What each hub said of its addresses, in no order; those that there was no time for are not among them.

    All hubs are told at once, each over as many connections as `per_host` allows. Who does not answer, or asks to be
    left alone, is told nothing more. A resolver that is passed in stays the caller's. `wire_over` makes the wire;
    without one it is the config's. Raises ConfigError as `choice.require_usable` does.
    """
    names = resolver or SystemResolver(threads=len(pings), timeout_s=ANSWERS_WITHIN_S)
    try:
        wire = wire_over(names) if wire_over else make_wire(config, names)
        headers = (*identity_headers(contact), ("Content-Type", "application/x-www-form-urlencoded"))
        ends_at = clock.monotonic() + BEGUN_WITHIN_S
        try:
            hubs = [_Hub(wire, clock, headers, ends_at, one) for one in pings.values()]
            told = await asyncio.gather(*(hub.tell(config.per_host.concurrency) for hub in hubs))
            return [one for of_hub in told for one in of_hub]
        finally:
            await wire.aclose()
    finally:
        if isinstance(names, SystemResolver) and names is not resolver:
            names.close()


class _Hub:
    """One hub while it is told."""

    def __init__(self, wire: Wire, clock: Clock, headers: Headers, ends_at: float, pings: Sequence[Ping]) -> None:
        self._wire = wire
        self._clock = clock
        self._headers = headers
        self._ends_at = ends_at
        self._left = iter(pings)
        self._told: Told = []
        self._is_left_alone = False

    async def tell(self, lanes: int) -> Told:
        await asyncio.gather(*(self._tell_in_turn() for _ in range(lanes)))
        return self._told

    async def _tell_in_turn(self) -> None:
        for ping in self._left:
            if self._is_left_alone or self._clock.monotonic() >= self._ends_at:
                return
            answer = await self._tell(ping)
            self._told.append((ping, answer))
            if isinstance(answer, Failed) and answer.of_all:
                self._is_left_alone = True

    async def _tell(self, ping: Ping) -> Answer:
        request = Request("POST", ping.hub, self._headers, ANSWERS_WITHIN_S, form(ping.topic))
        answer = await self._wire.exchange(request)
        if isinstance(answer, Failure):
            return read_failure(answer)
        asked_s = asked_wait_s(answer.headers.get("retry-after", ""), self._clock.now())
        return read_status(answer.status, answer.headers.get("location"), None if asked_s is None else hold_s(asked_s))
