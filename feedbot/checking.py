"""The middle of a run: targets are asked in parallel, judged, and recorded by one writer."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.observation import NETWORK_KINDS, Exchange, FailureKind, Observation
from feedbot.core.outage import FAILURES_IN_A_ROW, Asked, is_mass_failure
from feedbot.core.schedule import first_method, next_check_at
from feedbot.core.status import StatusKind, advance
from feedbot.core.verdict import Verdict, VerdictKind, judge
from feedbot.errors import StateError
from feedbot.state import runs, targets
from feedbot.state.database import State
from feedbot.state.targets import LinkPlace, Target
from feedbot.wire.local import LocalWire, open_local
from feedbot.wire.prober import Postponed, ProbeTarget
from feedbot.wire.resolver import Resolver

# What is seen is written in batches, and none waits longer than this for the disk.
_RESULTS_A_WRITE = 500
_SECONDS_A_WRITE = 2.0

# When failures that were not counted are looked at again. If they still fail, they count.
_FROZEN_S = 3600.0

Progress = Callable[[int, int], None]
"""Told (targets done, targets planned) after each answer."""


@dataclass(frozen=True, slots=True)
class Result:
    """One target of a run: where it stood, what was seen and judged, where it stands now.

    `observation` is None where the target was not asked; its verdict is then `unknown`.
    """

    before: Target
    after: Target
    observation: Observation | None
    verdict: Verdict
    places: tuple[LinkPlace, ...] = ()


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
    def summary(self) -> dict[str, int]:
        """How many targets got each verdict, in the order of VerdictKind."""
        counted = Counter(result.verdict.kind for result in self.results)
        return {kind.value: counted[kind] for kind in VerdictKind if counted[kind]}


async def check(
    config: Config,
    state: State,
    clock: Clock,
    due: Sequence[Target],
    *,
    progress: Progress | None = None,
    resolver: Resolver | None = None,
) -> Checking:
    """Ask targets, judge what was seen and record it; what is finished is kept, however the run ends.

    Failures of the network kind count when the run closes, and not at all where our own network
    was down: then nothing changes, and the targets stay due. `resolver` is the system's unless given.
    """
    started_at = clock.now()
    run_id = runs.begin(state, started_at)
    if not due:
        runs.finish(state, run_id, started_at, online=None, summary={})
        return Checking(run_id, started_at, started_at, online=None)
    asking = _Asking(config, state, clock, run_id, due)
    async with open_local(config.checker, config.contact, clock, resolver) as wire:
        online = await wire.online() and await asking.ask_all(wire, progress)
        targets.remember_head_refused(state, wire.head_refused)
    frozen = online and is_mass_failure(asking.asked())
    checking = Checking(
        run_id=run_id,
        started_at=started_at,
        finished_at=clock.now(),
        online=online,
        results=asking.close(online=online, frozen=frozen),
        frozen=frozen,
    )
    runs.finish(state, run_id, checking.finished_at, online=online, summary=checking.summary)
    return checking


class _Asking:
    """The targets of one run while they are asked: results are recorded in batches, one writer."""

    def __init__(self, config: Config, state: State, clock: Clock, run_id: int, due: Sequence[Target]) -> None:
        self._policy = config.schedule.policy()
        self._state = state
        self._clock = clock
        self._run_id = run_id
        self._due = {target.url: target for target in due}
        self._unrecorded: list[tuple[Target, Observation, Verdict]] = []
        self._network_failures: list[tuple[Target, Observation, Verdict]] = []
        self._results: dict[str, Result] = {}

    async def ask_all(self, wire: LocalWire, progress: Progress | None) -> bool:
        """Ask every target; False where our own network turned out to be down on the way."""
        now = self._clock.now()
        plan = [self._probe_target(target, now) for target in self._due.values()]
        failing_hosts: set[str] = set()
        seen = 0
        recording = asyncio.create_task(self._record_regularly())
        try:
            async for outcome in wire.observe(plan):
                seen += 1
                if progress is not None:
                    progress(seen, len(plan))
                target = self._due[outcome.url]
                if isinstance(outcome, Postponed):
                    self._postpone(target, outcome.retry_after_s)
                    continue
                verdict = judge(outcome)
                self._unrecorded.append((target, outcome, verdict))
                if len(self._unrecorded) >= _RESULTS_A_WRITE:
                    self._record()
                if verdict.failure not in NETWORK_KINDS:
                    failing_hosts.clear()
                    continue
                failing_hosts.add(target.host)
                if len(failing_hosts) >= FAILURES_IN_A_ROW:
                    failing_hosts.clear()
                    if not await wire.online():
                        return False
        finally:
            recording.cancel()
            self._record()
        return True

    async def _record_regularly(self) -> None:
        while True:
            await asyncio.sleep(_SECONDS_A_WRITE)
            # What cannot be written now is kept; the last write tells, where it fails as well.
            with suppress(StateError):
                self._record()

    def asked(self) -> Iterator[Asked]:
        """What this run says of our own network."""
        for target, _, _ in self._network_failures:
            yield Asked(target.host, _was_alive(target), failed=True)
        for result in self._results.values():
            if result.observation is not None:
                yield Asked(result.before.host, _was_alive(result.before), failed=False)

    def close(self, *, online: bool, frozen: bool) -> tuple[Result, ...]:
        """Settle the failures of the network kind, and give a result for every target, by URL."""
        if online and not frozen:
            with self._state.write() as connection:
                self._results |= self._settle(connection, self._network_failures)
        else:
            if online and self._network_failures:
                again_at = self._clock.now() + timedelta(seconds=_FROZEN_S)
                targets.freeze(self._state, [target.id for target, _, _ in self._network_failures], again_at)
            for target, observation, verdict in self._network_failures:
                why = f"not counted, our own network seems to be down ({verdict.reason})"
                self._results[target.url] = Result(target, target, observation, _unknown(why, verdict.failure))
        why = "not asked: the run ended before its turn" if online else "not asked: this machine seems to be offline"
        for url, target in self._due.items():
            self._results.setdefault(url, Result(target, target, None, _unknown(why)))
        where = targets.places(self._state, [target.id for target in self._due.values()])
        results = (self._results[url] for url in sorted(self._results))
        return tuple(replace(result, places=where[result.after.id]) for result in results)

    def _postpone(self, target: Target, wait_s: float) -> None:
        targets.postpone(self._state, target.url, self._clock.now() + timedelta(seconds=wait_s))
        why = f"not asked: its host wants to be left alone for {wait_s:,.0f} s"
        self._results[target.url] = Result(target, target, None, _unknown(why))

    def _probe_target(self, target: Target, now: datetime) -> ProbeTarget:
        method = first_method(
            target.status,
            self._policy,
            now,
            page_checked_at=target.page_checked_at,
            head_refused=target.head_refused,
        )
        return ProbeTarget(target.url, method, etag=target.etag, last_modified=target.last_modified)

    def _record(self) -> None:
        """Write what was seen; verdicts that do not depend on our own network count at once.

        Nothing is forgotten before it is written: where that fails, the next call does it.
        """
        seen = tuple(self._unrecorded)
        if not seen:
            return
        with self._state.write() as connection:
            runs.add_observations(connection, self._run_id, ((one[0].id, one[1], one[2]) for one in seen))
            results = self._settle(connection, [one for one in seen if one[2].failure not in NETWORK_KINDS])
        self._unrecorded = self._unrecorded[len(seen) :]
        self._network_failures += [one for one in seen if one[2].failure in NETWORK_KINDS]
        self._results |= results

    def _settle(self, connection: Any, judged: Sequence[tuple[Target, Observation, Verdict]]) -> dict[str, Result]:
        """Let verdicts count; inside a write phase."""
        # What failed comes last: whether its host answers otherwise is then known from this batch as well.
        failed = [one for one in judged if one[2].kind is VerdictKind.UNREACHABLE]
        answered = [one for one in judged if one[2].kind is not VerdictKind.UNREACHABLE]
        return self._settle_alike(connection, answered) | self._settle_alike(connection, failed)

    def _settle_alike(
        self, connection: Any, judged: Sequence[tuple[Target, Observation, Verdict]]
    ) -> dict[str, Result]:
        results = {}
        standing = []
        # Somebody's `feedbot check URL` may have asked some since this run was planned.
        changed = targets.checked_since(self._state, [one[0] for one in judged])
        now = self._clock.now()
        for planned, observation, verdict in judged:
            target = after = targets.get(self._state, planned.id) if planned.id in changed else planned
            if verdict.kind is not VerdictKind.UNKNOWN and not _is_older(observation, target, now):
                after = self._advanced(target, observation, verdict)
                due_at = next_check_at(after.status, self._policy, observation.started_at, _jitter(target.url))
                standing.append((after, due_at))
            results[target.url] = Result(target, after, observation, verdict)
        targets.save(connection, standing)
        return results

    def _advanced(self, target: Target, observation: Observation, verdict: Verdict) -> Target:
        answers = verdict.kind is not VerdictKind.UNREACHABLE or targets.host_answers(self._state, target)
        status = advance(target.status, verdict, observation.started_at, host_answers=answers)
        if verdict.kind not in {VerdictKind.ALIVE, VerdictKind.MOVED}:
            return replace(target, status=status, etag=None, last_modified=None)
        final = observation.exchanges[-1]
        kept = target if final.status == 304 else _validators(target, final)
        return replace(
            kept, status=status, page_checked_at=observation.started_at if verdict.by_get else target.page_checked_at
        )


def _validators(target: Target, final: Exchange) -> Target:
    """The validators of the target's own answer; those of a redirect's end belong to another URL."""
    if final.hop > 0:
        return replace(target, etag=None, last_modified=None)
    return replace(target, etag=final.etag, last_modified=final.last_modified)


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


def _jitter(url: str) -> float:
    """A fraction from 0 to 1 that is the same for a URL each time, so that runs can be repeated."""
    return int.from_bytes(hashlib.sha256(url.encode()).digest()[:4]) / 2**32
