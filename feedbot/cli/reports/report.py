"""What a command found, before it has a format; every format is made of this."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from feedbot.core.urgency import Level

Cell = str | int | None
"""What a table holds; None is empty."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of finding: a short name that never changes its meaning, what it is, and what to do."""

    code: str
    title: str
    advice: str
    level: Level
    """How bad most of its findings are."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding is; `path` is relative to the repository's root where there is one.

    `line` and `column` count from 1, in code points; 0 stands for the file as a whole, and for no known column.
    """

    path: str
    line: int = 0
    column: int = 0
    what: str = ""
    """What stands there: the role of a link, the name of a field."""

    @property
    def words(self) -> str:
        """The place as people and their editors write it, such as "articles/x.md:4:7"."""
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.path, *numbers])


@dataclass(frozen=True, slots=True)
class Finding:
    """One link, or one problem of a file: how bad, what, where, and what to do.

    `subject` is the URL or the file that it is about, `fails` whether a test of it would fail, `identity` what it is
    known by when lines and words around it change, `seconds` what it took.
    """

    code: str
    level: Level
    subject: str
    text: str
    advice: str = ""
    places: tuple[Place, ...] = ()
    fails: bool = False
    identity: str = ""
    seconds: float = 0.0


class Report(Protocol):
    """What a command found."""

    @property
    def command(self) -> str:
        """Its name, such as "check"."""
        ...

    @property
    def headline(self) -> str:
        """All of it in one sentence, of the project's own words and numbers only."""
        ...

    @property
    def is_whole(self) -> bool:
        """True unless something kept the command from finding out."""
        ...

    @property
    def rules(self) -> Sequence[Rule]:
        """The kinds of findings that there can be."""
        ...

    @property
    def unusable(self) -> Sequence[Finding]:
        """The files that could not be looked at; a format that has no place for them has them in its headline."""
        ...

    @property
    def findings(self) -> Sequence[Finding]:
        """All of them, fine ones too, in the order in which they need a person."""
        ...

    def lines(self) -> Iterator[str]:
        """Text for people in a terminal."""
        ...

    def document(self) -> dict[str, Any]:
        """The object that `--format json` promises."""
        ...

    def rows(self) -> Iterable[Sequence[Cell]]:
        """A table; its first row names the columns."""
        ...
