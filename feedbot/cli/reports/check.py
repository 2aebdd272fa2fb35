"""The report of `feedbot check`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedbot.cli.reports.checking import NOTHING_DUE, checking_lines
from feedbot.core.article import Rejected
from feedbot.state.database import stamp
from feedbot.steps.checking import Checking, Result


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What asking the links brought, and the files that were rejected; with `every`, text tells what is alive too.

    `nothing` is what text says where there was nothing to ask.
    """

    checking: Checking
    rejected: Sequence[Rejected] = ()
    every: bool = False
    nothing: str = NOTHING_DUE

    def lines(self) -> Iterator[str]:
        """Text for people."""
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
        }


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
