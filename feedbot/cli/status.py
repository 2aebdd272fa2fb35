"""`feedbot status`: where things stand, read beside whatever else is running."""

import click
import msgspec

from feedbot.cli.main import Told
from feedbot.cli.overview import GROUPS, look
from feedbot.cli.reports.status import counted_lines, status_document, status_lines
from feedbot.cli.saying import say
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.state.database import open_for_reading
from feedbot.state.overview import By


@click.command()
@click.option("--by", type=click.Choice(GROUPS), help="Instead, count all links by topic, provider or host.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom it is."
)
@click.pass_obj
def command(told: Told, by: By | None, output: str) -> int:
    """Show where articles, links and feeds stand; changes nothing and waits for nobody.

    The worst links come first, then what has become of their number, where most of them are, and
    what waits for your word. The JSON is described by feedbot/status.schema.json.

    \b
    Examples:
      feedbot status
      feedbot status --by host       where the dead links are
      feedbot status --quiet         only what is wrong, and what waits for you
      feedbot status --format json
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    now = SystemClock().now()
    with open_for_reading(config.state_path, who="feedbot status") as state:
        seen = look(config, state, now, by)
    if output == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(status_document(config, seen)), indent=1).decode())
    elif seen.counted is not None:
        # It was asked for, so it is no matter whether it is wrong.
        click.echo("\n".join(counted_lines(seen.counted)))
    else:
        say(told, status_lines(config, seen))
    return 0
