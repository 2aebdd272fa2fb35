"""What came of the targets of a run, one result each, in an order and a memory that do not depend on their number."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from heapq import merge
from pathlib import Path

import msgspec
from msgspec.structs import replace

from feedbot.core.mark import Mark, is_excused
from feedbot.core.status import StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.state.targets import LinkPlace, Target
from feedbot.steps.look import Seen
from feedbot.steps.spool import Spool


class Result(msgspec.Struct, frozen=True):
    """One target of a run: where it stood, what was seen and judged, where it stands now.

    `seen` is None where the target was not asked; its verdict is then `unknown`.
    """

    before: Target
    after: Target
    seen: Seen | None
    verdict: Verdict
    places: tuple[LinkPlace, ...] = ()
    mark: Mark | None = None
    """What a person, or the config, says of the link."""

    @property
    def is_excused(self) -> bool:
        """True where a person has said that the link is well, or to leave it alone."""
        return is_excused(self.mark)

    @property
    def is_plain(self) -> bool:
        """True where there is nothing to tell of the link: it is alive, and was not known to be anything else."""
        return (
            self.verdict.kind is VerdictKind.ALIVE
            and not self.verdict.warnings
            and self.after.status.kind is StatusKind.ALIVE
            and self.before.status.kind in {StatusKind.UNCHECKED, StatusKind.ALIVE}
        )


class Results:
    """One result for each target of a run, by URL, as often as one goes through them; the counts cost nothing.

    What is plain lies apart, so that who tells of the others need not go through it. Beyond some thousands
    they lie in a file in `folder` (Spool). What was `left` is looked up when one comes to it: as long as the
    state is open.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._plain = Spool(Result, folder, key=_url)
        self._others = Spool(Result, folder, key=_url)
        self._left: Callable[[], Iterator[Result]] = partial(iter, ())
        self._mark_on: Callable[[str], Mark | None] = lambda _: None
        self._verdicts: Counter[VerdictKind] = Counter()
        self.left = 0
        """How many were not looked at, because the run ended before their turn."""
        self.why_left = ""
        self.asked = 0
        """How many were asked."""
        self.changes: Counter[tuple[StatusKind, StatusKind]] = Counter()
        """How many went from one status to another."""

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Results":
        """These results."""
        found = cls()
        for result in results:
            found.add(result)
        return found

    def add(self, result: Result) -> None:
        """Keep one more."""
        (self._plain if result.is_plain else self._others).add(result)
        self._verdicts[result.verdict.kind] += 1
        self.asked += result.seen is not None
        before, after = result.before.status.kind, result.after.status.kind
        if before is not after:
            self.changes[before, after] += 1

    def leave(self, number: int, why: str, left: Callable[[], Iterator[Result]]) -> None:
        """So many were not looked at: their results, by URL, are what `left` brings."""
        self.left, self.why_left, self._left = number, why, left

    def say(self, mark_on: Callable[[str], Mark | None]) -> None:
        """What a person, or the config, says of each URL."""
        self._mark_on = mark_on

    @property
    def summary(self) -> dict[str, int]:
        """How many targets got each verdict, in the order of VerdictKind."""
        counted = self._verdicts + Counter({VerdictKind.UNKNOWN: self.left})
        return {kind.value: counted[kind] for kind in VerdictKind if counted[kind]}

    def __len__(self) -> int:
        return len(self._plain) + len(self._others) + self.left

    def __iter__(self) -> Iterator[Result]:
        return map(self._marked, merge(self._plain, self._others, self._left(), key=_url))

    def to_tell(self) -> Iterator[Result]:
        """Those of which there is something to tell, by URL, without what was left."""
        return map(self._marked, self._others)

    def _marked(self, result: Result) -> Result:
        mark = self._mark_on(result.after.url)
        return result if mark is None else replace(result, mark=mark)


def _url(result: Result) -> str:
    return result.after.url
