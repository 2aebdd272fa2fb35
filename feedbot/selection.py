"""Which entries each feed holds: the newest, and those that the guard does not let go."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from feedbot.config import Config, TopicConfig
from feedbot.core.feed import Feed
from feedbot.core.guard import RemovalCause, guard_removals
from feedbot.core.identity import feed_id
from feedbot.core.slug import assign_slugs, topic_key
from feedbot.errors import ConfigError
from feedbot.state import identities, published
from feedbot.state.database import State
from feedbot.state.identities import Topic
from feedbot.state.published import Hold, Member

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
class Selection:
    """One feed before it is rendered: its head, its members, and what its subscribers have now."""

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


def feed_heads(config: Config, state: State, now: datetime) -> list[tuple[str, Feed]]:
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
    told = said_of_topics(config)
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


def said_of_topics(config: Config) -> dict[str, TopicConfig]:
    """What the config says of topics, by key."""
    return {topic_key(name): told for name, told in config.feeds.topics.items()}


def select(config: Config, state: State, topic: str, head: Feed, now: datetime, *, accepted: bool) -> Selection:
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
    return Selection(
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
