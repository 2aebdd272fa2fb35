"""How early dead links are found, beside a fixed interval that takes as many requests: `simulate.py [SEED ...]`.

All links are new on day 0. After a warm-up the requests and the deaths of a year are counted; then time goes on, so
that those deaths can be found. What is not found by the end counts as found then, which favours the slower one.
"""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from checkers import Checker, Feedbot, FeedbotOnBudget, FixedInterval
from world import BROKEN, LINKS, YEAR, Link, make_world

SEEDS = (1, 2, 3, 4, 5)
WARM_UP, COUNTED, RUN_OUT = 90.0, 365.0, 200.0
END = WARM_UP + COUNTED + RUN_OUT
BUDGET = 500
"""Requests in two days; without a budget feedbot takes some 670."""


@dataclass(frozen=True)
class Figures:
    """Requests, and for every link that died in the year the days until it was first seen failing, and called dead."""

    requests: int
    seen: list[float]
    dead: list[float]

    @property
    def row(self) -> tuple[float, ...]:
        means = (statistics.mean(self.seen), statistics.mean(self.dead))
        return (self.requests, statistics.median(self.seen), means[0], statistics.median(self.dead), means[1])


def simulate(links: list[Link], checker: Checker) -> Figures:
    checker.work(0.0, WARM_UP)
    requests = checker.work(WARM_UP, WARM_UP + COUNTED)
    died = [link for link in links if WARM_UP < link.dies_at <= WARM_UP + COUNTED]
    dead = [link for link in died if can_be_called_dead(link)]
    day = WARM_UP + COUNTED
    while day < END and not all(link.number in checker.deaths for link in dead):
        checker.work(day, day + 10)
        day += 10
    return Figures(
        requests,
        [checker.first_failures.get(link.number, END) - link.dies_at for link in died],
        [checker.deaths.get(link.number, END) - link.dies_at for link in dead],
    )


def can_be_called_dead(link: Link) -> bool:
    """False for a page with errors on a host of which nothing else is known: no strikes make that dead."""
    return len(link.host.links) > 1 or link.page_death is not BROKEN or link.host.dies_at < link.page_dies_at


def compare(seed: int) -> dict[str, Figures]:
    """The figures of every checker in one world."""
    links = make_world(seed, END)
    feedbot = simulate(links, Feedbot(links, seed))
    interval = LINKS * COUNTED / feedbot.requests
    thrifty = simulate(links, FeedbotOnBudget(links, seed, BUDGET))
    longer = LINKS * COUNTED / thrifty.requests
    return {
        "feedbot": feedbot,
        "feedbot without neighbours": simulate(links, Feedbot(links, seed, neighbours=False)),
        "fixed interval": simulate(links, FixedInterval(links, seed, interval)),
        "fixed, but strikes in their steps": simulate(links, FixedInterval(links, seed, interval, in_steps=True)),
        "feedbot on a budget": thrifty,
        "fixed interval on that budget": simulate(links, FixedInterval(links, seed, longer)),
    }


def describe(seed: int) -> str:
    """What became of the published figures in one world."""
    links = make_world(seed, END)

    def share(low: float, high: float) -> str:
        some = [link.dies_at <= 0 for link in links if low <= link.age / YEAR < high]
        return f"{sum(some) / len(some):.0%}"

    died = [link for link in links if WARM_UP < link.dies_at <= WARM_UP + COUNTED]
    with_site = sum(link.host.dies_at < link.page_dies_at for link in died) / len(died)
    return (
        f"  seed {seed}: dead on day 0 are {share(1.5, 2.5)} of the two-year-old links, {share(18, 22)} of the"
        f" twenty-year-old, {share(0, 99)} of all; {len(died)} die in the year, {with_site:.0%} with their site"
    )


def main(seeds: Sequence[int]) -> None:
    print(f"{LINKS:,} links, medians of {len(seeds)} worlds; days from a link's death until it is ...")
    print(f"{'':36}{'requests':>9}{'first seen failing':>22}{'called dead':>18}")
    print(f"{'':36}{'a year':>9}{'median':>14}{'mean':>8}{'median':>10}{'mean':>8}")
    worlds = [compare(seed) for seed in seeds]
    for name in worlds[0]:
        requests, *days = (statistics.median(column) for column in zip(*(w[name].row for w in worlds), strict=True))
        print(f"  {name:<34}{requests:>9,.0f}{days[0]:>14.1f}{days[1]:>8.1f}{days[2]:>10.1f}{days[3]:>8.1f}")
    for ours, theirs in (("feedbot", "fixed interval"), ("feedbot on a budget", "fixed interval on that budget")):
        print(f"{ours} is earlier than {theirs}, by the medians, world by world:")
        for number, what in ((1, "first seen failing"), (3, "called dead")):
            ratios = [world[theirs].row[number] / world[ours].row[number] for world in worlds]
            each = ", ".join(f"{ratio:.1f}" for ratio in ratios)
            print(f"  {what:<20}{statistics.median(ratios):>5.1f} times  ({each})")
    for seed in seeds:
        print(describe(seed))


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or SEEDS)
