"""Where everything stands: what `feedbot status` tells, and `feedbot` alone goes by."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

import msgspec

from feedbot.config import FURTHER, Config
from feedbot.core.mark import is_excused, mark_on
from feedbot.core.order import time_left_s
from feedbot.core.status import UNVERIFIABLE_AFTER_S
from feedbot.state import alarms, files, identities, jobs, marks, overview, published, runs, targets
from feedbot.state.backlog import Backlog, backlog_of
from feedbot.state.database import State, holders
from feedbot.state.files import Counts
from feedbot.state.linked import tallies
from feedbot.state.overview import By, Group, Worst
from feedbot.state.runs import LastRun
from feedbot.state.targets import Target

GROUPS: tuple[By, ...] = ("topic", "provider", "host")
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
_OF_ITS_OWN = frozenset({"disk", "backup", "damage"})
"""What operators are told of that is not told here by itself."""

_WORST = 3
_MOST_GROUPS = 200
_MOST_TROUBLE = 20


class Wait(msgspec.Struct, frozen=True):
    """What waits for a person: a word for it, a sentence, and the command that deals with it or shows more."""

    kind: str
    sentence: str
    command: str


class Trend(msgspec.Struct, frozen=True):
    """How many links are dead, and were: None where nothing is known of that time; and how many began to fail."""

    dead: int
    dead_a_week_ago: int | None
    dead_a_month_ago: int | None
    failing: int
    failing_since_a_week: int


class Ranking(msgspec.Struct, frozen=True):
    """The worst topics, providers or hosts, and how many have dead or failing links."""

    by: By
    worst: tuple[Worst, ...]
    number: int


class Counted(msgspec.Struct, frozen=True):
    """All topics, providers or hosts, as far as they were asked for, and how many there are."""

    by: By
    groups: tuple[Group, ...]
    number: int


class Feeds(msgspec.Struct, frozen=True):
    """How many feeds there are besides `all`, an earlier name of a topic being none; and whether any was written."""

    topics: int
    further: int
    is_written: bool


class Overview(msgspec.Struct, frozen=True):
    """Where everything stands at one moment; `left_s` is how long checking what is due takes, None where unknown."""

    at: datetime
    articles: Counts
    by_status: dict[str, int]
    backlog: Backlog
    left_s: float | None
    trouble: tuple[Target, ...]
    trouble_number: int
    trend: Trend
    rankings: tuple[Ranking, ...]
    counted: Counted | None
    feeds: Feeds
    waits: tuple[Wait, ...]
    last: LastRun | None
    next_due_at: datetime | None
    at_work: tuple[str, ...]

    @property
    def links(self) -> int:
        """How many links there are; one that several articles have is one."""
        return sum(self.by_status.values())


def look(config: Config, state: State, now: datetime, by: By | None = None) -> Overview:
    """Where everything stands; counted in full by topic, provider or host, where that is asked for."""
    overview.choose(state)
    counts, counted = files.counts(state, now), tallies(state)
    by_status = targets.by_status(state, counted)
    dead, failing = (
        sum(one.number for one in counted if one.status == kind and one.is_reported) for kind in ("dead", "failing")
    )
    backlog = backlog_of(state, now, feed_size=config.feeds.max_entries)
    trouble, trouble_number = _trouble(config, state, now, dead + failing)
    return Overview(
        at=now,
        articles=counts,
        by_status=by_status,
        backlog=backlog,
        left_s=_left_s(config, backlog.due, runs.pace(state)),
        trouble=tuple(targets.get(state, one) for one in trouble),
        trouble_number=trouble_number,
        trend=Trend(
            by_status.get("dead", 0),
            overview.dead_then(state, now - WEEK, dead),
            overview.dead_then(state, now - MONTH, dead),
            by_status.get("failing", 0),
            overview.failing_since(state, now - WEEK),
        ),
        rankings=tuple(_ranking(state, one) for one in GROUPS),
        counted=None if by is None else _counted(state, by),
        feeds=_feeds(config, state),
        waits=tuple(waits(state, now, counts, _said(config, state, now))),
        last=runs.last(state),
        next_due_at=overview.next_due_at(state),
        at_work=tuple(holders(config.state_path)),
    )


def _trouble(config: Config, state: State, now: datetime, every: int) -> tuple[list[int], int]:
    """The worst of the dead and failing links of which no person has said that they are well, or to be left alone.

    And how many there are, of `every` one that is dead or failing.
    """
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    if config.links.exclude:
        found = overview.trouble(state)
        left = [one for one, url in found if not is_excused(mark_on(url, said, exclusions, now))]
        return left[:_MOST_TROUBLE], len(left)
    excused = {url for url, mark in said.items() if is_excused(mark)}
    worst = overview.trouble(state, _MOST_TROUBLE + len(excused))
    left = [one for one, url in worst if url not in excused]
    return left[:_MOST_TROUBLE], every - overview.number_in_trouble(state, excused)


def _ranking(state: State, by: By) -> Ranking:
    found, number = overview.worst(state, by, _WORST)
    return Ranking(by, tuple(found), number)


def _counted(state: State, by: By) -> Counted:
    found, number = overview.counted(state, by, _MOST_GROUPS)
    return Counted(by, tuple(found), number)


def _feeds(config: Config, state: State) -> Feeds:
    former = config.feeds.former_names()
    keys = [topic.key for topic in identities.topics(state)]
    further = sum(key.startswith(FURTHER) for key in keys)
    return Feeds(sum(key not in former for key in keys) - further, further, bool(published.files(state)))


def _left_s(config: Config, due: int, asked_per_s: float | None) -> float | None:
    if asked_per_s is None:
        return None
    return time_left_s(
        due,
        asked_per_s=asked_per_s,
        run_s=config.checker.max_run_s,
        every_s=config.schedule.check,
        budget=config.checker.max_requests_per_run,
    )


def _said(config: Config, state: State, now: datetime) -> set[str]:
    """The canonical URLs of which a person has said something, or of which the config does: their word is given."""
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    excluded = overview.in_doubt(state) if config.links.exclude else []
    return {*said, *(url for url in excluded if exclusions.of(url, now))}


def waits(state: State, now: datetime, counts: Counts, said: Collection[str]) -> Iterator[Wait]:
    """What waits for a person, the most urgent first; of links of which a person has `said` something, none does."""
    for name, job in jobs.all_jobs(state).items():
        if job.failures and job.problem is not None:
            times = "failed" if job.failures == 1 else f"failed {job.failures} times in a row"
            yield Wait("job", f"{name} {times}: {job.problem}", "feedbot doctor")
    for trouble in alarms.standing(state.db.conn).values():
        if trouble.key in _OF_ITS_OWN:
            yield Wait("trouble", f"{trouble.title}: {trouble.sentence}", "feedbot doctor")
    for feed in published.held_feeds(state):
        yield Wait("held", f"removals in {feed}; to let them go", f"feedbot build --accept {feed}")
    if published.held_since(state, "flood") is not None:
        yield Wait("held", "many old articles that came at once; to let them come", "feedbot build --accept-new")
    if published.held_since(state, "ids") is not None:
        yield Wait("held", "other ids that many files name; to let them come", "feedbot build --accept-new")
    if counts.rejected:
        them = "1 article file is" if counts.rejected == 1 else f"{counts.rejected:,} article files are"
        yield Wait("rejected", f"{them} not published; why, and where", "feedbot lint")
    if moved := overview.moved_for_good(state, said):
        them = "1 link seems" if moved == 1 else f"{moved:,} links seem"
        yield Wait("fix", f"{them} to have moved for good; to see them rewritten in the articles", "feedbot fix")
    hidden, url = overview.hidden_since_before(state, now - timedelta(seconds=UNVERIFIABLE_AFTER_S), said)
    if hidden:
        them = "1 link is" if hidden == 1 else f"{hidden:,} links are"
        yield Wait("hidden", f"{them} behind walls for 30 days; look yourself, and mark", f"feedbot why {url}")
    suspects, url = overview.suspects(state, said)
    if suspects:
        them = "1 link seems" if suspects == 1 else f"{suspects:,} links seem"
        yield Wait("suspect", f"{them} to lead to something else; look yourself, and mark", f"feedbot why {url}")
