"""The guard against what a person did not mean: entries that go in bulk, old ones that come in bulk, other ids."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

# More than a fifth of a feed, and more than five of its entries, is an accident until confirmed.
MAX_REMOVALS = 5
MAX_REMOVED_PERCENT = 20

# More articles than this that are older than this, and that no reader has seen, are an archive that was checked in or
# a date that was misread, not news: subscribers would find them all unread.
MAX_OLD_ADDITIONS = 50
OLD_AFTER = timedelta(days=7)

# More entries than this that come under other ids at once are most often a plug-in or a template that began to write
# ids into all files: readers would show each of them a second time, unread. A feed holds fifty by default, so a bound
# of fifty would let a whole feed pass.
MAX_CHANGED_IDS = 5


class RemovalCause(StrEnum):
    """Why a published entry would go. Values are stored and never change their meaning."""

    VANISHED = "vanished"
    """The article file is no longer there."""
    REJECTED = "rejected"
    """The article file can no longer be used."""
    DEAD = "dead"
    """No link is left that a reader may be sent to."""
    OTHER = "other"
    """Somebody's will: newer entries, a change of config, a draft, a takedown. Never guarded."""


@dataclass(frozen=True, slots=True)
class Removal:
    """A published entry that would go, and why."""

    entry_id: str
    cause: RemovalCause


@dataclass(frozen=True, slots=True)
class Held:
    """The removals that wait until they are confirmed, in the feed's order, and a sentence that says so."""

    removals: tuple[Removal, ...]
    sentence: str

    @property
    def entry_ids(self) -> frozenset[str]:
        """The ids of the entries that stay."""
        return frozenset(removal.entry_id for removal in self.removals)


_SAID = {
    RemovalCause.VANISHED: ("file vanished", "files vanished"),
    RemovalCause.REJECTED: ("file rejected", "files rejected"),
    RemovalCause.DEAD: ("link dead or refused", "links dead or refused"),
}


def guard_removals(
    published: Sequence[str],
    removals: Mapping[str, RemovalCause],
    held_before: Collection[str] = (),
    confirmed: Collection[str] = (),
) -> Held | None:
    """The removals to hold in one feed; None where all may happen.

    `published` are the ids last published, newest first; removals of other ids do not count. Held
    are vanished, rejected and dead ones: where they are more than 20 % and more than 5 of the
    published entries, or where nothing would be left of more than 5. Additions are never held.
    One of `held_before` stays held by itself: a feed that grew meanwhile has confirmed nothing.
    One of `confirmed` may go.
    """
    known = [Removal(entry_id, removals[entry_id]) for entry_id in dict.fromkeys(published) if entry_id in removals]
    guarded = tuple(one for one in known if one.cause in _SAID and one.entry_id not in confirmed)
    total = len(dict.fromkeys(published))
    fresh = [removal for removal in guarded if removal.entry_id not in held_before]
    is_mass = len(fresh) > MAX_REMOVALS and 100 * len(fresh) > MAX_REMOVED_PERCENT * total
    is_emptied = total > MAX_REMOVALS and len(known) == total
    held = guarded if is_mass or is_emptied else tuple(one for one in guarded if one.entry_id in held_before)
    return Held(held, held_sentence([one.cause for one in held], total)) if held else None


def is_flood(old_additions: int) -> bool:
    """True where so many articles that are old, and new to readers, come at once that a person is to say so first."""
    return old_additions > MAX_OLD_ADDITIONS


def is_renaming(changed_ids: int) -> bool:
    """True where so many entries that subscribers have would get other ids that a person is to say so first."""
    return changed_ids > MAX_CHANGED_IDS


def held_sentence(causes: Collection[RemovalCause], total: int) -> str:
    """What is held in a feed of so many entries, for an operator."""
    counts = {cause: sum(one is cause for one in causes) for cause in _SAID}
    said = ", ".join(f"{n} {_SAID[cause][n != 1]}" for cause, n in counts.items() if n)
    return f"{len(causes)} of {total} entries would go ({said}); held: they stay until this is confirmed"
