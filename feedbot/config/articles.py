"""`articles`: where the article files are and how their fields are called."""

import posixpath
from typing import Annotated, Literal, Self

from pydantic import Field, WithJsonSchema, field_validator, model_validator

from feedbot.config.section import Section
from feedbot.config.values import ZoneName

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
_FIELDS_SCHEMA = {
    "type": "object",
    "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
}


def _as_folder(value: str) -> str:
    """A folder as paths of articles begin with it; nothing for the config file's own."""
    folder = posixpath.normpath(value.strip() or ".")
    return "" if folder == "." else folder


class ArticlesConfig(Section):
    """Where the article files are and how their fields are called."""

    paths: tuple[str, ...] = Field(
        ("articles/**/*.md",), min_length=1, description="Glob patterns, relative to the config file."
    )
    exclude: tuple[str, ...] = Field(DEFAULT_EXCLUDE, description="Glob patterns of files left out.")
    watch: bool = Field(True, description="Whether `feedbot run` reads files as soon as they change.")
    timezone: ZoneName = Field("UTC", description="The zone of dates that name none, such as Europe/London.")
    generator: Literal["jekyll", "hugo", "eleventy"] | None = Field(
        None,
        description="What makes the pages of articles without a source: their addresses follow its rules; default: they"
        " are guessed from each file's name.",
    )
    content: str = Field(
        "", description="The folder that it makes pages of, such as content, relative to the config file."
    )
    permalinks: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Its permalink patterns, in its own words, by folder of article files (the innermost counts):"
        ' {_posts: pretty}, {content/posts: "/:year/:slug/"}, {posts: "/blog/{{ page.fileSlug }}/"}.',
    )
    fields: Annotated[dict[str, tuple[str, ...]], WithJsonSchema(_FIELDS_SCHEMA)] = Field(
        default_factory=lambda: dict(DEFAULT_FIELDS),
        description="For each of feedbot's fields, the front-matter names tried in order; only those that differ need"
        " be named.",
        examples=[{"title": ["headline", "title"]}],
    )

    @field_validator("content")
    @classmethod
    def _as_a_path_begins(cls, value: str) -> str:
        return _as_folder(value)

    @field_validator("permalinks")
    @classmethod
    def _by_folder(cls, value: dict[str, str]) -> dict[str, str]:
        return {_as_folder(folder): pattern for folder, pattern in value.items()}

    @model_validator(mode="after")
    def _patterns_of_a_generator(self) -> Self:
        if self.generator is None and (self.permalinks or self.content):
            raise ValueError("must name its generator beside content and permalinks: jekyll, hugo or eleventy")
        return self

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
