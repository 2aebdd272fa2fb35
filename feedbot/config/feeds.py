"""`feeds`: where feeds are written and what is in them."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator

from feedbot.config.section import Section
from feedbot.config.topics import FurtherFeedConfig, TopicConfig, combinations_of, former_names_of
from feedbot.config.values import FEED_NAME, SLUG, URL_SCHEMA, DurationS, FolderUrl, HttpUrl, TopicName, one_or_more
from feedbot.core.healing import DeadSource
from feedbot.core.membership import Combination, require_plain_parts
from feedbot.core.sites.wiped import CLEARED as CLEARED  # noqa: PLC0414 - a rule of this section
from feedbot.core.slug import topic_key

PUBLIC_REPORTS = "reports"
"""The folder in the feeds folder, and in feeds.url, that holds public reports; no topic is called so (core/slug.py)."""
SITE_DATA = {"jekyll": "_data/feedbot.json", "hugo": "data/feedbot.json", "json": "feedbot.json"}
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
# What a topic that is not born yet may need for its own files.
_OUR_SUFFIXES = (".rss", ".atom", ".json", ".html", ".opml", ".gz", ".css")
_MOST_HUBS = 5
_HUBS_SCHEMA = {"anyOf": [URL_SCHEMA, {"type": "array", "items": URL_SCHEMA, "maxItems": _MOST_HUBS}]}


class FeedsConfig(Section):
    """Where feeds are written and what is in them."""

    url: FolderUrl = Field(description="Where the feeds folder is served.")
    directory: Path = Field(Path("feeds"), description="Where feeds are written, relative to the config file.")
    link: Literal["source", "page"] = Field(
        "source",
        description="What an entry points to: source, or page = the article's own page under site.url, once it has"
        " answered; a new entry waits two hours for that at most.",
    )
    formats: tuple[Literal["rss", "atom", "json"], ...] = Field(
        ("rss", "atom", "json"), min_length=1, description="The formats that each feed is written in."
    )
    gzip: bool = Field(True, description="Write a .gz beside each feed, for web servers that send it in its place.")
    dead_source: DeadSource = Field(
        "drop",
        description="An article whose source is dead, with no AMP page or copy left to lead to instead:"
        " drop = it leaves the feeds, keep = it stays as it is, mark = it stays and says so.",
    )
    site_data: str | None = Field(
        None,
        pattern=r"\S",
        description="Also write which links have died or moved, for the publication's own pages: jekyll ="
        " _data/feedbot.json, hugo = data/feedbot.json, json = feedbot.json, or a path, relative to the config file.",
    )
    pages: bool = Field(True, description="Also write pages for people: an index, one for each feed, and about.html.")
    public_report: bool = Field(
        False,
        description="Write the reports of the links into the feeds folder, under reports/, for everybody to read;"
        " without the links of drafts and of future articles.",
    )
    max_entries: int = Field(50, ge=1, le=10_000, description="Entries in each feed, the newest.")
    history: tuple[Annotated[str, Field(pattern=SLUG)], ...] = Field(
        ("all",),
        description="The feeds, by slug, with archive documents beside them that hold everything ever published, for"
        " readers that follow rel=prev-archive (RFC 5005); [] = none.",
    )
    tombstones: bool = Field(
        False,
        description="For 30 days Atom feeds tell readers to forget an entry that was in them and was withdrawn"
        " (RFC 6721).",
    )
    images: Literal["content", "media", "both"] = Field(
        "content", description="Where an entry's lead image goes: into its content, media:content, or both."
    )
    ttl: DurationS = Field(3600.0, description="How often readers are asked to come back (RSS ttl).")
    hub: Annotated[tuple[HttpUrl, ...], BeforeValidator(one_or_more), WithJsonSchema(_HUBS_SCHEMA)] = Field(
        (),
        max_length=_MOST_HUBS,
        description="WebSub hubs, one or several: every feed names them, and they are told of each feed that changed.",
        examples=[["https://hub.example/"]],
    )
    id_authority: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
        description="The host in every id (RFC 4151); default: the host of site.url. Never change it.",
    )
    id_year: int = Field(2026, ge=1994, le=2999, description="The year in every id (RFC 4151). Never change it.")
    aliases: dict[Annotated[str, Field(pattern=FILE_NAME)], Annotated[str, Field(pattern=FEED_NAME)]] = Field(
        default_factory=dict,
        description="Further file names for a feed, such as {feed.xml: all.atom}: the address of an earlier publisher.",
    )
    topics: dict[TopicName, TopicConfig] = Field(
        default_factory=dict,
        description="What is said of single topics, by name.",
        examples=[{"Machine Learning": {"slug": "ml", "was": ["Deep Learning"]}}],
    )
    more: tuple[FurtherFeedConfig, ...] = Field(
        (),
        description="Further feeds, by what articles say of themselves.",
        examples=[[{"slug": "best-of-ai", "title": "The best of AI", "topics": ["AI"], "min_quality": 8}]],
    )

    def said_of_topics(self) -> dict[str, TopicConfig]:
        """What is said of topics, by key."""
        return {topic_key(name): told for name, told in self.topics.items()}

    def former_names(self) -> dict[str, str]:
        """The key of each topic that was renamed, with the key of what it is now."""
        return former_names_of(self.topics)

    def combined(self) -> dict[str, Combination]:
        """The topics that are made of others, by key."""
        return combinations_of(self.topics)

    @field_validator("topics")
    @classmethod
    def _in_one_place(cls, value: dict[str, TopicConfig]) -> dict[str, TopicConfig]:
        if len({topic_key(name) for name in value}) < len(value):
            raise ValueError("names a topic twice, in two spellings")
        require_plain_parts(combinations_of(value), former_names_of(value))
        return value

    @field_validator("more")
    @classmethod
    def _each_slug_once(cls, value: tuple[FurtherFeedConfig, ...]) -> tuple[FurtherFeedConfig, ...]:
        if len({one.slug for one in value}) < len(value):
            raise ValueError("gives two feeds one slug")
        return value

    @field_validator("hub")
    @classmethod
    def _each_hub_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names a hub twice")
        return value

    @field_validator("aliases")
    @classmethod
    def _of_no_feed(cls, value: dict[str, str]) -> dict[str, str]:
        for alias in value:
            if alias.lower().endswith(_OUR_SUFFIXES):
                raise ValueError(
                    f"{alias!r} could be a feed's own file; names such as feed.xml or rss.xml can be given"
                )
        if len({alias.lower() for alias in value}) < len(value):
            raise ValueError("names a file twice, in two spellings")
        return value
