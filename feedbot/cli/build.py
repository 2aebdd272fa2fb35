"""`feedbot build`: articles in, feeds out, no server asked."""

import click

from feedbot.cli.main import Told
from feedbot.cli.report import publishing_lines, reading_lines
from feedbot.cli.running import let_files_settle
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.publishing import publish
from feedbot.reading import read
from feedbot.state.database import open_state


@click.command()
@click.option(
    "--accept",
    multiple=True,
    metavar="FEED",
    help="Let the held removals of this feed happen; may be given several times.",
)
@click.pass_obj
def command(told: Told, accept: tuple[str, ...]) -> int:
    """Read the article files that changed and write the feeds whose content changed.

    No server is asked: links stand as the last check left them. A feed that would lose many entries
    at once keeps them until `--accept FEED`; the first build that holds them exits with 1.
    """
    config = load_config(told.config_path)
    clock = SystemClock()
    with open_state(config.state_path, who="feedbot build") as state:
        let_files_settle(config, clock)
        reading = read(config, state, clock)
        publishing = publish(config, state, clock, accept)
    for line in [*reading_lines(config, reading), *publishing_lines(config, publishing)]:
        click.echo(line)
    return 1 if any(hold.is_new for hold in publishing.holds) else 0
