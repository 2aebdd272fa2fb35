"""What is wrong with a value or a key, in the words of somebody who writes YAML."""

import difflib
from typing import Any, get_args

from pydantic import BaseModel

from feedbot.config.alerts import HOUR
from feedbot.config.feeds import FILE_NAME, FeedsConfig
from feedbot.config.model import Config
from feedbot.config.section import Section
from feedbot.config.serve import OLD_PATH
from feedbot.config.site import SiteConfig
from feedbot.config.values import FEED_NAME, SLUG

# What pydantic finds wrong, in the words of somebody who writes YAML; a text in braces is of its context.
_SENTENCES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a mapping",
    "extra_forbidden": "unknown key",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
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
    SLUG: "must be small letters and digits, with single hyphens between them, such as computer-vision",
    FEED_NAME: "must be the file of a feed, such as all.atom",
    FILE_NAME: "must be the name of a file, such as feed.xml",
    OLD_PATH: "must be a path such as /feed.xml",
    HOUR: 'must be an hour such as "08:00"',
}
_REQUIRED_SECTIONS: dict[str, type[BaseModel]] = {"site": SiteConfig, "feeds": FeedsConfig}
_WITHOUT_INPUT = {"extra_forbidden", "invalid_key", "string_too_short", "value_error"}


def sentence(problem: Any) -> str:
    """What is wrong, of one of pydantic's error records (`ValidationError.errors()`)."""
    kind, given, context = problem["type"], problem["input"], problem.get("ctx", {})
    if kind == "missing":
        section = _REQUIRED_SECTIONS.get(dotted(problem["loc"]))
        return "is required" if section is None else f"is required, with at least {' and '.join(_required(section))}"
    if kind == "extra_forbidden":
        return _SENTENCES[kind] + _did_you_mean(problem["loc"])
    if kind == "model_type":
        sections = {section.__name__: section for section in Section.__subclasses__()}
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


def dotted(place: tuple[str | int, ...]) -> str:
    """The path of a key as it is told, such as checker.per_host.delay_s."""
    # pydantic ends the place of a key that cannot be one so; the key stands before it.
    return ".".join(str(part) for part in place if part != "[key]" or len(place) == 1)


def _did_you_mean(place: tuple[str | int, ...]) -> str:
    """The key that is known in this place and most like an unknown one; empty where none is."""
    section: type[BaseModel] = Config
    for part in place[:-1]:
        field = section.model_fields.get(str(part))
        section = (field and section_in(field.annotation)) or section
    known = [name for name in section.model_fields if name != "root"]
    alike = difflib.get_close_matches(str(place[-1]), known, n=1)
    return f"; did you mean {alike[0]}?" if alike else ""


def section_in(annotation: object) -> type[BaseModel] | None:
    """The section that a key holds, or that each item of its list or mapping is; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (section := section_in(part)) is not None:
            return section
    return None


def _required(section: type[BaseModel]) -> list[str]:
    return [name for name, field in section.model_fields.items() if field.is_required()]
