"""Which archive documents the feeds have (feeds.history), and which entries each of them holds (RFC 5005, 4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feedbot.config import Config
from feedbot.core.feed import Archive, Feed
from feedbot.core.history import closed_periods, document_name, months_before
from feedbot.state import identities, published
from feedbot.state.database import State
from feedbot.state.published import Member
from feedbot.steps.selection import Selection, newest_first

# As long as the guard holds the entries of vanished files that nobody confirms.
_KEPT_WHEN_VANISHED = timedelta(days=1)
_MONTHS_BEFORE = 1


@dataclass(frozen=True, slots=True)
class Document:
    """An archive document before it is rendered: its head, with where it stands among the others, and its members."""

    feed: Feed
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The feeds, those with an archive led to it, and all archive documents; a feed's are oldest first."""

    selections: tuple[Selection, ...]
    documents: tuple[Document, ...]

    @property
    def entry_ids(self) -> frozenset[str]:
        """The entries in archive documents."""
        return frozenset(member.entry_id for document in self.documents for member in document.members)


def history(config: Config, state: State, selections: Sequence[Selection], now: datetime, as_of: datetime) -> History:
    """Give the feeds that are to have one their archive; a period in which a feed has no entry has no document.

    An archive holds what a feed could, and whatever the guard keeps in the feed. What its readers have is held back in
    no other way: the entry of a vanished file stays for a day, in which an accident can be mended, and what has no
    living link left goes, as death is slow and comes back. Entries are chosen as of a moment that is later than `now`
    where the clock was set back. To be asked after `identities.mark_public`.
    """
    if not any(selection.feed.slug in config.feeds.history for selection in selections):
        return History(tuple(selections), ())
    periods = closed_periods(identities.came(state, as_of), config.feeds.max_entries)
    chosen: list[Selection] = []
    documents: list[Document] = []
    for one in selections:
        if one.feed.slug not in config.feeds.history:
            chosen.append(one)
            continue
        of_feed = list(_documents(one, periods, _members(state, one, now, as_of)))
        newest = of_feed[-1].feed.slug if of_feed else ""
        chosen.append(replace(one, feed=replace(one.feed, archive=Archive(previous=newest))))
        documents += of_feed
    return History(tuple(chosen), tuple(documents))


def foretold(
    config: Config, state: State, selections: Sequence[Selection], now: datetime, as_of: datetime
) -> tuple[Selection, ...] | None:
    """The feeds as `history` gives them, told by the newest months alone; None where these do not tell it.

    A feed leads to its newest document alone, and a month is cut into documents by its own entries.
    """
    if not any(selection.feed.slug in config.feeds.history for selection in selections):
        return tuple(selections)
    newest_at = max((member.published_at for member in selections[0].members), default=None)
    if newest_at is None:
        return None
    since = months_before(newest_at, _MONTHS_BEFORE)
    periods = closed_periods(identities.came(state, as_of, since), config.feeds.max_entries)
    chosen: list[Selection] = []
    for one in selections:
        if one.feed.slug not in config.feeds.history:
            chosen.append(one)
            continue
        members = _members(state, one, now, as_of, since)
        filled = [period for period, ids in periods.items() if any(entry_id in members for entry_id in ids)]
        if not filled:
            return None
        archive = Archive(previous=document_name(one.feed.slug, filled[-1]))
        chosen.append(replace(one, feed=replace(one.feed, archive=archive)))
    return tuple(chosen)


def _members(
    state: State, selection: Selection, now: datetime, as_of: datetime, since: datetime | None = None
) -> dict[str, Member]:
    """Everything that a feed has to show of its past and its present, by id."""
    found = published.history(state, selection.head.membership, as_of, now - _KEPT_WHEN_VANISHED, since)
    return {member.entry_id: member for member in (*found, *selection.members)}


def _documents(
    selection: Selection, periods: Mapping[str, Sequence[str]], members: Mapping[str, Member]
) -> Iterator[Document]:
    feed = selection.head.feed
    filled = [
        (document_name(feed.slug, period), here)
        for period, ids in periods.items()
        if (here := newest_first(members[one] for one in ids if one in members))
    ]
    names = ["", *(name for name, _ in filled), ""]
    for number, (name, here) in enumerate(filled):
        archive = Archive(previous=names[number], following=names[number + 2], current=feed.slug)
        updated_at = max(member.updated_at for member in here)
        # No hub tells of a document that does not change.
        head = replace(feed, slug=name, updated_at=updated_at, hubs=(), archive=archive)
        yield Document(head, tuple(here))
