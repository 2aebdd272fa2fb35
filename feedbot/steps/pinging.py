"""After publishing: WebSub hubs are told which feeds have changed, so that their subscribers need not poll."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.ping import (
    Accepted,
    Answer,
    Failed,
    Ping,
    Refused,
    chosen,
    is_over,
    next_try_at,
)
from feedbot.errors import FeedbotError
from feedbot.state import pings
from feedbot.state.database import State
from feedbot.steps.selection import ALL
from feedbot.wire.hub import Told, tell_hubs
from feedbot.wire.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Trouble:
    """Addresses that a hub was not told of, all for one reason; `next_at` is when that is tried again, if ever."""

    hub: str
    topics: tuple[str, ...]
    why: str
    next_at: datetime | None = None

    @property
    def sentence(self) -> str:
        """What became of it, for an operator."""
        rest = len(self.topics) - 1
        topics = self.topics[0] + (f" and {rest:,} more" if rest else "")
        return f"{self.hub} was not told of {topics}: {self.why}"


@dataclass(frozen=True, slots=True)
class Pinging:
    """What telling the hubs came to: addresses told, counted once for each hub, and what could not be told.

    `refused` is what a hub will not have, each told to the operator once; `failed` is tried again at a later run;
    `given_up` has failed for a day. `problem` is why no hub could be told anything, in a sentence.
    """

    told: int = 0
    refused: tuple[Trouble, ...] = ()
    failed: tuple[Trouble, ...] = ()
    given_up: tuple[Trouble, ...] = ()
    problem: str = ""


async def ping(config: Config, state: State, clock: Clock, resolver: Resolver | None = None) -> Pinging:
    """Tell the hubs of the config what publishing noted, and what is to be tried again.

    Never raises FeedbotError: the feeds are in place whatever becomes of this, and what is wrong is in the result.
    Without a hub in the config it does nothing. Ended early, it is done again by the next run.
    """
    if not config.feeds.hub:
        return Pinging()
    try:
        waiting = pings.due(state, config.feeds.hub, clock.now())
        if not waiting:
            return Pinging()
        now_told = {hub: chosen(those, f"{config.feeds.url}{ALL}.") for hub, those in waiting.items()}
        told = await tell_hubs(config.checker.policy(), config.contact, clock, now_told, resolver)
        return _record(state, _with_the_others(told, waiting), clock.now())
    except FeedbotError as error:
        return Pinging(problem=str(error))


def _with_the_others(told: Told, waiting: Mapping[str, Sequence[Ping]]) -> Told:
    """What was told, and what was not because its hub did not answer, or asked to be left alone: as if tried."""
    silent: dict[str, Answer] = {
        ping.hub: answer for ping, answer in told if isinstance(answer, Failed) and answer.of_all
    }
    known = {(ping.hub, ping.topic) for ping, _ in told}
    others = [ping for hub in silent for ping in waiting[hub] if (hub, ping.topic) not in known]
    return [*told, *((ping, silent[ping.hub]) for ping in others)]


def _record(state: State, told: Told, now: datetime) -> Pinging:
    refused: list[tuple[Ping, str, datetime | None]] = []
    failed: list[tuple[Ping, str, datetime | None]] = []
    given_up: list[tuple[Ping, str, datetime | None]] = []
    with state.write() as connection:
        for one, answer in told:
            match answer:
                case Accepted():
                    pings.keep_told(connection, one)
                case Refused(why):
                    if pings.keep_refused(connection, one, why):
                        refused.append((one, why, None))
                case Failed(why, of_all, wait_s):
                    next_at = next_try_at(one.tries + 1, now, wait_s)
                    if is_over(one, next_at):
                        pings.give_up(connection, one)
                        given_up.append((one, why, None))
                    else:
                        pings.keep_failed(connection, one, next_at, of_all=of_all)
                        failed.append((one, why, next_at))
    return Pinging(
        told=sum(isinstance(answer, Accepted) for _, answer in told),
        refused=_alike(refused),
        failed=_alike(failed),
        given_up=_alike(given_up),
    )


def _alike(told: Sequence[tuple[Ping, str, datetime | None]]) -> tuple[Trouble, ...]:
    """One for each hub and reason, with the earliest next try."""
    topics: dict[tuple[str, str], list[str]] = defaultdict(list)
    next_at: dict[tuple[str, str], datetime | None] = {}
    for ping, why, at in told:
        key = ping.hub, why
        topics[key].append(ping.topic)
        earlier = next_at.get(key)
        next_at[key] = at if earlier is None or at is None else min(at, earlier)
    return tuple(Trouble(hub, tuple(sorted(topics[hub, why])), why, next_at[hub, why]) for hub, why in sorted(topics))
