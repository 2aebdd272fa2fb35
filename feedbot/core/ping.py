"""Telling WebSub hubs which feeds have changed: what is told, what a hub's answer means, when to try again.

WebSub (W3C, 2018) leaves open how a publisher tells its hub. What hubs take is the form of its predecessor,
PubSubHubbub 0.3, 7.1: a POST with hub.mode=publish and hub.url, or, later, hub.topic.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from feedbot.core.observation import Failure, FailureKind

MOST_AT_ONCE = 100
"""Addresses that one hub is told in one run; the others wait for the next."""

TRIED_FOR = timedelta(days=1)
"""How long after a change its hub is tried; by then whoever polls has seen it."""

_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 4 * 3600.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# They say that the request is well, and its moment is not (RFC 9110, 15.5.9; RFC 8470, 5.2; RFC 6585, 4).
_LATER = frozenset({408, 425, 429})
# Of these the hub as a whole speaks, and not of the one address.
_OF_ALL = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Ping:
    """An address that a hub is still to be told of: `changes` counts all so far, `tries` those in vain."""

    hub: str
    topic: str
    changes: int
    changed_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The hub knows."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The hub will not have it, now or later: `why` in words."""

    why: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It may be otherwise later: `why` in words.

    `wait_s` is what the hub asks for. With `of_all`, no address would fare better.
    """

    why: str
    of_all: bool
    wait_s: float | None = None


Answer = Accepted | Refused | Failed


def topics_of(written: Iterable[str], aliases: Mapping[str, str], url_base: str) -> list[str]:
    """The addresses that are to be told, of these feed files: each as its `self` link has it.

    An alias names another address as its own, whose file changes with it, so nobody has subscribed to it.
    """
    return [url_base + name for name in written if name not in aliases]


def chosen(waiting: Collection[Ping], everything: str) -> list[Ping]:
    """Those that a hub is told of now, in their order, at most 100.

    What was never tried goes first: an address that a hub always chokes on keeps no other waiting. Of those, the
    files of the feed of all articles (whose addresses begin with `everything`), which most have subscribed to.
    """
    order = sorted(waiting, key=lambda one: (one.tries, not one.topic.startswith(everything), one.topic))
    return order[:MOST_AT_ONCE]


def form(topic: str) -> bytes:
    """What is sent to a hub, application/x-www-form-urlencoded: one address, under both of its names.

    One in each request: hubs that read a repeated hub.url as several are few, and the others would go by the first
    and say that all is well.
    """
    return urlencode([("hub.mode", "publish"), ("hub.url", topic), ("hub.topic", topic)]).encode("ascii")


def read_status(status: int, location: str | None = None, wait_s: float | None = None) -> Answer:
    """What a hub says by its status; `location` and `wait_s` are its Location and its Retry-After."""
    if 200 <= status < 300:
        return Accepted()
    if status >= 500 or status in _LATER:
        return Failed(f"it answers {status}", of_all=status in _OF_ALL, wait_s=wait_s)
    if status in _REDIRECTS and location:
        # Followed by none: what was a POST may arrive as a GET, and the address in the feeds would stay wrong.
        return Refused(f"it answers {status}, and that it is at {location}: name that in feeds.hub")
    return Refused(f"it answers {status}")


def read_failure(failure: Failure) -> Answer:
    """What it means that there was no answer."""
    if failure.kind is FailureKind.POLICY_ADDRESS:
        return Refused(f"it may not be asked ({failure.text}); checker.allow_addresses names what may")
    return Failed(failure.text, of_all=True)


def next_try_at(tries: int, now: datetime, wait_s: float | None = None) -> datetime:
    """When to try again after so many tries in vain: a minute, doubling to 4 hours; not before the hub wants it."""
    wait = min(_FIRST_WAIT_S * 2 ** min(tries - 1, 20), _LONGEST_WAIT_S)
    return now + timedelta(seconds=max(wait, wait_s or 0.0))


def is_over(ping: Ping, next_at: datetime) -> bool:
    """True where the next try would come more than a day after the change."""
    return next_at - ping.changed_at > TRIED_FOR
