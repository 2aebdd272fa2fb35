"""What `feeds` says of single topics, and of further feeds."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from feedbot.config.section import Section
from feedbot.config.values import SLUG, TopicName
from feedbot.core.membership import Combination, Conditions, former_names
from feedbot.core.slug import topic_key

FURTHER = "feeds.more: "
"""What the key of a further feed begins with, in state.db and in ids.json."""


class CombineConfig(Section):
    """The topics that a feed is made of."""

    any: tuple[TopicName, ...] = Field((), description="Articles on one of these.")
    all: tuple[TopicName, ...] = Field((), description="Articles on each of these.")
    none: tuple[TopicName, ...] = Field((), description="No articles on any of these.")

    @model_validator(mode="after")
    def _made_of_something(self) -> Self:
        if not (self.any or self.all or self.none):
            raise ValueError("must name topics in any, all or none")
        return self

    def combination(self) -> Combination:
        """The core's view of it, by key."""
        any_of, all_of, none_of = (tuple(map(topic_key, names)) for names in (self.any, self.all, self.none))
        return Combination(any_of, all_of, none_of)


class TopicConfig(Section):
    """One topic's feed."""

    slug: str | None = Field(
        None,
        pattern=SLUG,
        max_length=80,
        description="The feed's file name; fixed once published. Default: made from the name.",
    )
    title: str | None = Field(
        None, min_length=1, description="The feed's title. Default: made from the publication's name and the topic's."
    )
    description: str | None = Field(None, min_length=1, description="The feed's description.")
    was: tuple[TopicName, ...] = Field(
        (), description="Its earlier names: articles that have them count as its own, and their feeds go on with it."
    )
    min_entries: int = Field(1, ge=1, le=10_000, description="It gets its feed when it has as many, and keeps it.")
    combine: CombineConfig | None = Field(
        None, description="Topics that it is made of; articles that name the topic itself are in its feed as well."
    )


class FurtherFeedConfig(Section):
    """A feed of the articles that say such things of themselves, whatever their topics."""

    slug: str = Field(pattern=SLUG, max_length=80, description="The feed's file name. Never change it.")
    title: str = Field(min_length=1, description="The feed's title.")
    description: str | None = Field(None, min_length=1, description="The feed's description.")
    topics: tuple[TopicName, ...] = Field((), description="Articles on one of these.")
    category: tuple[TopicName, ...] = Field((), description="Articles of one of these categories.")
    provider: tuple[TopicName, ...] = Field((), description="Articles of one of these providers: a name or a domain.")
    min_quality: float | None = Field(None, description="Articles of this quality or a higher one.")
    min_heat: float | None = Field(None, description="Articles as hot as this or hotter.")
    min_entries: int = Field(1, ge=1, le=10_000, description="The feed is born when it has as many, and stays.")

    @model_validator(mode="after")
    def _of_some_articles(self) -> Self:
        if not (self.topics or self.category or self.provider) and self.min_quality is self.min_heat is None:
            raise ValueError("must say which articles: topics, category, provider, min_quality or min_heat")
        return self

    @property
    def key(self) -> str:
        """What stands for its topic, so that no topic is given its slug, also when it is gone from the config."""
        return f"{FURTHER}{self.slug}"

    def conditions(self) -> Conditions:
        """The core's view of which articles it holds, besides their topics."""
        categories, providers = (tuple(map(topic_key, names)) for names in (self.category, self.provider))
        return Conditions(categories, providers, self.min_quality, self.min_heat)


def former_names_of(topics: Mapping[str, TopicConfig]) -> dict[str, str]:
    """The key of each topic that was renamed, with the key of what it is now."""
    return former_names({topic_key(name): [topic_key(old) for old in told.was] for name, told in topics.items()})


def combinations_of(topics: Mapping[str, TopicConfig]) -> dict[str, Combination]:
    """The topics that are made of others, by key."""
    return {topic_key(name): told.combine.combination() for name, told in topics.items() if told.combine is not None}
