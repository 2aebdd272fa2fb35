"""FEEDBOT__SECTION__KEY: keys of the config that environment variables set, in place of what the file says.

As pydantic-settings has it, whose values are JSON and whose errors know neither a variable's name nor a line of a file.
"""

import difflib
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel

from feedbot.config.model import Config
from feedbot.config.reading import NotYaml, read_yaml

PREFIX = "FEEDBOT__"
_BETWEEN = "__"
_NOTHING = frozenset({"", "~", "null"})

Place = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What one variable sets: the place of the key, such as ("feeds", "url"), and its value."""

    variable: str
    place: Place
    value: object


@dataclass(frozen=True, slots=True)
class Settings:
    """What all variables set, and what is wrong with others of them, each in a sentence that names the variable."""

    settings: tuple[Setting, ...] = ()
    problems: tuple[str, ...] = ()

    def over(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """The content of a file with these in place of what it says; a section that is no mapping stays as it is."""
        merged = dict(content)
        for one in self.settings:
            *above, key = one.place
            section = merged
            for part in above:
                inner = section.get(part, {})
                if not isinstance(inner, dict):
                    break
                section[part] = section = dict(inner)
            else:
                section[key] = one.value
        return merged

    def variable_of(self, place: Sequence[str | int]) -> str | None:
        """The variable that set what stands in a place; None where the file did."""
        for one in self.settings:
            if tuple(place[: len(one.place)]) == one.place:
                return one.variable
        return None

    def variables_below(self, place: Sequence[str | int]) -> list[str]:
        """The variables that set keys of a section."""
        return [one.variable for one in self.settings if one.place[: len(place)] == tuple(place)]


def variables_set(environment: Mapping[str, str]) -> list[str]:
    """The names of the variables that are meant for the config, sorted; what they hold may be a secret."""
    return sorted(name for name in environment if name.upper().startswith(PREFIX))


def read_variables(environment: Mapping[str, str]) -> Settings:
    """What the variables set; those that are not understood are among the problems, without what they hold."""
    names = variables_set(environment)
    if not names:
        return Settings()
    keys = _keys()
    settings, problems = [], []
    for name in names:
        key = keys.get(name)
        if key is None:
            problems.append(f"{name}: {_why_unknown(name, keys)}")
            continue
        try:
            value, twice = _value(environment[name], key.annotation)
        except NotYaml as error:
            problems.append(f"{name}: {key.dotted}: {error}")
            continue
        problems += [f"{name}: {key.dotted}.{one}: is given twice" for one in twice]
        settings.append(Setting(name, key.place, value))
    return Settings(tuple(settings), tuple(problems))


@dataclass(frozen=True, slots=True)
class _Key:
    place: Place
    annotation: Any

    @property
    def dotted(self) -> str:
        return ".".join(self.place)


def _keys() -> dict[str, _Key]:
    """Every key that a variable can set, by the variable's name."""
    return {variable_name(key.place): key for key in _keys_in(Config)}


def variable_name(place: Place) -> str:
    """The variable that sets the key in a place, such as FEEDBOT__FEEDS__URL."""
    return PREFIX + _BETWEEN.join(place).upper()


def _keys_in(section: type[BaseModel], above: Place = ()) -> Iterator[_Key]:
    for name, field in section.model_fields.items():
        place = (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys_in(field.annotation, place)
        elif place != ("root",):
            yield _Key(place, field.annotation)


def _why_unknown(name: str, keys: Mapping[str, _Key]) -> str:
    for known, key in keys.items():
        if name.startswith(known + _BETWEEN):
            return f"{key.dotted} is given whole: name {known}, with a value such as [...] or {{...}}"
        if known.startswith(name + _BETWEEN):
            return f"is a section; name one of its keys, such as {known}"
    alike = _alike(name.upper(), list(keys))
    return "sets no key of the config" + (f"; did you mean {alike}?" if alike else "")


def _alike(name: str, known: Sequence[str]) -> str:
    """The known name that is most like another; empty where none is."""
    # What all have in common would make any key of a section look like any other.
    section = name.rpartition(_BETWEEN)[0] + _BETWEEN
    siblings = [one for one in known if one.startswith(section) and _BETWEEN not in one[len(section) :]]
    above = section if siblings and section != PREFIX else PREFIX
    names = [one.removeprefix(above) for one in (siblings if above != PREFIX else known)]
    alike = difflib.get_close_matches(name.removeprefix(above), names, n=1)
    return above + alike[0] if alike else ""


def _value(text: str, annotation: object) -> tuple[object, list[str]]:
    """What a variable says, and the keys that it has twice; raises NotYaml.

    Where the key holds text, that is taken as it stands: a title may have a colon, and a language may be called "no".
    """
    told = text.strip()
    if _is_text(annotation) and not _is_quoted(told):
        return (None if told in _NOTHING and type(None) in get_args(annotation) else text), []
    document = read_yaml(text.encode(errors="surrogateescape"))
    if isinstance(document.node, yaml.CollectionNode) and not document.node.flow_style:
        raise NotYaml("must be written in one line, such as [a, b] or {a: 1, b: 2}")
    return document.content, [name for name, _ in document.repeated]


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


def _is_text(annotation: object) -> bool:
    """True where nothing but text can be the value, or nothing at all."""
    kind = get_origin(annotation)
    if kind is Annotated:
        return _is_text(get_args(annotation)[0])
    if kind is Literal:
        return all(isinstance(one, str) for one in get_args(annotation))
    if kind in {Union, types.UnionType}:
        return all(one is type(None) or _is_text(one) for one in get_args(annotation))
    return annotation in {str, Path}
