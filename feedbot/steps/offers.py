"""The files of the feeds folder, each with what its bytes depend on: what is unchanged is not rendered."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from feedbot import __version__
from feedbot.config import Config
from feedbot.core.feed import Category, Entry, Feed, build_entry
from feedbot.core.healing import Link
from feedbot.core.inputs import hash_of
from feedbot.core.slug import topic_key
from feedbot.publish.fragments import Fragments
from feedbot.publish.gzipped import GZIP_SUFFIX, gzipped
from feedbot.publish.ledger import LEDGER_NAME, LedgerEntry, LedgerTopic, written_ledger
from feedbot.publish.opml import OPML_NAME, FeedList, render_opml
from feedbot.publish.pages import ABOUT_NAME, INDEX_NAME, ListedFeed, render_about, render_index, render_topic_page
from feedbot.publish.pages import SUFFIX as PAGE_SUFFIX
from feedbot.publish.render import ARCHIVED, RENDERERS, Render
from feedbot.state import changes, files, identities, targets
from feedbot.state.database import State
from feedbot.state.published import Member
from feedbot.steps.history import Document, History
from feedbot.steps.selection import ALL, Selection, topic_names
from feedbot.wire.identity import identity_headers


@dataclass(frozen=True, slots=True)
class Offer:
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


@dataclass(frozen=True, slots=True)
class Offers:
    """The files that the feeds folder is to hold, in the order in which they are to be written; `feeds` by name.

    Those named in `as_they_were` lie there and are to stay.
    """

    files: tuple[Offer, ...]
    feeds: frozenset[str]
    as_they_were: frozenset[str]


def offer_everything(
    config: Config,
    state: State,
    selections: Sequence[Selection],
    past: History,
    entries: "Entries",
    feeds: tuple[Offer, ...],
) -> Offers:
    """The files of these feeds, which are offered already, and of the archive documents of their past."""
    pages = offer_pages(config, state, selections, entries) if config.feeds.pages else ()
    archives = offer_archives(config, past.documents, entries)
    # What leads to others comes after them: feeds to their archives, the lists to the feeds.
    files = (offer_ledger(state), *archives, *feeds, *pages, offer_list(config, selections))
    as_they_were = frozenset(name for slug in past.as_they_were for name in document_files(config, slug))
    return Offers(files, frozenset(offer.name for offer in feeds), as_they_were)


def named_in_vain(config: Config, files: Collection[str]) -> Iterator[str]:
    """What the config says of feeds that are not there, each in a sentence; `files` are the names of those that are.

    It is no error: a topic has its feed with its first entry.
    """
    slugs = {name.rpartition(".")[0] for name in files}
    for slug in config.feeds.history:
        if slug not in slugs:
            yield f"feeds.history: there is no feed {slug}; {config.feeds.directory}/feeds.opml lists those there are"
    told = {"feeds.aliases": config.feeds.aliases, "serve.redirects": config.serve.redirects}
    for key, names in told.items():
        for former, name in names.items():
            if name not in files:
                yield f"{key}: {former} leads to nothing, for there is no {name} in {config.feeds.directory}/"


def offer_ledger(state: State) -> Offer:
    """The ledger of the ids that readers have seen, and of the topics that have an address."""
    # It comes first: a feed with an id that the ledger does not know would be worse than an old feed.
    topics = tuple(LedgerTopic(topic.key, topic.name, topic.slug) for topic in identities.topics(state))
    inputs = hash_of((topics, changes.of_seen_ids(state)))
    # No reader asks for it.
    return Offer(LEDGER_NAME, inputs, partial(_render_ledger, state, topics), has_gzip=False)


def _render_ledger(state: State, topics: tuple[LedgerTopic, ...]) -> bytes:
    # What nobody may see yet is not told by its id, path or source either.
    entries = [
        LedgerEntry(path, source, entry_id, came_at, updated_at, digest, bool(own_id))
        for path, source, entry_id, came_at, updated_at, digest, own_id in identities.seen(state)
    ]
    return written_ledger(topics, entries)


def offer_feeds(config: Config, selections: Sequence[Selection], entries: "Entries") -> Iterator[Offer]:
    """Each feed in each format, and under each of its aliases."""
    fragments = {file_format: Fragments() for file_format in config.feeds.formats}
    for selection in selections:
        inputs = hash_of((__version__, config.feeds.images, selection.feed, entries.inputs_of(selection)))
        for file_format in config.feeds.formats:
            suffix, render = RENDERERS[file_format]
            whole = partial(_render, render, config.feeds.images, selection, entries, fragments[file_format])
            name = selection.feed.slug + suffix
            yield Offer(name, inputs, whole, has_gzip=config.feeds.gzip)
            for alias in (alias for alias, feed in config.feeds.aliases.items() if feed == name):
                # The same bytes, its own address in it too: readers that follow that arrive at the feed itself.
                yield Offer(alias, inputs, whole, has_gzip=config.feeds.gzip)


def offer_archives(config: Config, documents: Sequence[Document], entries: "Entries") -> Iterator[Offer]:
    """The archive documents, in each format that has such."""

    # One at a time, in each format: all articles ever published are too many to hold at once.
    @lru_cache(maxsize=1)
    def whole(document: Document) -> Feed:
        return replace(document.feed, entries=tuple(entries.build(member, keep=False) for member in document.members))

    def rendered(document: Document, render: Render) -> bytes:
        return render(whole(document), config.feeds.images)

    for document in documents:
        inputs = hash_of((__version__, config.feeds.images, document.feed, entries.inputs(document.members)))
        for file_format in config.feeds.formats:
            if file_format in ARCHIVED:
                suffix, render = RENDERERS[file_format]
                one = partial(rendered, document, render)
                yield Offer(document.feed.slug + suffix, inputs, one, has_gzip=config.feeds.gzip)


def document_files(config: Config, slug: str) -> Iterator[str]:
    """The names of the files of an archive document: one in each format that has such, each with its .gz."""
    for file_format in config.feeds.formats:
        if file_format in ARCHIVED:
            name = slug + RENDERERS[file_format][0]
            yield name
            if config.feeds.gzip:
                yield name + GZIP_SUFFIX


def offer_list(config: Config, selections: Sequence[Selection]) -> Offer:
    """The list of the feeds that have entries."""
    everything, *topics = selections
    feeds = (everything.feed, *(one.feed for one in topics if one.members and one.head.is_listed))
    # RSS where it is offered, for it is what importers have known longest.
    suffix = ".rss" if "rss" in config.feeds.formats else RENDERERS[config.feeds.formats[0]][0]
    listed = FeedList(config.site.title, feeds, suffix)
    inputs = hash_of((__version__, listed))
    return Offer(OPML_NAME, inputs, partial(render_opml, listed), has_gzip=config.feeds.gzip)


def _render(render: Render, images: str, selection: Selection, entries: "Entries", fragments: Fragments) -> bytes:
    return render(_whole(selection, entries), images, fragments)


def _whole(selection: Selection, entries: "Entries") -> Feed:
    return replace(selection.feed, entries=tuple(entries.build(member) for member in selection.members))


def offer_pages(config: Config, state: State, selections: Sequence[Selection], entries: "Entries") -> Iterator[Offer]:
    """The pages for people; a feed that holds nothing has one, and is not on the index."""
    formats, is_staging = config.feeds.formats, config.is_staging
    slugs = {topic.name: topic.slug for topic in identities.topics(state)}
    for selection in selections:
        inputs = hash_of((__version__, formats, is_staging, selection.feed, entries.inputs_of(selection)))
        page = partial(_render_page, selection, entries, formats, slugs, is_staging)
        yield Offer(selection.feed.slug + PAGE_SUFFIX, inputs, page, has_gzip=config.feeds.gzip)
    listed = [
        ListedFeed(
            name=selection.head.name,
            feed=selection.head.feed,
            newest_at=max((member.published_at for member in selection.members), default=None),
        )
        for selection in selections
        if selection.head.is_listed and (selection.members or selection.feed.slug == ALL)
    ]
    yield Offer(
        INDEX_NAME,
        hash_of((__version__, formats, is_staging, listed)),
        partial(render_index, listed, formats, is_staging=is_staging),
        has_gzip=config.feeds.gzip,
    )
    user_agent = dict(identity_headers(config.contact))["User-Agent"]
    told = config.model_dump(mode="json", include={"site", "checker", "schedule"})
    inputs = hash_of((__version__, user_agent, is_staging, config.feeds.url, told))
    yield Offer(ABOUT_NAME, inputs, partial(render_about, config, user_agent), has_gzip=config.feeds.gzip)


def _render_page(
    selection: Selection, entries: "Entries", formats: Sequence[str], slugs: Mapping[str, str], is_staging: bool
) -> bytes:
    return render_topic_page(_whole(selection, entries), formats, slugs, is_staging=is_staging)


class Entries:
    """The entries of one build, each built once however many feeds carry it."""

    def __init__(self, config: Config, state: State, instead: Mapping[str, Link]) -> None:
        """`instead` is where entries lead (mending.py)."""
        self._scheme = config.feeds.url
        self._state = state
        self._unlinkable = targets.unlinkable(state)
        self._instead = instead
        self._names = topic_names(config, state)
        # A topic has its name and its slug, which pages lead to, before an entry shows it, and keeps both; but not
        # where the config says that it was renamed, or that it gets its feed later.
        told = sorted({*config.feeds.said_of_topics(), *config.feeds.former_names()})
        self._may_change = [(key, self._names.get(key)) for key in told]
        self._built: dict[str, Entry] = {}
        self._inputs: dict[str, str] = {}

    @property
    def of_all(self) -> object:
        """What the bytes of every entry depend on."""
        return self._may_change

    def of_path(self) -> dict[str, object]:
        """By article file, what only the bytes of some entries depend on: where no reader is to be sent."""
        paths = self._unlinkable.keys() | self._instead.keys()
        return {path: (sorted(self._unlinkable.get(path, ())), self._instead.get(path)) for path in paths}

    def inputs(self, members: Sequence[Member]) -> str:
        """A hash of everything that the bytes of these entries depend on, without loading an article."""
        unlinkable, instead = self._unlinkable, self._instead
        entries = [
            (
                *(one.entry_id, one.updated_at, one.fingerprint),
                sorted(unlinkable[one.path]) if one.path in unlinkable else (),
                instead.get(one.path),
            )
            for one in members
        ]
        return hash_of((self._may_change, entries))

    def inputs_of(self, selection: Selection) -> str:
        """The same of the members of a feed, of which each format and its page ask."""
        known = self._inputs.get(selection.feed.slug)
        if known is None:
            known = self._inputs[selection.feed.slug] = self.inputs(selection.members)
        return known

    def build(self, member: Member, *, keep: bool = True) -> Entry:
        """The entry of a member of a feed; kept, for the next feed that carries it, unless told otherwise."""
        if (known := self._built.get(member.entry_id)) is not None:
            return known
        article = files.article(self._state, member.path)
        assert article is not None, member.path
        named = dict.fromkeys(self._names.get(topic_key(name), name) for name in article.topics)
        entry = build_entry(
            article,
            entry_id=member.entry_id,
            updated_at=member.updated_at,
            categories=tuple(Category(name, self._scheme) for name in named),
            unlinkable=self._unlinkable.get(member.path, frozenset()),
            instead=self._instead.get(member.path),
        )
        if keep:
            self._built[member.entry_id] = entry
        return entry
