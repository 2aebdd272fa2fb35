"""What was found in a folder, and what is concluded from it: the two ends of these decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from feedbot.core.sites.wiped import WIPED

Setting: TypeAlias = "str | list[Setting] | dict[str, Setting] | None"
"""A value of a settings file: every scalar is text, whatever the format; true is "true"."""


class Kind(StrEnum):
    """What makes the site of a folder."""

    JEKYLL = "jekyll"
    HUGO = "hugo"
    ELEVENTY = "eleventy"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Facts:
    """A folder as it was found; paths are relative to it, with forward slashes.

    `top` are the names right in it, `markdown` the Markdown files, `settings` what its settings files say and
    `scripts` the text of those that are JavaScript, by path.
    """

    top: frozenset[str] = frozenset()
    markdown: tuple[str, ...] = ()
    settings: Mapping[str, dict[str, Setting]] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """What feedbot's config is to say of a site; None and empty where its settings say nothing.

    `folders` hold the articles. `exclude` are further patterns of files that are none, `fields` further names of
    feedbot's fields, `feeds` the folder for the feeds and `wiped` those that must not hold it. `read` are the
    settings files that say so, and `notes` are sentences about what feedbot does otherwise or what there is to do.
    """

    kind: Kind
    folders: tuple[str, ...]
    title: str | None = None
    url: str | None = None
    language: str | None = None
    timezone: str | None = None
    content: str = ""
    permalinks: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    feeds: str = "feeds"
    wiped: tuple[str, ...] = WIPED
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def at(settings: Setting, *keys: str) -> Setting:
    """The value at a path of keys; None where there is none."""
    for key in keys:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings


def text_at(settings: Setting, *keys: str) -> str | None:
    """The text at a path of keys, without white space around it; None where there is none, or nothing in it."""
    value = at(settings, *keys)
    return (value.strip() or None) if isinstance(value, str) else None


def is_true_at(settings: Setting, *keys: str) -> bool:
    """True where the value at a path of keys is true."""
    return (text_at(settings, *keys) or "").lower() == "true"


def texts_at(settings: Setting, *keys: str) -> tuple[str, ...]:
    """The texts at a path of keys: those of a list, or one that stands alone."""
    value = at(settings, *keys)
    listed: Sequence[Setting] = value if isinstance(value, list) else [value]
    return tuple(one for one in listed if isinstance(one, str) and one)


def as_language(text: str | None) -> str | None:
    """A language tag as BCP 47 writes it: en_US is en-US."""
    return None if text is None else text.replace("_", "-").partition(".")[0]


def as_folder(text: str | None) -> str:
    """A folder as paths begin with it; empty for the folder itself, and for one that lies above or elsewhere."""
    parts = [part for part in (text or "").replace("\\", "/").split("/") if part not in {"", "."}]
    return "" if ".." in parts or (text or "").startswith("/") else "/".join(parts)


def joined(*folders: str) -> str:
    """Folders below each other, the empty ones left out."""
    return "/".join(folder for folder in folders if folder)


def is_below(path: str, folder: str) -> bool:
    """True where a path lies in a folder; all do in the empty one."""
    return not folder or path.startswith(f"{folder}/")
