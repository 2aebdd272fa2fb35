"""The tables of wording and marks in `signs/`, one file a subject.

A sign's `pattern` is written in the words of the page: `(a|b)` stands for either, `(|a)` for what
may be missing. Its `kind` says where it is looked for:

- `title`: the whole title;
- `heading`: a part of the title that stands by itself (beside a site's name), or a whole heading;
- `opening`: how the title or a heading begins;
- `text`: anywhere in the visible text, at word boundaries;
- `markup`: anywhere in the source, letter by letter;
- `header`: "name: part of the value", or "name:" for any value;
- `host`: a host, or what is under it; `path`: a part of a path; `query`: "name" or "name=value".

A page of more words than the table's `max_words` is not the substance of its marks, whatever it quotes.
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Literal

import msgspec

Kind = Literal["title", "heading", "opening", "text", "markup", "header", "host", "path", "query"]

_NO_LIMIT = 1_000_000_000


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"never": "not"}):
    """One entry of a table. `example` is real wording that it finds, `not` is wording that it must not."""

    kind: Kind
    pattern: str
    example: str
    never: tuple[str, ...] = ()
    name: str = ""
    """Whose mark it is, where it has an owner."""
    language: str = ""
    weak: bool = False
    """Of a heading: it counts on a page of few words only, and beside one more part of the title at most."""
    max_words: int | None = None
    """Instead of the table's."""
    statuses: tuple[int, ...] = ()
    """Of a header: it counts at these status codes only."""


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of signs, as written."""

    signs: tuple[Sign, ...]
    max_words: int = _NO_LIMIT
    fillers: tuple[str, ...] = ()
    """Words that a heading may have beside a pattern."""
    asides: tuple[str, ...] = ()
    """Words that it may have within a pattern, too, unless that is a weak one."""
    doubts: tuple[str, ...] = ()
    """Words that show, in another part of the title, that it speaks about such pages."""


@cache
def table(subject: str) -> Table:
    """The table in `signs/<subject>.toml`."""
    source = resources.files("feedbot.core").joinpath("signs", f"{subject}.toml").read_bytes()
    return msgspec.toml.decode(source, type=Table)


_CHOICE = re.compile(r"\(([^()]*)\)")


def alternatives(pattern: str) -> Iterator[str]:
    """Every wording that a pattern stands for."""
    parts = _CHOICE.split(pattern)
    choices = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield " ".join("".join(chosen).split())
