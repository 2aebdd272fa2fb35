"""`feedbot import`: what `feedbot export` wrote, in the place of state.db."""

import io
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from feedbot.articles.body import harmless
from feedbot.cli.main import Told
from feedbot.cli.saying import say_done
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.errors import FeedbotError, why_unreadable
from feedbot.forgetting import repeat
from feedbot.state.database import open_state
from feedbot.state.importing import import_state
from feedbot.steps.reading import read

_WORDS = {"link": "link", "look": "look", "entry": "entry id", "file": "article file", "mark": "mark"}


@click.command()
@click.argument("file")
@click.option("--replace", is_flag=True, help="Take the place of a state.db that holds something, which is kept aside.")
@click.pass_obj
def command(told: Told, file: str, replace: bool) -> int:
    """Bring back the state that `feedbot export` wrote to FILE, or `-` for standard input.

    Every line is looked at first; where one is broken, nothing is changed. It is refused while a
    daemon or a run is at work: stop it first. `feedbot run --once` then reads the articles anew and
    asks only the links that are due.

    \b
    Examples:
      feedbot import state.ndjson
      git show state:state.ndjson | feedbot import -
      feedbot import --replace state.ndjson
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    path, clock, who = config.state_path, SystemClock(), "feedbot import"
    named = "standard input" if file == "-" else plain(file)
    with _opened(file, named) as lines:
        done = import_state(path, lines, named, clock.now(), who=who, harmless=harmless, replaces=replace)
    is_of = "" if done.is_of is None else f", as it was at {done.is_of:%Y-%m-%d %H:%M} UTC"
    say_done(told, f"Imported   {path}{is_of}, from {named}")
    say_done(told, f"           {_counted(done.records)}")
    if done.aside is not None:
        say_done(told, f"Replaced   what was there is kept in {done.aside}; remove it when all is well")
    if done.takedowns:
        say_done(told, "Takedowns  that the export does not know of hold on, and are carried out now")
        with open_state(path, who=who) as state:
            read(config, state, clock)
            repeat(config, state, clock)
    say_done(told, "Next       `feedbot run --once`: reads the articles anew, and asks only what is due")
    return 0


def _counted(records: Mapping[str, int]) -> str:
    found = [count(records[kind], word) for kind, word in _WORDS.items() if kind in records]
    return ", ".join(found) or "nothing: it is the state of a new publication"


@contextmanager
def _opened(file: str, named: str) -> Iterator[BinaryIO]:
    if file == "-":
        yield io.BytesIO() if sys.stdin is None else sys.stdin.buffer  # None: it was closed before the start
        return
    try:
        lines = Path(file).open("rb")  # noqa: SIM115 - closed below, and an error inside the block is not of the file
    except OSError as error:
        raise FeedbotError(f"{named}: cannot be read: {why_unreadable(error)}") from None
    with lines:
        yield lines
