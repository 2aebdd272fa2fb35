"""docs/configuration.md says of every key what the code says."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from feedbot.config import Config
from feedbot.config.problems import section_in
from feedbot.config.reference import config_reference


def fields(section: type[BaseModel] = Config, above: str = "") -> Iterator[tuple[str, type[BaseModel], FieldInfo]]:
    for name, field in section.model_fields.items():
        if (section, name) != (Config, "root"):
            yield f"{above}{name}", section, field
            if (inner := section_in(field.annotation)) is not None:
                yield from fields(inner, f"{above}{name}.")


EVERY = {path: (section, field) for path, section, field in fields()}
SECTIONS = {name for name, field in Config.model_fields.items() if section_in(field.annotation) is not None}


def test_the_reference_is_what_the_code_says(project):
    shipped = (project / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert shipped == config_reference(), "run `make docs`"


@pytest.mark.parametrize("path", sorted(EVERY.keys() - SECTIONS))
def test_every_key_is_told_in_sentences_that_begin_and_end(path):
    told = EVERY[path][1].description
    assert told
    assert told.endswith(".")
    assert told[0].isupper() or told[0] == "`" or told.partition(":")[0].isalpha()


@pytest.mark.parametrize("name", sorted(SECTIONS))
def test_every_section_is_told(name):
    assert (section_in(Config.model_fields[name].annotation).__doc__ or "").endswith(".")


def test_every_key_is_there_with_its_default():
    text = config_reference()
    for path in EVERY.keys() - SECTIONS:
        assert f"\n| `{path.rpartition('.')[2]}` | " in text
    assert "\n| `ttl` | duration | `1h` | " in text
    assert "\n| `max_bytes` | size | `1GB` | " in text
    assert "\n| `gone` | mapping (below) | `{strikes: 2, over: 1d}` | " in text
    assert "\n| `per_run` | whole number, 1 to 1000 | `5` | " in text
    assert "\n| `connect_timeout_s` | seconds, more than 0, at most 120 | `10.0` | " in text
    assert "\n| `link` | `source`, `page` | `source` | " in text
    assert "\n| `until` | date or `null` | `null` | " in text


@pytest.mark.parametrize("path", sorted(path for path, (_, field) in EVERY.items() if field.examples))
def test_every_example_is_accepted(path):
    section, field = EVERY[path]
    name = path.rpartition(".")[2]
    for example in field.examples:
        assert name not in refused(section, {name: example})


def refused(section, content):
    """The keys that are refused; a section may require others than those that are given."""
    try:
        section.model_validate(content)
    except ValidationError as error:
        return {problem["loc"][0] for problem in error.errors()}
    return set()
