"""Is it us? Well-known addresses that answer whenever our own network is up."""

import asyncio
from collections.abc import Sequence

from feedbot.core.checker import Canary
from feedbot.core.observation import Failure
from feedbot.wire.identity import Headers
from feedbot.wire.wire import Request, Wire


async def online(wire: Wire, canaries: Sequence[Canary], headers: Headers = ()) -> bool:
    """True where at least two thirds of the canaries answer a GET with the status expected; also for none.

    All are asked at once and without politeness: they are few, and asked once a run.
    """
    answers = await asyncio.gather(
        *(wire.exchange(Request(method="GET", url=canary.url, headers=headers)) for canary in canaries)
    )
    good = sum(
        not isinstance(answer, Failure) and answer.status == canary.status
        for answer, canary in zip(answers, canaries, strict=True)
    )
    return 3 * good >= 2 * len(canaries)
