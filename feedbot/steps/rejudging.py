"""After an upgrade that changes rules: what was seen of every link is judged again."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.replay import Seen, judge_again, replay
from feedbot.core.schedule import jitter_of, next_check_at
from feedbot.core.status import Status
from feedbot.core.verdict import Verdict
from feedbot.state import reported, retention, runs, targets, transitions
from feedbot.state.database import State
from feedbot.state.runs import Recorded


@dataclass(frozen=True, slots=True)
class Change:
    """A link that stands elsewhere by the rules of today; `verdict` is of its latest observation."""

    url: str
    before: Status
    after: Status
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Rejudging:
    """How much was judged again, and what is other than before."""

    observations: int
    links: int
    changes: tuple[Change, ...]


def rejudge(config: Config, state: State, clock: Clock, *, apply: bool) -> Rejudging:
    """Judge every stored observation again; with `apply`, let the links stand where that leads.

    Only links of which an observation is now judged otherwise are followed, from where those led that are no
    longer kept. Deaths that come from it
    reach the feeds at the next build, past the guard against removals in bulk.
    """
    strikes, policy, now = config.verdicts.policy(), config.schedule.policy(), clock.now()
    observations = links = 0
    changes, told = [], []
    standing: dict[int, tuple[Status, datetime]] = {}
    for recorded in runs.trails(state):
        observations += len(recorded)
        links += 1
        history = [Seen(one.observation, one.context, counted=one.counted) for one in recorded]
        verdicts = judge_again(history)
        if all(one.verdict is verdict.kind for one, verdict in zip(recorded, verdicts, strict=True)):
            continue
        target = targets.get(state, recorded[-1].target_id)
        answers = targets.host_answers(state, target)
        start = retention.start_of(state, target.id)
        after = replay(retention.since(start, recorded), host_answers=answers, policy=strikes, start=start)
        if _stands_alike(target.status, after):
            continue
        changes.append(Change(target.url, target.status, after, verdicts[-1]))
        standing[target.id] = (after, next_check_at(after, policy, now, jitter_of(target.url)))
        told.append((target, replace(target, status=after)))
    if apply and standing:
        with state.write() as connection:
            # As they are now: the look that read a page may have been deleted meanwhile.
            there = targets.load(state, list(standing))
            targets.save(connection, [(replace(one, status=standing[one.id][0]), standing[one.id][1]) for one in there])
            transitions.note(connection, told)
            reported.forget(connection)
    return Rejudging(observations, links, tuple(changes))


def verdicts_of(recorded: Recorded) -> Verdict:
    """What one stored observation is judged to be by the rules of today."""
    return judge_again([Seen(recorded.observation, recorded.context, counted=recorded.counted)])[0]


def _stands_alike(one: Status, other: Status) -> bool:
    return (one.kind, one.strikes, one.moved_to) == (other.kind, other.strikes, other.moved_to)
