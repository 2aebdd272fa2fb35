"""config.yaml, validated into one frozen Config; every problem is reported at once, with its place."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args
from zoneinfo import ZoneInfo

import msgspec
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from feedbot.core.checker import CheckerPolicy
from feedbot.core.healing import DeadSource
from feedbot.core.mark import Exclusion, Exclusions
from feedbot.core.membership import Combination, Conditions, former_names, require_plain_parts
from feedbot.core.proxy import parse_proxy
from feedbot.core.schedule import SchedulePolicy
from feedbot.core.slug import topic_key
from feedbot.core.status import DAY_S, StrikePolicy, StrikeRule
from feedbot.core.url import InvalidUrl, resolve_url, split_url
from feedbot.errors import ConfigError

MAX_CONFIG_BYTES = 1024 * 1024

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WILDCARD = re.compile(r"[*?\[]")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(kB|MB|GB)")
_BYTES = {"kB": 10**3, "MB": 10**6, "GB": 10**9}


def _duration(value: object) -> object:
    """Seconds of a duration such as `30s`, `5m`, `1h` or `7d`; a bare number is seconds."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"must be a duration such as 30s, 5m, 1h or 7d, not {value!r}")
        return float(match[1]) * _SECONDS[match[2]]
    return value


def _size(value: object) -> object:
    """Bytes of a size such as `200MB` or `1.5GB`; a bare number is bytes."""
    if isinstance(value, str):
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            raise ValueError(f"must be a size such as 500kB, 200MB or 1GB, not {value!r}")
        return round(float(match[1]) * _BYTES[match[2]])
    return value


def http_url(value: object) -> object:
    """An http or https URL, normalised; raises ValueError, saying what is expected instead."""
    if not isinstance(value, str):
        raise ValueError("must be a URL such as https://example.org/")
    try:
        url = resolve_url(value)
        scheme = split_url(url).scheme
    except InvalidUrl as error:
        raise ValueError(f"must be a URL such as https://example.org/ ({error})") from None
    if scheme not in {"http", "https"}:
        raise ValueError(f"must be an http or https URL, not {value!r}")
    return url


def _folder_url(value: object) -> object:
    """A URL under which files lie: it ends in a slash, so that names can be joined to it."""
    url = http_url(value)
    return url if isinstance(url, str) and url.endswith("/") else f"{url}/"


def _host_name(value: object) -> object:
    """A host as it stands in canonical URLs: lower case, punycode, no dot at the end."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        parts = split_url(resolve_url(f"https://{text}/"))
    except InvalidUrl:
        parts = None
    if parts is None or (parts.port, parts.path) != (443, "/") or set("@#*") & set(text):
        raise ValueError(f"must be a host such as example.org, not {value!r}")
    return parts.host.rstrip(".")


def _canary(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _proxy(value: str) -> str:
    parse_proxy(value)
    return value


_DURATION_SCHEMA = {"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?\s*(s|m|h|d)$", "minimum": 0}
_SIZE_SCHEMA = {"type": ["string", "integer"], "pattern": r"^\d+(\.\d+)?\s*(kB|MB|GB)$", "minimum": 0}
_URL_SCHEMA = {"type": "string", "format": "uri", "pattern": "^https?://"}

_NUMBERS = (int, float, int | None, float | None)
DurationS = Annotated[float, BeforeValidator(_duration), Field(gt=0), WithJsonSchema(_DURATION_SCHEMA)]
SizeBytes = Annotated[int, BeforeValidator(_size), Field(ge=0), WithJsonSchema(_SIZE_SCHEMA)]
HttpUrl = Annotated[str, BeforeValidator(http_url), WithJsonSchema(_URL_SCHEMA)]
_PROXY_SCHEMA = {"type": "string", "pattern": "^http://"}
_FIELDS_SCHEMA = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}
_CANARY_SCHEMA = {
    "anyOf": [
        _URL_SCHEMA,
        {
            "type": "object",
            "properties": {"url": _URL_SCHEMA, "status": {"type": "integer", "minimum": 200, "maximum": 599}},
            "required": ["url"],
            "additionalProperties": False,
        },
    ]
}
_MOST_HUBS = 5
_HUBS_SCHEMA = {"anyOf": [_URL_SCHEMA, {"type": "array", "items": _URL_SCHEMA, "maxItems": _MOST_HUBS}]}
FolderUrl = Annotated[str, BeforeValidator(_folder_url), WithJsonSchema(_URL_SCHEMA)]
HostName = Annotated[str, BeforeValidator(_host_name), WithJsonSchema({"type": "string"})]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, str_strip_whitespace=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        # To the library, true is 1.
        is_number = cls.model_fields[info.field_name or ""].annotation in _NUMBERS
        if is_number and isinstance(value, bool):
            raise ValueError(_not_this("must be a number", value))
        return value


class SiteConfig(_Section):
    """The publication."""

    title: str = Field(min_length=1, description="The publication's name; feeds are titled after it.")
    url: FolderUrl = Field(description="The public site, with its base path; relative URLs resolve against it.")
    language: str = Field("en", pattern=r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$", description="BCP 47 tag.")


DEFAULT_FIELDS: dict[str, tuple[str, ...]] = {
    "title": ("title",),
    "source_url": ("sourceUrl", "webUrl", "originalUrl", "canonical_url"),
    "amp_url": ("ampUrl", "ampWebUrl"),
    "cdn_amp_url": ("cdnAmpUrl", "cdnAmpWebUrl"),
    "published_at": ("publishedDateTime", "date"),
    "updated_at": ("updated", "lastmod", "last_modified_at"),
    "id": ("id", "guid"),
    "excerpt": ("excerpt", "description", "summary"),
    "kind": ("type",),
    "category": ("category", "categories"),
    "topics": ("topics", "tags"),
    "provider": ("provider",),
    "images": ("images", "image"),
    "related": ("related",),
    "quality": ("quality",),
    "heat": ("heat",),
    "published": ("published",),
    "draft": ("draft",),
    "permalink": ("permalink",),
    "ignore": ("ignore",),
}

DEFAULT_EXCLUDE = (
    "**/_site/**",
    "**/public/**",
    "**/vendor/**",
    "**/node_modules/**",
    "**/_drafts/**",
    "**/.*/**",
    "**/README.md",
    "**/README.markdown",
)


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"must be a time zone such as UTC or Europe/London, not {value!r}") from None
    return value


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class ArticlesConfig(_Section):
    """Where the article files are and how their fields are called."""

    paths: tuple[str, ...] = Field(
        ("articles/**/*.md",), min_length=1, description="Glob patterns, relative to the config file."
    )
    exclude: tuple[str, ...] = Field(DEFAULT_EXCLUDE, description="Glob patterns of files left out.")
    watch: bool = Field(True, description="Whether `feedbot run` reads files as soon as they change.")
    timezone: ZoneName = Field("UTC", description="The zone of dates that name none, such as Europe/London.")
    fields: Annotated[dict[str, tuple[str, ...]], WithJsonSchema(_FIELDS_SCHEMA)] = Field(
        default_factory=lambda: dict(DEFAULT_FIELDS),
        description="For each of feedbot's fields, the front-matter names tried in order.",
    )

    @field_validator("fields", mode="before")
    @classmethod
    def _merged_with_defaults(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        unknown = sorted(str(name) for name in value if name not in DEFAULT_FIELDS)
        if unknown:
            raise ValueError(f"knows no {', '.join(unknown)}; it knows {', '.join(DEFAULT_FIELDS)}")
        named = {key: (names,) if isinstance(names, str) else names for key, names in value.items()}
        return {**DEFAULT_FIELDS, **named}


class ExcludeConfig(_Section):
    """Links that are left alone: neither asked nor reported, and kept where they stand."""

    host: str | None = Field(None, min_length=1, description="A host, with its subdomains.")
    glob: str | None = Field(None, min_length=1, description="A pattern with * and ? that the whole URL matches.")
    regex: str | None = Field(None, min_length=1, description="A regular expression that is found in the URL.")
    reason: str = Field("", description="Why; it is shown where the link is.")
    until: date | None = Field(None, description="The last day on which this holds (UTC); default: for good.")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"must be a regular expression ({error}), not {value!r}") from None
        return value

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(one is not None for one in (self.host, self.glob, self.regex)) != 1:
            raise ValueError("must have one of host, glob and regex")
        return self


class LinksConfig(_Section):
    """Which links of an article are checked besides those of its front matter, and which are left alone."""

    body: bool = Field(False, description="Also check the links in the Markdown body.")
    exclude: tuple[ExcludeConfig, ...] = Field((), description="Links that are left alone.")

    def exclusions(self) -> Exclusions:
        """The core's view of what is left alone."""
        return Exclusions([Exclusion(one.host, one.glob, one.regex, one.reason, one.until) for one in self.exclude])


FURTHER = "feeds.more: "
"""What the key of a further feed begins with, in state.db and in ids.json."""

TopicName = Annotated[str, Field(min_length=1)]
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class CombineConfig(_Section):
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


class TopicConfig(_Section):
    """One topic's feed."""

    slug: str | None = Field(
        None,
        pattern=_SLUG,
        max_length=80,
        description="File name; fixed once published.",
    )
    title: str | None = Field(None, min_length=1, description="The feed's title.")
    description: str | None = Field(None, min_length=1, description="The feed's description.")
    was: tuple[TopicName, ...] = Field(
        (), description="Its earlier names: articles that have them count as its own, and their feeds go on with it."
    )
    min_entries: int = Field(1, ge=1, le=10_000, description="It gets its feed when it has as many, and keeps it.")
    combine: CombineConfig | None = Field(
        None, description="Topics that it is made of; articles that name the topic itself are in its feed as well."
    )


class FurtherFeedConfig(_Section):
    """A feed of the articles that say such things of themselves, whatever their topics."""

    slug: str = Field(pattern=_SLUG, max_length=80, description="File name. Never change it.")
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


def _former_names(topics: Mapping[str, TopicConfig]) -> dict[str, str]:
    return former_names({topic_key(name): [topic_key(old) for old in told.was] for name, told in topics.items()})


def _combined(topics: Mapping[str, TopicConfig]) -> dict[str, Combination]:
    return {topic_key(name): told.combine.combination() for name, told in topics.items() if told.combine is not None}


PUBLIC_REPORTS = "reports"
"""The folder in the feeds folder, and in feeds.url, that holds public reports; no topic is called so (core/slug.py)."""


_SITE_DATA = {"jekyll": "_data/feedbot.json", "hugo": "data/feedbot.json", "json": "feedbot.json"}
CLEARED = frozenset({"_site", "public", ".jekyll-cache", "resources"})
"""The folders that Jekyll and Hugo write their sites to, and clear."""

_FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_FEED_NAME = r"^[a-z0-9]+(-[a-z0-9]+)*\.(rss|atom|json)$"
# What a topic that is not born yet may need for its own files.
_OUR_SUFFIXES = (".rss", ".atom", ".json", ".html", ".opml", ".gz", ".css")


class FeedsConfig(_Section):
    """Where feeds are written and what is in them."""

    url: FolderUrl = Field(description="Where the feeds folder is served.")
    directory: Path = Field(Path("feeds"), description="Where feeds are written, relative to the config file.")
    link: Literal["source", "page"] = Field(
        "source",
        description="What an entry points to: source, or page = the article's own page under site.url, once it has"
        " answered; a new entry waits two hours for that at most.",
    )
    formats: tuple[Literal["rss", "atom", "json"], ...] = Field(("rss", "atom", "json"), min_length=1)
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
    history: tuple[Annotated[str, Field(pattern=_SLUG)], ...] = Field(
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
    hub: Annotated[tuple[HttpUrl, ...], BeforeValidator(_one_or_more), WithJsonSchema(_HUBS_SCHEMA)] = Field(
        (),
        max_length=_MOST_HUBS,
        description="WebSub hubs, one or several: every feed names them, and they are told of each feed that changed.",
    )
    id_authority: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
        description="The host in every id (RFC 4151); default: the host of site.url. Never change it.",
    )
    id_year: int = Field(2026, ge=1994, le=2999, description="The year in every id (RFC 4151). Never change it.")
    aliases: dict[Annotated[str, Field(pattern=_FILE_NAME)], Annotated[str, Field(pattern=_FEED_NAME)]] = Field(
        default_factory=dict,
        description="Further file names for a feed, such as {feed.xml: all.atom}: the address of an earlier publisher.",
    )
    topics: dict[TopicName, TopicConfig] = Field(
        default_factory=dict, description="What is said of single topics, by name."
    )

    more: tuple[FurtherFeedConfig, ...] = Field((), description="Further feeds, by what articles say of themselves.")

    def said_of_topics(self) -> dict[str, TopicConfig]:
        """What is said of topics, by key."""
        return {topic_key(name): told for name, told in self.topics.items()}

    def former_names(self) -> dict[str, str]:
        """The key of each topic that was renamed, with the key of what it is now."""
        return _former_names(self.topics)

    def combined(self) -> dict[str, Combination]:
        """The topics that are made of others, by key."""
        return _combined(self.topics)

    @field_validator("topics")
    @classmethod
    def _in_one_place(cls, value: dict[str, TopicConfig]) -> dict[str, TopicConfig]:
        if len({topic_key(name) for name in value}) < len(value):
            raise ValueError("names a topic twice, in two spellings")
        require_plain_parts(_combined(value), _former_names(value))
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


def _maybe_folder(value: object) -> object:
    return None if value == "" else value


class ReportsConfig(_Section):
    """What the operator is told of the links in files: links.html, where each stands, and links.atom, what changed."""

    directory: Annotated[Path | None, BeforeValidator(_maybe_folder)] = Field(
        Path("reports"),
        description="Where they are written, relative to the config file and apart from the feeds; null = nowhere.",
    )


class ArchiveConfig(_Section):
    """A web archive to whose copies readers are led where a source is dead, and no AMP page or copy of that is left."""

    enabled: bool = Field(False, description="Ask it for copies of the sources of published articles, while they live.")
    cdx_url: HttpUrl = Field(
        "https://web.archive.org/cdx/search/cdx", description="Where it tells which copies it has (a CDX server)."
    )
    replay_url: FolderUrl = Field(
        "https://web.archive.org/web/", description="Where it shows them; a copy's date and the page's URL follow."
    )
    delay_s: float = Field(5.0, ge=0, le=60, description="Seconds between the starts of two requests to it.")
    per_run: int = Field(5, ge=1, le=1000, description="It is asked for so many pages a run, the newest first.")


class CanaryConfig(_Section):
    """A well-known address that answers when our own network is up."""

    url: HttpUrl
    status: int = Field(200, ge=200, le=599, description="The code it answers with.")


DEFAULT_CANARIES = (
    CanaryConfig(url="https://www.google.com/generate_204", status=204),
    CanaryConfig(url="https://www.cloudflare.com/cdn-cgi/trace", status=200),
    CanaryConfig(url="https://www.wikipedia.org/", status=200),
)


class PerHostConfig(_Section):
    """How feedbot treats one host, and one registrable domain as a whole."""

    concurrency: int = Field(2, ge=1, le=32, description="Requests at once.")
    delay_s: float = Field(1.0, ge=0, le=3600, description="Seconds between the starts of two requests.")


# What the wire writes by itself, or what a key of its own is for.
_NO_HEADERS_OF_A_HOST = {
    "authorization": "is a secret: name its variable in bearer_env or basic_auth_env",
    "proxy-authorization": "is not for a host",
    "user-agent": "has a key of its own: user_agent",
    **dict.fromkeys(
        (
            "accept-encoding",
            "connection",
            "content-length",
            "expect",
            "host",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
        ),
        "is written by feedbot itself",
    ),
}


def _variable_name(value: object) -> object:
    # What was given may be the secret itself, so it is not repeated.
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value.strip()):
        raise ValueError("must be the name of an environment variable, such as NEWS_TOKEN")
    return value


VariableName = Annotated[
    str, BeforeValidator(_variable_name), WithJsonSchema({"type": "string", "pattern": _VARIABLE.pattern})
]


class HostConfig(_Section):
    """What is different for one host and its subdomains; headers and credentials are for that very host, over https."""

    delay_s: float | None = Field(None, ge=0, le=3600, description="Seconds between the starts of two requests.")
    concurrency: int | None = Field(None, ge=1, le=32, description="Requests at once.")
    method: Literal["GET", "HEAD"] | None = Field(
        None, description="GET: never ask with HEAD; HEAD: ask a living link with HEAD even where its page is due."
    )
    user_agent: str | None = Field(
        None, min_length=1, max_length=500, json_schema_extra={"pattern": rf"^{_HEADER_VALUE.pattern}$"}
    )
    accepted: tuple[Annotated[int, Field(ge=100, le=999)], ...] = Field(
        (), description="Codes that count as alive here, such as 403 or 999."
    )
    headers: dict[str, str] = Field(
        default_factory=dict, description="Headers sent to this very host, over https only, and never after a redirect."
    )
    basic_auth_env: VariableName | None = Field(
        None, description="The environment variable that holds NAME:PASSWORD; sent as the headers are."
    )
    bearer_env: VariableName | None = Field(
        None, description="The environment variable that holds a token; sent as the headers are."
    )
    port: int = Field(443, ge=1, le=65535, description="The https port that headers and credentials are for.")

    @field_validator("user_agent")
    @classmethod
    def _printable(cls, value: str | None) -> str | None:
        if not _HEADER_VALUE.fullmatch(value or ""):
            raise ValueError("holds characters that no header may")
        return value

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not the name of a header")
            if name.lower() in _NO_HEADERS_OF_A_HOST:
                raise ValueError(f"{name} {_NO_HEADERS_OF_A_HOST[name.lower()]}")
            if not _HEADER_VALUE.fullmatch(text):
                raise ValueError(f"{name} holds characters that no header may")
        return value

    @model_validator(mode="after")
    def _one_authorization(self) -> Self:
        if self.basic_auth_env and self.bearer_env:
            raise ValueError("has basic_auth_env and bearer_env; a request can carry one of them")
        return self


def _robots(value: object) -> object:
    if value is not True and value is not False and value != "never":
        raise ValueError(_not_this("must be true, false or never", value))
    return value


Robots = Annotated[bool | Literal["never"], BeforeValidator(_robots), WithJsonSchema({"enum": [True, False, "never"]})]

_MOST_WORKERS = 64


def _workers(value: object) -> object:
    # The library would tell twice what is wrong, once for either kind; and true is 1 to it.
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= _MOST_WORKERS):
        return value
    raise ValueError(_not_this(f"must be auto or a whole number from 1 to {_MOST_WORKERS}", value))


_WORKERS_SCHEMA = {
    "anyOf": [{"const": "auto", "type": "string"}, {"type": "integer", "minimum": 1, "maximum": _MOST_WORKERS}]
}
Workers = Annotated[int | Literal["auto"], BeforeValidator(_workers), WithJsonSchema(_WORKERS_SCHEMA)]


def _not_this(sentence: str, value: object) -> str:
    """The sentence with what was given instead; nothing given is nothing to repeat."""
    return sentence if value is None else f"{sentence}, not {value!r}"


class CheckerConfig(_Section):
    """How links are asked."""

    contact: HttpUrl | None = Field(
        None, description="A page that says who runs this; it is in the User-Agent. Default: site.url."
    )
    allow_addresses: tuple[str, ...] = Field(
        (), description="Networks (CIDR) that may be asked although they are not public."
    )
    canaries: tuple[Annotated[CanaryConfig, BeforeValidator(_canary), WithJsonSchema(_CANARY_SCHEMA)], ...] = Field(
        DEFAULT_CANARIES, description="Asked before a run, to know that our own network is up; [] = never."
    )
    concurrency: int = Field(100, ge=1, le=2000, description="Requests at once, over all hosts.")
    workers: Workers = Field(
        "auto",
        description="Processes that ask; auto = one below 2,000 links, then one for each thousand, up to one a core.",
    )
    per_host: PerHostConfig = PerHostConfig()
    optout: tuple[HostName, ...] = Field(
        (), description="Hosts that asked not to be checked, each with its subdomains: never asked, and kept as links."
    )
    robots: Robots = Field(
        False,
        description="Whose groups in a robots.txt are obeyed: false = feedbot's own, true = those for everybody (*)"
        " and their Crawl-delay as well, never = robots.txt is not asked for.",
    )
    hosts: dict[str, HostConfig] = Field(default_factory=dict, description="What is different for single hosts.")
    ca_bundle: Path | None = Field(
        None, description="The authorities (PEM) that certificates are judged by; default: certifi's, as browsers know."
    )
    proxy: Annotated[str, AfterValidator(_proxy), WithJsonSchema(_PROXY_SCHEMA)] | None = Field(
        None,
        description="An HTTP proxy that is asked instead: http://[NAME:${VARIABLE}@]HOST:PORT, with the password"
        " in the environment. Which addresses may be asked is then the proxy's to decide.",
    )
    connect_timeout_s: float = Field(10.0, gt=0, le=120)
    exchange_timeout_s: float = Field(30.0, gt=0, le=300)
    probe_timeout_s: float = Field(60.0, gt=0, le=600)
    back_off_s: tuple[Annotated[float, Field(gt=0, le=60)], ...] = Field(
        (2.0, 8.0),
        max_length=3,
        description="Seconds before a link is asked again after 429, 5xx, a reset or a timeout; [] = never.",
    )
    max_redirects: int = Field(5, ge=0, le=20)
    max_run_s: float = Field(
        600.0,
        gt=0,
        allow_inf_nan=True,
        description="A checking run ends after this; what is left stays due. .inf: when all is done.",
    )
    max_requests_per_run: int | None = Field(
        None,
        ge=1,
        description="About so many requests a run, where most is to be learnt and on hot articles; null = no limit.",
    )

    @field_validator("hosts", mode="before")
    @classmethod
    def _by_canonical_name(cls, value: object) -> object:
        if not isinstance(value, dict):
            return value
        named = {_host_name(name): told for name, told in value.items()}
        if len(named) < len(value):
            raise ValueError("names a host twice, in two spellings")
        return named

    @field_validator("ca_bundle")
    @classmethod
    def _beside_the_config(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        return None if value is None else (info.context or {}).get("root", Path()) / value

    @field_validator("allow_addresses")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            try:
                ipaddress.ip_network(text)
            except ValueError:
                raise ValueError(f"must be networks such as 127.0.0.0/8, not {text!r}") from None
        return value

    def policy(self) -> CheckerPolicy:
        """The view of those who ask, in plain records."""
        return msgspec.convert(self.model_dump(mode="json"), CheckerPolicy)


class ScheduleConfig(_Section):
    """How often `feedbot run` reads and checks, and when a link is looked at again."""

    read: DurationS = Field(300.0, description="How often article files are read and feeds written.")
    check: DurationS = Field(900.0, description="How often what is due is checked.")
    alive_min: DurationS = Field(86400.0, description="A living link is asked again after this at the earliest.")
    alive_max: DurationS = Field(2592000.0, description="... and after this at the latest.")
    page_check_every: DurationS = Field(604800.0, description="How often a living page is asked with GET.")
    blocked_min: DurationS = Field(259200.0, description="One behind a wall for bots or a login, at the earliest.")
    blocked_max: DurationS = Field(2592000.0, description="... and at the latest.")
    dead_early: DurationS = Field(604800.0, description="One that died lately: it may come back.")
    dead_late: DurationS = Field(2592000.0, description="One that has been dead for eight times as long.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for low, high in (("alive_min", "alive_max"), ("blocked_min", "blocked_max"), ("dead_early", "dead_late")):
            if getattr(self, low) > getattr(self, high):
                seconds = f"{low} ({getattr(self, low):,.0f} s) is greater than {high} ({getattr(self, high):,.0f} s)"
                raise ValueError(seconds)
        return self

    def policy(self) -> SchedulePolicy:
        """The core's view of these intervals."""
        return SchedulePolicy(
            alive_min_s=self.alive_min,
            alive_max_s=self.alive_max,
            blocked_min_s=self.blocked_min,
            blocked_max_s=self.blocked_max,
            dead_early_s=self.dead_early,
            dead_late_s=self.dead_late,
            page_check_every_s=self.page_check_every,
        )


_OLD_PATH = r"^/[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*/?$"


class ServeConfig(_Section):
    """Where the built-in web server listens, and which addresses it leads elsewhere."""

    host: str = Field("127.0.0.1", pattern=r"^[A-Za-z0-9._:-]+$", description="The address; 0.0.0.0 = everywhere.")
    port: int = Field(8080, ge=0, le=65535, description="The port; 0 = any that is free.")
    redirects: dict[Annotated[str, Field(pattern=_OLD_PATH)], Annotated[str, Field(pattern=_FEED_NAME)]] = Field(
        default_factory=dict,
        description="Where earlier feeds were, such as {/feed.xml: all.rss}: readers are led from there for good.",
    )


class StrikeConfig(_Section):
    """When a verdict makes a link dead: so many times, with at least so long from the first to the last."""

    strikes: int = Field(ge=2, le=100, description="How many times in a row, without a good answer in between.")
    over: DurationS = Field(description="At least this long from the first to the last.")


class VerdictsConfig(_Section):
    """How sure feedbot must be before it calls a link dead."""

    gone: StrikeConfig = StrikeConfig(strikes=2, over=1 * DAY_S)
    missing: StrikeConfig = StrikeConfig(strikes=3, over=6 * DAY_S)
    soft_dead: StrikeConfig = StrikeConfig(strikes=3, over=6 * DAY_S)
    parked: StrikeConfig = StrikeConfig(strikes=2, over=3 * DAY_S)
    no_host: StrikeConfig = StrikeConfig(strikes=5, over=14 * DAY_S)
    unreachable: StrikeConfig = StrikeConfig(strikes=5, over=60 * DAY_S)

    def policy(self) -> StrikePolicy:
        """The core's view of these numbers."""
        rules = {name: StrikeRule(rule.strikes, rule.over) for name, rule in self}
        return StrikePolicy(**rules)


class RetentionConfig(_Section):
    """How long state.db keeps what it remembers; where links stand, ids and takedowns it keeps for good."""

    history: DurationS = Field(
        90 * DAY_S,
        description="Looks at links, with the evidence; the latest of each link stays, and where earlier ones led.",
    )
    transitions: DurationS = Field(730 * DAY_S, description="Which links died, came back or moved.")

    @field_validator("history", "transitions")
    @classmethod
    def _longer_than_reports(cls, value: float) -> float:
        if value < 31 * DAY_S:
            raise ValueError("must be at least 31d: the reports tell of 30 days")
        return value


class BackupConfig(_Section):
    """The copies of state.db that are made once a day."""

    directory: Annotated[Path | None, BeforeValidator(_maybe_folder)] = Field(
        Path("backups"),
        description="Where they are written, relative to the config file and apart from the feeds; null = none.",
    )
    keep: int = Field(7, ge=1, le=1000, description="So many, one a day.")
    max_bytes: SizeBytes = Field(10**9, description="All together; the newest one stays, however large.")


class DiskConfig(_Section):
    """The disk of state.db and of its backups."""

    low: SizeBytes = Field(
        200 * 10**6,
        description="With less than this free, looks at links are not kept and no backup is made; feeds are written.",
    )


_HOUR = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _hour_in_quotes(value: object) -> object:
    # YAML 1.1 counts in sixties: 18:30 is 1110.
    if isinstance(value, int | float):
        raise ValueError('must be an hour such as "08:00", in quotes, or YAML takes it for a number')
    return value


Receivers = Annotated[
    tuple[VariableName, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"type": "array", "items": {"type": "string", "pattern": _VARIABLE.pattern}}),
]
Argument = Annotated[str, Field(min_length=1, pattern=r"^[^\x00]*$")]


class OperatorAlertsConfig(_Section):
    """Who is told at once of what the operator must see to."""

    apprise: Receivers = Field((), description="Environment variables, each with an apprise URL (feedbot[alerts]).")
    command: tuple[Argument, ...] = Field(
        (), description="A program and its arguments, run without a shell; the text is on its standard input."
    )


class EditorAlertsConfig(_Section):
    """Who is told once a day of the links that died, came back, moved or cannot be verified."""

    at: Annotated[str, BeforeValidator(_hour_in_quotes)] = Field(
        "08:00", pattern=_HOUR, description="The hour; in quotes, or YAML takes it for a number."
    )
    timezone: ZoneName = Field("UTC", description="The zone of that hour, such as Europe/London.")
    apprise: Receivers = Field((), description="Environment variables, each with an apprise URL (feedbot[alerts]).")
    command: tuple[Argument, ...] = Field(
        (), description="A program and its arguments, run without a shell; the text is on its standard input."
    )

    @property
    def time(self) -> time:
        """The hour."""
        return time.fromisoformat(self.at)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of that hour."""
        return ZoneInfo(self.timezone)


class AlertsConfig(_Section):
    """Who is told of what."""

    operator: OperatorAlertsConfig = OperatorAlertsConfig()
    editor: EditorAlertsConfig = EditorAlertsConfig()
    heartbeat_url: HttpUrl | None = Field(
        None, description="Asked after each good run, for a service that tells when none came."
    )
    heartbeat_url_env: VariableName | None = Field(None, description="The environment variable that holds it instead.")

    @model_validator(mode="after")
    def _one_heartbeat(self) -> Self:
        if self.heartbeat_url and self.heartbeat_url_env:
            raise ValueError("has heartbeat_url and heartbeat_url_env; one of them is asked")
        return self

    @property
    def tells_operator(self) -> bool:
        """True where the operator is told."""
        return bool(self.operator.apprise or self.operator.command)

    @property
    def tells_editor(self) -> bool:
        """True where an editor is told."""
        return bool(self.editor.apprise or self.editor.command)

    @property
    def tells(self) -> bool:
        """True where anybody is told anything."""
        return self.tells_operator or self.tells_editor

    @property
    def has_heartbeat(self) -> bool:
        """True where an address is asked after each good run."""
        return bool(self.heartbeat_url or self.heartbeat_url_env)


class DoctorConfig(_Section):
    """Looking for what is wrong with the installation: `feedbot doctor`."""

    daily: bool = Field(True, description="`feedbot run` does it once a day too, and logs what has changed.")


class Config(_Section):
    """Everything that feedbot is told; paths are relative to `root`, the config file's folder."""

    site: SiteConfig
    articles: ArticlesConfig = ArticlesConfig()
    links: LinksConfig = LinksConfig()
    feeds: FeedsConfig
    reports: ReportsConfig = ReportsConfig()
    archive: ArchiveConfig = ArchiveConfig()
    state: Path = Field(Path("state.db"), description="The database, relative to the config file.")
    checker: CheckerConfig = CheckerConfig()
    schedule: ScheduleConfig = ScheduleConfig()
    verdicts: VerdictsConfig = VerdictsConfig()
    serve: ServeConfig = ServeConfig()
    retention: RetentionConfig = RetentionConfig()
    backup: BackupConfig = BackupConfig()
    disk: DiskConfig = DiskConfig()
    alerts: AlertsConfig = AlertsConfig()
    doctor: DoctorConfig = DoctorConfig()
    root: Path = Path()

    @property
    def state_path(self) -> Path:
        """Where the database is."""
        return self.root / self.state

    @property
    def feeds_path(self) -> Path:
        """Where the feeds are written."""
        return self.root / self.feeds.directory

    @property
    def public_reports_path(self) -> Path:
        """Where the reports are written for everybody to read, with feeds.public_report."""
        return self.feeds_path / PUBLIC_REPORTS

    @property
    def private_reports_path(self) -> Path | None:
        """Where the reports are written for the operator alone; None where there are to be none."""
        return None if self.reports.directory is None else self.root / self.reports.directory

    @property
    def backups_path(self) -> Path | None:
        """Where the backups of the database are written; None where there are to be none."""
        return None if self.backup.directory is None else self.root / self.backup.directory

    @property
    def site_data_path(self) -> Path | None:
        """The data file for the publication's own pages; None where none is written."""
        told = self.feeds.site_data
        return None if told is None else self.root / _SITE_DATA.get(told, told)

    @property
    def id_authority(self) -> str:
        """The authority of every tag: URI (RFC 4151)."""
        return self.feeds.id_authority or split_url(self.site.url).host.strip("[]")

    @property
    def contact(self) -> str:
        """The page named in the User-Agent."""
        return self.checker.contact or self.site.url


def load_config(path: Path) -> Config:
    """The configuration in a file; raises ConfigError with every problem, one a line."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; `feedbot init` writes one") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(raw) > MAX_CONFIG_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_CONFIG_BYTES:,} bytes")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8 text; save it as UTF-8") from None
    try:
        node = yaml.compose(raw, Loader=yaml.SafeLoader)
        content = yaml.safe_load(raw)
    except yaml.MarkedYAMLError as error:
        place = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        if error.problem == "but found another document":
            raise ConfigError(f"{path}{place}: holds more than one YAML document") from None
        raise ConfigError(f"{path}{place}: is not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no settings; `feedbot init` writes a commented file")
    problems = [f"{path}:{line}: {key}: is given twice" for key, line in _repeated_keys(node)]
    if "root" in content:
        problems.append(f"{path}:{_line_of(node, ('root',))}: root: unknown key")
        del content["root"]
    try:
        config = Config.model_validate({**content, "root": path.parent}, context={"root": path.parent})
    except ValidationError as error:
        problems += [
            f"{path}:{_line_of(node, problem['loc'])}: {_dotted(problem['loc'])}: {_sentence(problem)}"
            for problem in error.errors()
            # A list all of whose items are wrong is not called empty as well.
            if not (problem["type"] == "too_short" and problem["input"])
        ]
    else:
        if (clash := _why_no_feeds_folder(config)) is not None:
            problems.append(f"{path}:{_line_of(node, ('feeds', 'directory'))}: feeds.directory: {clash}")
        elif _would_be_served(config, config.private_reports_path):
            place = f"{path}:{_line_of(node, ('reports', 'directory'))}: reports.directory"
            problems.append(f"{place}: must be apart from the feeds, which are public; see feeds.public_report")
        if clash is None and _would_be_served(config, config.backups_path):
            place = f"{path}:{_line_of(node, ('backup', 'directory'))}: backup.directory"
            problems.append(f"{place}: must be apart from the feeds, which are public")
        if (clash := _why_no_site_data(config)) is not None:
            problems.append(f"{path}:{_line_of(node, ('feeds', 'site_data'))}: feeds.site_data: {clash}")
    if problems:
        raise ConfigError("\n".join(problems))
    return config


def config_schema() -> dict[str, Any]:
    """The JSON Schema of config.yaml, for editors."""
    schema = Config.model_json_schema()
    schema["properties"].pop("root", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "feedbot config.yaml",
    }


def first_folder(pattern: str) -> str:
    """The folder in which a glob pattern begins: what comes before its first wildcard, or before a file's name."""
    parts = pattern.split("/")
    fixed = next((number for number, part in enumerate(parts) if _WILDCARD.search(part)), len(parts) - 1)
    return "/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else ".")


def _why_no_feeds_folder(config: Config) -> str | None:
    """Why feeds cannot be written where the config says; None where they can."""
    root, feeds = (Path(os.path.normpath(path.absolute())) for path in (config.root, config.feeds_path))
    if feeds == root:
        return "must be a folder of its own, not the one of the config file"
    for pattern in config.articles.paths:
        base = Path(os.path.normpath(root / first_folder(pattern)))
        # A pattern without ** looks into no further folder; and where the articles lie above or beside
        # the config file, every folder is below theirs.
        is_below = "**" in pattern and feeds.is_relative_to(base) and not root.is_relative_to(base)
        if base.is_relative_to(feeds) or is_below:
            return f"must be apart from the articles of {pattern!r}, not {os.fspath(config.feeds.directory)!r}"
    return None


def _would_be_served(config: Config, folder: Path | None) -> bool:
    """True where what is for the operator alone would lie in the feeds folder, which a web server shows everybody."""
    if folder is None:
        return False
    # Links are followed: a name of its own makes no folder private.
    return Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(config.feeds_path))


def _why_no_site_data(config: Config) -> str | None:
    """Why the data file of the site cannot be written where the config says; None where it can, or is not asked for."""
    if config.site_data_path is None:
        return None
    root, feeds, path = (
        Path(os.path.normpath(one.absolute())) for one in (config.root, config.feeds_path, config.site_data_path)
    )
    told = f"not {config.feeds.site_data!r}"
    if path.suffix != ".json" or path.name.startswith("."):
        return f"must be jekyll, hugo, json or the path of a .json file, {told}"
    if path.is_relative_to(feeds):
        return f"must be apart from the feeds of {os.fspath(config.feeds.directory)!r}, {told}"
    folders = Path(os.path.relpath(path.parent, root)).parts
    if cleared := [folder for folder in folders if folder.lower() in CLEARED]:
        return f"must not be in {cleared[0]!r}, which Jekyll or Hugo may clear, {told}"
    return None


def _dotted(place: tuple[str | int, ...]) -> str:
    # pydantic ends the place of a key that cannot be one so; the key stands before it.
    return ".".join(str(part) for part in place if part != "[key]" or len(place) == 1)


# What pydantic finds wrong, in the words of somebody who writes YAML; a text in braces is of its context.
_SENTENCES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "extra_forbidden": "unknown key",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "invalid_key": "unknown key",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "path_type": "must be a path",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "too_long": "must have at most {max_length} items",
    "too_short": "must have at least {min_length} item",
    "tuple_type": "must be a list",
}
# What a pattern asks for, to somebody who reads none.
_SHAPES = {
    _SLUG: "must be small letters and digits, with single hyphens between them, such as computer-vision",
    _FEED_NAME: "must be the file of a feed, such as all.atom",
    _FILE_NAME: "must be the name of a file, such as feed.xml",
    _OLD_PATH: "must be a path such as /feed.xml",
    _HOUR: 'must be an hour such as "08:00"',
}
_REQUIRED_SECTIONS: dict[str, type[BaseModel]] = {"site": SiteConfig, "feeds": FeedsConfig}
_WITHOUT_INPUT = {"extra_forbidden", "invalid_key", "string_too_short", "value_error"}


def _sentence(problem: Any) -> str:
    kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "missing":
        section = _REQUIRED_SECTIONS.get(_dotted(problem["loc"]))
        return "is required" if section is None else f"is required, with at least {' and '.join(_required(section))}"
    if kind == "extra_forbidden":
        return _SENTENCES[kind] + _did_you_mean(problem["loc"])
    if kind == "model_type":
        sections = {section.__name__: section for section in _Section.__subclasses__()}
        return f"must be a mapping with keys {', '.join(sections[context['class_name']].model_fields)}"
    text = str(problem["msg"]).removeprefix("Value error, ")
    if kind == "string_pattern_mismatch" and context["pattern"] in _SHAPES:
        text = _SHAPES[context["pattern"]]
    elif kind in _SENTENCES:
        text = _SENTENCES[kind].format(**context)
    elif kind != "value_error":
        text = f"{text[0].lower()}{text[1:]}"
    if kind in _WITHOUT_INPUT or given is None or isinstance(given, dict | list | tuple):
        return text
    return f"{text}, not {given!r}"


def _did_you_mean(place: tuple[str | int, ...]) -> str:
    """The key that is known in this place and most like an unknown one; empty where none is."""
    section: type[BaseModel] = Config
    for part in place[:-1]:
        field = section.model_fields.get(str(part))
        section = (field and _section_in(field.annotation)) or section
    known = [name for name in section.model_fields if name != "root"]
    alike = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"; did you mean {alike[0]}?" if alike else ""


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The section that a key holds, or that each item of its list or mapping is; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (section := _section_in(part)) is not None:
            return section
    return None


def _required(section: type[BaseModel]) -> list[str]:
    return [name for name, field in section.model_fields.items() if field.is_required()]


def _line_of(node: yaml.Node | None, place: tuple[str | int, ...]) -> int:
    """The line (from 1) of the deepest part of a key path that the file has."""
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                return line
            key, node = found[-1]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _repeated_keys(node: yaml.Node | None, above: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(item, above)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name = f"{above}{key.value}"
            if name in seen:
                yield name, key.start_mark.line + 1
            seen.add(name)
            yield from _repeated_keys(value, f"{name}.")
