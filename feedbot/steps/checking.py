"""The middle of a run: targets are asked in parallel, judged, and recorded by one writer."""

import asyncio
import logging
import math
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec
from msgspec.structs import replace

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.context import Sibling, Source, folder_of, sibling_url
from feedbot.core.domain import registrable_domain
from feedbot.core.forgotten import leads_to_any
from feedbot.core.mark import Mark, MarkKind, is_excused, mark_on
from feedbot.core.observation import NETWORK_KINDS, FailureKind, Observation
from feedbot.core.outage import FAILURES_IN_A_ROW, Asked, is_mass_failure
from feedbot.core.own_page import is_asked_in_every_run
from feedbot.core.progress import Progress, bad_news
from feedbot.core.schedule import first_method, is_alarming, jitter_of, next_check_at
from feedbot.core.status import StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.errors import StateError
from feedbot.state import forgotten, marks, own_pages, retention, runs, siblings, targets, transitions
from feedbot.state.copies import free_bytes, megabytes
from feedbot.state.database import State
from feedbot.state.targets import LinkPlace, Target
from feedbot.steps.look import Look, Seen, advanced, as_sibling, as_source, look_at
from feedbot.steps.second_opinion import SecondOpinions
from feedbot.wire.choice import require_usable
from feedbot.wire.cluster import joined
from feedbot.wire.executor import one_portion
from feedbot.wire.hosts import covering
from feedbot.wire.local import LocalWire, WireOver, open_local
from feedbot.wire.prober import Lost, Postponed, ProbeTarget
from feedbot.wire.resolver import Resolver
from feedbot.wire.workers import how_many, started

log = logging.getLogger("feedbot")

# What is seen is written in batches, and none waits longer than this for the disk.
_RESULTS_A_WRITE = 2000
_SECONDS_A_WRITE = 2.0

# When failures that were not counted are looked at again. If they still fail, they count.
_FROZEN_S = 3600.0


# When it is looked again whether a link is still to be left alone.
_LOOK_AGAIN = timedelta(days=1)


class Result(msgspec.Struct, frozen=True):
    """One target of a run: where it stood, what was seen and judged, where it stands now.

    `seen` is None where the target was not asked; its verdict is then `unknown`.
    """

    before: Target
    after: Target
    seen: Seen | None
    verdict: Verdict
    places: tuple[LinkPlace, ...] = ()
    mark: Mark | None = None
    """What a person, or the config, says of the link."""

    @property
    def is_excused(self) -> bool:
        """True where a person has said that the link is well, or to leave it alone."""
        return is_excused(self.mark)


@dataclass(frozen=True, slots=True)
class Checking:
    """What asking the targets brought, one result each, by URL; `online` is None where none was due.

    `frozen` tells that network failures of this run were not counted, because so many came at once.
    """

    run_id: int
    started_at: datetime
    finished_at: datetime
    online: bool | None
    results: tuple[Result, ...] = ()
    frozen: bool = False

    @property
    def is_good(self) -> bool:
        """True where what was seen counts, or nothing was due."""
        return self.online is not False and not self.frozen

    @property
    def summary(self) -> dict[str, int]:
        """How many targets got each verdict, in the order of VerdictKind."""
        counted = Counter(result.verdict.kind for result in self.results)
        return {kind.value: counted[kind] for kind in VerdictKind if counted[kind]}


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
    likely = min(targets.due_count(state, now), checker.max_requests_per_run or math.inf)
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
    due: Sequence[Target],
    *,
    progress: Progress | None = None,
    resolver: Resolver | None = None,
    wire_over: WireOver | None = None,
    ready: list[Process] | None = None,
    on_stop: Callable[[Checking], None] | None = None,
) -> Checking:
    """Ask targets, judge what was seen and record it; what is finished is kept, however the run ends.

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
    if not due:
        runs.finish(state, run_id, started_at, online=None, summary={})
        return Checking(run_id, started_at, started_at, online=None)
    asking = _Asking(config, state, clock, run_id, due, keeps_looks=_has_room(config, state))
    try:
        async with (
            joined(config.checker.cluster, checker, config.contact, clock, len(due)) as cluster,
            open_local(
                checker, config.contact, clock, resolver, wire_over=wire_over, ready=ready, cluster=cluster
            ) as wire,
        ):
            was_online = runs.was_online_lately(state, started_at)
            online = (was_online or await wire.online()) and await asking.ask_all(wire, progress)
            targets.remember_head_refused(state, wire.head_refused)
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


def to_ask(config: Config, state: State, now: datetime) -> list[Target]:
    """The targets that are due, in the order to ask them, without those that people want left alone."""
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    budget = config.checker.max_requests_per_run
    due = targets.due(state, now, feed_size=config.feeds.max_entries, budget=budget)
    ignored = [target.id for target in due if _is_ignored(mark_on(target.url, said, exclusions, now))]
    targets.set_aside(state, ignored, now + _LOOK_AGAIN)
    without = set(ignored)
    return [target for target in due if target.id not in without]


def _is_ignored(mark: Mark | None) -> bool:
    return mark is not None and mark.kind is MarkKind.IGNORE


class _Asking:
    """The targets of one run while they are asked: results are recorded in batches, one writer."""

    def __init__(
        self, config: Config, state: State, clock: Clock, run_id: int, due: Sequence[Target], *, keeps_looks: bool
    ) -> None:
        self._policy = config.schedule.policy()
        self._strikes = config.verdicts.policy()
        self._exclusions = config.links.exclusions()
        self._hosts = config.checker.hosts
        self._state = state
        self._clock = clock
        self._run_id = run_id
        self._keeps_looks = keeps_looks
        self._due = {target.url: target for target in due}
        self._taken_down = forgotten.known(state)
        self._undecided: list[Look] = []
        self._second = SecondOpinions(self._strikes)
        self._unrecorded: list[Look] = []
        self._network_failures: list[Look] = []
        self._results: dict[str, Result] = {}

    @cached_property
    def _places(self) -> dict[int, tuple[LinkPlace, ...]]:
        """Where the links stand, by target: looked up when the first answer is there, and others are under way."""
        return targets.places(self._state, [target.id for target in self._due.values()])

    @cached_property
    def _unseen_pages(self) -> set[int]:
        """The targets that are pages of articles which no reader has seen."""
        return own_pages.of_unseen(self._state)

    async def ask_all(self, wire: LocalWire, progress: Progress | None) -> bool:
        """Ask every target; False where our own network turned out to be down on the way."""
        now = self._clock.now()
        plan = [self._probe_target(target, now) for target in self._due.values()]
        failing_hosts: set[str] = set()
        if progress is not None:
            domains = (registrable_domain(target.host) for target in self._due.values())
            progress.begin(domains, self._clock.monotonic(), run_left_s=wire.run_left_s, slowest=wire.slowest)
        self._second.vantages = wire.vantages
        recording = asyncio.create_task(self._record_regularly())
        try:
            async for outcome in wire.observe(one_portion(plan)):
                target = self._due[outcome.url]
                if isinstance(outcome, Lost):
                    continue
                if isinstance(outcome, Postponed):
                    if progress is not None:
                        progress.add(registrable_domain(target.host), None, self._clock.monotonic())
                    self._postpone(target, outcome.retry_after_s)
                    continue
                if leads_to_any(outcome, self._taken_down):
                    if progress is not None:
                        progress.add(registrable_domain(target.host), None, self._clock.monotonic())
                    self._leave_alone(target)
                    continue
                look = look_at(target, outcome, self._places[target.id], wire.vantage)
                if progress is not None:
                    took_s = outcome.elapsed_ms / 1000
                    news = bad_news(target.url, look.verdict)
                    progress.add(
                        registrable_domain(target.host), look.verdict.kind, self._clock.monotonic(), took_s, news
                    )
                if look.wants_sibling or look.wants_article:
                    self._undecided.append(look)
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
            await self._decide(wire)
            self._record()
            await self._ask_elsewhere(wire)
            self._record()
            if self._failures > failures and not await wire.online():
                return False
        finally:
            recording.cancel()
            self._record()
        return True

    @property
    def _failures(self) -> int:
        """How many failures of the network kind there are, on record or not yet."""
        unrecorded = sum(look.verdict.failure in NETWORK_KINDS for look in self._unrecorded)
        return unrecorded + len(self._network_failures)

    def _leave_out_what_anybody_may_have_said(self) -> None:
        """Forget what is not on record yet of answers over http: a network that wants a sign-in gives them itself."""
        for look in self._unrecorded:
            if look.is_of_anybody:
                why = f"not counted, our own network seems to be down ({look.verdict.reason})"
                self._results[look.target.url] = Result(look.target, look.target, look.seen, _unknown(why))
        self._unrecorded = [look for look in self._unrecorded if not look.is_of_anybody]

    # What one look does not decide

    async def _decide(self, wire: LocalWire) -> None:
        """Judge what was left undecided, now that every other target has been asked."""
        looks, self._undecided = self._undecided, []
        beside = await self._ask_siblings(wire, [look.target.url for look in looks if look.wants_sibling])
        for wave in (
            [look for look in looks if not look.wants_article],
            [look for look in looks if look.wants_article and not look.context.is_cache],
            [look for look in looks if look.wants_article and look.context.is_cache],
        ):
            # What was found of articles, and then of AMP pages, in this run decides on the next.
            self._record()
            for look in wave:
                self._decide_one(look, beside)

    def _decide_one(self, look: Look, beside: Mapping[str, Sibling]) -> None:
        sibling = beside.get(folder_of(look.target.url)) if look.wants_sibling else None
        if look.wants_sibling and sibling is None:
            why = "not judged yet: it must first be known what a made-up address beside it answers"
            self._results[look.target.url] = Result(look.target, look.target, look.seen, _unknown(why))
            return
        self._decided(look.with_more(sibling=sibling, **self._stands_for(look)))

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
        self._results[look.target.url] = Result(look.target, look.target, look.seen, _unknown(why))

    async def _ask_siblings(self, wire: LocalWire, urls: Sequence[str]) -> dict[str, Sibling]:
        """By folder, what a made-up address beside each page answers; without those that this run cannot ask."""
        now = self._clock.now()
        one_a_folder = {folder_of(url): url for url in urls}
        known = {folder: siblings.known(self._state, url, now) for folder, url in one_a_folder.items()}
        found = {folder: sibling for folder, sibling in known.items() if sibling is not None}
        week = now.toordinal() // 7
        plan = [
            ProbeTarget(sibling_url(url, week), compared=True)
            for folder, url in one_a_folder.items()
            if folder not in found
        ]
        asked = [as_sibling(one) async for one in wire.observe(one_portion(plan)) if isinstance(one, Observation)]
        siblings.remember(self._state, asked)
        return found | {folder_of(one.url): one for one in asked}

    def _stands_for(self, look: Look) -> dict[str, Source | None]:
        """The part of a context that tells of the article of an AMP page, or of the AMP page of a cache's copy."""
        if not look.wants_article:
            return {}
        if look.context.is_cache:
            return {"amp": as_source(targets.amp_of(self._state, look.target))}
        return {"source": as_source(targets.source_of(self._state, look.target))}

    async def _record_regularly(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_A_WRITE)
            # What cannot be written now is kept; the last write tells, where it fails as well.
            with suppress(StateError):
                self._record()

    def asked(self) -> Iterator[Asked]:
        """What this run says of our own network."""
        for look in self._network_failures:
            yield Asked(look.target.host, _was_alive(look.target), failed=True)
        for result in self._results.values():
            if result.seen is not None:
                yield Asked(result.before.host, _was_alive(result.before), failed=False)

    def close(self, *, online: bool, frozen: bool) -> tuple[Result, ...]:
        """Settle the failures of the network kind, and give a result for every target, by URL."""
        for look in self._second.take():  # of a run that ended before
            self._waits_for_a_second(look)
        if online and not frozen:
            with self._state.write() as connection:
                self._results |= self._settle(connection, self._network_failures)
        else:
            if online and self._network_failures:
                again_at = self._clock.now() + timedelta(seconds=_FROZEN_S)
                targets.freeze(self._state, [look.target.id for look in self._network_failures], again_at)
            for look in self._network_failures:
                why = f"not counted, our own network seems to be down ({look.verdict.reason})"
                not_counted = _unknown(why, look.verdict.failure)
                self._results[look.target.url] = Result(look.target, look.target, look.seen, not_counted)
        why = "not asked: the run ended before its turn" if online else "not asked: this machine seems to be offline"
        return self._whole(why)

    def so_far(self) -> tuple[Result, ...]:
        """A result for every target of a run that is stopped, by URL; what needs the end of a run does not count."""
        for look in (*self._network_failures, *self._undecided, *self._second.take()):
            why = f"does not count, because the run was stopped ({look.verdict.reason})"
            self._results[look.target.url] = Result(look.target, look.target, look.seen, _unknown(why))
        return self._whole("not asked: the run was stopped")

    def _whole(self, why: str) -> tuple[Result, ...]:
        """A result for every target, by URL; `why` nothing is known of those that have none yet."""
        for url, target in self._due.items():
            self._results.setdefault(url, Result(target, target, None, _unknown(why)))
        results = (self._results[url] for url in sorted(self._results))
        said, exclusions, now = marks.holding(self._state, self._clock.now()), self._exclusions, self._clock.now()
        return tuple(
            replace(result, places=self._places[result.after.id], mark=mark_on(result.after.url, said, exclusions, now))
            for result in results
        )

    def _postpone(self, target: Target, wait_s: float) -> None:
        targets.postpone(self._state, target.url, self._clock.now() + timedelta(seconds=wait_s))
        why = f"not asked: its host wants to be left alone for {wait_s:,.0f} s"
        self._results[target.url] = Result(target, target, None, _unknown(why))

    def _leave_alone(self, target: Target) -> None:
        """Keep nothing of a look that quotes what was taken down: where its target stands is as before."""
        targets.set_aside(self._state, [target.id], self._clock.now() + _LOOK_AGAIN)
        self._results[target.url] = Result(target, target, None, _unknown("leads to what was taken down"))

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
        seen = tuple(self._unrecorded)
        if not seen:
            return
        with self._state.write() as connection:
            if self._keeps_looks:
                runs.add_observations(connection, self._run_id, (look.as_judged for look in seen))
            results = self._settle(connection, [look for look in seen if look.verdict.failure not in NETWORK_KINDS])
        self._unrecorded = self._unrecorded[len(seen) :]
        self._network_failures += [look for look in seen if look.verdict.failure in NETWORK_KINDS]
        self._results |= results

    def _settle(self, connection: Any, looks: Sequence[Look]) -> dict[str, Result]:
        """Let verdicts count; inside a write phase."""
        # What failed comes last: whether its host answers otherwise is then known from this batch as well.
        failed = [look for look in looks if look.verdict.kind is VerdictKind.UNREACHABLE]
        answered = [look for look in looks if look.verdict.kind is not VerdictKind.UNREACHABLE]
        return self._settle_alike(connection, answered) | self._settle_alike(connection, failed)

    def _settle_alike(self, connection: Any, looks: Sequence[Look]) -> dict[str, Result]:
        results = {}
        standing = []
        told = []
        alarms: Counter[str] = Counter()
        # Somebody's `feedbot check URL` may have asked some since this run was planned.
        changed = targets.checked_since(self._state, [look.target for look in looks])
        now = self._clock.now()
        for look in looks:
            planned, observation, verdict = look.target, look.observation, look.verdict
            target = after = targets.get(self._state, planned.id) if planned.id in changed else planned
            if verdict.kind is not VerdictKind.UNKNOWN and not _is_older(observation, target, now):
                after = self._advanced(target, look)
                due_at = self._due_again_at(after, observation.started_at)
                standing.append((after, due_at))
                told.append((target, after))
                if is_alarming(target.status, verdict):
                    alarms[target.host] += 1
            # What its page said is written, and nobody asks for it any more.
            results[target.url] = Result(target, replace(after, page=None), look.seen, verdict)
        targets.save(connection, standing)
        if not self._keeps_looks:
            retention.stand_in(connection, [after for after, _ in standing])
        transitions.note(connection, told)
        targets.ask_neighbours(connection, alarms, now)
        return results

    def _due_again_at(self, target: Target, started_at: datetime) -> datetime:
        roles = [place.role for place in self._places[target.id]]
        if is_asked_in_every_run(roles, target.status, started_at) and target.id in self._unseen_pages:
            return started_at
        return next_check_at(target.status, self._policy, started_at, jitter_of(target.url))

    def _advanced(self, target: Target, look: Look) -> Target:
        answers = look.verdict.kind is not VerdictKind.UNREACHABLE or targets.host_answers(self._state, target)
        return advanced(target, look, host_answers=answers, strikes=self._strikes)


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


def _was_alive(target: Target) -> bool:
    """True where the latest look found it alive; one that failed uncounted before may not be excused twice."""
    return target.status.kind in {StatusKind.ALIVE, StatusKind.MOVED} and not target.frozen


def _unknown(why: str, failure: FailureKind | None = None) -> Verdict:
    return Verdict(VerdictKind.UNKNOWN, why, failure)
