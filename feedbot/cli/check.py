"""`feedbot check`: ask servers about links, and say what they are worth."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from feedbot.checking import Checking, check
from feedbot.cli.main import Told
from feedbot.cli.report import checking_lines, json_report
from feedbot.cli.running import run_until_signalled, terminal_progress
from feedbot.clock import SystemClock
from feedbot.config import Config, FeedsConfig, SiteConfig, load_config
from feedbot.core.status import StatusKind
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.core.verdict import VerdictKind, is_broken
from feedbot.cycle import check_due
from feedbot.errors import UsageError
from feedbot.reading import read
from feedbot.state import targets
from feedbot.state.database import State, open_state

_BROKEN = "broken"
_NEVER_ALIVE = "never_alive"
_FAIL_ON = list(dict.fromkeys([_BROKEN, _NEVER_ALIVE, *map(str, VerdictKind), *map(str, StatusKind)]))


@click.command()
@click.argument("what", nargs=-1, metavar="[URL|ARTICLE]...")
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(_FAIL_ON),
    metavar="WORD",
    help=f"Exit with 4 where a link has this verdict or status; several times: any. Words: {', '.join(_FAIL_ON)}."
    " broken = gone, missing, soft_dead, parked, or no such host.",
)
@click.option("--wait", is_flag=True, help="Wait for another checking run to end, instead of exiting with 75.")
@click.pass_obj
def command(told: Told, what: tuple[str, ...], output: str, fail_on: tuple[str, ...], wait: bool) -> int:
    """Check the links that are due, or those that are named, due or not.

    A URL is checked by itself, an ARTICLE (a file that the config's articles.paths match) with all of
    its links. URLs can be checked without a config file; then nothing is remembered.
    """
    clock = SystemClock()
    with _somewhere(told, what) as (config, state):
        reading = None if config.articles.paths == () else read(config, state, clock)
        progress = terminal_progress()
        if what:
            named = targets.named(state, _urls(state, config, what), clock.now())
            checking = run_until_signalled(check(config, state, clock, named, progress=progress))
        else:
            checking = run_until_signalled(check_due(config, state, clock, wait=wait, progress=progress))
    if output == "json":
        click.echo(json_report(checking))
    else:
        rejected = () if reading is None else reading.rejected
        for line in checking_lines(checking, rejected=rejected, every=bool(what)):
            click.echo(line)
    return 4 if _fails(checking, set(fail_on)) else 0


@contextmanager
def _somewhere(told: Told, what: tuple[str, ...]) -> Iterator[tuple[Config, State]]:
    """The configured publication; without a config file, a nameless one that is forgotten afterwards."""
    only_urls = bool(what) and all("://" in one for one in what)
    if told.config_was_named or told.config_path.exists() or not only_urls:
        config = load_config(told.config_path)
        with open_state(config.state_path, who="feedbot check") as state:
            yield config, state
        return
    nameless = "https://example.org/"
    with tempfile.TemporaryDirectory(prefix="feedbot-") as folder:
        config = Config(
            site=SiteConfig(title="links", url=nameless), feeds=FeedsConfig(url=nameless), root=Path(folder)
        )
        config = config.model_copy(update={"articles": config.articles.model_copy(update={"paths": ()})})
        with open_state(config.state_path, who="feedbot check") as state:
            yield config, state


def _urls(state: State, config: Config, what: tuple[str, ...]) -> list[str]:
    """The canonical URLs of what was named on the command line."""
    urls: list[str] = []
    for one in what:
        if "://" in one:
            try:
                urls.append(canonical_url(one))
            except InvalidUrl as error:
                raise UsageError(str(error)) from None
            continue
        path = _article_path(config, one)
        of_file = targets.of_file(state, path)
        if not of_file:
            raise UsageError(f"{one}: is neither a URL nor an article file, matched by articles.paths, with links")
        urls += of_file
    return urls


def _article_path(config: Config, given: str) -> str:
    """A path as typed, in the form in which article files are known: relative to the config file."""
    full = Path(given).resolve()
    root = config.root.resolve()
    return full.relative_to(root).as_posix() if full.is_relative_to(root) else given


def _fails(checking: Checking, words: set[str]) -> bool:
    for result in checking.results:
        verdict, status = result.verdict, result.after.status
        said = {verdict.kind.value, status.kind.value}
        if is_broken(verdict):
            said.add(_BROKEN)
        if status.never_alive:
            said.add(_NEVER_ALIVE)
        if said & words:
            return True
    return False
