"""`feedbot` alone: where things stand here, and what to type next."""

import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from feedbot.cli.everywhere import Told
from feedbot.cli.text import count, plain
from feedbot.errors import ArticlesError

if TYPE_CHECKING:
    from feedbot.config import Config
    from feedbot.core.next_step import Step
    from feedbot.state.database import State

_OUR_KEY = re.compile(rb"""(?:^|[{,]\s*)["']?(?:site|feeds)["']?\s*:""", re.MULTILINE)
_LOOKED_AT = 1_000_000
"""Bytes of a config in which one of our keys is looked for."""

_WIDTH = 24
_WHAT = "feedbot publishes articles as feeds, and checks that every link in them is alive."
_ALL = "feedbot --help has every command; each has --help with examples."


def welcome_lines(told: Told, now: datetime) -> Iterator[str]:
    """Where the publication of this folder stands, and the next sensible commands; changes nothing.

    Raises ConfigError where there is a config that cannot be used, StateError where state.db cannot be read.
    """
    if not told.config_path.exists() and not told.config_was_named:
        yield from _before_a_config(Path.cwd())
        return
    if not told.config_was_named and not _is_ours(told.config_path):
        yield from _beside_another_config(told.config_path)
        return
    # A folder without a config need not wait for it.
    from feedbot.config import STAGING, load_config  # noqa: PLC0415

    config = load_config(told.config_path)
    yield f"{click.style(plain(config.site.title), bold=True)}  {plain(config.site.url)}"
    if config.is_staging:
        yield STAGING
    if not config.state_path.exists():
        yield from _before_a_build(config)
        return
    from feedbot.state.database import open_for_reading  # noqa: PLC0415

    with open_for_reading(config.state_path, who="feedbot") as state:
        yield from _standing_lines(config, state, now)


def _is_ours(path: Path) -> bool:
    """True where a config has a key that every one of feedbot's has, or where that cannot be seen here."""
    try:
        with path.open("rb") as file:
            return _OUR_KEY.search(file.read(_LOOKED_AT)) is not None
    except OSError:
        return True  # who loads it says why it cannot be read


def _beside_another_config(path: Path) -> Iterator[str]:
    """Hugo's config may have the same name."""
    yield _WHAT
    yield ""
    yield f"{plain(str(path.absolute()))} holds none of feedbot's settings."
    yield "Where it is another program's, as Hugo's may be, it can stay:"
    yield ""
    yield _said("feedbot --config feedbot.yaml init", "writes feedbot's own beside it")
    yield _said("feedbot --config feedbot.yaml", "says from then on where things stand")
    yield ""
    yield _ALL


def _before_a_config(here: Path) -> Iterator[str]:
    yield _WHAT
    yield ""
    yield f"There is no config.yaml in {plain(str(here))} yet."
    yield ""
    above = next((folder for folder in here.parents if (folder / "config.yaml").is_file()), None)
    if above is not None:
        yield _said(f"feedbot -C {os.path.relpath(above, here)}", "there is one in that folder")
    yield _said("feedbot init", "looks at this folder, asks a few questions, writes one")
    yield _said("feedbot demo", "a month of links that live and die, in seconds")
    yield ""
    yield _ALL


def _before_a_build(config: "Config") -> Iterator[str]:
    from feedbot.articles.find import find_files  # noqa: PLC0415 - as above
    from feedbot.core.next_step import Standing, next_steps  # noqa: PLC0415

    try:
        found = len(find_files(config.root, config.articles.paths, config.articles.exclude).files)
    except ArticlesError:
        found = 0  # their folder is still to be made
    yield ""
    if found:
        yield f"  Articles   {count(found, 'file')}, none read yet"
    else:
        yield from _where_articles_go(config)
    yield from _next_lines(next_steps(Standing(found, 0, is_published=False, is_checked=False)))


def _where_articles_go(config: "Config") -> Iterator[str]:
    yield f"  There is no article yet. Put Markdown files where {plain(', '.join(config.articles.paths))} finds them,"
    yield "  each with a beginning such as:"
    yield ""
    yield "    ---"
    yield "    title: A page that is worth reading"
    yield "    date: 2026-01-31"
    yield "    sourceUrl: https://news.example/that-page"
    yield "    topics: [Reading]"
    yield "    ---"


def _standing_lines(config: "Config", state: "State", now: datetime) -> Iterator[str]:
    from feedbot.cli.times import said_of  # noqa: PLC0415 - as above
    from feedbot.core.next_step import Standing, next_steps  # noqa: PLC0415
    from feedbot.core.status import StatusKind  # noqa: PLC0415
    from feedbot.core.url import split_url  # noqa: PLC0415
    from feedbot.state import files, published, runs, targets  # noqa: PLC0415
    from feedbot.state.database import holders  # noqa: PLC0415

    counts, by_status, last = files.counts(state, now), targets.by_status(state), runs.last(state)
    at_work, is_published = holders(config.state_path), bool(published.files(state))
    links = ", ".join(f"{by_status[kind]:,} {kind}" for kind in StatusKind if kind in by_status) or "none"
    rejected = f"; {counts.rejected:,} cannot be used" if counts.rejected else ""
    withheld = f", {counts.withheld:,} of them for later" if counts.withheld else ""
    yield ""
    if counts.articles or counts.rejected:
        yield f"  Articles   {counts.articles:,}{withheld}{rejected}"
        yield f"  Links      {links}"
        yield f"  Feeds      {f'in {config.feeds_path}/' if is_published else 'none written yet'}"
        yield f"  Checked    {'never' if last is None else said_of(last.finished_at, now)}"
    else:
        yield from _where_articles_go(config)
    if at_work:
        yield f"  At work    {plain(', '.join(at_work))}"
    worst = targets.in_trouble(state, 1)
    standing = Standing(
        articles=counts.articles,
        rejected=counts.rejected,
        is_published=is_published,
        is_checked=last is not None,
        held=tuple(_held(state)),
        dead=by_status.get("dead", 0),
        failing=by_status.get("failing", 0),
        moved=by_status.get("moved", 0),
        bad=plain(worst[0].url) if worst else "",
        is_at_work=bool(at_work),
        served_at=f"http://{config.serve.host}:{config.serve.port}{split_url(config.feeds.url).path}",
    )
    if standing.is_well and counts.articles:
        yield ""
        yield "  All is well."
    yield from _next_lines(next_steps(standing))


def _held(state: "State") -> Iterator[str]:
    """The commands that let go what is held back."""
    from feedbot.state import published  # noqa: PLC0415 - as above

    for feed in published.held_feeds(state):
        yield f"feedbot build --accept {feed}"
    if any(published.held_since(state, what) is not None for what in ("flood", "ids")):
        yield "feedbot build --accept-new"


def _next_lines(steps: list["Step"]) -> Iterator[str]:
    yield ""
    if steps:
        yield "Next:"
        for step in steps:
            yield _said(step.command, step.brings)
        yield ""
    yield _ALL


def _said(command: str, brings: str) -> str:
    """A command and what it brings, beside it or, where that is too narrow, below."""
    shown = click.style(command, fg="cyan")
    if len(command) > _WIDTH:
        return f"  {shown}\n  {'':<{_WIDTH}}  {brings}"
    return f"  {shown}{'':<{_WIDTH - len(command)}}  {brings}"
