"""Which of a name's addresses may be asked."""

from collections.abc import Sequence
from itertools import zip_longest

from feedbot.core.address import Network, why_not_public
from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.resolver import Addresses

MAX_ADDRESSES = 3


def vetted(found: Addresses, allowed: Sequence[Network]) -> tuple[str, ...] | Failure:
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
