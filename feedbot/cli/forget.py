"""`feedbot forget`: a takedown, and how it is taken back."""

import glob
import os
from collections.abc import Iterator

import click

from feedbot.cli.main import Told
from feedbot.cli.naming import article_paths
from feedbot.cli.reports.following import pinging_lines, reporting_lines
from feedbot.cli.reports.publishing import publishing_lines
from feedbot.cli.reports.reading import reading_lines
from feedbot.cli.running import let_files_settle, tell_hubs
from feedbot.cli.saying import say
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.errors import UsageError
from feedbot.forgetting import Forgetting, Named, Takedown, forget, look_ahead, undo
from feedbot.state import backups, files, forgotten, targets
from feedbot.state.database import State, open_state


@click.command()
@click.argument("what", metavar="URL|ARTICLE")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--undo", "is_undo", is_flag=True, help="Let it come back: its file is read again, its links are asked.")
@click.option("--wait", is_flag=True, help="Wait for a checking run to end, instead of exiting with 75.")
@click.pass_obj
def command(told: Told, what: str, yes: bool, is_undo: bool, wait: bool) -> int:
    """Take an article or a link down, for good: out of the feeds, and out of everything that is stored.

    ARTICLE is an article file; its source goes with it. A URL that is the source of articles takes these
    along; any other link is left out of the articles that hold it. Neither is asked again. It says what
    would go and asks first, is not held back as other removals are, and writes the feeds at once.
    What stays is a hash, by which it stays away although its file is still there.

    \b
    Examples:
      feedbot forget articles/2020-01-24-police.md
      feedbot forget https://example.org/page
      feedbot forget --undo articles/2020-01-24-police.md
    """  # noqa: D301 - \b keeps click from folding the examples
    config = load_config(told.config_path)
    clock = SystemClock()
    with open_state(config.state_path, who="feedbot forget") as state:
        named = _named(config, state, what)
        if is_undo:
            let_files_settle(config, clock)
            done = undo(config, state, clock, named)
            if done is None:
                raise UsageError(f"--undo {what}: was not forgotten")
            reading, publishing, reporting = done
            lines = list(reading_lines(config, reading))
        else:
            if not (yes and told.quiet):
                click.echo("\n".join(_before_lines(config, what, look_ahead(state, named, clock))))
            if not yes:
                click.confirm("Forget it?", abort=True)
            forgetting = forget(config, state, clock, named, wait=wait)
            publishing, reporting = forgetting.publishing, forgetting.reporting
            lines = list(_after_lines(config, what, forgetting))
        pinging = tell_hubs(config, state, clock)
    lines += [*publishing_lines(config, publishing), *reporting_lines(reporting), *pinging_lines(pinging)]
    say(told, lines)
    return 1 if publishing.is_held_anew else 0


def _named(config: Config, state: State, what: str) -> Named:
    """What was named; raises UsageError where nothing is known of it, for a typing error must not look like a deed."""
    taken_down = forgotten.known(state)
    if "://" in what:
        try:
            url = canonical_url(what)
        except InvalidUrl as error:
            raise UsageError(str(error)) from None
        about = forgotten.scope(state, url=url)
        if url in taken_down or about.paths or about.entry_ids or targets.find(state, url) is not None:
            return Named(url=url)
        raise UsageError(f"{what}: no article has this source, and none links to it")
    paths = list(article_paths(config, what))
    for path in paths:
        about = forgotten.scope(state, path=path)
        if path in taken_down or files.is_known(state, path) or about.entry_ids:
            return Named(path=path)
    # A file that no build has read yet can be kept from the first one.
    for path in paths:
        if os.path.isfile(config.root / path):  # noqa: PTH113 - not for odd names
            return Named(path=path)
    raise UsageError(f"{what}: is no article that is known, and no file that is there")


def _before_lines(config: Config, what: str, takedown: Takedown) -> Iterator[str]:
    about = takedown.about
    yield f"Forgetting {plain(what)} deletes, for good:"
    if takedown.was_forgotten:
        yield "  (it was forgotten before; what came since, and what was left, goes now)"
    for path in about.paths:
        yield f"  article    {plain(path)}"
    feeds = f", in {count(len(about.feeds), 'feed')}: {', '.join(about.feeds)}" if about.feeds else ", in no feed"
    yield f"  entries    {count(len(about.entry_ids), 'entry', 'entries')}{feeds if about.entry_ids else ''}"
    for url in about.urls:
        yield f"  link       {plain(url)}"
    if about.elsewhere:
        yield f"  left out   of {count(len(about.elsewhere), 'other article')}: {plain(', '.join(about.elsewhere))}"
    yield f"  history    {count(takedown.observations, 'observation')}"
    yield "What it cannot reach:"
    made = [] if config.backups_path is None else backups.kept(config.backups_path, config.state_path)
    known = "knows only of its own" if made else "knows of none"
    yield f"  backups    other copies of {config.state} and {config.feeds.directory}/: feedbot {known}"
    if made:
        yield f"             {plain(str(made[0].path.parent))}/ holds {count(len(made), 'backup')}: remove these, and"
        yield "             make a new one afterwards with `feedbot db backup`"
    for name in _copies(config):
        yield f"             beside it lies {plain(name)}"
    yield "  readers    those who have fetched the entry, and archives and caches that have copied it"
    there = [path for path in about.paths if os.path.exists(config.root / path)]  # noqa: PTH110 - as above
    for path in there:
        yield f"  your file  {plain(path)} stays where it is, unread; remove it, and from version control, yourself"


def _copies(config: Config) -> Iterator[str]:
    """What lies beside state.db and is named after it, without SQLite's own files and the locks."""
    name = config.state_path.name
    own = {name, f"{name}-wal", f"{name}-shm"}
    for file in sorted(config.state_path.parent.glob(f"{glob.escape(name)}*")):
        if file.name not in own and not file.name.endswith(".lock"):
            yield file.name


def _after_lines(config: Config, what: str, forgetting: Forgetting) -> Iterator[str]:
    yield f"Forgotten  {plain(what)}; to let it come back: feedbot forget --undo {plain(what)}"
    yield f"           it stays away by a hash in {config.state}: a new database would read its file again"
    for name in forgetting.still_in:
        yield f"  still in   {config.feeds.directory}/{plain(name)}, which feedbot does not write any more; remove it"
    if not forgetting.is_wiped:
        yield f"  note       another process reads {config.state}; its log holds the bytes until that ends"
