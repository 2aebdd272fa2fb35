"""The last step of a run: feeds whose content changed are written, and mass removals are held back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from feedbot import __version__
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.healing import Link
from feedbot.core.history import is_document_file
from feedbot.core.ping import topics_of
from feedbot.errors import StateError, UsageError
from feedbot.publish.files import Published, publish_files, remove_files, require_marked, require_own
from feedbot.publish.generator import MARK as FEED_MARK
from feedbot.publish.gzipped import GZIP_SUFFIX
from feedbot.publish.ledger import LEDGER_NAME, read_ledger
from feedbot.publish.pages import MARK as PAGE_MARK
from feedbot.publish.pages import SUFFIX as PAGE_SUFFIX
from feedbot.state import care, entry_links, files, forgotten, identities, pings, published
from feedbot.state.care import Deed
from feedbot.state.database import State, one_at_a_time
from feedbot.state.published import FileOnDisk, Folder
from feedbot.steps.history import Beside, History, history
from feedbot.steps.holding import HeldBack, hold_back, note_held
from feedbot.steps.mending import Mended, mend
from feedbot.steps.offers import (
    Entries,
    Offer,
    Offers,
    document_files,
    named_in_vain,
    offer_everything,
    offer_feeds,
    offer_ledger,
)
from feedbot.steps.selection import HeldFeed, Selection, feed_heads, select
from feedbot.steps.site_links import tell_site
from feedbot.steps.withdrawing import tell_withdrawn


@dataclass(frozen=True, slots=True)
class Publishing:
    """What publishing changed: files by name, feed files by number, and entries of `all` that came and went."""

    written: tuple[str, ...]
    feeds_written: int
    feeds_unchanged: int
    added: int
    removed: int
    holds: tuple[HeldFeed, ...]
    instead: Mapping[str, Link] = field(default_factory=dict)
    """By article path, where entries lead instead of to their source."""
    held: HeldBack = field(default_factory=HeldBack)
    site_data: Path | None = None
    """The file for the publication's own pages, where it was written."""
    named_in_vain: tuple[str, ...] = ()
    """What the config says of feeds that are not there."""

    @property
    def is_held_anew(self) -> bool:
        """True where something is held back that was not before: a person is to be told."""
        return any(hold.is_new for hold in self.holds) or self.held.is_new


def publish(
    config: Config, state: State, clock: Clock, accept: Sequence[str] = (), *, accept_new: bool = False
) -> Publishing:
    """Write the feeds whose content changed; a build of the same state gives the same bytes.

    `accept` names feeds whose held removals may happen now; with `accept_new`, old articles may come in
    bulk. Raises UsageError where one of the feeds holds none, ConfigError where a slug in the config clashes
    with one already given, PublishError where a file cannot be written or a page there is somebody else's.
    """
    with one_at_a_time(state):
        # A clock that was set back withdraws nothing: what readers have is chosen as of when they got it, and what
        # they have not waits for this clock.
        now = clock.now()
        as_of = max(now, published.latest(state) or now)
        _require_holds(state, accept)
        _require_read(config, state)
        published.hold_back(state, ())
        mended = mend(config, state, now)
        entry_links.set_lost(state, mended.lost.values())
        held = hold_back(state, mended.missing, now, as_of, accept_new=accept_new)
        chosen = _select(config, state, accept, now, as_of)
        entries = Entries(config, state, mended.instead)
        folder = published.look_at(state, config.feeds_path)
        past = history(config, state, chosen, _beside(config, entries, mended, folder), now, as_of)
        selections = tell_withdrawn(config, state, past.selections, now, as_of)
        feeds = tuple(offer_feeds(config, selections, entries))
        if ahead := _write_ahead(config, state, selections, feeds, folder, now):
            folder = published.look_at(state, config.feeds_path)
        offers = offer_everything(config, state, selections, past, entries, feeds)
        later = _write(config, state, offers, selections, past, folder, now)
        written = tuple(dict.fromkeys((*ahead, *later)))
        note_held(state, held, now)
        if files.has_vanished(state):
            files.forget_vanished(state, kept=past.entry_ids)
        site_data = tell_site(config, state, now)
    everything = selections[0]
    feeds_written = len(offers.feeds & set(written))
    return Publishing(
        written=written,
        feeds_written=feeds_written,
        feeds_unchanged=len(offers.feeds) - feeds_written,
        added=len(set(everything.ids) - set(everything.previous)),
        removed=len(set(everything.previous) - set(everything.ids)),
        holds=tuple(selection.held for selection in selections if selection.held is not None),
        instead=mended.instead,
        held=held,
        site_data=site_data,
        named_in_vain=tuple(named_in_vain(config, offers.feeds)),
    )


def _select(config: Config, state: State, accept: Sequence[str], now: datetime, as_of: datetime) -> list[Selection]:
    """Which entries each feed holds; new topics get their slugs, and entries are public."""
    heads = feed_heads(config, state, as_of)
    identities.mark_public(state, now)
    had = published.had(state)
    return [select(config, state, head, had, now, as_of, accepted=head.feed.slug in accept) for head in heads]


def _beside(config: Config, entries: Entries, mended: Mended, folder: Folder) -> Beside:
    return Beside(
        of_all=(__version__, config.feeds.images, entries.of_all),
        of_path=entries.of_path(),
        lost=mended.lost,
        lies_there=lambda slug: all(map(folder.has_as_noted, document_files(config, slug))),
    )


def _write_ahead(
    config: Config,
    state: State,
    selections: Sequence[Selection],
    feeds: Sequence[Offer],
    folder: Folder,
    now: datetime,
) -> tuple[str, ...]:
    """Write the feeds at once, before archives and pages, which may hold a hundred thousand entries.

    The documents that they lead to lie there already. An edit does not even wait for the ledger: the ids in these feeds
    and their slugs are in the one that lies there. A new entry, or a new topic, waits for it. The names of the files
    that changed.
    """
    fresh = [offer for offer in feeds if not _is_as_noted(offer, folder)]
    if not fresh or config.feeds.tombstones or not folder.has_as_noted(LEDGER_NAME):
        return ()
    led_to = {one.feed.archive.previous for one in selections} - {""}
    lying = {name.rpartition(".")[0] for name in folder.noted.keys() & folder.there.keys() if is_document_file(name)}
    if not led_to <= lying:
        return ()
    are_known = {entry_id for one in selections for entry_id in one.ids} <= published.entry_ids(state)
    if not are_known or any(offer.name not in folder.noted for offer in fresh):
        fresh.insert(0, offer_ledger(state))
    written = _put(config, state, fresh, folder.noted, frozenset(offer.name for offer in feeds), now)
    published.save(state, _on_disk_now(config, fresh), _changed(selections), {}, now)
    return written


def _changed(selections: Iterable[Selection]) -> dict[str, tuple[str, ...]]:
    """The entries of the feeds that hold others than before, by id."""
    return {one.feed.slug: one.ids for one in selections if one.ids != one.previous}


def _write(
    config: Config,
    state: State,
    offers: Offers,
    selections: Sequence[Selection],
    past: History,
    folder: Folder,
    now: datetime,
) -> tuple[str, ...]:
    """Render and write what changed, remove what is no more, and note what subscribers have; the names written."""
    noted, there = folder.noted, folder.there
    gone = noted.keys() - {name for offer in offers.files for name in offer.names} - offers.as_they_were
    _withdraw(config, state, (name for name in gone if name.endswith(GZIP_SUFFIX)))
    fresh = [offer for offer in offers.files if not _is_as_noted(offer, folder)]
    # A folder may be that of a whole site, whose own index.html nobody may lose.
    pages = (offer.name for offer in fresh if offer.name.endswith(PAGE_SUFFIX) and offer.name not in noted)
    require_marked(config.feeds_path, pages, PAGE_MARK)
    if not noted and LEDGER_NAME not in there:
        require_own(config.feeds_path, [offer.name for offer in fresh], (FEED_MARK, PAGE_MARK))
    written = _put(config, state, fresh, noted, offers.feeds, now)
    held = {one.feed.slug: one.holds for one in selections if one.holds or one.holds_before}
    # Last, and at once: until then a hold is news, and the next build tells of it.
    published.save(state, _on_disk_now(config, fresh), _changed(selections), held, now, past.months)
    # After what led there has been written without that.
    _withdraw(config, state, (name for name in gone if is_document_file(name)))
    return written


def _put(
    config: Config,
    state: State,
    fresh: Sequence[Offer],
    noted: Mapping[str, FileOnDisk],
    feeds: frozenset[str],
    now: datetime,
) -> tuple[str, ...]:
    """Write these files, and have hubs told of the `feeds` among them; the names of those that changed."""
    begun = {offer.name for offer in fresh if offer.name in noted and not noted[offer.name].inputs}
    if config.feeds.hub:
        # Written and not noted, by a build that ends on the way, it would be as it should be to the next, and untold.
        published.begin(state, [offer.name for offer in fresh if offer.name in feeds & noted.keys()])
    outcomes = publish_files(config.feeds_path, (file for offer in fresh for file in offer.files()))
    written = tuple(outcome.name for outcome in outcomes if isinstance(outcome, Published))
    changed_feeds = [name for name in (*written, *begun.difference(written)) if name in feeds]
    if config.feeds.hub and changed_feeds:
        pings.note(state, config.feeds.hub, topics_of(changed_feeds, config.feeds.aliases, config.feeds.url), now)
    return written


def _on_disk_now(config: Config, fresh: Iterable[Offer]) -> dict[str, FileOnDisk | None]:
    return {name: _on_disk(config, name, offer.inputs) for offer in fresh for name in offer.names}


def _is_as_noted(offer: Offer, folder: Folder) -> bool:
    """True where the file and its .gz lie there as they were written, and would be written so again."""
    return all(folder.has_as_noted(name) and folder.noted[name].inputs == offer.inputs for name in offer.names)


def _on_disk(config: Config, name: str, inputs: str) -> FileOnDisk | None:
    return published.on_disk(config.feeds_path / name, inputs)


def _withdraw(config: Config, state: State, names: Iterable[str]) -> None:
    """Remove what was written and is not any more.

    These are each .gz where feeds.gzip was switched off or a format left out, and archive documents without an entry.
    """
    if gone := sorted(names):
        remove_files(config.feeds_path, gone)
        published.forget(state, gone)


def _require_read(config: Config, state: State) -> None:
    """Raise StateError where readers have entries and a new or imported database has not read all articles yet.

    They would leave the feeds, and the guard goes by what this database has published: it would not see that.
    """
    taken_down = forgotten.known(state)
    if any(path not in taken_down for path in files.unread(state)):
        raise StateError(
            f"{config.state_path} was imported and has not read its articles yet: nothing was published;"
            " `feedbot build` reads and publishes them"
        )
    if not published.is_empty(state) or care.was_done(state, Deed.READING):
        return
    ledger = config.feeds_path / LEDGER_NAME
    if any(one.path not in taken_down and one.source not in taken_down for one in read_ledger(ledger).identities):
        raise StateError(
            f"{ledger} tells of articles that {config.state_path} has not read yet: nothing was published;"
            " `feedbot build` reads and publishes them"
        )


def _require_holds(state: State, accept: Sequence[str]) -> None:
    for feed in accept:
        if not published.holds(state, feed):
            held = ", ".join(published.held_feeds(state)) or "none"
            raise UsageError(f"--accept {feed}: no removals are held in that feed; feeds with held removals: {held}")
