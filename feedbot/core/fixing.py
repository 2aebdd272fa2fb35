"""Which links of article files are rewritten by `feedbot fix`: those whose page has another address for good.

Feeds lead to that address as well (core/healing.py). What is written into somebody's files asks for more: the latest
look must have seen it, no person may have said anything of the link, and the way must not lead to another site of
which nothing tells that it has the same page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from feedbot.core.domain import registrable_domain
from feedbot.core.healing import MOVED_LOOKS, MOVED_OVER, is_visitors_own
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.url import InvalidUrl, canonical_url, host_of
from feedbot.core.verdict import VerdictKind

WITHDRAWN_LOOKS = MOVED_LOOKS
WITHDRAWN_OVER = MOVED_OVER
"""An AMP page is believed to be withdrawn with the same patience as a permanent redirect."""

# Of the page they say nothing, neither that it is offered nor that it is not.
_SILENT = frozenset({VerdictKind.BLOCKED, VerdictKind.UNKNOWN})
_ILL = frozenset({StatusKind.DEAD, StatusKind.FAILING, StatusKind.REFUSED})


@dataclass(frozen=True, slots=True)
class Left:
    """A link that stays as it is, and why in words; `is_early` where time alone may change that."""

    why: str
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a target was judged to be; `counted` is false where our own network was down."""

    at: datetime
    verdict: VerdictKind
    counted: bool = True


def new_address(
    url: str,
    status: Status,
    mark: Mark | None = None,
    *,
    is_titled: bool,
    there: Status | None = None,
    mark_there: Mark | None = None,
) -> str | Left:
    """The address that replaces a canonical URL whose status is `moved`, or why it is left.

    `mark` is a person's word on the link; `there` and `mark_there` are what is known of the new address, as far as
    articles link to it. `is_titled`: a link to the URL stands for an article with a title, so that a redirect to
    another site was believed only because the page there carries it (`suspect` otherwise).
    """
    moved_to, first_at = status.moved_to, status.moved_first_at
    if mark is not None:
        return Left(mark.words)
    if status.kind is not StatusKind.MOVED or moved_to is None or first_at is None or status.checked_at is None:
        return Left("is not known to have moved")
    if status.verdict is not VerdictKind.MOVED:
        return Left(f"has moved to {moved_to}, but its latest look says {status.verdict}", is_early=True)
    if is_visitors_own(url, moved_to):
        return Left(f"leads to {moved_to}, which may be another address for another visitor")
    if not moved_to.startswith(("http://", "https://")):
        return Left(f"leads to {moved_to}, which is no page")
    if status.moved_looks < MOVED_LOOKS or status.checked_at - first_at < MOVED_OVER:
        times = "once" if status.moved_looks == 1 else f"{status.moved_looks} times"
        patience = f"it takes {MOVED_LOOKS} looks over {MOVED_OVER.days} days"
        return Left(f"has moved to {moved_to}, seen {times} since {first_at:%Y-%m-%d}; {patience}", is_early=True)
    if mark_there is not None and mark_there.kind is MarkKind.DEAD:
        return Left(f"its new address {moved_to} is {mark_there.words}")
    if there is not None and there.kind in _ILL and mark_there is None:
        return Left(f"its new address {moved_to} is {there.kind}")
    if not is_titled and _site_of(url) != _site_of(moved_to):
        return Left(f"leads to another site, {moved_to}; look whether it is the same page, and change it yourself")
    return moved_to


def followed(addresses: Mapping[str, str]) -> dict[str, str]:
    """The same addresses by canonical URL, each the last of its row: A for B and B for C is A for C.

    Rows that lead in a circle are left out whole.
    """
    last: dict[str, str] = {}
    for url, address in addresses.items():
        seen = {url}
        end: str | None = address
        while end is not None and (target := _target(end)) in addresses:
            end = None if target in seen else addresses[target]
            seen.add(target)
        if end is not None and _target(end) != url:
            last[url] = end
    return last


def is_withdrawn(looks: Iterable[Look]) -> bool:
    """True where an AMP page was seen to be withdrawn 3 times in a row over 7 days; looks newest first.

    Looks at a wall and those that do not count neither end the row nor are part of it.
    """
    row = []
    for look in looks:
        if look.counted and look.verdict is VerdictKind.AMP_WITHDRAWN:
            row.append(look.at)
        elif look.counted and look.verdict not in _SILENT:
            break
    return len(row) >= WITHDRAWN_LOOKS and row[0] - row[-1] >= WITHDRAWN_OVER


def _site_of(url: str) -> str:
    return registrable_domain(host_of(url))


def _target(url: str) -> str:
    try:
        return canonical_url(url)
    except InvalidUrl:
        return url
