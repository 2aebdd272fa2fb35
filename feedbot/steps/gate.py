"""Where `feeds.link` is `page`, a new entry waits until its page answers: no subscriber is sent to a page to come."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from feedbot.core.own_page import PATIENCE, OwnPage, waits_for
from feedbot.state import own_pages, published
from feedbot.state.database import State


@dataclass(frozen=True, slots=True)
class AtTheGate:
    """An entry whose page has not answered, and since when it waits for that."""

    page: OwnPage
    since_at: datetime

    @property
    def until(self) -> datetime:
        """When it is published in any case."""
        return self.since_at + PATIENCE

    @property
    def why(self) -> str:
        """What the page answered, for an operator."""
        return self.page.reason or "not asked yet"


@dataclass(frozen=True, slots=True)
class Gate:
    """The new entries that wait for their page, and those that have waited for long enough, by path."""

    waiting: tuple[AtTheGate, ...] = ()
    given_up: tuple[AtTheGate, ...] = ()

    @property
    def since(self) -> dict[str, datetime]:
        """What is to be remembered (`own_pages.note_waiting`)."""
        return {one.page.entry_id: one.since_at for one in self.waiting}


NO_GATE = Gate()


def at_the_gate(state: State, missing: Iterable[OwnPage], held_back: Collection[str], now: datetime) -> Gate:
    """Which new entries wait for one of these `missing` pages; those that are held back for another reason do not.

    Before subscribers have anything nothing waits: a whole archive of pages is not asked in two hours, and its
    entries lead to their sources until then.
    """
    unseen = [page for page in missing if page.is_unseen and page.entry_id not in held_back]
    if not unseen or published.is_empty(state):
        return NO_GATE
    since = own_pages.waiting(state)
    # Of a clock that was ahead: the wait begins anew, so that it ends.
    gate = [AtTheGate(page, min(since.get(page.entry_id, now), now)) for page in unseen]
    return Gate(
        waiting=tuple(one for one in gate if waits_for(one.page, one.since_at, now)),
        given_up=tuple(one for one in gate if not waits_for(one.page, one.since_at, now)),
    )
