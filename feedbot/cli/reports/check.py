"""The report of `feedbot check`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from feedbot.cli.reports.checking import NOTHING_DUE, checking_lines, said_of_history, said_of_number
from feedbot.cli.reports.report import Cell, Finding, Place, Rule
from feedbot.cli.reports.verdict_rules import RULES
from feedbot.cli.text import count, plain
from feedbot.core.article import Rejected
from feedbot.core.status import StatusKind, is_unverifiable
from feedbot.core.urgency import BY_URGENCY, Level, fails, level_of_link, rank
from feedbot.core.verdict import VerdictKind
from feedbot.state.database import stamp
from feedbot.steps.checking import Checking
from feedbot.steps.results import Result

_COLUMNS = (
    "level", "verdict", "url", "reason", "status", "strikes", "http_status", "final_url", "moved_to", "checked_at",
    "warnings", "mark", "article", "line", "role", "what_to_do",
)  # fmt: skip


_REJECTED = Rule(
    "rejected",
    "An article file cannot be used, so its links are not known or may be those of an earlier version.",
    "`feedbot lint` shows all that is wrong with it.",
    Level.ERROR,
)


@dataclass(frozen=True)
class CheckReport:
    """What asking the links brought, and the files that were rejected; with `every`, text tells what is alive too.

    `prefix` leads from the repository's root to the config's folder, which articles are relative to; `nothing` is what
    is said where there was nothing to ask.
    """

    checking: Checking
    rejected: Sequence[Rejected] = ()
    every: bool = False
    prefix: str = ""
    nothing: str = NOTHING_DUE

    @property
    def command(self) -> str:
        """Its name."""
        return "check"

    @property
    def is_whole(self) -> bool:
        """True unless this machine was offline."""
        return self.checking.online is not False

    @property
    def headline(self) -> str:
        """How many links were checked, what they are, and how many files were rejected."""
        if self.checking.online is None:
            return f"{plain(self.nothing)}.{self._said_of_rejected}"
        said = ", ".join(
            f"{self.checking.summary[kind]:,} {kind}" for kind in BY_URGENCY if kind in self.checking.summary
        )
        words = f"{said_of_number(self.checking)} checked: {said}."
        if not self.is_whole:
            words += " This machine seems to be offline, so nothing is said of the others."
        if self.checking.frozen:
            words += (
                " So many failed at once that our own network is the likelier cause: none of those failures counts."
            )
        return words + self._said_of_rejected

    @property
    def _said_of_rejected(self) -> str:
        if not self.rejected:
            return ""
        return f" {count(len(self.rejected), 'article file')} cannot be used: `feedbot lint` shows why."

    @property
    def rules(self) -> Sequence[Rule]:
        """A rule for each verdict, and one for files that were rejected, where some were."""
        return (*RULES.values(), *([_REJECTED] if self.rejected else []))

    @property
    def unusable(self) -> Sequence[Finding]:
        """A finding for each file that was rejected: its links are those of its last good version, or none."""
        return tuple(self._unusable(one) for one in self.rejected)

    @cached_property
    def findings(self) -> Sequence[Finding]:
        """A finding for each link."""
        found = [(self._level(result), result) for result in self.checking.results]
        found.sort(key=lambda one: rank(one[0], one[1].verdict.kind))
        return tuple(self._finding(level, result) for level, result in found)

    def lines(self) -> Iterator[str]:
        """Text for people in a terminal."""
        return checking_lines(self.checking, rejected=self.rejected, every=self.every, nothing=self.nothing)

    def document(self) -> dict[str, Any]:
        """The object that feedbot/check.schema.json describes."""
        checking = self.checking
        return {
            "schema": 1,
            "run": {
                "id": checking.run_id,
                "started_at": stamp(checking.started_at),
                "finished_at": stamp(checking.finished_at),
                "online": checking.online,
            },
            "summary": checking.summary,
            "results": [_document_of(result) for result in checking.results],
            "rejected": [
                {"article": one.path, "line": one.line or None, "reason": one.reason} for one in self.rejected
            ],
        }

    def rows(self) -> Iterator[Sequence[Cell]]:
        """A row for each file that was rejected and each place of each link; articles are as in JSON.

        They are relative to the config's folder.
        """
        yield _COLUMNS
        for one in self.rejected:
            cells: dict[str, Cell] = {"level": _REJECTED.level.value, "reason": one.reason, "article": one.path}
            cells |= {"line": one.line or None, "what_to_do": _REJECTED.advice}
            yield [cells.get(column) for column in _COLUMNS]
        found = [(self._level(result), result) for result in self.checking.results]
        for level, result in sorted(found, key=lambda one: rank(one[0], one[1].verdict.kind)):
            told = _document_of(result)
            told |= {"level": level.value, "what_to_do": self._advice(result)}
            told["warnings"] = "; ".join(result.verdict.warnings)
            for place in told.pop("links") or [{}]:
                yield [{**told, **place}.get(column) for column in _COLUMNS]

    def _unusable(self, one: Rejected) -> Finding:
        path = self.prefix + one.path
        return Finding(
            code=_REJECTED.code,
            level=_REJECTED.level,
            subject=path,
            text=one.reason,
            advice=_REJECTED.advice,
            places=(Place(path, one.line),),
            fails=True,
            identity=f"{path}\n{one.reason}",
        )

    def _level(self, result: Result) -> Level:
        return level_of_link(result.verdict, result.after.status, result.mark, self.checking.finished_at)

    def _finding(self, level: Level, result: Result) -> Finding:
        history = said_of_history(result, self.checking.finished_at)
        text = "; ".join([result.verdict.reason, *result.verdict.warnings, *history])
        return Finding(
            code=result.verdict.kind.value,
            level=level,
            subject=result.after.url,
            text=text,
            advice="" if level is Level.FINE else self._advice(result),
            places=tuple(Place(f"{self.prefix}{one.article}", one.line, what=one.role) for one in result.places),
            fails=fails(result.verdict, result.after.status, result.mark),
            identity=result.after.url,
            seconds=0.0 if result.seen is None else result.seen.elapsed_ms / 1000,
        )

    def _advice(self, result: Result) -> str:
        """What to do about a link, where more is known of it than its verdict."""
        status, kind = result.after.status, result.verdict.kind
        if result.is_excused:
            return ""
        if kind is VerdictKind.ALIVE and status.kind is StatusKind.DEAD:
            return "Nothing: it is alive again after a second good answer, six hours later."
        if kind is VerdictKind.ALIVE:
            return "Look at the page." if result.verdict.warnings else ""
        if result.verdict.moved_to is not None:
            return f"Change the address to {result.verdict.moved_to} when it suits you."
        if status.never_alive:
            return "Look for a typo: it was never seen alive."
        if is_unverifiable(status, self.checking.finished_at):
            return "Look at it in a browser, and `feedbot mark` it."
        if kind is VerdictKind.UNREACHABLE and status.kind is StatusKind.DEAD:
            return RULES[VerdictKind.MISSING].advice
        return RULES[kind].advice


def _document_of(result: Result) -> dict[str, Any]:
    seen, status = result.seen, result.after.status
    return {
        "url": result.after.url,
        "verdict": result.verdict.kind.value,
        "reason": result.verdict.reason,
        "status": status.kind.value,
        "strikes": status.strikes,
        "http_status": None if seen is None else seen.http_status,
        "final_url": None if seen is None else seen.final_url,
        "moved_to": result.verdict.moved_to,
        "requests": 0 if seen is None else seen.requests,
        "elapsed_ms": 0 if seen is None else seen.elapsed_ms,
        "checked_at": _stamped(status.checked_at if seen is None else seen.started_at),
        "warnings": list(result.verdict.warnings),
        "mark": None if result.mark is None else result.mark.kind.value,
        "links": [{"article": place.article, "line": place.line, "role": place.role} for place in result.places],
    }


def _stamped(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)
