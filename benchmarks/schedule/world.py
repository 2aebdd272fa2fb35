"""A made-up web of 10,000 links that die as published studies say links die; times are days from the start.

Figures with a source:

- Of deep links in articles, 6 % were dead after two years, 72 % after twenty, and 25 % of all (Bowers, Stanton,
  Zittrain 2021: 2.2 million links in the New York Times). The Weibull law goes through the first two; the mix of ages
  is chosen so that the third comes out.
- Of the pages that were gone, 9 of 25 went with their whole site (Pew Research Center 2024).
- 27.3 million URLs lay on 7 million hosts: 3.9 links on each (Garg, Alam, Weigle, Nelson, Ayala 2024).
- A site is down for 0.27 % of the time (Pingdom 2007, over 2,000 sites).

Assumed, because no study was found: the number of links on a host has a heavy tail (Pareto, at most 500); a host with
more than 100 of them does not go as a whole; an outage lasts four hours on average; how dead links fail (PAGE_DEATHS,
HOST_DEATHS). Left out: pages of one site that go at once because it is rebuilt, links that come back, walls for bots,
new links. What was dead at the start is spread over all hosts.
"""

import math
import random
from bisect import bisect_right
from dataclasses import dataclass, field

from feedbot.core.observation import FailureKind
from feedbot.core.verdict import Verdict, VerdictKind

LINKS = 10_000
YEAR = 365.25
OLDEST = 23 * YEAR
DEAD_AFTER_2, DEAD_AFTER_20, DEAD_OVERALL = 0.06, 0.72, 0.25
SHAPE = math.log(math.log(1 - DEAD_AFTER_20) / math.log(1 - DEAD_AFTER_2)) / math.log(10)
SCALE = 20 * YEAR / (-math.log(1 - DEAD_AFTER_20)) ** (1 / SHAPE)
WITH_THEIR_SITE = 9 / 25
LINKS_A_HOST = 3.9
MOST_ON_A_HOST = 500
GIANT = 100
DOWN = 0.0027
OUTAGE = 4 / 24

ALIVE = Verdict(VerdictKind.ALIVE, "200 on GET", by_get=True)
SILENT = Verdict(VerdictKind.UNREACHABLE, "no answer in 30 s", failure=FailureKind.TIMEOUT)
MISSING = Verdict(VerdictKind.MISSING, "404 on GET", by_get=True)
_GONE = Verdict(VerdictKind.GONE, "410 on GET", by_get=True)
BROKEN = Verdict(VerdictKind.UNREACHABLE, "500 on GET", by_get=True)
_NO_HOST = Verdict(VerdictKind.UNREACHABLE, "no such host", failure=FailureKind.DNS_NXDOMAIN)
_NO_SERVER = Verdict(VerdictKind.UNREACHABLE, "connection refused", failure=FailureKind.CONNECT_REFUSED)
_PARKED = Verdict(VerdictKind.PARKED, "for sale", by_get=True)

PAGE_DEATHS = {MISSING: 0.85, _GONE: 0.05, BROKEN: 0.1}
HOST_DEATHS = {_NO_HOST: 0.6, _NO_SERVER: 0.15, _PARKED: 0.25}


@dataclass(slots=True)
class Host:
    """A host: when it goes for good, how that looks, and when it is silent for a while."""

    links: list["Link"] = field(default_factory=list)
    dies_at: float = math.inf
    death: Verdict = _NO_HOST
    outages: list[float] = field(default_factory=list)
    """Starts and ends in turn."""


@dataclass(slots=True)
class Link:
    """A link: how old it is on day 0, and when its page goes for good."""

    number: int
    host: Host
    age: float
    page_dies_at: float
    page_death: Verdict

    @property
    def dies_at(self) -> float:
        return min(self.page_dies_at, self.host.dies_at)

    def look(self, day: float) -> Verdict:
        """What a checker sees on that day."""
        host = self.host
        if day >= host.dies_at:
            return host.death
        if bisect_right(host.outages, day) % 2:
            return SILENT
        return self.page_death if day >= self.page_dies_at else ALIVE


def make_world(seed: int, days: float) -> list[Link]:
    """The links, and what happens to them in so many days; the same seed makes the same world."""
    rng = random.Random(seed)
    decline = _decline()
    hosts = []
    numbers = iter(range(LINKS))
    for size in _sizes(rng):
        host = Host(outages=_outages(rng, days))
        for _ in range(size):
            age = _age(rng, decline)
            death = _one_of(rng, PAGE_DEATHS)
            host.links.append(Link(next(numbers), host, age, _page_dies_at(rng, age), death))
        hosts.append(host)
    living = [link for host in hosts for link in host.links if link.page_dies_at > 0]
    share = WITH_THEIR_SITE * len(living) / sum(len(link.host.links) <= GIANT for link in living)
    for host in hosts:
        if len(host.links) <= GIANT:
            rate = share * sum(_rate(link.age + days / 2) for link in host.links) / len(host.links)
            host.dies_at = rng.expovariate(rate)
            host.death = _one_of(rng, HOST_DEATHS)
    return [link for host in hosts for link in host.links]


def dead_share(age: float) -> float:
    """Of links of so many days, the share that is dead."""
    return -math.expm1(-_hazard(age))


def _hazard(age: float) -> float:
    return (age / SCALE) ** SHAPE


def _rate(age: float) -> float:
    """Deaths a day among living links of this age."""
    return SHAPE * _hazard(age) / age


def _page_dies_at(rng: random.Random, age: float) -> float:
    """A day on which the page of a link dies; before day 0 with the published share of its age."""
    past = rng.expovariate(1)
    if past < _hazard(age):
        return _age_at(past) - age
    return _age_at(_hazard(age) + rng.expovariate(1) / (1 - WITH_THEIR_SITE)) - age


def _age_at(hazard: float) -> float:
    return SCALE * hazard ** (1 / SHAPE)


def _age(rng: random.Random, decline: float) -> float:
    """An age from 0 to OLDEST; older links are rarer by `decline` with each day."""
    return -math.log1p(rng.random() * math.expm1(-decline * OLDEST)) / decline


def _decline() -> float:
    """The decline with which a quarter of all links is dead, by bisection."""
    ages = [OLDEST * (step + 0.5) / 1000 for step in range(1000)]

    def dead(decline: float) -> float:
        weights = [math.exp(-decline * age) for age in ages]
        return sum(w * dead_share(age) for w, age in zip(weights, ages, strict=True)) / sum(weights)

    low, high = 0.0, 1 / YEAR
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if dead(middle) > DEAD_OVERALL else (low, middle)
    return low


def _sizes(rng: random.Random) -> list[int]:
    """How many links each host has: at least n with probability n ** -tail, LINKS_A_HOST on average."""
    low, high = 1.0, 3.0
    for _ in range(40):
        tail = (low + high) / 2
        mean = sum(n**-tail for n in range(1, MOST_ON_A_HOST + 1))
        low, high = (tail, high) if mean > LINKS_A_HOST else (low, tail)
    sizes = []
    left = LINKS
    while left:
        size = min(left, MOST_ON_A_HOST, int((1 - rng.random()) ** (-1 / low)))
        sizes.append(size)
        left -= size
    return sizes


def _outages(rng: random.Random, days: float) -> list[float]:
    """Starts and ends of outages in turn, exponential waits and lengths."""
    turns = []
    day = rng.expovariate(DOWN / OUTAGE)
    while day < days:
        end = day + rng.expovariate(1 / OUTAGE)
        turns += [day, end]
        day = end + rng.expovariate(DOWN / OUTAGE)
    return turns


def _one_of(rng: random.Random, shares: dict[Verdict, float]) -> Verdict:
    return rng.choices(list(shares), list(shares.values()))[0]
