"""The last step of a run: feeds whose content changed are written, and mass removals are held back."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec

from feedbot import __version__
from feedbot.clock import Clock
from feedbot.config import Config, TopicConfig
from feedbot.core.feed import Category, Entry, Feed, build_entry
from feedbot.core.guard import OLD_AFTER, RemovalCause, guard_removals, is_flood
from feedbot.core.healing import Link, entry_link
from feedbot.core.identity import feed_id
from feedbot.core.mark import MarkKind, is_linkable, mark_on
from feedbot.core.slug import assign_slugs, topic_key
from feedbot.errors import ConfigError, UsageError
from feedbot.publish.files import Published, publish_files, remove_files
from feedbot.publish.gzipped import GZIP_SUFFIX, gzipped
from feedbot.publish.ledger import LEDGER_NAME, Ledger, LedgerTopic, ledger_bytes
from feedbot.publish.opml import OPML_NAME, FeedList, render_opml
from feedbot.publish.pages import ABOUT_NAME, INDEX_NAME, ListedFeed, render_about, render_index, render_topic_page
from feedbot.publish.pages import SUFFIX as PAGE_SUFFIX
from feedbot.publish.render import RENDERERS, Render
from feedbot.state import entry_links, files, identities, marks, published, targets
from feedbot.state.database import State, one_at_a_time
from feedbot.state.identities import Topic
from feedbot.state.published import FileOnDisk, Hold, Member
from feedbot.wire.identity import identity_headers

ALL = "all"

_CONFIRMED_AFTER = timedelta(days=1)
_SEEN_AGAIN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HeldFeed:
    """A feed with removals held back by the guard; `is_new` the first time it is told."""

    feed: str
    sentence: str
    is_new: bool


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
    flood: "Flood | None" = None

    @property
    def is_held_anew(self) -> bool:
        """True where something is held back that was not before: a person is to be told."""
        return any(hold.is_new for hold in self.holds) or (self.flood is not None and self.flood.is_new)


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


def publish(
    config: Config, state: State, clock: Clock, accept: Sequence[str] = (), *, accept_new: bool = False
) -> Publishing:
    """Write the feeds whose content changed; a build of the same state gives the same bytes.

    `accept` names feeds whose held removals may happen now; with `accept_new`, old articles may come in
    bulk. Raises UsageError where one of the feeds holds none, ConfigError where a slug in the config clashes
    with one already given.
    """
    with one_at_a_time(state):
        now = clock.now()
        _require_holds(state, accept)
        targets.set_unlinkable(state, _unlinkable(config, state, now))
        published.hold_back(state, ())
        instead = _mend(config, state)
        flood = None if accept_new else _flood(state, now)
        feeds = _feeds(config, state, now)
        identities.mark_public(state, now)
        selections = [_select(config, state, key, feed, now, accepted=feed.slug in accept) for key, feed in feeds]
        entries = _Entries(config, state, targets.unlinkable(state), instead)
        feed_offers = list(_offers(config, selections, entries))
        pages = list(_page_offers(config, state, feeds, selections, entries)) if config.feeds.pages else []
        # The lists come last: they lead to no feed that is not there.
        offers = [_offer_ledger(state), *feed_offers, *pages, _offer_list(config, selections)]
        noted = published.files(state)
        _withdraw_gzipped(config, state, noted.keys() - {name for offer in offers for name in offer.names})
        fresh = [offer for offer in offers if not _is_as_noted(config, offer, noted)]
        outcomes = publish_files(config.feeds_path, (file for offer in fresh for file in offer.files()))
        changed = {one.feed.slug: one.ids for one in selections if one.ids != one.previous}
        held = {one.feed.slug: one.holds for one in selections if one.holds or one.holds_before}
        # Last, and at once: until then a hold is news, and the next build tells of it.
        files_now = {name: _on_disk(config, name, offer.inputs) for offer in fresh for name in offer.names}
        published.save(state, files_now, changed, held)
        published.note_flood(state, None if flood is None else published.flood_since(state) or now)
        files.forget_vanished(state)
    everything = selections[0]
    written = tuple(outcome.name for outcome in outcomes if isinstance(outcome, Published))
    feeds_written = sum(offer.name in written for offer in feed_offers)
    return Publishing(
        written=written,
        feeds_written=feeds_written,
        feeds_unchanged=len(feed_offers) - feeds_written,
        added=len(set(everything.ids) - set(everything.previous)),
        removed=len(set(everything.previous) - set(everything.ids)),
        holds=tuple(selection.held for selection in selections if selection.held is not None),
        instead=instead,
        flood=flood,
    )


def _unlinkable(config: Config, state: State, now: datetime) -> set[int]:
    """The targets that no reader may be sent to: by what was seen of them, and by what people have said."""
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    seem_dead = [
        number
        for number, url in targets.seem_unlinkable(state)
        if not is_linkable(mark_on(url, said, exclusions, now), seems_dead=True)
    ]
    marked_dead = targets.numbers(state, [url for url, mark in said.items() if mark.kind is MarkKind.DEAD])
    return {*seem_dead, *marked_dead}


def _flood(state: State, now: datetime) -> Flood | None:
    """Hold old articles back that come in bulk; a publication without subscribers yet may begin with as many."""
    old = [] if published.is_empty(state) else identities.unseen(state, now - OLD_AFTER)
    if not is_flood(len(old)):
        return None
    published.hold_back(state, old)
    return Flood(len(old), is_new=published.flood_since(state) is None)


def _mend(config: Config, state: State) -> dict[str, Link]:
    """By article path, where entries lead instead of to their source; articles that lead nowhere are noted as lost."""
    found = {}
    lost = []
    for one in entry_links.to_mend(state):
        link = entry_link(one.source, one.amp, one.cache, config.feeds.dead_source)
        if link == "lost":
            lost.append(one.file_id)
        elif link is not None:
            found[one.path] = link
    entry_links.set_lost(state, lost)
    return found


@dataclass(frozen=True, slots=True)
class _Offer:
    """A file that could be written: what its bytes depend on, how to make them, and whether a .gz lies beside it."""

    name: str
    inputs: str
    render: Callable[[], bytes]
    has_gzip: bool

    @property
    def names(self) -> tuple[str, ...]:
        """The file, and its .gz."""
        return (self.name, self.name + GZIP_SUFFIX) if self.has_gzip else (self.name,)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Names and bytes in the order in which they are to be written."""
        data = self.render()
        yield self.name, data
        if self.has_gzip:
            yield self.name + GZIP_SUFFIX, gzipped(data)


def _offer_ledger(state: State) -> _Offer:
    # It comes first: a feed with an id that the ledger does not know would be worse than an old feed.
    topics = tuple(LedgerTopic(topic.key, topic.name, topic.slug) for topic in identities.topics(state))
    # What nobody may see yet is not told by its id, path or source either.
    ledger = Ledger(topics, tuple(one for one in identities.ledger(state) if one.public))
    # No reader asks for it.
    return _Offer(LEDGER_NAME, _hash(ledger), partial(ledger_bytes, ledger), has_gzip=False)


def _offers(config: Config, selections: Sequence["_Selection"], entries: "_Entries") -> Iterator[_Offer]:
    for selection in selections:
        parts = (__version__, config.feeds.images, selection.feed, entries.inputs(selection.members))
        inputs = _hash(parts)
        for file_format in config.feeds.formats:
            suffix, render = RENDERERS[file_format]
            whole = partial(_render, render, config.feeds.images, selection, entries)
            name = selection.feed.slug + suffix
            yield _Offer(name, inputs, whole, has_gzip=config.feeds.gzip)
            for alias in (alias for alias, feed in config.feeds.aliases.items() if feed == name):
                # The same bytes, its own address in it too: readers that follow that arrive at the feed itself.
                yield _Offer(alias, inputs, whole, has_gzip=config.feeds.gzip)


def _offer_list(config: Config, selections: Sequence["_Selection"]) -> _Offer:
    everything, *topics = selections
    feeds = (everything.feed, *(one.feed for one in topics if one.members))
    # RSS where it is offered, for it is what importers have known longest.
    suffix = ".rss" if "rss" in config.feeds.formats else RENDERERS[config.feeds.formats[0]][0]
    listed = FeedList(config.site.title, feeds, suffix)
    inputs = _hash((__version__, listed))
    return _Offer(OPML_NAME, inputs, partial(render_opml, listed), has_gzip=config.feeds.gzip)


def _render(render: Render, images: str, selection: "_Selection", entries: "_Entries") -> bytes:
    return render(_whole(selection, entries), images)


def _whole(selection: "_Selection", entries: "_Entries") -> Feed:
    return replace(selection.feed, entries=tuple(entries.build(member) for member in selection.members))


def _page_offers(
    config: Config,
    state: State,
    feeds: Sequence[tuple[str, Feed]],
    selections: Sequence["_Selection"],
    entries: "_Entries",
) -> Iterator[_Offer]:
    """The pages for people; a feed that holds nothing has one, and is not on the index."""
    formats = config.feeds.formats
    topics = identities.topics(state)
    # A topic has its slug before the first article on it is published, and keeps it: no page depends on these.
    slugs = {topic.name: topic.slug for topic in topics}
    titles = {key: told.title for key, told in _told(config).items() if told.title}
    names = {"": "All articles", **{topic.key: titles.get(topic.key, topic.name) for topic in topics}}
    for selection in selections:
        inputs = _hash((__version__, formats, selection.feed, entries.inputs(selection.members)))
        page = partial(_render_page, selection, entries, formats, slugs)
        yield _Offer(selection.feed.slug + PAGE_SUFFIX, inputs, page, has_gzip=config.feeds.gzip)
    listed = [
        ListedFeed(
            name=names[key],
            feed=head,
            newest_at=max((member.published_at for member in selection.members), default=None),
        )
        for (key, head), selection in zip(feeds, selections, strict=True)
        if selection.members or head.slug == ALL
    ]
    yield _Offer(
        INDEX_NAME,
        _hash((__version__, formats, listed)),
        partial(render_index, listed, formats),
        has_gzip=config.feeds.gzip,
    )
    user_agent = dict(identity_headers(config.contact))["User-Agent"]
    told = config.model_dump(mode="json", include={"site", "checker", "schedule"})
    inputs = _hash((__version__, user_agent, config.feeds.url, told))
    yield _Offer(ABOUT_NAME, inputs, partial(render_about, config, user_agent), has_gzip=config.feeds.gzip)


def _render_page(
    selection: "_Selection", entries: "_Entries", formats: Sequence[str], slugs: Mapping[str, str]
) -> bytes:
    return render_topic_page(_whole(selection, entries), formats, slugs)


def _is_as_noted(config: Config, offer: _Offer, noted: Mapping[str, FileOnDisk]) -> bool:
    """True where the file and its .gz lie there as they were written, and would be written so again."""
    return all(name in noted and noted[name] == _on_disk(config, name, offer.inputs) for name in offer.names)


def _on_disk(config: Config, name: str, inputs: str) -> FileOnDisk | None:
    return published.on_disk(config.feeds_path / name, inputs)


def _withdraw_gzipped(config: Config, state: State, names: Iterable[str]) -> None:
    """Remove what was written as .gz and is not any more: feeds.gzip was switched off, or a format left out."""
    gone = sorted(name for name in names if name.endswith(GZIP_SUFFIX))
    if gone:
        remove_files(config.feeds_path, gone)
        published.forget(state, gone)


@dataclass(frozen=True, slots=True)
class _Selection:
    """One feed before it is rendered: its head, its members, and what its subscribers have now."""

    feed: Feed
    members: tuple[Member, ...]
    previous: tuple[str, ...]
    holds_before: tuple[Hold, ...]
    holds: tuple[Hold, ...]
    held: HeldFeed | None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(member.entry_id for member in self.members)


def _feeds(config: Config, state: State, now: datetime) -> list[tuple[str, Feed]]:
    """Topic key and head of every feed, `all` (key '') first; a new topic gets its slug here."""
    given = identities.topics(state)
    newborn = identities.newborn_topics(state, now)
    fixed = {topic_key(name): topic.slug for name, topic in config.feeds.topics.items() if topic.slug}
    try:
        slugs = assign_slugs(newborn.values(), {topic.key: topic.slug for topic in given}, fixed)
    except ValueError as error:
        raise ConfigError(f"feeds.topics: {error}") from None
    if newborn:
        identities.save_slugs(state, {key: slugs[key] for key in newborn})
    topics = [Topic("", config.site.title, ALL), *identities.topics(state)]
    told = _told(config)
    return [(topic.key, _head(config, topic, told.get(topic.key, TopicConfig()))) for topic in topics]


def _head(config: Config, topic: Topic, told: TopicConfig) -> Feed:
    title = config.site.title if topic.key == "" else f"{config.site.title}: {topic.name}"
    description = (
        f"All articles from {config.site.title}"
        if topic.key == ""
        else f"Articles on {topic.name} from {config.site.title}"
    )
    return Feed(
        id=feed_id(topic.slug, config.id_authority, config.feeds.id_year),
        slug=topic.slug,
        title=told.title or title,
        description=told.description or description,
        site_url=config.site.url,
        url_base=config.feeds.url,
        language=config.site.language,
        # The time of a feed that holds nothing; any other is its newest entry's.
        updated_at=datetime(config.feeds.id_year, 1, 1, tzinfo=UTC),
        ttl_minutes=max(1, round(config.feeds.ttl / 60)),
    )


def _told(config: Config) -> dict[str, TopicConfig]:
    """What the config says of topics, by key."""
    return {topic_key(name): told for name, told in config.feeds.topics.items()}


def _select(config: Config, state: State, topic: str, head: Feed, now: datetime, *, accepted: bool) -> _Selection:
    """The members of one feed: the newest, and those that the guard does not let go."""
    members = published.newest(state, topic, now, config.feeds.max_entries)
    previous = published.entries(state, head.slug)
    before = published.holds(state, head.slug)
    causes = {} if accepted else _removals(config, state, members, previous)
    same = {key: hold for key, hold in before.items() if causes.get(key) is hold.cause}
    confirmed = {key for key, hold in same.items() if _is_confirmed(hold, now)}
    held = guard_removals(previous, causes, same.keys() - confirmed, confirmed)
    removals = () if held is None else held.removals
    holds = tuple(
        Hold(one.entry_id, one.cause, same[one.entry_id].since_at if one.entry_id in same else now, seen_at=now)
        for one in removals
    )
    kept = [member for hold in holds for member in _known(state, hold.entry_id)]
    chosen = _newest_first([*members, *kept])[: config.feeds.max_entries]
    updated_at = max((member.updated_at for member in chosen), default=head.updated_at)
    return _Selection(
        feed=replace(head, updated_at=updated_at),
        members=tuple(chosen),
        previous=tuple(previous),
        holds_before=tuple(before.values()),
        holds=holds,
        held=None if held is None else HeldFeed(head.slug, held.sentence, is_new=not before),
    )


def _is_confirmed(hold: Hold, now: datetime) -> bool:
    """True for a vanished file that a later build, a day on, has found still vanished; deaths need a person."""
    seen_again = hold.seen_at - hold.since_at >= _SEEN_AGAIN_AFTER
    return hold.cause is RemovalCause.VANISHED and seen_again and now - hold.since_at >= _CONFIRMED_AFTER


def _removals(
    config: Config, state: State, members: Sequence[Member], previous: Sequence[str]
) -> dict[str, RemovalCause]:
    """Why each entry that subscribers have would go; those that newer ones push out are not among them."""
    selected = {member.entry_id for member in members}
    missing = [member for entry_id in previous if entry_id not in selected for member in _known(state, entry_id)]
    staying = {member.entry_id for member in _newest_first([*members, *missing])[: config.feeds.max_entries]}
    return {
        member.entry_id: published.removal_cause(state, member.entry_id)
        for member in missing
        if member.entry_id in staying
    }


def _known(state: State, entry_id: str) -> list[Member]:
    member = published.member(state, entry_id)
    return [] if member is None else [member]


def _newest_first(members: Iterable[Member]) -> list[Member]:
    by_path = sorted(members, key=lambda member: member.path)
    return sorted(by_path, key=lambda member: member.published_at, reverse=True)


class _Entries:
    """The entries of one build, each built once however many feeds carry it."""

    def __init__(
        self, config: Config, state: State, unlinkable: Mapping[str, frozenset[str]], instead: Mapping[str, Link]
    ) -> None:
        self._scheme = config.feeds.url
        self._state = state
        self._unlinkable = unlinkable
        self._instead = instead
        self._names = {topic.key: topic.name for topic in identities.topics(state)}
        self._built: dict[str, Entry] = {}

    def inputs(self, members: Sequence[Member]) -> list[tuple[object, ...]]:
        """Everything that the bytes of these entries depend on, without loading an article."""
        return [
            (
                *(one.entry_id, one.updated_at, one.fingerprint, sorted(self._unlinkable.get(one.path, ()))),
                self._instead.get(one.path),
            )
            for one in members
        ]

    def build(self, member: Member) -> Entry:
        """The entry of a member of a feed."""
        if member.entry_id not in self._built:
            article = files.article(self._state, member.path)
            assert article is not None, member.path
            named = [self._names.get(topic_key(name), name) for name in article.topics]
            self._built[member.entry_id] = build_entry(
                article,
                entry_id=member.entry_id,
                updated_at=member.updated_at,
                categories=tuple(Category(name, self._scheme) for name in named),
                unlinkable=self._unlinkable.get(member.path, frozenset()),
                instead=self._instead.get(member.path),
            )
        return self._built[member.entry_id]


def _require_holds(state: State, accept: Sequence[str]) -> None:
    for feed in accept:
        if not published.holds(state, feed):
            held = ", ".join(published.held_feeds(state)) or "none"
            raise UsageError(f"--accept {feed}: no removals are held in that feed; feeds with held removals: {held}")


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()
