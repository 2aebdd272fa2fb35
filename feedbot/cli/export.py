"""`feedbot export`: the whole state as text."""

from pathlib import Path

import click

from feedbot.cli.main import Told
from feedbot.cli.saying import say_done
from feedbot.cli.text import plain
from feedbot.config import load_config
from feedbot.state.copies import megabytes
from feedbot.state.database import open_for_reading
from feedbot.state.exporting import export_chunks, export_to


@click.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a file, whole or not at all, instead of to standard output.",
)
@click.pass_obj
def command(told: Told, out: Path | None) -> int:
    """Write the whole state as text: one line a record, in JSON, sorted, to be kept in git.

    It holds what articles and config do not: ids, where links stand, what was seen of them, people's
    words, takedowns, what subscribers have. The same state gives the same bytes. `feedbot import`
    goes on from there, on another machine or in the next job of a CI.

    \b
    Examples:
      feedbot export --out state.ndjson
      feedbot export | gzip > state.ndjson.gz
      feedbot export | grep '"kind":"mark"'
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    with open_for_reading(config.state_path, who="feedbot export") as state:
        if out is None:
            for chunk in export_chunks(state):
                click.echo(chunk, nl=False)
            return 0
        size = export_to(state, out)
    say_done(told, f"{plain(str(out))}: {megabytes(size)}")
    return 0
