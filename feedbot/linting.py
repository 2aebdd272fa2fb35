"""Every problem of every article file, found without the network and without state.db."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from feedbot.articles.find import find_files
from feedbot.articles.frontmatter import Position
from feedbot.articles.read import ReadFile, read_changed
from feedbot.articles.rules import every_remark, read_rules
from feedbot.clock import Clock
from feedbot.config import Config
from feedbot.core.article import Article, Rejected, Remark
from feedbot.core.identity import Candidate, Duplicate, identify
from feedbot.core.problems import Code
from feedbot.publish.ledger import LEDGER_NAME, LedgerBroken, read_ledger

_EXPECTED = re.compile(r"\bexpected (.+?)(?:, not |; |$)")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an article file: where, what kind, of which field, in a sentence.

    `is_error`: it costs the whole article. Line and column count from 1; 0 is the file as a whole, no known column.
    """

    path: str
    line: int
    column: int
    code: Code
    field: str
    message: str
    is_error: bool

    @property
    def expected(self) -> str | None:
        """What should stand there, in the words of the message; None where it has none."""
        found = _EXPECTED.search(self.message.removeprefix(f"{self.field}: "))
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True)
class Linting:
    """The files that were read, and what is wrong with them; both by path, problems by line."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def lint(config: Config, clock: Clock) -> Linting:
    """Read every article file, and compare each with all.

    Which of two articles with one source or id has the entry is told by ids.json where there is one, as it is for
    a database that is empty. Raises ArticlesError where a folder is missing or cannot be read.
    """
    now = clock.now()
    found = find_files(config.root, config.articles.paths, config.articles.exclude)
    problems = [_of_rejected(one) for one in found.rejected]
    paths = [one.path for one in found.rejected]
    candidates: dict[str, Candidate] = {}
    places: dict[str, tuple[Position, Position]] = {}
    for file in read_changed(found.files, {}, every_remark(read_rules(config)), int(now.timestamp() * 1e9)):
        paths.append(file.path)
        problems += _of_file(file)
        if isinstance(file.outcome, Article):
            candidates[file.path] = Candidate.of(file.outcome)
            places[file.path] = file.source_at, file.id_at
    try:
        known = read_ledger(config.feeds_path / LEDGER_NAME).identities
    except LedgerBroken:
        known = ()  # a build says so; which of two articles comes first is then told by their names
    identified = identify(candidates.values(), known, now, config.id_authority, config.feeds.id_year)
    problems += [_of_duplicate(one, candidates, *places[one.path]) for one in identified.duplicates]
    problems.sort(key=lambda one: (one.path, one.line, one.column, one.code))
    return Linting(tuple(sorted(paths)), tuple(problems))


def _of_file(file: ReadFile) -> Iterator[Problem]:
    yield from (_of_rejected(one) for one in file.faults)
    yield from (_of_remark(one) for one in file.remarks)


def _of_rejected(one: Rejected) -> Problem:
    return Problem(one.path, one.line, one.column, Code(one.code), one.field, one.reason, is_error=True)


def _of_remark(one: Remark) -> Problem:
    # Such an article is used, for its links are checked, and yet no feed has it.
    is_error = one.code == Code.SOURCE_NOT_HTTP
    return Problem(one.path, one.line, one.column, Code(one.code), one.field, one.text, is_error=is_error)


def _of_duplicate(one: Duplicate, candidates: dict[str, Candidate], source_at: Position, id_at: Position) -> Problem:
    first = candidates.get(one.first_path)
    if first is not None and first.source != one.source:
        where, code, what = id_at, Code.DUPLICATE_ID, "id"
    else:
        where, code, what = source_at, Code.DUPLICATE_SOURCE, "source"
    message = f"another article has the same {what}: {one.first_path}"
    return Problem(one.path, where.line, where.column, code, "", message, is_error=True)
