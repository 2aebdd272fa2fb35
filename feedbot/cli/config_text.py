"""The text of a config.yaml, as `feedbot init` writes it."""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template


def render_config(
    *,
    title: str,
    url: str,
    feeds_url: str,
    contact: str,
    pattern: str,
    more_patterns: Sequence[str] = (),
    language: str = "en",
    timezone: str = "UTC",
    generator: str | None = None,
    content: str = "",
    permalinks: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
    fields: Mapping[str, Sequence[str]] | None = None,
    directory: str = "feeds",
) -> str:
    """A commented config.yaml; `exclude` and `fields` stand in it only where they are given. JSON is YAML too."""
    template = Template(files("feedbot.cli").joinpath("config_template.yaml").read_text(encoding="utf-8"))
    values = {
        "title": _json(title),
        "url": _json(url),
        "feeds_url": _json(feeds_url),
        "contact": _json(contact),
        "patterns": _json([pattern, *more_patterns]),
        "language": _word(language),
        "timezone": _word(timezone),
        "generator": "null" if generator is None else generator,
        "content": _json(content),
        "permalinks": _json(dict(permalinks or {})),
        "exclude": f"  exclude: {_json(list(exclude))}\n" if exclude else "",
        "fields": _fields(fields or {}),
        "directory": _word(directory),
    }
    text = template.template
    for name in ("exclude", "fields"):
        # Each brings its own line end, or leaves no line at all.
        text = text.replace(f"${name}\n", f"${{{name}}}")
    return Template(text).substitute(values)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _word(text: str) -> str:
    """A word without quotes where it is one in YAML whatever it says: letters, with / and - inside; no is none."""
    is_plain = text.replace("/", "").replace("-", "").isalpha() and text.isascii() and text[0].isalpha()
    return (
        text
        if is_plain and text.lower() not in {"no", "yes", "on", "off", "y", "n", "true", "false", "null"}
        else _json(text)
    )


def _fields(fields: Mapping[str, Sequence[str]]) -> str:
    if not fields:
        return ""
    return "  fields:\n" + "".join(f"    {field}: {_json(list(names))}\n" for field, names in fields.items())
