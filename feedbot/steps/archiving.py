"""The end of a run: an archive is asked for copies of articles while these live, for readers to be led to later.

One request at a time, for a bounded time, and last, so that nothing waits for it. What is left is asked by later runs.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.cdx import nearest, query_url, read_rows
from feedbot.core.checker import CheckerPolicy, Pace
from feedbot.core.mark import MarkKind, mark_on
from feedbot.core.observation import Failure
from feedbot.core.snapshot import ABSENT_FOR, FOUND_FOR, Snapshot, snapshot_url, unknown_for
from feedbot.core.snapshot_look import judge_snapshot
from feedbot.core.url import InvalidUrl
from feedbot.errors import FeedbotError
from feedbot.state import marks, runs, snapshots
from feedbot.state.database import State
from feedbot.state.snapshots import LookedUp, Wanted
from feedbot.wire.choice import make_httpx_wire
from feedbot.wire.executor import one_portion
from feedbot.wire.local import LocalWire, open_local
from feedbot.wire.prober import Lost, Postponed, ProbeTarget
from feedbot.wire.resolver import Resolver
from feedbot.wire.retry_after import hold_s

_MOST_S = 55.0
"""It is over after so long; less than the shortest hold (wire/retry_after.py), so that a hold ends it as well."""
_ENOUGH_S = 15.0
"""The archive is not asked for another page where less is left."""
_ANSWER_S = 30.0
"""A CDX server may take so long to answer."""
_HOLD_S = 3600.0
"""For so long the archive is left alone where it does not say how long."""
_FAILURES_IN_A_ROW = 2
"""After so many look-ups without an answer the archive is down, and is asked no more in this run."""

_TOO_MUCH = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Archiving:
    """For how many pages a copy was found, none is there, and no answer came; how many are still to be asked for.

    `problem` says why there was no answer, of the latest where there were several.
    """

    found: int = 0
    absent: int = 0
    unanswered: int = 0
    left: int = 0
    problem: str = ""

    @property
    def asked(self) -> int:
        """For how many pages the archive was asked."""
        return self.found + self.absent + self.unanswered


class _Answer(msgspec.Struct, frozen=True):
    """What one look-up brought; `is_sure` is False where no answer came, `hold_s` for how long not to ask again."""

    snapshot: Snapshot | None = None
    why: str = ""
    is_sure: bool = True
    hold_s: float | None = None


async def look_for_copies(
    config: Config, state: State, clock: Clock, *, online: bool | None, resolver: Resolver | None = None
) -> Archiving:
    """Ask the archive of the config for copies of the sources of published articles, and keep what it says.

    `online` is what the checking before it found (Checking.online). Nothing is asked where that is False, where the
    archive wants to be left alone, or where the config does not ask for it. Whoever calls it holds
    `checking_run(state)`. Never raises FeedbotError: what is wrong is in the result. Ended early, it goes on in the
    next run.
    """
    if not config.asks_archive or online is False:
        return Archiving()
    try:
        return await _look(config, state, clock, resolver, was_online=bool(online))
    except FeedbotError as error:
        return Archiving(problem=str(error))


async def _look(
    config: Config, state: State, clock: Clock, resolver: Resolver | None, *, was_online: bool
) -> Archiving:
    now = clock.now()
    if snapshots.is_held(state, now):
        return Archiving()
    wanted = _wanted(config, state, now)
    if not wanted:
        return Archiving()
    policy = _gently(config)
    async with open_local(
        policy, config.contact, clock, resolver, wire_over=lambda names: make_httpx_wire(policy, names)
    ) as wire:
        if not (was_online or runs.was_online_lately(state, now) or await wire.online()):
            return Archiving(left=len(wanted))
        return await _ask_for_all(config, state, clock, wire, wanted)


def _wanted(config: Config, state: State, now: datetime) -> list[Wanted]:
    """The pages to ask for, without those that people want left alone."""
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    found = []
    for one in snapshots.wanted(state, now):
        mark = mark_on(one.url, said, exclusions, now)
        if mark is None or mark.kind is not MarkKind.IGNORE:
            found.append(one)
    return found


def _gently(config: Config) -> CheckerPolicy:
    """How the archive is asked: as links are, but one request at a time, with its own pace and without retries."""
    return replace(
        config.checker.policy(),
        per_host=Pace(concurrency=1, delay_s=config.archive.delay_s),
        concurrency=1,
        workers=1,
        back_off_s=(),
        max_run_s=_MOST_S,
    )


async def _ask_for_all(config: Config, state: State, clock: Clock, wire: LocalWire, wanted: list[Wanted]) -> Archiving:
    counts: Counter[str] = Counter()
    problem, failures_in_a_row = "", 0
    said = marks.holding(state, clock.now())
    called_dead = {url for url, mark in said.items() if mark.kind is MarkKind.DEAD}
    for one in wanted[: config.archive.per_run]:
        if (wire.run_left_s or 0.0) < _ENOUGH_S:
            break
        answer = await _look_up(config, wire, one, called_dead)
        _keep(state, clock.now(), one, answer)
        if answer.is_sure:
            counts["absent" if answer.snapshot is None else "found"] += 1
            failures_in_a_row = 0
            continue
        counts["unanswered"] += 1
        problem, failures_in_a_row = answer.why, failures_in_a_row + 1
        if answer.hold_s is not None or failures_in_a_row == _FAILURES_IN_A_ROW:
            break
    return Archiving(
        found=counts["found"],
        absent=counts["absent"],
        unanswered=counts["unanswered"],
        left=len(wanted) - counts.total(),
        problem=problem,
    )


async def _look_up(config: Config, wire: LocalWire, one: Wanted, called_dead: Collection[str]) -> _Answer:
    try:
        return await _asked(config, wire, one, called_dead)
    except InvalidUrl as error:
        return _Answer(why=f"its URL is too long to ask for: {error}")


async def _asked(config: Config, wire: LocalWire, one: Wanted, called_dead: Collection[str]) -> _Answer:
    """Ask which copies there are, and look at the nearest ones until one is good; raises InvalidUrl."""
    answer = await wire.ask(query_url(config.archive.cdx_url, one.url, one.published_at), _ANSWER_S)
    if isinstance(answer, Postponed):
        return _postponed(answer)
    if isinstance(answer, Failure):
        return _unsure(answer.text)
    if answer.status != 200:
        return _refused(answer.status, wire.retry_after_s(answer))
    rows = read_rows(answer.body, answer.headers.get("content-type", ""))
    if rows is None:
        return _unsure("its answer is none of a CDX server's")
    why = "the archive knows none that answered 200"
    for taken_at in nearest(rows, one.published_at):
        address = snapshot_url(config.archive.replay_url, taken_at, one.url)
        looked = await _look_at(config, wire, one, address)
        if not looked.is_sure or (looked.snapshot is not None and looked.snapshot.url not in called_dead):
            return looked
        why = looked.why or "a person calls it dead"
    return _Answer(why=why)


async def _look_at(config: Config, wire: LocalWire, one: Wanted, address: str) -> _Answer:
    """One look at a copy, by the judgement of pages."""
    async for seen in wire.observe(one_portion([ProbeTarget(address)])):
        if isinstance(seen, Postponed):
            return _postponed(seen)
        if isinstance(seen, Lost):
            break
        last = seen.exchanges[-1] if seen.exchanges else None
        if last is not None and last.status in _TOO_MUCH:
            return _refused(last.status, last.retry_after_s)
        look = judge_snapshot(seen, config.archive.replay_url, one.url, one.title)
        return _Answer(look.snapshot, look.why, look.is_sure)
    return _unsure("the run ended before its copy was looked at")


def _keep(state: State, now: datetime, one: Wanted, answer: _Answer) -> None:
    failures = 0 if answer.is_sure else one.failures + 1
    held = None if answer.hold_s is None else timedelta(seconds=answer.hold_s)
    sure_for = ABSENT_FOR if answer.snapshot is None else FOUND_FOR
    wait = sure_for if answer.is_sure else unknown_for(failures)
    looked_up = LookedUp(now, now + wait, answer.why, failures, answer.snapshot)
    snapshots.note(state, one.target_id, looked_up, held_until=None if held is None else now + held)


def _refused(status: int, asked_wait_s: float | None) -> _Answer:
    """No answer for now: the archive is left alone where it is asked too much, or says for how long."""
    if asked_wait_s is not None:
        return _unsure(f"answered {status}", hold_s(asked_wait_s))
    return _unsure(f"answered {status}", _HOLD_S if status in _TOO_MUCH else None)


def _postponed(one: Postponed) -> _Answer:
    return _unsure("asks to be left alone", one.retry_after_s)


def _unsure(why: str, wait_s: float | None = None) -> _Answer:
    return _Answer(why=why, is_sure=False, hold_s=wait_s)
