"""The cases as a publication: article files that have the links, and real checking runs over them."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedbot.config import Config, load_config
from feedbot.core.status import StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.state import planning
from feedbot.state.database import open_state
from feedbot.steps.checking import check
from feedbot.steps.reading import read
from feedbot.steps.results import Result
from feedbot.wire.resolver import Resolver
from feedbot.wire.wire import Wire
from tests.site.case import Case
from tests.site.server import Site

START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)

_WELL = frozenset({StatusKind.ALIVE, StatusKind.MOVED})

# An article whose own page is of no interest: what a picture stands in.
FRAME = "https://the-frame.test"

_CONFIG = """site: {title: The Fixture Times, url: https://fixture-times.example/}
articles: {paths: ["articles/*.md"]}
feeds: {url: https://fixture-times.example/feeds/}
checker:
  allow_addresses: [127.0.0.0/8]
  canaries: []
  concurrency: 16
  workers: 1
  per_host: {concurrency: 8, delay_s: 0}
  connect_timeout_s: 3
  exchange_timeout_s: 4
  probe_timeout_s: 600
  max_run_s: 1000000
"""


class ImpatientClock:
    """The wall clock stands until it is moved; a wait takes no time but for the task that waits.

    So a back-off or a Retry-After of an hour is over at once, and nobody else's deadline comes nearer.
    """

    def __init__(self) -> None:
        self.at = START
        self._skipped: ContextVar[float] = ContextVar("skipped", default=0.0)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped.get()

    async def sleep(self, seconds: float) -> None:
        self._skipped.set(self._skipped.get() + max(0.0, seconds))
        await asyncio.sleep(0)


@dataclass(frozen=True, slots=True)
class Judged:
    """What feedbot saw and says of a case: at the first look, and two days later where it was well then."""

    first: Result
    second: Result | None = None

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Its verdict at each look."""
        return tuple(result.verdict for result in (self.first, self.second) if result is not None)


def judge_all(
    cases: Sequence[Case], site: Site, folder: Path, resolver: Resolver, wire_over: Callable[[Resolver], Wire]
) -> dict[str, Judged]:
    """feedbot's verdict of every case, by URL: articles are read, and their links asked in two real runs.

    The first run asks with GET. The second is two days later and asks what was well, with HEAD first.
    """
    config = _written(cases, folder)
    clock = ImpatientClock()
    slow = frozenset(case.url for case in cases if case.expect is VerdictKind.UNREACHABLE)
    with open_state(config.state_path, who="a test") as state:
        reading = read(config, state, clock)
        assert not reading.rejected
        # Those that run into their limits go first, so that the others do not wait for them in the end.
        due = sorted(planning.due(state, clock.now()), key=lambda target: target.url not in slow)
        first = asyncio.run(check(config, state, clock, planning.plan_of(due), resolver=resolver, wire_over=wire_over))
        site.ask_anew()
        clock.at += timedelta(days=2)
        well = [result.after for result in first.results if result.after.status.kind in _WELL]
        second = asyncio.run(
            check(config, state, clock, planning.plan_of(well), resolver=resolver, wire_over=wire_over)
        )
    again = {result.before.url: result for result in second.results}
    return {result.before.url: Judged(result, again.get(result.before.url)) for result in first.results}


def _written(cases: Iterable[Case], folder: Path) -> Config:
    (folder / "articles").mkdir(parents=True)
    (folder / "config.yaml").write_text(_CONFIG, encoding="utf-8")
    linked = [(case, title) for case in cases for title in case.titles]
    for number, (case, title) in enumerate(linked):
        path = folder / "articles" / f"{number:03}.md"
        path.write_text("\n".join(_front_matter(case, title, number)), encoding="utf-8")
        # Older than the two seconds within which a file may still be written.
        at_s = START.timestamp() - 60
        os.utime(path, (at_s, at_s))
    return load_config(folder / "config.yaml")


def _front_matter(case: Case, title: str, number: int) -> Iterator[str]:
    links = _Links(source=case.source or f"{FRAME}/{number}", amp=case.amp)
    match case.role:
        case "source":
            links = replace(links, source=case.url)
        case "amp":
            links = replace(links, amp=case.url)
        case "cdn_amp":
            links = replace(links, cdn_amp=case.url)
        case "image":
            links = replace(links, image=case.url)
    yield "---"
    yield f"title: {json.dumps(title, ensure_ascii=False)}"
    yield "publishedDateTime: 2026-10-01T08:00:00Z"
    yield f"sourceUrl: {json.dumps(links.source)}"
    if links.amp is not None:
        yield f"ampUrl: {json.dumps(links.amp)}"
    if links.cdn_amp is not None:
        yield f"cdnAmpUrl: {json.dumps(links.cdn_amp)}"
    if links.image is not None:
        yield f"images: [{json.dumps(links.image)}]"
    yield "topics: [Links]"
    yield "---"
    yield ""


@dataclass(frozen=True, slots=True)
class _Links:
    source: str
    amp: str | None = None
    cdn_amp: str | None = None
    image: str | None = None
