"""A JSON Schema of the front matter, by which editors complete names of fields and underline what is off.

It says of each field what `fields.py` reads it as. Further fields are allowed: a site has its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any


def _is(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _one_or_many(name: str) -> dict[str, Any]:
    return {"anyOf": [_is(name), {"type": "array", "items": _is(name)}]}


_DEFINITIONS: dict[str, dict[str, Any]] = {
    "text": {"type": ["string", "number", "boolean", "null"]},
    "names": _one_or_many("text"),
    "url": {"type": ["string", "null"], "maxLength": 8192},
    "date": {
        "type": ["string", "number", "null"],
        "pattern": "^$|^ *([A-Za-z]{3,9},? +)?[0-9]",
        "examples": ["2020-01-24T14:57:00Z", "2020-01-24", "2020-01-24 14:57 +0100"],
    },
    "flag": {
        "anyOf": [
            {"type": ["boolean", "null"]},
            {"type": "string", "pattern": "^(|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF)$"},
        ]
    },
    "number": {
        "anyOf": [
            {"type": ["number", "null"]},
            {"type": "string", "pattern": r"^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?)?$"},
        ]
    },
    "pixels": {
        "anyOf": [{"type": ["integer", "null"], "minimum": 1}, {"type": "string", "pattern": "^([0-9]{1,6}(px)?)?$"}]
    },
    "image": {
        "anyOf": [
            _is("url"),
            {
                "type": "object",
                "properties": {
                    "url": _is("url"),
                    "src": _is("url"),
                    "path": _is("url"),
                    "width": _is("pixels"),
                    "height": _is("pixels"),
                    "title": _is("text"),
                    "alt": _is("text"),
                },
                "anyOf": [{"required": ["url"]}, {"required": ["src"]}, {"required": ["path"]}],
            },
        ]
    },
    "images": _one_or_many("image"),
    "provider": {
        "anyOf": [
            _is("text"),
            {
                "type": "object",
                "properties": {"name": _is("text"), "domain": _is("text"), "images": _is("images")},
            },
        ]
    },
    "ignore": {"anyOf": [_is("flag"), *_one_or_many("url")["anyOf"]]},
    "related": _one_or_many("item"),
}

_FIELDS: dict[str, tuple[str, str]] = {
    "title": ("text", "What the entry is called; where it is missing, the first heading of the body."),
    "source_url": ("url", "Where the article can be read; without it, the article is its own page."),
    "amp_url": ("url", "Its AMP page."),
    "cdn_amp_url": ("url", "The copy of the AMP page in an AMP cache."),
    "published_at": ("date", "When it is published; a future article appears by itself when its time comes."),
    "updated_at": ("date", "When its words last changed."),
    "id": ("text", "The entry's own id, where it is not to be made from the source; at most 1,000 characters."),
    "excerpt": ("text", "A sentence or two on it."),
    "kind": ("text", "What kind of article it is, such as video."),
    "category": ("names", "Its category; of several, the first."),
    "topics": ("names", "The topics whose feeds it is in: a list, or names with commas between them."),
    "provider": ("provider", "Who published the source: a name, or name and domain."),
    "images": ("images", "Its pictures: a URL, a mapping with url, or a list of these."),
    "related": ("related", "Further articles on the same story, each with a title and where it can be read."),
    "quality": ("number", "How good it is, for feeds of the best."),
    "heat": ("number", "How hot it is; links of hot articles are checked first."),
    "published": ("flag", "false withholds it."),
    "draft": ("flag", "true withholds it."),
    "permalink": ("text", "The address of its own page on the site."),
    "ignore": ("ignore", "Links that are not to be checked: a URL, a list of them, or true for all."),
}
_RELATED_FIELDS = (
    "title",
    "source_url",
    "amp_url",
    "cdn_amp_url",
    "published_at",
    "excerpt",
    "provider",
    "images",
    "published",
    "draft",
)


def front_matter_schema(fields: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The schema, with the names that `articles.fields` has for each of feedbot's fields."""
    item = {"type": ["object", "null"], "properties": _properties(fields, _RELATED_FIELDS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Front matter of a feedbot article",
        "type": "object",
        "properties": _properties(fields, tuple(_FIELDS)),
        "$defs": {**_DEFINITIONS, "item": item},
    }


def _properties(fields: Mapping[str, Sequence[str]], wanted: Sequence[str]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    for field in wanted:
        kind, words = _FIELDS[field]
        for number, name in enumerate(fields[field]):
            said = f"{words} Another name for {fields[field][0]}." if number else words
            properties.setdefault(name, {"description": said, **_is(kind)})
    return properties
