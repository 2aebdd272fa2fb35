"""What is kept from subscribers for now, in the publication as a whole; removals are held by feed (selection.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from feedbot.core.guard import OLD_AFTER, is_flood
from feedbot.core.own_page import OwnPage
from feedbot.state import identities, own_pages, published
from feedbot.state.database import State
from feedbot.steps.gate import NO_GATE, Gate, at_the_gate


@dataclass(frozen=True, slots=True)
class Flood:
    """So many old articles came at once that all of them are held back; `is_new` the first time it is told."""

    articles: int
    is_new: bool

    @property
    def sentence(self) -> str:
        """What is held, for an operator."""
        return (
            f"{self.articles:,} articles that are older than a week would come at once, all unread to subscribers;"
            " held: they wait until this is confirmed"
        )


@dataclass(frozen=True, slots=True)
class Renaming:
    """So many articles that readers know would have other ids that all keep theirs; `is_new` the first time."""

    articles: int
    is_new: bool

    @property
    def sentence(self) -> str:
        """What is held, for an operator."""
        return (
            f"{self.articles:,} articles that readers know would come under other ids, all unread again: their files"
            " now name ids of their own (articles.fields.id); held: they keep the ids that they have"
        )


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The old articles that came in bulk, the ids that would change in bulk, and what waits for its page."""

    flood: Flood | None = None
    renaming: Renaming | None = None
    gate: Gate = NO_GATE

    @property
    def is_new(self) -> bool:
        """True where a person is to be told of one of the first two."""
        return any(one is not None and one.is_new for one in (self.flood, self.renaming))


def hold_back(
    state: State, missing: Sequence[OwnPage], now: datetime, as_of: datetime, *, accept_new: bool
) -> HeldBack:
    """Tell the queries of this connection which entries may not come yet; with `accept_new`, old ones may in bulk.

    `missing` are the pages that no reader may be sent to (mending.py). Entries will be chosen as of a moment that is
    later than `now` where the clock was set back.
    """
    old = [] if accept_new else _flood(state, now)
    other_ids = identities.held_ids(state)
    gate = at_the_gate(state, missing, old, now)
    published.hold_back(state, [*old, *gate.since, *_not_due(state, now, as_of)])
    return HeldBack(
        Flood(len(old), is_new=published.held_since(state, "flood") is None) if old else None,
        Renaming(other_ids, is_new=published.held_since(state, "ids") is None) if other_ids else None,
        gate,
    )


def note_held(state: State, held: HeldBack, now: datetime) -> None:
    """Remember what is held, and since when: until then it is news, and the next build tells of it."""
    published.note_held(state, "flood", None if held.flood is None else published.held_since(state, "flood") or now)
    published.note_held(state, "ids", None if held.renaming is None else published.held_since(state, "ids") or now)
    own_pages.note_waiting(state, held.gate.since)


def _flood(state: State, now: datetime) -> list[str]:
    """The old articles to hold back, which come in bulk; a publication without subscribers may begin with as many."""
    old = [] if published.is_empty(state) else identities.unseen(state, now - OLD_AFTER)
    return old if is_flood(len(old)) else []


def _not_due(state: State, now: datetime, as_of: datetime) -> list[str]:
    """The entries that no reader has seen and whose time comes after `now`, up to `as_of`."""
    if as_of <= now:
        return []
    due = set(identities.unseen(state, now))
    return [one for one in identities.unseen(state, as_of) if one not in due]
