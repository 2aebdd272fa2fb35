"""`--fail-on`: which links make `feedbot check` exit with 4."""

from collections.abc import Collection

from feedbot.config import Config
from feedbot.core.mark import is_excused, mark_on
from feedbot.core.observation import FailureKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind, is_broken
from feedbot.errors import FeedbotError
from feedbot.state import marks
from feedbot.state.database import State, at_second
from feedbot.steps.checking import Checking
from feedbot.steps.results import Result

_BROKEN = "broken"
_NEVER_ALIVE = "never_alive"
FAIL_ON = (_BROKEN, _NEVER_ALIVE, *map(str, VerdictKind), *map(str, StatusKind))


def is_to_fail(result: Result, words: set[str]) -> bool:
    """True where a link that was asked is one of these, and nobody has excused it."""
    return not result.is_excused and bool(_words(result.verdict, result.after.status) & words)


def require_checked(checking: Checking) -> None:
    """Raise FeedbotError where our own network, or our proxy, let nothing be checked: that is no success."""
    if checking.online is False:
        raise FeedbotError(
            "nothing could be checked for --fail-on, because this machine seems to be offline; run it again later"
        )
    if (fault := _our_fault(checking)) is not None:
        raise FeedbotError(f"nothing could be checked for --fail-on: {fault}")


def known_to_fail(
    config: Config, state: State, checking: Checking, words: set[str], within: Collection[str] | None
) -> int:
    """How many links that were not judged just now are known to be what --fail-on names, and are not excused.

    `within` are the URLs that it may be, None is all.
    """
    said, exclusions = marks.holding(state, checking.finished_at), config.links.exclusions()
    judged = {one.after.url for one in checking.results if one.verdict.kind is not VerdictKind.UNKNOWN}
    rows = state.rows(
        "SELECT url, status, verdict, strikes, first_alive_at, nameless FROM targets"
        " WHERE id IN (SELECT target_id FROM article_links JOIN files ON files.id = file_id"
        " WHERE vanished_at IS NULL AND ignored = 0)"
    )
    found = 0
    for row in rows:
        kind = VerdictKind(row["verdict"] or VerdictKind.UNKNOWN)
        first_alive_at = None if row["first_alive_at"] is None else at_second(row["first_alive_at"])
        status = Status(
            kind=StatusKind(row["status"]),
            verdict=kind,
            strikes=row["strikes"],
            first_alive_at=first_alive_at,
            nameless=bool(row["nameless"]),
        )
        failure = FailureKind.DNS_NXDOMAIN if status.nameless else None
        if row["url"] in judged or (within is not None and row["url"] not in within):
            continue
        if not _words(Verdict(kind, "", failure), status) & words:
            continue
        found += not is_excused(mark_on(row["url"], said, exclusions, checking.finished_at))
    return found


def _our_fault(checking: Checking) -> str | None:
    """What of our own, such as a proxy that is down, kept every link from being judged; None where any was."""
    if checking.summary.keys() - {VerdictKind.UNKNOWN}:
        return None
    faults = (one.verdict.reason for one in checking.results.to_tell() if one.verdict.failure is FailureKind.OURSELVES)
    return next(faults, None)


def _words(verdict: Verdict, status: Status) -> set[str]:
    """Every word of --fail-on that a link deserves."""
    said = {verdict.kind.value, status.kind.value}
    if is_broken(verdict):
        said.add(_BROKEN)
    if status.never_alive:
        said.add(_NEVER_ALIVE)
    return said
