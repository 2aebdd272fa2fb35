"""The last strike before `dead` counts once the link was asked from another place as well, where there are two."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from feedbot.core.context import Opinion
from feedbot.core.observation import Answered, Observation
from feedbot.core.status import StatusKind, StrikePolicy
from feedbot.core.verdict import VerdictKind, judge
from feedbot.steps.look import Look, advanced
from feedbot.wire.executor import one_portion
from feedbot.wire.local import LocalWire
from feedbot.wire.prober import ProbeTarget


class SecondOpinions:
    """Looks that would make their links dead, until they are asked about from elsewhere; `vantages` are the places."""

    def __init__(self, strikes: StrikePolicy) -> None:
        self._strikes = strikes
        self._waiting: list[Look] = []
        self.vantages: frozenset[str] = frozenset()

    def wants(self, look: Look) -> bool:
        """True where this look is a last strike, and there is another place to ask from."""
        if look.context.second is not None or self._other(look) is None:
            return False
        if look.target.status.kind is StatusKind.DEAD:
            return False
        after = advanced(look.target, look, host_answers=True, strikes=self._strikes)
        return after.status.kind is StatusKind.DEAD

    def add(self, look: Look) -> None:
        """Have a look wait for its second opinion."""
        self._waiting.append(look)

    def take(self) -> list[Look]:
        """Those that wait, which then no longer do."""
        looks, self._waiting = self._waiting, []
        return looks

    async def decided(self, wire: LocalWire) -> AsyncIterator[tuple[Look, Look | None]]:
        """Each look that waits, with what it is worth now; None where it could not be asked about from elsewhere."""
        by_place: dict[str, dict[str, Look]] = {}
        for look in self.take():
            place = self._other(look)
            assert place is not None
            by_place.setdefault(place, {})[look.target.url] = look
        for place, looks in sorted(by_place.items()):
            plan = one_portion([ProbeTarget(url) for url in looks])
            async for outcome in wire.observe_from(place, plan):
                if isinstance(outcome, Observation) and (second := _opinion(place, looks[outcome.url], outcome)):
                    look = looks.pop(outcome.url)
                    yield look, look.with_more(second=second)
            for look in looks.values():
                yield look, None

    def _other(self, look: Look) -> str | None:
        """A place to ask from that is not the look's own; None where that has no name or there is no other."""
        own = look.context.vantage
        return None if own is None else min(self.vantages - {own}, default=None)


def _opinion(place: str, look: Look, observation: Observation) -> Opinion | None:
    """What another place thinks of a look's target; None where it could not see it, by our own fault."""
    verdict = judge(observation, replace(look.context, vantage=place))
    if verdict.kind is VerdictKind.UNKNOWN:
        return None
    outcome = observation.outcome
    return Opinion(place, verdict.kind.value, outcome.status if isinstance(outcome, Answered) else None)
