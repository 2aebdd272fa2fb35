"""How far a checking run is: what was done, how fast, how long the rest may take, who holds it up."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from feedbot.core.urgency import BY_URGENCY
from feedbot.core.verdict import Verdict, VerdictKind

_NEWS_KEPT = 5

SlowHosts = tuple[tuple[str, float], ...]

_BAD = BY_URGENCY[: BY_URGENCY.index(VerdictKind.REFUSED)]
"""The verdicts that a person must look at, the worst first."""

_RECENT_S = 10.0
"""The rate is that of so many seconds: what went before says little of what comes."""
_SLOW_S = 5.0
"""A host is named from so many seconds on."""
# Before so much is done in so many seconds, nothing is said of the time that is left.
_FEW = 20
_SOON_S = 3.0


@dataclass(frozen=True, slots=True)
class News:
    """A link that was found to be no good, and why."""

    kind: VerdictKind
    url: str
    reason: str


def bad_news(url: str, verdict: Verdict) -> News | None:
    """What is told of a link while a run is under way; None where there is nothing a person must look at."""
    return News(verdict.kind, url, verdict.reason) if verdict.kind in _BAD else None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands at a moment; `rate` is links a second of late, None at the very beginning.

    `left_s` is how many seconds the rest may take, None where nothing that holds can be said.
    `slowest` names hosts with the seconds for which a link of theirs has been under way. `worst` is the worst that was
    found, and of what is equally bad the latest, five at most.
    """

    done: int
    planned: int
    elapsed_s: float
    rate: float | None = None
    left_s: float | None = None
    by_verdict: dict[VerdictKind, int] = field(default_factory=dict)
    slowest: SlowHosts = ()
    worst: tuple[News, ...] = ()

    def words(self, hosts: int = 3) -> list[str]:
        """What there is to say, the most important first, such as "1,234 of 20,000" and "about 3 min left"."""
        said = [f"{self.done:,} of {self.planned:,}"]
        if self.rate is not None and self.rate >= 0.05:
            said.append(f"{self.rate:,.0f}/s" if self.rate >= 10 else f"{self.rate:.1f}/s")
        if self.left_s is not None:
            said.append(f"about {span(self.left_s)} left")
        if self.slowest:
            named = ", ".join(f"{host} ({seconds:,.0f} s)" for host, seconds in self.slowest[:hosts])
            said.append(f"slow: {named}")
        return said


class _Domain:
    """What shares one pace, because it is asked one by one."""

    __slots__ = ("done", "last_at", "left", "started_at")

    def __init__(self) -> None:
        self.left = 0
        self.done = 0
        self.started_at = self.last_at = 0.0

    def rest_s(self) -> float:
        """Seconds for the rest at the pace so far; 0 where there is none yet."""
        return self.left * (self.last_at - self.started_at) / self.done if self.done else 0.0


class Progress:
    """Counts what is done of a plan; `now` is monotonic seconds of one clock throughout."""

    def __init__(self) -> None:
        self._planned = self._done = 0
        self._started_at = 0.0
        self._ends_at: float | None = None
        self._by_verdict: dict[VerdictKind, int] = {}
        self._domains: dict[str, _Domain] = {}
        self._worst: tuple[News, ...] = ()
        self._marks: deque[tuple[float, int]] = deque()
        self._slowest: Callable[[], SlowHosts] = tuple

    def begin(
        self,
        domains: Iterable[str],
        now: float,
        *,
        run_left_s: float | None = None,
        slowest: Callable[[], SlowHosts] = tuple,
    ) -> None:
        """Start with a plan: the domain (what is asked one by one) of each of its links.

        The run ends in `run_left_s`, whatever is left. `slowest` tells which hosts have been under way longest.
        """
        for domain in domains:
            self._domains.setdefault(domain, _Domain()).left += 1
            self._planned += 1
        self._started_at = now
        self._ends_at = None if run_left_s is None else now + run_left_s
        self._slowest = slowest
        self._marks.append((now, 0))

    def add(
        self, domain: str, verdict: VerdictKind | None, now: float, took_s: float = 0.0, news: News | None = None
    ) -> None:
        """Count one link as done, with its verdict where it has one, and the seconds for which it was under way."""
        if news is not None:
            ordered = sorted((news, *self._worst), key=lambda one: _BAD.index(one.kind))
            self._worst = tuple(ordered[:_NEWS_KEPT])
        self._done += 1
        if verdict is not None:
            self._by_verdict[verdict] = self._by_verdict.get(verdict, 0) + 1
        one = self._domains[domain]
        one.left -= 1
        if not one.left:
            del self._domains[domain]
            return
        if not one.done:
            one.started_at = now - took_s
        one.done += 1
        one.last_at = now

    def at(self, now: float) -> Standing | None:
        """Where the run stands; None before it has begun, and when all is done."""
        if self._done == self._planned:
            return None
        marks = self._marks
        while len(marks) > 1 and marks[1][0] <= now - _RECENT_S:
            marks.popleft()
        since, before = marks[0]
        if now > marks[-1][0]:
            marks.append((now, self._done))
        rate = (self._done - before) / (now - since) if now > since else None
        slowest = tuple(one for one in self._slowest() if one[1] >= _SLOW_S)
        return Standing(
            done=self._done,
            planned=self._planned,
            elapsed_s=now - self._started_at,
            rate=rate,
            left_s=self._left_s(now, rate, slowest),
            by_verdict=dict(self._by_verdict),
            slowest=slowest,
            worst=self._worst,
        )

    def _left_s(self, now: float, rate: float | None, slowest: SlowHosts) -> float | None:
        if not rate or self._done < _FEW or now - self._started_at < _SOON_S:
            return None
        # All together at the rate of late, or the domain that takes longest: whichever is later.
        rest_s = max((one.rest_s() for one in self._domains.values()), default=0.0)
        rest_s = max(rest_s, (self._planned - self._done) / rate)
        if slowest and slowest[0][1] > rest_s:
            return None  # it is waited for, and nobody knows how long
        return rest_s if self._ends_at is None else min(rest_s, max(0.0, self._ends_at - now))


def span(seconds: float) -> str:
    """So many seconds as a person says them: 40 s, 3 min, 2 h, 5 days."""
    if seconds < 55:
        return f"{max(1, round(seconds))} s" if seconds < 10 else f"{round(seconds / 5) * 5} s"
    if seconds < 55 * 60:
        return f"{round(seconds / 60)} min"
    if seconds < 47.5 * 3600:
        return f"{round(seconds / 3600) or 1} h"
    return f"{round(seconds / 86400):,} days"
