"""`feedbot mark`: a person's word on a link, which comes before what is seen of it."""

from datetime import datetime

import click

from feedbot.cli.main import Told
from feedbot.cli.nearest import nearest
from feedbot.cli.text import plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import UsageError
from feedbot.state import marks, targets
from feedbot.state.database import open_state

_NONE = "none"
_SAID = {
    MarkKind.ALIVE: "readers may be sent there, whatever is seen; it is asked as ever",
    MarkKind.DEAD: "no reader is sent there, whatever is seen; it is asked as ever",
    MarkKind.IGNORE: "it is left alone: not asked, not reported, and kept where it stands",
}


@click.command()
@click.argument("url")
@click.argument("word", type=click.Choice([*map(str, MarkKind), _NONE]))
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day on which it holds, in UTC."
)
@click.option("--note", default="", metavar="TEXT", help="Why; it is shown where the link is.")
@click.pass_obj
def command(told: Told, url: str, word: str, until: datetime | None, note: str) -> int:
    """Say what a link is worth; feeds follow at the next build.

    alive: readers may be sent there, whatever is seen. dead: no reader is sent there. ignore: it is
    neither asked nor reported. none: takes an earlier word back.

    \b
    Examples:
      feedbot mark https://example.org/page alive --note "I read it"
      feedbot mark https://example.org/page dead
      feedbot mark https://example.org/page ignore --until 2099-12-31
      feedbot mark https://example.org/page none
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    try:
        target = canonical_url(url)
    except InvalidUrl as error:
        raise UsageError(str(error)) from None
    now = SystemClock().now()
    if until is not None and until.date() < now.date():
        raise UsageError(f"--until {until.date()}: that day is over")
    with open_state(config.state_path, who="feedbot mark") as state:
        if word == _NONE:
            gone = marks.remove(state, target, now)
            click.echo(f"{plain(target)}: {'no longer marked' if gone else 'was not marked'}")
            return 0
        mark = Mark(MarkKind(word), " ".join(note.split()), None if until is None else until.date(), now)
        marks.put(state, target, mark, now)
        alike = None if targets.find(state, target) is not None else nearest(state, target)
    click.echo(f"{plain(target)}: {plain(mark.words)}; {_SAID[mark.kind]}")
    if alike is not None:
        click.echo("note: no article links to this URL; the mark waits for one that does")
    if alike:
        click.echo(f"      these are known, and most like it; `feedbot mark {plain(target)} none` takes the mark back:")
        click.echo("\n".join(f"        {plain(one)}" for one in alike))
    return 0
