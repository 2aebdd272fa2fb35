"""The report of `feedbot lint`."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from feedbot.cli.reports.report import Cell, Finding, Place, Rule
from feedbot.cli.text import count, plain
from feedbot.core.problems import PROBLEMS, Code
from feedbot.core.urgency import Level
from feedbot.linting import Linting, Problem

_COLUMNS = ("level", "code", "article", "line", "column", "field", "message", "expected", "what_to_do")


@dataclass(frozen=True)
class LintReport:
    """What is wrong with article files; with `strict`, warnings fail too. `prefix` is as in CheckReport."""

    linting: Linting
    strict: bool = False
    prefix: str = ""

    @property
    def command(self) -> str:
        """Its name."""
        return "lint"

    @property
    def is_whole(self) -> bool:
        """True: what is not read is a finding."""
        return True

    @property
    def headline(self) -> str:
        """How many files were read, and how much is wrong."""
        problems = self.linting.problems
        if not self.linting.files:
            return "No article file read: articles.paths matches none."
        read = f"{count(len(self.linting.files), 'article file')} read"
        if not problems:
            return f"{read}: nothing is wrong."
        errors = sum(one.is_error for one in problems)
        affected = len({one.path for one in problems})
        counted = f"{count(errors, 'error')} and {count(len(problems) - errors, 'warning')}"
        return f"{read}: {counted} in {affected:,} of them."

    @property
    def rules(self) -> Sequence[Rule]:
        """A rule for each kind of problem."""
        return [
            Rule(code.value, one.title, one.hint, Level.ERROR if one.rejects else Level.WARNING)
            for code, one in PROBLEMS.items()
        ]

    @property
    def unusable(self) -> Sequence[Finding]:
        """None: such a file is a finding."""
        return ()

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """A finding for each problem, errors first, and for each file without any."""
        seen: Counter[str] = Counter()
        found = []
        for one in self.linting.problems:
            known_by = "\n".join([one.path, one.code, one.field, one.message])
            seen[known_by] += 1
            found.append(self._finding(one, f"{known_by}\n{seen[known_by]}"))
        found.sort(key=lambda finding: finding.level is not Level.ERROR)
        well = sorted(set(self.linting.files) - {one.path for one in self.linting.problems})
        return [*found, *(Finding("", Level.FINE, self.prefix + path, "nothing is wrong") for path in well)]

    def lines(self) -> Iterator[str]:
        """Text for people in a terminal: each problem, by file and line, and what to do, once for each kind."""
        told: set[Code] = set()
        for one in self.linting.problems:
            place = Place(one.path, one.line, one.column).words
            yield f"{plain(place)}: {'error' if one.is_error else 'warning'}[{one.code}] {plain(one.message)}"
            if one.code not in told:
                yield f"    {PROBLEMS[one.code].hint}"
            told.add(one.code)
        yield self.headline

    def document(self) -> dict[str, Any]:
        """The object that feedbot/lint.schema.json describes."""
        errors = sum(one.is_error for one in self.linting.problems)
        summary = {
            "files": len(self.linting.files),
            "errors": errors,
            "warnings": len(self.linting.problems) - errors,
        }
        return {"schema": 1, "summary": summary, "problems": [_document_of(one) for one in self.linting.problems]}

    def rows(self) -> Iterator[Sequence[Cell]]:
        """A row for each problem, errors first; articles are relative to the config's folder, as in JSON."""
        yield _COLUMNS
        for one in sorted(self.linting.problems, key=lambda problem: not problem.is_error):
            told = _document_of(one)
            yield [told[column] for column in _COLUMNS]

    def _finding(self, one: Problem, identity: str) -> Finding:
        path = self.prefix + one.path
        return Finding(
            code=one.code.value,
            level=Level.ERROR if one.is_error else Level.WARNING,
            subject=path,
            text=one.message,
            advice=PROBLEMS[one.code].hint,
            places=(Place(path, one.line, one.column, one.field),),
            fails=one.is_error or self.strict,
            identity=identity,
        )


def _document_of(one: Problem) -> dict[str, Any]:
    return {
        "level": "error" if one.is_error else "warning",
        "code": one.code.value,
        "article": one.path,
        "line": one.line or None,
        "column": one.column or None,
        "field": one.field or None,
        "message": one.message,
        "expected": one.expected,
        "what_to_do": PROBLEMS[one.code].hint,
    }
