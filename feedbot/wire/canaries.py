"""Is it us? Well-known addresses that answer whenever our own network is up."""

import asyncio
import logging
from collections.abc import Sequence

from feedbot.core.checker import Canary
from feedbot.core.observation import Failure
from feedbot.wire.identity import Headers
from feedbot.wire.wire import Request, Response, Wire

log = logging.getLogger("feedbot")


async def online(wire: Wire, canaries: Sequence[Canary], headers: Headers = ()) -> bool:
    """True where at least two thirds of the canaries answer a GET with the status expected; also for none.

    All are asked at once and without politeness: they are few, and asked once a run. Where too few answer,
    the log says of one what it did instead, for that may be the fault of a proxy or of the authorities.
    """
    answers = await asyncio.gather(
        *(wire.exchange(Request(method="GET", url=canary.url, headers=headers)) for canary in canaries)
    )
    wrong = [
        f"{canary.url}: {why}"
        for canary, answer in zip(canaries, answers, strict=True)
        if (why := _why_not(answer, canary.status)) is not None
    ]
    if 3 * len(wrong) <= len(canaries):
        return True
    log.warning("%d of %d canaries do not answer as they should, such as %s", len(wrong), len(canaries), wrong[0])
    return False


def _why_not(answer: Response | Failure, status: int) -> str | None:
    """What an answer is instead of the status expected; None where it is that."""
    if isinstance(answer, Failure):
        return answer.text
    return None if answer.status == status else f"{answer.status} instead of {status}"
