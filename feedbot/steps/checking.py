"""The middle of a run: targets are asked in parallel, judged, and recorded by one writer."""

import asyncio
import logging
import math
from array import array
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.domain import registrable_domain
from feedbot.core.forgotten import leads_to_any
from feedbot.core.mark import LOOK_AGAIN, Mark, MarkKind, mark_on
from feedbot.core.observation import NETWORK_KINDS, FailureKind, Observation
from feedbot.core.outage import FAILURES_IN_A_ROW, Asked, is_mass_failure
from feedbot.core.own_page import is_asked_in_every_run
from feedbot.core.portions import Portions
from feedbot.core.progress import Progress, bad_news
from feedbot.core.rest import Rest
from feedbot.core.schedule import first_method, is_alarming, jitter_of, next_check_at
from feedbot.core.status import StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.errors import ClusterError, StateError
from feedbot.state import forgotten, marks, own_pages, planning, retention, runs, targets, transitions
from feedbot.state.copies import free_bytes, megabytes
from feedbot.state.database import State
from feedbot.state.planning import Planned
from feedbot.state.targets import LinkPlace, Target
from feedbot.steps.look import Look, advanced, look_at
from feedbot.steps.results import Result, Results
from feedbot.steps.second_opinion import SecondOpinions
from feedbot.steps.spool import Spool
from feedbot.steps.undecided import Undecided
from feedbot.wire.choice import require_usable
from feedbot.wire.cluster import joined
from feedbot.wire.executor import Plan, one_portion, room_for
from feedbot.wire.executor import Result as Outcome
from feedbot.wire.hosts import covering
from feedbot.wire.local import LocalWire, WireOver, open_local
from feedbot.wire.prober import Lost, Postponed, ProbeTarget
from feedbot.wire.resolver import Resolver
from feedbot.wire.workers import how_many, started

log = logging.getLogger("feedbot")

# Loaded from state.db at once.
_TARGETS_A_PORTION = 1000
# Of a domain, as many as a turn of each request that may be at it at once (wire/executor.py), where others wait.
_A_TURN = 10

# What is seen is written in batches, and none waits longer than this for the disk.
_RESULTS_A_WRITE = 2000
_SECONDS_A_WRITE = 2.0
# Failures of the network kind count together at the end of a run: all, or none where it is killed. More than these
# count in several transactions, lest others wait long for theirs.
_FAILURES_AT_ONCE = 10_000

# When failures that were not counted are looked at again. If they still fail, they count.
_FROZEN_S = 3600.0


@dataclass(frozen=True, slots=True)
class Checking:
    """What asking the targets brought, one result each, by URL; `online` is None where none was due.

    `frozen` tells that network failures of this run were not counted, because so many came at once.
    """

    run_id: int
    started_at: datetime
    finished_at: datetime
    online: bool | None
    results: Results = field(default_factory=Results)
    frozen: bool = False

    @property
    def is_good(self) -> bool:
        """True where what was seen counts, or nothing was due."""
        return self.online is not False and not self.frozen

    @property
    def summary(self) -> dict[str, int]:
        """How many targets got each verdict, in the order of VerdictKind."""
        return self.results.summary


async def check_due(
    config: Config,
    state: State,
    clock: Clock,
    progress: Progress | None = None,
    *,
    resolver: Resolver | None = None,
    wire_over: WireOver | None = None,
    on_stop: Callable[[Checking], None] | None = None,
) -> Checking:
    """The middle of a run: ask what is due. Whoever calls it holds `checking_run(state)`; else as `check`."""
    now, checker = clock.now(), config.checker
    likely = min(planning.due_count(state, now), checker.max_requests_per_run or math.inf)
    processes = 1 if checker.cluster else how_many(checker.workers, int(likely), checker.concurrency)
    async with started(processes) as ready:
        due = to_ask(config, state, now)
        return await check(
            config,
            state,
            clock,
            due,
            progress=progress,
            resolver=resolver,
            wire_over=wire_over,
            ready=ready,
            on_stop=on_stop,
        )


async def check(
    config: Config,
    state: State,
    clock: Clock,
    due: Planned,
    *,
    progress: Progress | None = None,
    resolver: Resolver | None = None,
    wire_over: WireOver | None = None,
    ready: list[Process] | None = None,
    on_stop: Callable[[Checking], None] | None = None,
) -> Checking:
    """Ask targets, judge what was seen and record it; what is finished is kept, however the run ends.

    They are read when their turn comes, so that a million may be due; one that is no longer there has no result.
    Failures of the network kind count when the run closes, and not at all where our own network
    was down: then nothing changes, and the targets stay due. `resolver` is the system's and `wire_over`
    makes the config's wire unless given; `ready` are worker processes that wait for an order. Where it is
    cancelled, `on_stop` gets what was brought so far. Raises
    ConfigError where a secret that the config names is not in the environment, or the authorities are none;
    ClusterError where the cluster of the config cannot be used, or is lost.
    """
    checker = config.checker.policy()
    require_usable(checker)
    started_at = clock.now()
    run_id = runs.begin(state, started_at)
    if not due.ids:
        runs.finish(state, run_id, started_at, online=None, summary={})
        return Checking(run_id, started_at, started_at, online=None)
    asking = _Asking(config, state, clock, run_id, due, keeps_looks=_has_room(config, state))
    try:
        async with (
            joined(config.checker.cluster, checker, config.contact, clock, len(due.ids)) as cluster,
            open_local(
                checker, config.contact, clock, resolver, wire_over=wire_over, ready=ready, cluster=cluster
            ) as wire,
        ):
            was_online = runs.was_online_lately(state, started_at)
            online = (was_online or await wire.online()) and await asking.ask_all(wire, progress)
            targets.remember_head_refused(state, wire.head_refused)
    except ClusterError:
        if not asking.has_begun:
            runs.take_back(state, run_id)
        raise
    except asyncio.CancelledError:
        if on_stop is not None:
            on_stop(Checking(run_id, started_at, clock.now(), online=True, results=asking.so_far()))
        raise
    frozen = online and is_mass_failure(asking.asked())
    checking = Checking(
        run_id=run_id,
        started_at=started_at,
        finished_at=clock.now(),
        online=online,
        results=asking.close(online=online, frozen=frozen),
        frozen=frozen,
    )
    runs.finish(state, run_id, checking.finished_at, online=online, summary=checking.summary, frozen=frozen)
    return checking


def to_ask(config: Config, state: State, now: datetime) -> Planned:
    """The targets that are due, in the order to ask them, without those that people want left alone."""
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    due = planning.planned(
        state,
        now,
        feed_size=config.feeds.max_entries,
        budget=config.checker.max_requests_per_run,
        leaves_out=lambda url: _is_ignored(mark_on(url, said, exclusions, now)),
    )
    targets.set_aside(state, due.left_out, now + LOOK_AGAIN)
    return due


def _is_ignored(mark: Mark | None) -> bool:
    return mark is not None and mark.kind is MarkKind.IGNORE


@dataclass(frozen=True, slots=True)
class _Taken:
    """A target that is being asked: its place in the plan, where the links to it stand, and its domain."""

    target: Target
    place: int
    places: tuple[LinkPlace, ...]
    domain: str


class _Asking:
    """The targets of one run while they are asked: results are recorded in batches, one writer.

    What it holds of them does not grow with their number but by some bytes each: those that are being asked, those that
    are not on record yet, and those that something else decides.
    """

    def __init__(
        self, config: Config, state: State, clock: Clock, run_id: int, due: Planned, *, keeps_looks: bool
    ) -> None:
        self._policy = config.schedule.policy()
        self._strikes = config.verdicts.policy()
        self._exclusions = config.links.exclusions()
        self._hosts = config.checker.hosts
        self._state = state
        self._clock = clock
        self._run_id = run_id
        self._keeps_looks = keeps_looks
        self._numbers = due.ids
        domains: dict[str, int] = {}
        of_host = [domains.setdefault(registrable_domain(name), len(domains)) for name in due.names]
        self._domains = array("l", (of_host[host] for host in due.hosts))
        self._domain_names = list(domains)
        room = room_for(config.checker.concurrency)
        widest = max(config.checker.per_host.concurrency, *(one.concurrency or 0 for one in self._hosts.values()), 0)
        fair = len(due.ids) if len(due.ids) <= room else max(room // len(domains), _A_TURN * widest)
        self._portions = Portions(self._domains, most=fair)
        self._a_portion = min(room, _TARGETS_A_PORTION)
        self._rest = Rest(self._numbers)
        self._taken_down = forgotten.known(state)
        self._taken: dict[str, _Taken] = {}
        self._beside: list[ProbeTarget] = []
        self._has_come = asyncio.Event()
        self._undecided = Undecided(state, clock, self._rest.__contains__)
        self._second = SecondOpinions(self._strikes)
        self._unrecorded: list[Look] = []
        self._network_failures = Spool(Look, state.path.parent)
        self._results = Results(state.path.parent)
        self._answered: dict[str, bool | None] = {}
        self._damaged: set[int] = set()
        self.has_begun = False
        """True as soon as targets are asked."""

    @cached_property
    def _unseen_pages(self) -> set[int]:
        """The targets that are pages of articles which no reader has seen."""
        return own_pages.of_unseen(self._state)

    async def ask_all(self, wire: LocalWire, progress: Progress | None) -> bool:
        """Ask every target; False where our own network turned out to be down on the way."""
        self.has_begun = True
        failing_hosts: set[str] = set()
        if progress is not None:
            domains = (self._domain_names[number] for number in self._domains)
            progress.begin(domains, self._clock.monotonic(), run_left_s=wire.run_left_s, slowest=wire.slowest)
        self._second.vantages = wire.vantages
        recording = asyncio.create_task(self._record_regularly())
        try:
            async for outcome in wire.observe(Plan(self._plan(), len(self._numbers))):
                taken = self._take(outcome)
                if taken is None or isinstance(outcome, Lost):
                    continue
                target = taken.target
                if isinstance(outcome, Postponed):
                    if progress is not None:
                        progress.add(taken.domain, None, self._clock.monotonic())
                    self._postpone(taken, outcome.retry_after_s)
                    continue
                if leads_to_any(outcome, self._taken_down):
                    if progress is not None:
                        progress.add(taken.domain, None, self._clock.monotonic())
                    self._leave_alone(taken)
                    continue
                look = look_at(target, outcome, taken.places, wire.vantage)
                if progress is not None:
                    took_s = outcome.elapsed_ms / 1000
                    news = bad_news(target.url, look.verdict)
                    progress.add(taken.domain, look.verdict.kind, self._clock.monotonic(), took_s, news)
                if look.wants_sibling or look.wants_article:
                    self._undecided.add(look)
                    self._decide_some()
                else:
                    self._decided(look)
                if len(self._unrecorded) >= _RESULTS_A_WRITE:
                    self._record()
                if look.verdict.failure not in NETWORK_KINDS:
                    failing_hosts.clear()
                    continue
                failing_hosts.add(target.host)
                if len(failing_hosts) >= FAILURES_IN_A_ROW:
                    failing_hosts.clear()
                    if not await wire.online():
                        self._leave_out_what_anybody_may_have_said()
                        return False
            # An outage that began with the last few is not noticed by a row of failures.
            failures = self._failures
            if failures and not await wire.online():
                self._leave_out_what_anybody_may_have_said()
                return False
            async for outcome in wire.observe(one_portion([*self._beside, *self._undecided.to_ask()])):
                self._undecided.hear(outcome)
            self._decide(everything=True)
            self._record()
            await self._ask_elsewhere(wire)
            self._record()
            if self._failures > failures and not await wire.online():
                return False
        finally:
            recording.cancel()
            self._record()
        return True

    # The plan, as there is room for it

    async def _plan(self) -> AsyncGenerator[Sequence[ProbeTarget], None]:
        """The targets in portions; it waits while what is left is of hosts that have enough to do."""
        now = self._clock.now()
        while not self._portions.are_over:
            if self._beside:
                beside, self._beside = self._beside, []
                yield beside
            if places := self._portions.take(self._a_portion):
                # None where they are no longer there, and then nothing comes that could be waited for.
                if portion := [self._probe_target(target, now) for target in self._load(places)]:
                    yield portion
            else:
                self._has_come.clear()
                await self._has_come.wait()

    def _load(self, places_in_plan: Sequence[int]) -> list[Target]:
        """The targets at these places of the plan, as they stand now."""
        at = {self._numbers[place]: place for place in places_in_plan}
        found = targets.load(self._state, list(at))
        places = targets.places(self._state, [target.id for target in found])
        for target in found:
            place = at.pop(target.id)
            domain = self._domain_names[self._domains[place]]
            self._taken[target.url] = _Taken(target, place, places[target.id], domain)
        for number, place in at.items():  # no longer there
            self._rest.take(number)
            self._portions.came_back(place)
        return found

    def _take(self, outcome: Outcome) -> _Taken | None:
        """What was asked; None where that is a made-up address beside it."""
        taken = self._taken.pop(outcome.url, None)
        if taken is None:
            self._undecided.hear(outcome)
        else:
            self._portions.came_back(taken.place)
        self._has_come.set()
        return taken

    @property
    def _failures(self) -> int:
        """How many failures of the network kind there are, on record or not yet."""
        unrecorded = sum(look.verdict.failure in NETWORK_KINDS for look in self._unrecorded)
        return unrecorded + len(self._network_failures)

    def _leave_out_what_anybody_may_have_said(self) -> None:
        """Forget what is not on record yet of answers over http: a network that wants a sign-in gives them itself."""
        for look in self._unrecorded:
            if look.is_of_anybody:
                self._keep_as_it_was(
                    look, _unknown(f"not counted, our own network seems to be down ({look.verdict.reason})")
                )
        self._unrecorded = [look for look in self._unrecorded if not look.is_of_anybody]

    # What one look does not decide

    def _decide_some(self) -> None:
        """Judge what can be judged of many that were left undecided, so that they do not become more and more."""
        if self._undecided.are_many:
            self._beside += self._undecided.to_ask()
            self._decide(everything=False)

    def _decide(self, *, everything: bool) -> None:
        for wave in self._undecided.take(everything=everything):
            # What was found of articles, and then of AMP pages, in this run decides on the next.
            self._record()
            for look in wave:
                decided = self._undecided.decided(look)
                if decided is None:
                    why = "not judged yet: it must first be known what a made-up address beside it answers"
                    self._keep_as_it_was(look, _unknown(why))
                else:
                    self._decided(decided)

    def _decided(self, look: Look) -> None:
        """Have a look recorded; one that would make its link dead waits for what is seen from elsewhere."""
        if self._second.wants(look):
            self._second.add(look)
        else:
            self._unrecorded.append(look)

    async def _ask_elsewhere(self, wire: LocalWire) -> None:
        again_at = self._clock.now() + timedelta(seconds=_FROZEN_S)
        async for look, decided in self._second.decided(wire):
            if decided is not None:
                self._unrecorded.append(decided)
                continue
            targets.postpone(self._state, look.target.url, again_at)
            self._waits_for_a_second(look)

    def _waits_for_a_second(self, look: Look) -> None:
        why = f"the last strike does not count yet, not asked from a second place ({look.verdict.reason})"
        self._keep_as_it_was(look, _unknown(why))

    # What came of it

    def _add(self, result: Result) -> None:
        self._rest.take(result.after.id)
        self._results.add(result)
        if result.seen is not None:
            self._note(result.before, failed=False)

    def _keep_as_it_was(self, look: Look, verdict: Verdict) -> None:
        self._add(Result(look.target, look.target, look.seen, verdict, look.places))

    def _note(self, target: Target, *, failed: bool) -> None:
        """What the target says of our own network, in a word for its host: do all of it that were alive fail?"""
        has_failed = self._answered.setdefault(target.host, None)
        if _was_alive(target):
            self._answered[target.host] = failed and has_failed is not False

    async def _record_regularly(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_A_WRITE)
            # What cannot be written now is kept; the last write tells, where it fails as well.
            with suppress(StateError):
                self._record()

    def asked(self) -> Iterator[Asked]:
        """What this run says of our own network, host by host."""
        for host, has_failed in self._answered.items():
            yield Asked(host, was_alive=has_failed is not None, failed=bool(has_failed))

    def close(self, *, online: bool, frozen: bool) -> Results:
        """Settle the failures of the network kind, and give a result for every target."""
        for look in self._second.take():  # of a run that ended before
            self._waits_for_a_second(look)
        if online and not frozen:
            self._settle_network_failures()
        else:
            if online and self._network_failures:
                again_at = self._clock.now() + timedelta(seconds=_FROZEN_S)
                targets.freeze(self._state, [look.target.id for look in self._network_failures], again_at)
            for look in self._network_failures:
                why = f"not counted, our own network seems to be down ({look.verdict.reason})"
                self._keep_as_it_was(look, _unknown(why, look.verdict.failure))
        why = "not asked: the run ended before its turn" if online else "not asked: this machine seems to be offline"
        return self._whole(why)

    def so_far(self) -> Results:
        """A result for every target of a run that is stopped; what needs the end of a run does not count."""
        for look in (*self._network_failures, *self._undecided, *self._second.take()):
            self._keep_as_it_was(look, _unknown(f"does not count, because the run was stopped ({look.verdict.reason})"))
        return self._whole("not asked: the run was stopped")

    def _whole(self, why: str) -> Results:
        """The results, with those of all that nothing was found of yet, and `why`."""
        self._tell_damage()
        left = array("q", self._rest)
        if len(left) > _TARGETS_A_PORTION:
            self._results.leave(len(left), why, lambda: self._left(left, why))
        else:
            for result in self._left(left, why):
                self._results.add(result)
        said, exclusions, now = marks.holding(self._state, self._clock.now()), self._exclusions, self._clock.now()
        self._results.say(lambda url: mark_on(url, said, exclusions, now))
        return self._results

    def _tell_damage(self) -> None:
        number = len(self._damaged | self._undecided.damaged)
        if number:
            log.warning(
                "%s: is damaged: what was seen before of %d of the links cannot be read, and what is seen of them now"
                " is kept by itself; `feedbot db check` looks it over",
                self._state.path,
                number,
            )

    def _left(self, numbers: Sequence[int], why: str) -> Iterator[Result]:
        by_url = targets.by_url(self._state, numbers)
        for start in range(0, len(by_url), _TARGETS_A_PORTION):
            found = targets.load(self._state, by_url[start : start + _TARGETS_A_PORTION])
            places = targets.places(self._state, [target.id for target in found])
            for target in found:
                yield Result(target, target, None, _unknown(why), places[target.id])

    def _postpone(self, taken: _Taken, wait_s: float) -> None:
        target = taken.target
        targets.postpone(self._state, target.url, self._clock.now() + timedelta(seconds=wait_s))
        why = f"not asked: its host wants to be left alone for {wait_s:,.0f} s"
        self._add(Result(target, target, None, _unknown(why), taken.places))

    def _leave_alone(self, taken: _Taken) -> None:
        """Keep nothing of a look that quotes what was taken down: where its target stands is as before."""
        target = taken.target
        targets.set_aside(self._state, [target.id], self._clock.now() + LOOK_AGAIN)
        self._add(Result(target, target, None, _unknown("leads to what was taken down"), taken.places))

    def _probe_target(self, target: Target, now: datetime) -> ProbeTarget:
        method = first_method(
            target.status,
            self._policy,
            now,
            page_checked_at=target.page_checked_at,
            head_refused=target.head_refused,
            prefers_head=self._prefers_head(target.host),
        )
        return ProbeTarget(
            target.url, method, etag=target.etag, last_modified=target.last_modified, length=target.length
        )

    def _prefers_head(self, host: str) -> bool:
        name = covering(self._hosts, host) if self._hosts else None
        return name is not None and self._hosts[name].method == "HEAD"

    def _record(self) -> None:
        """Write what was seen; verdicts that do not depend on our own network count at once.

        Nothing is forgotten before it is written: where that fails, the next call does it.
        """
        # As their rows lie in the database, whose pages are then written once.
        seen = sorted(self._unrecorded, key=_target_id)
        if not seen:
            return
        with self._state.write() as connection:
            numbers: dict[int, int] = {}
            if self._keeps_looks:
                kept = runs.add_observations(connection, self._run_id, (look.as_judged for look in seen))
                numbers = dict(zip((look.target.id for look in seen), kept.numbers, strict=True))
                self._damaged.update(kept.damaged)
            counting = [look for look in seen if look.verdict.failure not in NETWORK_KINDS]
            results = self._settle(connection, counting, numbers)
        self._unrecorded = self._unrecorded[len(seen) :]
        for look in seen:
            if look.verdict.failure in NETWORK_KINDS:
                self._rest.take(look.target.id)
                self._network_failures.add(look)
                self._note(look.target, failed=True)
        for result in results:
            self._add(result)

    def _settle_network_failures(self) -> None:
        """Let them count, all at once where they are not very many."""
        # Whether their hosts answer otherwise is asked before any of them counts.
        answering = {
            look.target.id for look in self._network_failures if targets.host_answers(self._state, look.target)
        }
        batch: list[Look] = []
        for number, look in enumerate(self._network_failures, 1):
            batch.append(look)
            if len(batch) == _FAILURES_AT_ONCE or number == len(self._network_failures):
                with self._state.write() as connection:
                    results = self._settle_alike(connection, batch, {}, answering)
                for result in results:
                    self._add(result)
                batch = []

    def _settle(self, connection: Any, looks: Sequence[Look], numbers: Mapping[int, int]) -> list[Result]:
        """Let verdicts count; inside a write phase. `numbers` are those of the looks that are kept, by target."""
        # What failed comes last: whether its host answers otherwise is then known from this batch as well.
        failed = [look for look in looks if look.verdict.kind is VerdictKind.UNREACHABLE]
        answered = [look for look in looks if look.verdict.kind is not VerdictKind.UNREACHABLE]
        return self._settle_alike(connection, answered, numbers) + self._settle_alike(connection, failed, numbers)

    def _settle_alike(
        self,
        connection: Any,
        looks: Sequence[Look],
        numbers: Mapping[int, int],
        answering: Container[int] | None = None,
    ) -> list[Result]:
        """`answering` are the targets whose hosts answer otherwise, where that is known."""
        results = []
        standing = []
        told = []
        alarms: Counter[str] = Counter()
        # Somebody's `feedbot check URL` may have asked some since this run was planned.
        stood = targets.on_record(self._state, [look.target.id for look in looks])
        now = self._clock.now()
        for look in looks:
            planned, observation, verdict = look.target, look.observation, look.verdict
            known = stood.get(planned.id)
            is_as_planned = known is None or known.is_as_read(planned)
            target = after = planned if is_as_planned else targets.get(self._state, planned.id)
            if verdict.kind is not VerdictKind.UNKNOWN and not _is_older(observation, target, now):
                after = self._advanced(target, look, numbers.get(target.id), answering)
                due_at = self._due_again_at(after, look)
                standing.append((after, due_at))
                told.append((target, after))
                if is_alarming(target.status, verdict):
                    alarms[target.host] += 1
            # What its page said is written, and nobody asks for it any more.
            results.append(Result(target, replace(after, page=None), look.seen, verdict, look.places))
        targets.save(connection, standing, stood)
        if not self._keeps_looks:
            retention.stand_in(connection, [after for after, _ in standing])
        transitions.note(connection, told)
        targets.ask_neighbours(connection, alarms, now)
        return results

    def _due_again_at(self, target: Target, look: Look) -> datetime:
        started_at = look.observation.started_at
        roles = [place.role for place in look.places]
        if is_asked_in_every_run(roles, target.status, started_at) and target.id in self._unseen_pages:
            return started_at
        return next_check_at(target.status, self._policy, started_at, jitter_of(target.url))

    def _advanced(self, target: Target, look: Look, number: int | None, answering: Container[int] | None) -> Target:
        answers = look.verdict.kind is not VerdictKind.UNREACHABLE or (
            targets.host_answers(self._state, target) if answering is None else target.id in answering
        )
        return advanced(target, look, host_answers=answers, strikes=self._strikes, number=number)


def _has_room(config: Config, state: State) -> bool:
    """False, and a warning, where the disk is so full that looks are not kept, lest no feed could be written."""
    free, low = free_bytes(state.path.parent), config.disk.low
    if free < low:
        log.warning(
            "%s: its disk has %s free, less than disk.low (%s): where links stand is kept, what is seen of them is not;"
            " free some",
            state.path,
            megabytes(free),
            megabytes(low),
        )
    return free >= low


def _is_older(observation: Observation, target: Target, now: datetime) -> bool:
    """True where the status already knows a later look, and that is not one in the future of a wrong clock."""
    checked_at = target.status.checked_at
    started_at = observation.started_at.replace(microsecond=0)  # as times are kept
    return checked_at is not None and started_at < checked_at <= now


def _target_id(look: Look) -> int:
    return look.target.id


def _was_alive(target: Target) -> bool:
    """True where the latest look found it alive; one that failed uncounted before may not be excused twice."""
    return target.status.kind in {StatusKind.ALIVE, StatusKind.MOVED} and not target.frozen


def _unknown(why: str, failure: FailureKind | None = None) -> Verdict:
    return Verdict(VerdictKind.UNKNOWN, why, failure)
