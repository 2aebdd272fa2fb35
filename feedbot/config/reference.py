"""The configuration reference of docs/, made from the sections and their fields: `make docs` writes it."""

import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from feedbot.config.alerts import HOUR
from feedbot.config.feeds import FILE_NAME
from feedbot.config.model import Config
from feedbot.config.problems import section_in
from feedbot.config.serve import OLD_PATH
from feedbot.config.values import FEED_NAME, SLUG, Kind

_LONGEST_DEFAULT = 60
"""A default that is longer, in characters, stands below the table."""

_BEGINNING = """# Configuration

<!-- Made by `make docs` from feedbot/config/. What is wrong here is to be mended there. -->

feedbot is told everything by `config.yaml`, or by the file that `--config` names. `feedbot init` writes one with a
comment on each key, and `feedbot/config.schema.json` describes it to editors. All keys but `site.title`, `site.url` and
`feeds.url` may be left out.

- Paths are relative to the folder of the file.
- A duration is such as `30s`, `5m`, `1h` or `7d`, or a number of seconds; a size such as `500kB`, `200MB` or `1GB`, or
  a number of bytes. A slug is of small letters and digits, with single hyphens between them, such as `computer-vision`.
- Every problem is told at once, with its line; a key that nobody knows is a problem. The exit code is 3.
- Secrets stand in the environment, and the config names their variables.
- `feedbot run` reads the file again at SIGHUP ([operations.md](operations.md#signals)).

## By the environment

A variable `FEEDBOT__SECTION__KEY` sets a key in place of the file: in capitals, with two underscores before each part.

```sh
FEEDBOT__FEEDS__URL=https://news.example/feeds/
FEEDBOT__SITE__TITLE="AI News: the daily"
FEEDBOT__CHECKER__PER_HOST__DELAY_S=2.5
FEEDBOT__ARTICLES__PATHS='["content/**/*.md", "notes/*.md"]'
FEEDBOT__CHECKER__MAX_REQUESTS_PER_RUN=null
```

- Text is taken as it stands. Other values are YAML in one line: `true`, `12`, `null`, `[a, b]`, `{a: 1}`.
- Lists, and mappings by names of your own (`checker.hosts`, `feeds.topics`), are given whole: they take the place of
  what the file says, and add nothing to it.
- A variable that begins with `FEEDBOT__` and sets no key is a problem, as is a value that the key cannot have; both are
  told by the variable's name. `feedbot doctor` and `--debug` name those that are set, and show no values.
- There has to be a file all the same, with a key at least: what is relative is relative to its folder.
"""
_SHAPES = {
    SLUG: "slug",
    FEED_NAME: "file of a feed",
    FILE_NAME: "name of a file",
    OLD_PATH: "path of a URL",
    HOUR: "hour",
}
_BOUNDS = ("ge", "gt", "le")
"""What pydantic's metadata (annotated_types) call bounds."""
_KINDS = {bool: "`true` or `false`", date: "date", Path: "path"}


def config_reference() -> str:
    """The reference as Markdown: every key with what it can be, its default and what it means."""
    return "\n".join([_BEGINNING, *_top(), *_sections()])


def _top() -> Iterator[str]:
    plain = {name: field for name, field in _fields(Config).items() if _section_of(field) is None}
    yield "## At the top\n"
    yield from _table(plain, "")


def _sections() -> Iterator[str]:
    for name, field in _fields(Config).items():
        if (section := _section_of(field)) is not None:
            yield from _about(name, section, 2)


def _about(path: str, section: type[BaseModel], level: int) -> Iterator[str]:
    """A section with its keys, and after it those that are within it."""
    yield f"{'#' * level} {path}\n"
    yield f"{_in_a_cell((section.__doc__ or '').strip())}\n"
    fields = _fields(section)
    yield from _table(fields, path)
    inner: dict[type[BaseModel], str] = {}
    for name, field in fields.items():
        if (one := _section_of(field)) is not None:
            # Several keys may hold the same: it is told once.
            inner[one] = f"each of {path}" if one in inner else f"{path}.{name}{_of_each(field)}"
    for one, inner_path in inner.items():
        yield from _about(inner_path, one, 3)


def _fields(section: type[BaseModel]) -> dict[str, FieldInfo]:
    return {name: field for name, field in section.model_fields.items() if (section, name) != (Config, "root")}


def _table(fields: Mapping[str, FieldInfo], path: str) -> Iterator[str]:
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    long = []
    for name, field in fields.items():
        default = _default(field)
        if len(default) > _LONGEST_DEFAULT:
            long.append((name, field))
            default = "see below"
        elif default != "required":
            default = f"`{default}`"
        yield f"| `{name}` | {_value(field, name)} | {default} | {_meaning(field)} |"
    yield ""
    for name, field in long:
        text = yaml.safe_dump(_plain(_given(field)), default_flow_style=None, sort_keys=False, width=100)
        yield f"The default of `{path}.{name}`:\n\n```yaml\n{_within(path, name, text)}```\n"


def _within(path: str, name: str, text: str) -> str:
    """A value in its place, as it could stand in the file."""
    lines, indent = [], ""
    for part in (*path.split("."), name):
        lines.append(f"{indent}{part}:\n")
        indent += "  "
    return "".join(lines) + "".join(f"{indent}{line}\n" for line in text.splitlines())


def _meaning(field: FieldInfo) -> str:
    examples = ", ".join(f"`{_flow(one)}`" for one in field.examples or [])
    told = _in_a_cell(field.description or "")
    return f"{told} For example {examples}." if examples else told


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


# What a key can be


def _value(field: FieldInfo, name: str) -> str:
    text = _kind(field.annotation, field.metadata, "seconds" if name.endswith("_s") else "")
    return text.replace("|", "\\|")


def _kind(annotation: Any, metadata: Sequence[Any], unit: str = "") -> str:
    """What a value is called, with its bounds; `unit` is what numbers count."""
    if (kind := _told(metadata)) is not None:
        return kind.name
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(parts[0], _flat(parts[1:]), unit)
    if origin in {Union, types.UnionType}:
        kinds = [_kind(one, metadata, unit) for one in parts if one is not type(None)]
        return " or ".join([*kinds, *(["`null`"] if type(None) in parts else [])])
    if origin is Literal:
        return ", ".join(f"`{one}`" for one in parts)
    if origin is tuple:
        return f"list: {_kind(parts[0], (), unit)}{_most(metadata)}"
    if origin is dict:
        return f"mapping: {_kind(parts[0], ())} to {_kind(parts[1], ())}"
    return _plain_kind(annotation, metadata, unit)


def _plain_kind(annotation: Any, metadata: Sequence[Any], unit: str) -> str:
    if annotation in _KINDS:
        return _KINDS[annotation]
    if annotation in {int, float}:
        noun = unit or ("whole number" if annotation is int else "number")
        return ", ".join(filter(None, [noun, _bounds(metadata)]))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "mapping (below)"
    patterns = [getattr(one, "pattern", None) for one in metadata]
    return next((_SHAPES[one] for one in patterns if one in _SHAPES), "text")


def _bounds(metadata: Sequence[Any]) -> str:
    """The bounds of a number, such as "1 to 2000"; empty where it has none."""
    least, above, most = ([str(getattr(one, name)) for one in metadata if hasattr(one, name)] for name in _BOUNDS)
    if least and most:
        return f"{least[0]} to {most[0]}"
    told = [("at least", least), ("more than", above), ("at most", most)]
    return ", ".join(f"{words} {one}" for words, bounds in told for one in bounds)


def _most(metadata: Sequence[Any]) -> str:
    return "".join(f" (at most {one.max_length})" for one in metadata if hasattr(one, "max_length"))


def _told(metadata: Sequence[Any]) -> Kind | None:
    return next((one for one in metadata if isinstance(one, Kind)), None)


def _flat(metadata: Sequence[Any]) -> list[Any]:
    """What an Annotated carries, with what a Field in it stands for."""
    flat: list[Any] = []
    for one in metadata:
        flat += one.metadata if isinstance(one, FieldInfo) else [one]
    return flat


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    return section_in(field.annotation)


def _of_each(field: FieldInfo) -> str:
    """What stands for the name or the number in the path of a section of which there are several."""
    kind = get_origin(field.annotation)
    return ".NAME" if kind is dict else "[]" if kind is tuple else ""


# What it is where nothing is said


def _given(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    kind, value = _told(field.metadata), _given(field)
    return kind.shown(value) if kind is not None and kind.shown is not None else _flow(value)


def _plain(value: Any) -> Any:
    """A value as YAML has it."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {name: _shown(fields[name], one) for name, one in value}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return str(value) if isinstance(value, Path) else value


def _shown(field: FieldInfo, value: Any) -> Any:
    kind = _told(field.metadata)
    return kind.shown(value) if kind is not None and kind.shown is not None else _plain(value)


def _flow(value: Any) -> str:
    """A value on one line."""
    text = yaml.safe_dump(_plain(value), default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.strip().removesuffix("...").strip()
