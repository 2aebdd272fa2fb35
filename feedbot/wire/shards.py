"""A plan cut into shards for the workers of a cluster: sets of registrable domains, each in one shard at a time."""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from feedbot.core.checker import CheckerPolicy
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.wire.hosts import covering
from feedbot.wire.prober import ProbeTarget

MOST_TARGETS = 1000
"""In a shard: enough that its host's turns overlap, few enough that what a lost worker had done is soon done again."""
FEWEST_TARGETS = 50
"""Fewer are not worth a shard of their own, however many workers wait."""
ASKED_FOR_S = 60.0
"""A domain's part in a shard takes about so long at its pace; the rest of it comes in a later shard."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Targets for one worker; while it has them, nobody else asks their `domains`."""

    number: int
    targets: tuple[ProbeTarget, ...]
    domains: frozenset[str]


class Shards:
    """What is still to be asked, given out in shards.

    A domain's targets keep their order. Its next ones are given out when the shard that has it is done, and it has
    rested for as long as the worker says (`done`). `delay_s` is the time between two starts at a host. Moments are
    seconds of one clock, whichever it is.
    """

    def __init__(self, delay_s: Callable[[str], float]) -> None:
        self.delay_s = delay_s
        self._targets: dict[str, deque[ProbeTarget]] = {}
        # Each domain with targets that no worker has is in one of these two.
        self._ready: deque[str] = deque()
        self._resting: list[tuple[float, str]] = []
        self._opens_at: dict[str, float] = {}
        self._taken: set[str] = set()
        self._given = 0
        self.waiting = 0
        """Targets that no worker has."""

    def add(self, targets: Iterable[ProbeTarget]) -> None:
        """Have more targets, in the order in which they are to be asked."""
        for target in targets:
            domain = registrable_domain(host_of(target.url))
            self.waiting += 1
            if domain in self._targets:
                self._targets[domain].append(target)
                continue
            self._targets[domain] = deque([target])
            if domain not in self._taken:
                self._put(domain)

    def take(self, now: float, most: int = MOST_TARGETS) -> Shard | None:
        """The next shard, of `most` targets at most; None where all that is left is taken or rests."""
        self._wake(now)
        taken: list[ProbeTarget] = []
        domains = []
        while self._ready and len(taken) < most:
            domain = self._ready.popleft()
            domains.append(domain)
            self._taken.add(domain)
            taken += self._part(domain, most - len(taken))
        if not taken:
            return None
        self._given += 1
        self.waiting -= len(taken)
        return Shard(self._given, tuple(taken), frozenset(domains))

    def done(self, shard: Shard, now: float, rests_s: Mapping[str, float]) -> None:
        """A shard is over; its domains may be asked again, those of `rests_s` after so many seconds."""
        self._wake(now)
        for domain in sorted(shard.domains):
            self._taken.discard(domain)
            rest_s = rests_s.get(domain, 0.0)
            if rest_s > 0:
                self._opens_at[domain] = now + rest_s
                if domain not in self._targets:
                    # Nothing of it waits, but more may come before then.
                    heapq.heappush(self._resting, (now + rest_s, domain))
            if domain in self._targets:
                self._put(domain)

    def give_back(self, targets: Iterable[ProbeTarget]) -> None:
        """Have targets again that a worker had and has not asked, before others of their domains."""
        for target in reversed(tuple(targets)):
            domain = registrable_domain(host_of(target.url))
            self.waiting += 1
            if domain in self._targets:
                self._targets[domain].appendleft(target)
                continue
            self._targets[domain] = deque([target])
            if domain not in self._taken:
                self._put(domain)

    def drop(self) -> None:
        """Give nothing more out of what waits; how long domains rest is remembered."""
        self._targets.clear()
        self._ready.clear()
        self.waiting = 0

    def next_at(self) -> float:
        """When the first domain that rests may be asked again; infinite where none with targets does."""
        return min((at for at, domain in self._resting if domain in self._targets), default=math.inf)

    def _put(self, domain: str) -> None:
        if domain in self._opens_at:
            heapq.heappush(self._resting, (self._opens_at[domain], domain))
        else:
            self._ready.append(domain)

    def _wake(self, now: float) -> None:
        while self._resting and self._resting[0][0] <= now:
            _, domain = heapq.heappop(self._resting)
            # It may be in there twice, or be taken again.
            if self._opens_at.get(domain, math.inf) > now:
                continue
            del self._opens_at[domain]
            if domain in self._targets and domain not in self._taken:
                self._ready.append(domain)

    def _part(self, domain: str, most: int) -> list[ProbeTarget]:
        targets = self._targets[domain]
        part: list[ProbeTarget] = []
        takes_s = 0.0
        while targets and len(part) < most and (takes_s < ASKED_FOR_S or not part):
            part.append(targets.popleft())
            takes_s += self.delay_s(host_of(part[-1].url))
        if not targets:
            del self._targets[domain]
        return part


def shard_size(waiting: int, at_once: int) -> int:
    """Targets in the next shard: so that what waits is spread over the `at_once` shards that may be under way."""
    return max(FEWEST_TARGETS, min(MOST_TARGETS, math.ceil(waiting / max(1, at_once))))


def fewest(targets: Iterable[ProbeTarget], config: CheckerPolicy) -> int:
    """How many shards these targets are given out in to one worker of one thread; others have no fewer."""
    shards = Shards(pace_of(config))
    shards.add(targets)
    number = 0
    while shard := shards.take(0.0, shard_size(shards.waiting, 1)):
        shards.done(shard, 0.0, {})
        number += 1
    return number


def pace_of(config: CheckerPolicy) -> Callable[[str], float]:
    """Seconds between two starts at a host, as the config says."""
    paced = {name: host.delay_s for name, host in config.hosts.items() if host.delay_s is not None}

    def delay_s(host: str) -> float:
        name = covering(paced, host) if paced else None
        return config.per_host.delay_s if name is None else paced[name]

    return delay_s
