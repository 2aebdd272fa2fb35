"""To which addresses a socket may be opened for a URL: its host's, vetted, or those of the one proxy alone."""

import base64
from functools import lru_cache
from itertools import zip_longest

from feedbot.core.address import Network, why_not_public
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.proxy import Proxy
from feedbot.core.url import UrlParts
from feedbot.wire.failures import shortened
from feedbot.wire.resolver import Addresses, Resolver, literal_address

MAX_ADDRESSES = 3
WANTS_CREDENTIALS = 407


# The same name is asked for again at each of its links, and most sites share a few addresses.
@lru_cache(maxsize=16384)
def vetted(found: Addresses, allowed: tuple[Network, ...]) -> Addresses | Failure:
    """The public ones, at most three, families taking turns; POLICY_ADDRESS where there is none."""
    reasons = [why_not_public(address, allowed) for address in found]
    public = [address for address, why in zip(found, reasons, strict=True) if why is None]
    if not public:
        why = next((why for why in reasons if why is not None), "name has no address")
        return Failure(FailureKind.POLICY_ADDRESS, why)
    first_family = ":" in public[0]
    families = (
        [address for address in public if (":" in address) == first_family],
        [address for address in public if (":" in address) != first_family],
    )
    turns = (address for pair in zip_longest(*families) for address in pair if address is not None)
    return tuple(turns)[:MAX_ADDRESSES]


def authorization(proxy: Proxy) -> str | None:
    """The value of Proxy-Authorization (RFC 7617); None where there are no credentials."""
    if proxy.credentials is None:
        return None
    return "Basic " + base64.b64encode(":".join(proxy.credentials).encode()).decode("ascii")


async def peers_of(
    parts: UrlParts, resolver: Resolver, allowed: tuple[Network, ...], proxy: Proxy | None
) -> Addresses | Failure:
    """The addresses that a socket may be opened to for a URL: its host's, vetted, or the proxy's alone.

    Behind a proxy no name is looked up here; of a literal address it is known all the same that it
    is not public.
    """
    if proxy is None:
        found = await resolver.resolve(parts.host)
        return found if isinstance(found, Failure) else vetted(found, allowed)
    literal = literal_address(parts.host)
    if literal is not None and isinstance(refused := vetted((literal,), allowed), Failure):
        return refused
    return await proxy_addresses(proxy, resolver)


async def proxy_addresses(proxy: Proxy, resolver: Resolver) -> Addresses | Failure:
    """The addresses of a proxy, at most three, whatever range they are of: the operator has named it."""
    found = await resolver.resolve(proxy.host)
    return proxy_failure(found) if isinstance(found, Failure) else found[:MAX_ADDRESSES]


def proxy_failure(failure: Failure) -> Failure:
    """The same as OURSELVES: a proxy that fails says nothing of the link."""
    return Failure(FailureKind.OURSELVES, shortened(f"proxy {failure.text}"))


def proxy_refusal(status: int) -> Failure:
    """What a proxy's status says that is no answer of the server's: any to CONNECT but 2xx, and 407 always."""
    why = " (it wants other credentials)" if status == WANTS_CREDENTIALS else ""
    return Failure(FailureKind.OURSELVES, f"proxy answered {status}{why}")
