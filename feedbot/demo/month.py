"""The month of the demo: every six hours feedbot runs, if it has something to do, and the clock jumps."""

import os
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from string import Template

from feedbot.clock import StoryClock
from feedbot.config import Config, load_config
from feedbot.cycle import Run, run_once
from feedbot.demo.network import LoopbackWire, Names
from feedbot.demo.site import Site
from feedbot.demo.story import AGES, AT_FIRST, DAYS, STORY, article_names
from feedbot.publish.link_report import ReadersGet
from feedbot.state import planning
from feedbot.state.database import State, checking_run, open_state
from feedbot.state.troubles import Place
from feedbot.steps.mending import mend
from feedbot.steps.readers import instead_of_pages, readers_get
from feedbot.wire.choice import make_wire
from feedbot.wire.resolver import Resolver
from feedbot.wire.wire import Wire

RUNS_A_DAY = 4
_STEP = timedelta(days=1) / RUNS_A_DAY
_PUBLISHED = "published"
"""The word in the texts of articles in whose place their date is written."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One run of the month: its day, counted from 1, what it brought, and what readers get where each link stands."""

    day: int
    articles: int
    """So many article files are new."""
    run: Run
    readers_get: Mapping[str, tuple[ReadersGet, ...]]
    """By the URL of a link that was looked at."""


async def live(folder: Path, end: datetime) -> AsyncGenerator[Moment, None]:
    """Live through the month that ends now, in a folder with the demo's config: its runs, one after the other.

    No socket is opened to anything but 127.0.0.1, and no name is looked up. What the environment says of the config
    counts for nothing. To be closed where it is not read to its end (`aclosing`).
    """
    site, names = Site(), Names()
    site.answers.update(AT_FIRST)
    began = end - DAYS * timedelta(days=1) + _STEP
    clock = StoryClock(began)
    config = load_config(folder / "config.yaml", {})
    for name, days in AGES.items():
        _write_article(folder, name, began - timedelta(days=days), at=began)
    async with site.served() as port:

        def wire_over(resolver: Resolver) -> Wire:
            return LoopbackWire(make_wire(config.checker.policy(), resolver), port)

        with open_state(config.state_path, who="feedbot demo") as state, checking_run(state):
            for number in range(DAYS * RUNS_A_DAY):
                day, is_morning = number // RUNS_A_DAY + 1, number % RUNS_A_DAY == 0
                clock.set(began + number * _STEP)
                came = _happen(day, folder, site, names, clock.now()) if is_morning else 0
                if number == 0:
                    came += len(AGES)
                if not (came or planning.due_count(state, clock.now())):
                    continue  # a run without news writes nothing but that it was there
                run = await run_once(config, state, clock, resolver=names, wire_over=wire_over)
                yield Moment(day, came, run, _readers_get(config, state, run, clock.now()))


def _readers_get(config: Config, state: State, run: Run, now: datetime) -> dict[str, tuple[ReadersGet, ...]]:
    """By the URL of each link that was looked at, what readers get where it stands."""
    if not run.checking.results:
        return {}
    mended = mend(config, state, now)
    missing = instead_of_pages(state, mended)
    found: dict[str, tuple[ReadersGet, ...]] = {}
    for result in run.checking.results:
        places = (Place(one.article, one.line, one.role) for one in result.places)
        is_unlinkable = result.after.status.is_unlinkable
        found[result.after.url] = tuple(
            dict.fromkeys(readers_get(place, mended, missing, is_unlinkable=is_unlinkable) for place in places)
        )
    return found


def _happen(day: int, folder: Path, site: Site, names: Names, now: datetime) -> int:
    """Let happen what the story has for a day; returns how many articles came."""
    names.is_cut_off = False
    event = STORY.get(day)
    if event is None:
        return 0
    site.answers.update(event.answers)
    for address in event.opened:
        del site.answers[address]
    names.lost.update(event.lost)
    names.is_cut_off = event.is_offline
    for name in event.articles:
        _write_article(folder, name, now - timedelta(hours=1), at=now)
    return len(event.articles)


def is_as_written(path: Path) -> bool:
    """True for an article file of the demo that nobody has changed since, but for its date, which is of its day."""
    if path.suffix != ".md" or path.stem not in article_names() or not path.is_file():
        return False
    before, _, after = _text_of(path.stem).partition(f"${_PUBLISHED}")
    return re.fullmatch(f"{re.escape(before)}[0-9TZ:-]+{re.escape(after)}".encode(), path.read_bytes()) is not None


def _text_of(name: str) -> str:
    return files("feedbot.demo").joinpath(f"articles/{name}.md").read_text(encoding="utf-8")


def _write_article(folder: Path, name: str, published_at: datetime, *, at: datetime) -> None:
    path = folder / "articles" / f"{name}.md"
    text = Template(_text_of(name)).substitute({_PUBLISHED: f"{published_at:%Y-%m-%dT%H:%M:%SZ}"})
    path.write_text(text, encoding="utf-8")
    # As old as an article file must be before it is read: a younger one might still be being written.
    seconds = at.timestamp() - 60
    os.utime(path, (seconds, seconds))
