"""`feedbot why`: the evidence on one link, in words and times."""

from collections.abc import Iterator

import click
import msgspec

from feedbot.cli.evidence import gather
from feedbot.cli.main import Told
from feedbot.cli.nearest import nearest
from feedbot.cli.reports.why import SHOWN, why_document, why_lines
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import load_config
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import FeedbotError, UsageError
from feedbot.state import targets
from feedbot.state.database import State, open_for_reading
from feedbot.state.targets import Target


@click.command()
@click.argument("url")
@click.option("--all", "every", is_flag=True, help=f"Show all looks, not only the latest {SHOWN}, and each request.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For whom it is."
)
@click.pass_obj
def command(told: Told, url: str, every: bool, output: str) -> int:
    """Show why a link has its status: what was seen and when, what decided, and what would change it.

    It names the articles that hold the link, what readers get there, and what you can do about it.
    Nothing is asked of the server. The JSON is described by feedbot/why.schema.json.

    \b
    Examples:
      feedbot why https://example.org/page
      feedbot why example.org/page                  the scheme may be left out
      feedbot why https://example.org/page --all    every request
      feedbot why https://example.org/page --format json
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    wanted = list(_canonical(url))
    with open_for_reading(config.state_path, who="feedbot why") as state:
        target = _known(state, wanted)
        seen = gather(config, state, target, SystemClock().now())
    if seen.damaged:
        looks = f"{count(seen.damaged, 'look')} at it {'is' if seen.damaged == 1 else 'are'} damaged and left out"
        way = "`feedbot db check` tells how to bring back what is damaged"
        click.echo(f"feedbot: {plain(str(config.state_path))}: {looks}; {way}", err=True)
    if output == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(why_document(seen)), indent=1).decode())
    else:
        click.echo("\n".join(why_lines(seen, every=every or told.verbose)))
    return 0


def _canonical(url: str) -> Iterator[str]:
    """The canonical URLs that may be meant: with https:// and http:// where a scheme was left out."""
    try:
        for given in [url] if "://" in url else [f"https://{url}", f"http://{url}"] if "." in url else [url]:
            yield canonical_url(given)
    except InvalidUrl as error:
        raise UsageError(str(error)) from None


def _known(state: State, wanted: list[str]) -> Target:
    """The target of one of these; raises FeedbotError that names those most like it where there is none."""
    for one in wanted:
        if (target := targets.find(state, one)) is not None:
            return target
    lines = [f"{plain(wanted[0])}: is not known; `feedbot check` looks at it"]
    if alike := nearest(state, wanted[0]):
        lines += ["these are known, and most like it:", *(f"  {plain(one)}" for one in alike)]
    raise FeedbotError("\n".join(lines))
