"""The checkers that are compared: feedbot's schedule, without a budget and with one, and a fixed interval.

All of them count strikes as feedbot does. What feedbot decides is decided here by its own functions; only the database
is a list, and the network is the world. A look counts as one request.
"""

import heapq
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from world import ALIVE, Host, Link

from feedbot.core.order import Due, Rank, plan
from feedbot.core.schedule import SchedulePolicy, is_alarming, neighbours_to_ask, next_check_at
from feedbot.core.status import DAY_S, Status, StatusKind, advance
from feedbot.core.verdict import Verdict, VerdictKind

_START = datetime(2026, 1, 1, tzinfo=UTC)
_POLICY = SchedulePolicy()
_SILENT = {None, VerdictKind.UNREACHABLE}
IN_FEEDS = 500


def moment(day: float) -> datetime:
    return _START + timedelta(days=day)


def days(at: datetime) -> float:
    return (at - _START).total_seconds() / DAY_S


class Checker:
    """Asks what is due, in runs of `every` days. When is for the subclasses to say.

    On day 0 it knows nothing of them, as after an import.
    """

    every = 1 / 24

    def __init__(self, links: list[Link], seed: int) -> None:
        self.rng = random.Random(seed)
        self.links = links
        self.first_failures: dict[int, float] = {}
        self.deaths: dict[int, float] = {}
        self.status = [Status()] * len(links)
        self.next_at = [0.0] * len(links)
        self._queue: list[tuple[float, int]] = []
        for link in links:
            self.put_off(link, self.first_look_at())

    def first_look_at(self) -> float:
        raise NotImplementedError

    def after_look(self, link: Link, day: float) -> float:
        """The day of the next look."""
        raise NotImplementedError

    def work(self, start: float, end: float) -> int:
        """Do the runs from one day to another; returns how many requests they took."""
        requests = 0
        day = start
        while day < end:
            requests += self.run(self.due(day), day)
            wait = self._queue[0][0] - day if self._queue else end
            day += self.every * max(1, -(-wait // self.every))
        return requests

    def due(self, day: float) -> list[Link]:
        found = []
        while self._queue and self._queue[0][0] <= day:
            at, number = heapq.heappop(self._queue)
            if at == self.next_at[number]:  # else it was put elsewhere since
                found.append(self.links[number])
        return found

    def run(self, due: Iterable[Link], day: float) -> int:
        looks = [self.look(link, day) for link in due]
        return len(looks)

    def look(self, link: Link, day: float) -> Verdict:
        verdict = link.look(day)
        number = link.number
        answers = verdict.kind is not VerdictKind.UNREACHABLE or any(
            self.status[other.number].verdict not in _SILENT for other in link.host.links if other is not link
        )
        status = advance(self.status[number], verdict, moment(day), host_answers=answers)
        self.status[number] = status
        if day >= link.dies_at:
            self.first_failures.setdefault(number, day)
            if status.kind is StatusKind.DEAD:
                self.deaths.setdefault(number, day)
        self.put_off(link, self.after_look(link, day))
        return verdict

    def put_off(self, link: Link, until: float) -> None:
        self.next_at[link.number] = until
        heapq.heappush(self._queue, (until, link.number))


class Feedbot(Checker):
    """feedbot's schedule."""

    def __init__(self, links: list[Link], seed: int, *, neighbours: bool = True) -> None:
        super().__init__(links, seed)
        self._jitter = [self.rng.random() for _ in links]  # in a run it is made of the URL
        self.neighbours = neighbours
        self._hosts = {id(link.host): link.host for link in links}

    def first_look_at(self) -> float:
        return 0.0

    def after_look(self, link: Link, day: float) -> float:
        return days(next_check_at(self.status[link.number], _POLICY, moment(day), self._jitter[link.number]))

    def run(self, due: Iterable[Link], day: float) -> int:
        alarms: Counter[int] = Counter()
        looks = 0
        for link in due:
            past = self.status[link.number]
            looks += 1
            if is_alarming(past, self.look(link, day)):
                alarms[id(link.host)] += 1
        if self.neighbours:
            for host, number in alarms.items():
                self._ask_neighbours(self._hosts[host], neighbours_to_ask(number), day)
        return looks

    def _ask_neighbours(self, host: Host, most: int, day: float) -> None:
        """As targets.ask_neighbours does in the database."""
        lately = moment(day - 1)
        living = [
            link
            for link in host.links
            if self.status[link.number].kind in {StatusKind.ALIVE, StatusKind.MOVED}
            and self.next_at[link.number] > day
            and self.status[link.number].checked_at < lately
        ]
        living.sort(key=lambda link: (self.status[link.number].checked_at, link.number))
        for link in living[:most]:
            self.put_off(link, day)


class FeedbotOnBudget(Feedbot):
    """feedbot's schedule with `checker.max_requests_per_run`, in a run every other day.

    The newest links are in feeds; the heat of articles is anything from 0 to 200.
    """

    every = 2.0

    def __init__(self, links: list[Link], seed: int, budget: int) -> None:
        self._claims: dict[int, Due] = {}
        self._host_failed_at: dict[int, datetime | None] = {}
        super().__init__(links, seed)
        self._budget = budget
        self._heat = [self.rng.random() * 200 for _ in links]
        newest = sorted(links, key=lambda link: link.age)[:IN_FEEDS]
        self._in_feeds = {link.number for link in newest}

    def due(self, day: float) -> list[Link]:
        claims = [self._claim(link) for link in self.links if self.next_at[link.number] <= day]
        return [self.links[int(claim.url)] for claim in plan(claims, moment(day), self._budget)]

    def look(self, link: Link, day: float) -> Verdict:
        past = self.status[link.number]
        verdict = super().look(link, day)
        if StatusKind.FAILING in {past.kind, self.status[link.number].kind}:
            now = {other.number: self.status[other.number] for other in link.host.links}
            failing = [status.first_strike_at for status in now.values() if status.kind is StatusKind.FAILING]
            self._host_failed_at[id(link.host)] = max(failing, default=None)
            for number in now:
                self._claims.pop(number, None)
        return verdict

    def put_off(self, link: Link, until: float) -> None:
        super().put_off(link, until)
        self._claims.pop(link.number, None)

    def _claim(self, link: Link) -> Due:
        number = link.number
        if number not in self._claims:
            self._claims[number] = Due(
                url=str(number),
                status=self.status[number],
                due_at=moment(self.next_at[number]),
                rank=Rank.FEED_SOURCE if number in self._in_feeds else Rank.SOURCE,
                heat=self._heat[number],
                published_at=moment(-link.age),
                host_failed_at=self._host_failed_at.get(id(link.host)),
            )
        return self._claims[number]


class FixedInterval(Checker):
    """Every link is asked every so many days, whatever became of it; `in_steps`: but a failing one by its strikes."""

    def __init__(self, links: list[Link], seed: int, interval: float, *, in_steps: bool = False) -> None:
        self.interval = interval
        self.in_steps = in_steps
        super().__init__(links, seed)

    def first_look_at(self) -> float:
        return self.rng.random() * self.interval

    def look(self, link: Link, day: float) -> Verdict:
        if self.status[link.number].kind is not StatusKind.ALIVE or link.look(day) is not ALIVE:
            return super().look(link, day)
        self.put_off(link, day + self.interval)  # as that would do, and sooner
        return ALIVE

    def after_look(self, link: Link, day: float) -> float:
        status = self.status[link.number]
        if self.in_steps and status.kind is StatusKind.FAILING:
            return day + status.rule.spacing_s / DAY_S
        return day + self.interval
