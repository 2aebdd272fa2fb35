"""Which archive documents the feeds have (feeds.history), and which entries each of them holds (RFC 5005, 4)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from feedbot.config import Config
from feedbot.core.feed import Archive, Feed
from feedbot.core.history import closed_periods, document_name, month_of
from feedbot.core.inputs import hash_of
from feedbot.state import archived, changes, identities, published
from feedbot.state.archived import ArchivedMonth
from feedbot.state.database import State
from feedbot.state.published import Member
from feedbot.steps.selection import Selection, newest_first

# As long as the guard holds the entries of vanished files that nobody confirms.
_KEPT_WHEN_VANISHED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Document:
    """An archive document before it is rendered: its head, with where it stands among the others, and its members."""

    feed: Feed
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The feeds, those with an archive led to it, and the archive documents that are to be looked at.

    A feed's documents are oldest first. Those named in `as_they_were` lie there and would be the same again. `months`
    are to be noted once what is offered lies there.
    """

    selections: tuple[Selection, ...]
    documents: tuple[Document, ...] = ()
    as_they_were: tuple[str, ...] = ()
    months: Mapping[tuple[str, str], ArchivedMonth | None] = field(default_factory=dict)

    @property
    def entry_ids(self) -> frozenset[str]:
        """The entries in the documents that are to be looked at; those of vanished files are always among these."""
        return frozenset(member.entry_id for document in self.documents for member in document.members)


@dataclass(frozen=True, slots=True)
class Beside:
    """What documents depend on besides what the database says of their entries.

    `of_all` is so for all of them, `of_path` only for the articles of some files, and of these the `lost` are in none.
    `lies_there` tells of the name of a document whether its files lie in the feeds folder as they were written.
    """

    of_all: object
    of_path: Mapping[str, object]
    lost: Collection[str]
    lies_there: Callable[[str], bool]


def history(
    config: Config, state: State, selections: Sequence[Selection], beside: Beside, now: datetime, as_of: datetime
) -> History:
    """Give the feeds that are to have one their archive; a period in which a feed has no entry has no document.

    An archive holds what a feed could, and whatever the guard keeps in the feed. What its readers have is held back in
    no other way: the entry of a vanished file stays for a day, in which an accident can be mended, and what has no
    living link left goes, as death is slow and comes back. Entries are chosen as of a moment that is later than `now`
    where the clock was set back. To be asked after `identities.mark_public` and `published.hold_back`.

    A month of which nothing has changed since its documents were written is not asked for its entries: there may be a
    hundred thousand. What time alone can change is asked each time (`archived.restless`).
    """
    known = archived.noted(state)
    with_archive = [one for one in selections if one.feed.slug in config.feeds.history]
    months: dict[tuple[str, str], ArchivedMonth | None] = {}
    if not with_archive:
        return History(tuple(selections), months=dict.fromkeys(known))
    newest = identities.newest_came(state, as_of)
    asked = _Asked(config, state, beside, now, as_of, "" if newest is None else f"{newest:%Y-%m}")
    chosen: list[Selection] = []
    documents: list[Document] = []
    as_they_were: list[str] = []
    for one in selections:
        if one.feed.slug not in config.feeds.history:
            chosen.append(one)
            continue
        archive = asked.archive_of(
            one, {month: noted for (feed, month), noted in known.items() if feed == one.feed.slug}
        )
        chosen.append(replace(one, feed=replace(one.feed, archive=Archive(previous=archive.newest))))
        documents += archive.documents
        as_they_were += archive.as_they_were
        months |= {(one.feed.slug, month): noted for month, noted in archive.months.items()}
    gone = known.keys() - months.keys()
    to_note = {key: noted for key, noted in months.items() if known.get(key) != noted}
    return History(tuple(chosen), tuple(documents), tuple(as_they_were), {**to_note, **dict.fromkeys(gone)})


@dataclass(frozen=True, slots=True)
class _FeedArchive:
    documents: list[Document]
    as_they_were: list[str]
    months: Mapping[str, ArchivedMonth | None]
    newest: str


_Cut = dict[str, list[tuple[str, list[Member]]]]
"""By month, the names of its documents and their members, oldest first."""


class _Asked:
    """What one build asks of the months of all archives."""

    def __init__(
        self, config: Config, state: State, beside: Beside, now: datetime, as_of: datetime, newest_month: str
    ) -> None:
        self._state = state
        self._beside = beside
        self._size = config.feeds.max_entries
        self._vanished_after = now - _KEPT_WHEN_VANISHED
        self._as_of = as_of
        self._newest_month = newest_month
        self._changes = changes.by_month(state)
        self._touched: dict[str, list[object]] = defaultdict(list)
        for month, path in sorted(archived.months_of(state, {*beside.of_path, *beside.lost})):
            self._touched[month].append((path, beside.of_path.get(path), path in beside.lost))
        self._periods: dict[str, Mapping[str, Sequence[str]]] = {}

    def archive_of(self, selection: Selection, known: Mapping[str, ArchivedMonth]) -> _FeedArchive:
        """The archive of a feed of which these months are `known`."""
        head = selection.head
        restless = archived.restless(self._state, self._as_of, [hold.entry_id for hold in selection.holds])
        of_all = (self._beside.of_all, self._size, head.feed, head.membership)
        inputs = {month: hash_of((of_all, *self._inputs(month))) for month in self._changes}
        quiet = {
            month: known[month]
            for month in inputs
            if month not in restless and month in known and self._is_as_noted(known[month], inputs[month])
        }
        cut: _Cut = {}
        while True:
            cut |= self._cut(selection, inputs.keys() - quiet.keys() - cut.keys())
            names = {
                month: quiet[month].documents if month in quiet else tuple(name for name, _ in cut[month])
                for month in inputs
            }
            between = _between(names)
            moved = {month for month, one in quiet.items() if (one.before, one.after) != between[month]}
            if not moved:
                break
            # Their first or last document leads to another one than before.
            quiet = {month: one for month, one in quiet.items() if month not in moved}
        return _FeedArchive(
            documents=_documents(head.feed, names, {month: cut[month] for month in cut if month not in quiet}),
            as_they_were=[name for one in quiet.values() for name in one.documents],
            months={
                month: None if month in restless else ArchivedMonth(inputs[month], *between[month], names[month])
                for month in inputs
            },
            newest=next((here[-1] for here in reversed([*names.values()]) if here), ""),
        )

    def _inputs(self, month: str) -> tuple[object, ...]:
        return month == self._newest_month, self._changes[month], self._touched.get(month)

    def _is_as_noted(self, noted: ArchivedMonth, inputs: str) -> bool:
        return noted.inputs == inputs and all(map(self._beside.lies_there, noted.documents))

    def _cut(self, selection: Selection, months: Collection[str]) -> _Cut:
        """The documents of these months."""
        missing = months - self._periods.keys()
        if missing:
            self._periods |= {month: {} for month in missing}
            came = identities.came(self._state, self._as_of, missing)
            later = self._newest_month not in missing
            for period, ids in closed_periods(came, self._size, later=later).items():
                self._periods[month_of(period)] = {**self._periods[month_of(period)], period: ids}
        slug = selection.head.feed.slug
        found: _Cut = {}
        for month in sorted(months):
            periods = self._periods[month]
            members = self._members(selection, [one for ids in periods.values() for one in ids])
            found[month] = [
                (document_name(slug, period), here)
                for period, ids in periods.items()
                if (here := newest_first(members[one] for one in ids if one in members))
            ]
        return found

    def _members(self, selection: Selection, entry_ids: Sequence[str]) -> dict[str, Member]:
        """Those of these entries that a feed has to show of its past and its present, by id."""
        found = published.history(self._state, selection.head.membership, self._as_of, self._vanished_after, entry_ids)
        return {member.entry_id: member for member in (*found, *selection.members)}


def _between(names: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, str]]:
    """By month, the names of the documents before its first and after its last one; of no use where it has none."""
    before, found = "", {}
    for month, here in names.items():
        found[month] = before
        before = here[-1] if here else before
    after, both = "", {}
    for month, here in reversed([*names.items()]):
        both[month] = (found[month], after) if here else ("", "")
        after = here[0] if here else after
    return both


def _documents(feed: Feed, names: Mapping[str, Sequence[str]], cut: _Cut) -> list[Document]:
    """The documents of these months, each with where it stands among all."""
    chain = ["", *(name for here in names.values() for name in here), ""]
    place = {name: number for number, name in enumerate(chain)}
    found = []
    for name, here in (one for month in sorted(cut) for one in cut[month]):
        archive = Archive(previous=chain[place[name] - 1], following=chain[place[name] + 1], current=feed.slug)
        updated_at = max(member.updated_at for member in here)
        # No hub tells of a document that does not change.
        head = replace(feed, slug=name, updated_at=updated_at, hubs=(), archive=archive)
        found.append(Document(head, tuple(here)))
    return found
