"""`articles`: where the article files are and how their fields are called."""

from typing import Annotated

from pydantic import Field, WithJsonSchema, field_validator

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


class ArticlesConfig(Section):
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
