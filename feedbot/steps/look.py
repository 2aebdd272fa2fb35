"""One look at a target: what was seen, what else is known, what that is worth, and what it leads to."""

from datetime import datetime

import msgspec
from msgspec.structs import replace

from feedbot.core.context import Context, Opinion, Sibling, Source
from feedbot.core.observation import Answered, Exchange, Observation
from feedbot.core.page import PageSignals
from feedbot.core.soft_death import wants_sibling
from feedbot.core.status import Status, StatusKind, StrikePolicy, advance
from feedbot.core.verdict import Verdict, VerdictKind, carries_any, judge
from feedbot.state.runs import Judged
from feedbot.state.targets import LinkPlace, Target, packed_page

_GOOD = frozenset({VerdictKind.ALIVE, VerdictKind.MOVED})
_NOT_THERE = frozenset({VerdictKind.GONE, VerdictKind.MISSING})

# Titles by which a page is known; an article that many others relate to may have as many.
_TITLES = 5


class Seen(msgspec.Struct, frozen=True):
    """What of an observation is told when the run is over; the whole of it is in state.db."""

    started_at: datetime
    elapsed_ms: int
    requests: int
    http_status: int | None
    final_url: str


class Look(msgspec.Struct, frozen=True):
    """One target, what was seen of it, what else is known, what that is worth, and where the links to it stand."""

    target: Target
    observation: Observation
    context: Context
    verdict: Verdict
    places: tuple[LinkPlace, ...] = ()

    @property
    def wants_sibling(self) -> bool:
        """True where what a made-up address beside the page answers would decide."""
        return self.verdict.kind in _GOOD and wants_sibling(self.observation, self.context)

    @property
    def wants_article(self) -> bool:
        """True where the article of an AMP page, or the AMP page of a cache's copy, would decide."""
        if self.context.is_cache:
            return isinstance(self.observation.outcome, Answered)
        if not self.context.is_amp:
            return False
        was_redirected = self.verdict.kind in _GOOD and self.observation.exchanges[-1].hop > 0
        return was_redirected or self.verdict.kind in _NOT_THERE

    @property
    def is_of_anybody(self) -> bool:
        """True where the answer came without TLS somewhere on the way, so that anybody on it may have given it."""
        answered = [one for one in self.observation.exchanges if one.status is not None]
        return any(one.url.startswith("http:") for one in answered)

    def with_more(self, **known: Sibling | Source | Opinion | None) -> "Look":
        """The same look, judged with more that is known: `sibling`, `source`, `amp` or `second` of its context."""
        context = replace(self.context, **known)
        return Look(self.target, self.observation, context, judge(self.observation, context), self.places)

    @property
    def seen(self) -> Seen:
        """What is told of it when the run is over."""
        observation, outcome = self.observation, self.observation.outcome
        return Seen(
            started_at=observation.started_at,
            elapsed_ms=observation.elapsed_ms,
            requests=len(observation.exchanges),
            http_status=outcome.status if isinstance(outcome, Answered) else None,
            # Most lead nowhere else; thousands of copies of the same text would be megabytes.
            final_url=self.target.url if outcome.final_url == self.target.url else outcome.final_url,
        )

    @property
    def as_judged(self) -> Judged:
        """What is kept of it."""
        return Judged(self.target.id, self.observation, self.context, self.verdict)


def look_at(
    target: Target, observation: Observation, places: tuple[LinkPlace, ...], vantage: str | None = None
) -> Look:
    """What an observation of a target is worth, by what its links tell; it may want more (`wants_sibling`).

    `vantage` names where it was made from, where that has a name.
    """
    context = Context(
        roles=tuple(dict.fromkeys(place.role for place in places)),
        titles=tuple(dict.fromkeys(place.title for place in places if place.title))[:_TITLES],
        was_titled=target.titled,
        vantage=vantage,
    )
    return Look(target, observation, context, judge(observation, context), places)


def advanced(
    target: Target, look: Look, *, host_answers: bool, strikes: StrikePolicy, number: int | None = None
) -> Target:
    """Where a target stands after one more look, and what is remembered of its page; the rest as for `advance`.

    `number` is that of the look, where it is kept: what the page says is in it then.
    """
    observation, verdict = look.observation, look.verdict
    status = advance(target.status, verdict, observation.started_at, host_answers=host_answers, policy=strikes)
    if verdict.kind not in _GOOD:
        return replace(target, status=status, etag=None, last_modified=None, length=None)
    final = observation.exchanges[-1]
    kept = target if final.status == 304 else _validators(target, final)
    if final.signals is None:
        return replace(kept, status=status, page_checked_at=_page_checked_at(target, status))
    return replace(
        kept,
        status=status,
        page_checked_at=observation.started_at,
        page_look=number,
        page=packed_page(final.signals, target.url) if number is None else None,
        titled=target.titled or carries_any(final.signals, look.context.titles),
    )


def _page_checked_at(target: Target, status: Status) -> datetime | None:
    """When the page was last read; None, so that it is read the next time, after a change seen with HEAD only."""
    is_as_before = (status.kind, status.moved_to) == (target.status.kind, target.status.moved_to)
    return target.page_checked_at if is_as_before else None


def _validators(target: Target, final: Exchange) -> Target:
    """The validators of the target's own answer; those of a redirect's end belong to another URL."""
    if final.hop > 0:
        return replace(target, etag=None, last_modified=None, length=None)
    # With HEAD many servers say no length, or 0.
    length = final.length or (target.length if final.method == "HEAD" else None)
    return replace(target, etag=final.etag, last_modified=final.last_modified, length=length)


def as_sibling(observation: Observation) -> Sibling:
    """The observation of a made-up address, as what tells of the page beside it."""
    final = observation.exchanges[-1] if observation.exchanges else None
    return Sibling(
        url=observation.url,
        asked_at=observation.started_at,
        final_url=observation.outcome.final_url,
        status=observation.outcome.status if isinstance(observation.outcome, Answered) else None,
        signals=None if final is None else final.signals,
    )


def as_source(target: Target | None, page: PageSignals | None) -> Source | None:
    """A target, with what its page said, as what tells of one that it stands for; None where it was never judged."""
    if target is None or target.status.verdict is None:
        return None
    return Source(
        url=target.url,
        is_alive=target.status.kind in {StatusKind.ALIVE, StatusKind.MOVED},
        verdict=target.status.verdict,
        was_read=page is not None,
        amphtml=None if page is None else page.amphtml,
        canonical=None if page is None else page.canonical,
        moved_to=target.status.moved_to,
    )
