"""What a worker of a Dask cluster does: it asks the targets of a shard, and says what it is.

Dask calls `greet` and `ask` by their names in the feedbot that is installed where the worker is. They take and give
bytes, which are read only after both sides have said that they speak the same.
"""

import asyncio
import os
from collections.abc import Callable

from distributed import get_worker
from msgspec.structs import replace

from feedbot.clock import SystemClock
from feedbot.core.checker import Canary, CheckerPolicy
from feedbot.core.domain import registrable_domain
from feedbot.core.observation import NETWORK_KINDS, Failed, Observation
from feedbot.core.url import host_of
from feedbot.errors import ConfigError
from feedbot.wire.choice import require_usable
from feedbot.wire.cluster_words import (
    SPEAKS,
    Ask,
    Brought,
    Greeting,
    Stand,
    Unfit,
    encoded,
    read_ask,
    read_policy,
)
from feedbot.wire.executor import one_portion
from feedbot.wire.local import LocalWire, open_local
from feedbot.wire.loop import new_loop
from feedbot.wire.politeness import Share
from feedbot.wire.prober import Lost, Postponed

VANTAGE = "FEEDBOT_VANTAGE"
"""The environment variable that names where a worker asks from."""

_CLOCK = SystemClock()
_WANTED_EVERY_S = 0.5
ONLINE_FOR_S = 600.0
"""For so long after canaries have answered is a worker taken to be online, where nothing speaks against it."""


_online_at: dict[tuple[Canary, ...], float] = {}
"""When these canaries last told that this machine is online, in monotonic seconds."""


def greet(speaks: str, policy: bytes) -> bytes:
    """What this worker is, as a Greeting, or why it cannot ask as the policy says."""
    if speaks != SPEAKS:
        return encoded(
            Unfit("", f"has feedbot {SPEAKS}, and this is feedbot {speaks}: the same must be installed there")
        )
    try:
        require_usable(read_policy(policy))
    except ConfigError as error:
        return encoded(Unfit("", f"cannot ask as the config says: {error}"))
    return encoded(Greeting(_CLOCK.now(), _vantage()))


def ask(speaks: str, order: bytes) -> bytes:
    """What came of a shard, as Brought, or Unfit where nothing of it counts.

    Ends early where nobody wants it any more: the command that gave the order was stopped or killed.
    """
    worker = get_worker()
    if speaks != SPEAKS:
        return encoded(Unfit(worker.address, f"has feedbot {SPEAKS}, and this is feedbot {speaks}"))
    key = worker.get_current_task()

    def is_wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing"

    with asyncio.Runner(loop_factory=new_loop()) as runner:
        return encoded(runner.run(_asked_while(is_wanted, worker.address, read_ask(order))))


async def _asked_while(is_wanted: Callable[[], bool], address: str, order: Ask) -> Brought | Unfit:
    asking = asyncio.ensure_future(_ask(address, order))
    try:
        while not asking.done():
            await asyncio.wait([asking], timeout=_WANTED_EVERY_S)
            if not is_wanted():
                break
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    return Unfit(address, "was told to stop") if asking.cancelled() else asking.result()


async def _ask(address: str, order: Ask) -> Brought | Unfit:
    domains = {registrable_domain(host_of(target.url)) for target in order.plan}
    share = Share(domains, order.at_once)
    config = replace(order.config, workers=1)
    async with open_local(config, order.contact, _CLOCK, head_refused=order.head_refused, share=share) as wire:
        if not _was_online_lately(config) and not await _is_online(wire, config):
            return Unfit(address, "seems to be offline")
        for stand in order.stands:
            wire.gates.slow_down(stand.host, stand.delay_s)
        results = [one async for one in wire.observe(one_portion(order.plan)) if not isinstance(one, Lost)]
        if any(map(_is_of_the_network, results)) and not await _is_online(wire, config):
            return Unfit(address, "seems to be offline")
        refused = tuple(sorted(wire.head_refused.difference(order.head_refused)))
        stands = tuple(Stand(host, delay_s, rests_s) for host, delay_s, rests_s in wire.gates.standing())
    return Brought(tuple(results), refused, stands, _vantage())


def _vantage() -> str | None:
    return os.environ.get(VANTAGE, "").strip() or None


def _is_of_the_network(result: Observation | Postponed) -> bool:
    if isinstance(result, Postponed) or not isinstance(result.outcome, Failed):
        return False
    return result.outcome.failure.kind in NETWORK_KINDS


def _was_online_lately(config: CheckerPolicy) -> bool:
    at = _online_at.get(config.canaries)
    return at is not None and _CLOCK.monotonic() - at < ONLINE_FOR_S


async def _is_online(wire: LocalWire, config: CheckerPolicy) -> bool:
    is_online = await wire.online()
    if is_online:
        _online_at[config.canaries] = _CLOCK.monotonic()
    else:
        _online_at.pop(config.canaries, None)
    return is_online
