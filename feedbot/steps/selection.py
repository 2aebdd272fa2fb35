"""Which entries each feed holds: the newest, and those that the guard does not let go."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from feedbot.config import FURTHER, Config, FurtherFeedConfig, TopicConfig
from feedbot.core.feed import Feed
from feedbot.core.guard import RemovalCause, guard_removals
from feedbot.core.identity import feed_id
from feedbot.core.membership import EVERYTHING, Membership, further_membership, membership
from feedbot.core.slug import assign_slugs, topic_key
from feedbot.errors import ConfigError
from feedbot.state import identities, published
from feedbot.state.database import State
from feedbot.state.identities import Topic
from feedbot.state.published import Had, Hold, Member

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
class FeedHead:
    """A feed without its entries, by the key of its topic ('' for `all`), and which articles it holds.

    One that is not listed is served for those who have its address; nobody is led to it.
    """

    key: str
    name: str
    feed: Feed
    membership: Membership
    is_listed: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """One feed before it is rendered: its head, its members, and what its subscribers have now.

    `feed` is the head's, with the time of the newest member.
    """

    head: FeedHead
    feed: Feed
    members: tuple[Member, ...]
    previous: tuple[str, ...]
    holds_before: tuple[Hold, ...]
    holds: tuple[Hold, ...]
    held: HeldFeed | None

    @property
    def ids(self) -> tuple[str, ...]:
        """The entries, by id, in the feed's order."""
        return tuple(member.entry_id for member in self.members)


def feed_heads(config: Config, state: State, now: datetime) -> list[FeedHead]:
    """Every feed, `all` first; a new topic gets its slug here.

    To be asked after `published.hold_back` and `entry_links.set_lost`.
    """
    former, combined = config.feeds.former_names(), config.feeds.combined()
    further = {one.key: one for one in config.feeds.more}
    said: dict[str, TopicConfig | FurtherFeedConfig] = {**config.feeds.said_of_topics(), **further}

    def holds(key: str) -> Membership:
        if (one := further.get(key)) is not None:
            return further_membership(map(topic_key, one.topics), one.conditions(), former)
        return membership(key, former, combined)

    given = {topic.key: topic for topic in identities.topics(state)}
    newborn = {
        key: name
        for key, name in _without_feed(config, state, given).items()
        if key not in former and _is_due(state, holds(key), said.get(key, TopicConfig()), given, now)
    }
    fixed = {key: told.slug for key, told in said.items() if told.slug}
    try:
        slugs = assign_slugs(newborn.values(), {key: topic.slug for key, topic in given.items()}, fixed)
    except ValueError as error:
        raise ConfigError(f"feeds.topics: {error}") from None
    if newborn:
        identities.save_slugs(state, [Topic(key, name, slugs[key]) for key, name in newborn.items()])
    names = topic_names(config, state)
    heads = [
        FeedHead("", "All articles", _head(config, ALL, *_texts(config, "", TopicConfig())), EVERYTHING, is_listed=True)
    ]
    for topic in identities.topics(state):
        told = said.get(former.get(topic.key, topic.key), TopicConfig())
        # One that is gone from the config has no title any more.
        name = names[topic.key].removeprefix(FURTHER)
        heads.append(
            FeedHead(
                key=topic.key,
                name=told.title or name,
                feed=_head(config, topic.slug, *_texts(config, name, told)),
                membership=holds(topic.key),
                is_listed=topic.key not in former,
            )
        )
    return heads


def topic_names(config: Config, state: State) -> dict[str, str]:
    """How a topic is called where it is shown, by key; one that was renamed, by its new name."""
    names = {topic.key: topic.name for topic in identities.topics(state)}
    said = {topic_key(name): name for name in config.feeds.topics}
    return names | {old: names.get(key, said[key]) for old, key in config.feeds.former_names().items()}


def _without_feed(config: Config, state: State, given: Collection[str]) -> dict[str, str]:
    """Key -> name of the topics and further feeds that are not there yet.

    No article need name a topic that was renamed or combined.
    """
    told_of = {topic_key(name): name for name, told in config.feeds.topics.items() if told.was or told.combine}
    names = identities.unborn_topics(state) | told_of | {one.key: one.key for one in config.feeds.more}
    return {key: name for key, name in names.items() if key not in given}


def _is_due(
    state: State, holds: Membership, told: TopicConfig | FurtherFeedConfig, given: Collection[str], now: datetime
) -> bool:
    """True where a topic is to have a feed: it has enough entries, or had a feed by an earlier name."""
    if any(key in given for key in holds.own):
        return True
    return len(published.newest(state, holds, now, told.min_entries)) == told.min_entries


def _texts(config: Config, name: str, told: TopicConfig | FurtherFeedConfig) -> tuple[str, str]:
    """Title and description of a feed."""
    if isinstance(told, FurtherFeedConfig):
        return told.title, told.description or told.title
    site = config.site.title
    title = f"{site}: {name}" if name else site
    description = f"Articles on {name} from {site}" if name else f"All articles from {site}"
    return told.title or title, told.description or description


def _head(config: Config, slug: str, title: str, description: str) -> Feed:
    return Feed(
        id=feed_id(slug, config.id_authority, config.feeds.id_year),
        slug=slug,
        title=title,
        description=description,
        site_url=config.site.url,
        url_base=config.feeds.url,
        language=config.site.language,
        # The time of a feed that holds nothing; any other is its newest entry's.
        updated_at=datetime(config.feeds.id_year, 1, 1, tzinfo=UTC),
        ttl_minutes=max(1, round(config.feeds.ttl / 60)),
        hubs=config.feeds.hub,
    )


def select(
    config: Config, state: State, head: FeedHead, had: Had, now: datetime, as_of: datetime, *, accepted: bool
) -> Selection:
    """The members of one feed: the newest as of a moment, and those that the guard does not let go.

    `had` is what the subscribers of all feeds have, and what is held back in each.
    """
    feed = head.feed
    members = published.newest(state, head.membership, as_of, config.feeds.max_entries)
    previous = had.entries.get(feed.slug, ())
    before = had.holds.get(feed.slug, {})
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
    chosen = newest_first([*members, *kept])[: config.feeds.max_entries] if kept else members
    updated_at = max((member.updated_at for member in chosen), default=feed.updated_at)
    return Selection(
        head=head,
        feed=replace(feed, updated_at=updated_at),
        members=tuple(chosen),
        previous=tuple(previous),
        holds_before=tuple(before.values()),
        holds=holds,
        held=None if held is None else HeldFeed(feed.slug, held.sentence, is_new=not before),
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
    if not missing:
        return {}
    staying = {member.entry_id for member in newest_first([*members, *missing])[: config.feeds.max_entries]}
    return {
        member.entry_id: published.removal_cause(state, member.entry_id)
        for member in missing
        if member.entry_id in staying
    }


def _known(state: State, entry_id: str) -> list[Member]:
    member = published.member(state, entry_id)
    return [] if member is None else [member]


def newest_first(members: Iterable[Member]) -> list[Member]:
    """The members in the order in which a feed shows them."""
    by_path = sorted(members, key=lambda member: member.path)
    return sorted(by_path, key=lambda member: member.published_at, reverse=True)
