"""After a good run a monitor's address is asked, so that somebody is told when that stops."""

from feedbot.core.checker import CheckerPolicy
from feedbot.core.observation import Failure
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.wire.choice import make_wire
from feedbot.wire.identity import identity_headers
from feedbot.wire.resolver import Resolver, SystemResolver
from feedbot.wire.wire import Request

ANSWERS_WITHIN_S = 5.0


async def beat(config: CheckerPolicy, contact: str, url: str, resolver: Resolver | None = None) -> str:
    """GET an address over the wire that asks links; returns why that brought no 2xx, or "".

    The URL may be a secret, and is not repeated. Raises ConfigError as `choice.require_usable` does.
    """
    try:
        asked = canonical_url(url)
    except InvalidUrl:
        return "its address is no URL that can be asked"
    names = resolver or SystemResolver(threads=1, timeout_s=ANSWERS_WITHIN_S)
    try:
        wire = make_wire(config, names)
        try:
            answer = await wire.exchange(Request("GET", asked, identity_headers(contact), ANSWERS_WITHIN_S))
        finally:
            await wire.aclose()
    finally:
        if isinstance(names, SystemResolver) and names is not resolver:
            names.close()
    if isinstance(answer, Failure):
        return answer.text
    return "" if 200 <= answer.status < 300 else f"it answers {answer.status}"
