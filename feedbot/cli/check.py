"""`feedbot check`: ask servers about links, and say what they are worth."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import click

from feedbot.cli.choosing import Chosen, Wish, choose, lines_of, require_sense
from feedbot.cli.dry_run import beside, dry_run_lines
from feedbot.cli.failing import FAIL_ON, is_to_fail, known_to_fail, require_checked
from feedbot.cli.main import Told
from feedbot.cli.naming import repository_prefix
from feedbot.cli.progress import progress_option, show_progress, shown_to
from feedbot.cli.reports.check import CheckReport
from feedbot.cli.reports.checking import NOTHING_DUE
from feedbot.cli.reports.files import report_option, write_reports
from feedbot.cli.reports.formats import TEXT, format_option, rendered
from feedbot.cli.running import let_files_settle, run_until_signalled, say_of_proxy
from feedbot.cli.saying import say
from feedbot.cli.text import count
from feedbot.cli.words import Words
from feedbot.clock import Clock, SystemClock
from feedbot.config import Config, FeedsConfig, SiteConfig, load_config
from feedbot.config.checker import cluster_address
from feedbot.core.article import Rejected
from feedbot.core.progress import Progress
from feedbot.core.status import StatusKind
from feedbot.errors import ArticlesError, Stopped, UsageError
from feedbot.state import planning, targets
from feedbot.state.database import State, checking_run, open_state
from feedbot.steps.checking import Checking, check, check_due, to_ask
from feedbot.steps.reading import read


@click.command()
@click.argument("what", nargs=-1, metavar="[URL|ARTICLE|FOLDER|-]...")
@click.option("--topic", "topics", multiple=True, metavar="NAME", help="The articles on a topic; several times: any.")
@click.option(
    "--provider", "providers", multiple=True, metavar="NAME", help="The articles of a provider, by name or domain."
)
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=Words(StatusKind),
    metavar="WORDS",
    help="The links that stand so, such as dead,failing.",
)
@click.option(
    "--since", metavar="COMMIT", help="The links that were added since HEAD and this git commit or branch parted."
)
@click.option("--all", "every", is_flag=True, help="Every link of every article.")
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    metavar="N",
    help="Make about N requests at most, where most is to be learnt; instead of checker.max_requests_per_run.",
)
@click.option(
    "--cluster",
    metavar="ADDRESS",
    help="Have the workers of the Dask scheduler at this address ask; local: processes of this machine.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be asked and what that takes; ask and change nothing.")
@format_option
@report_option
@click.option(
    "--fail-on",
    multiple=True,
    type=Words(FAIL_ON),
    metavar="WORDS",
    help="Exit with 4 where a link is one of these, such as broken,dead; the words are above.",
)
@click.option("--wait", is_flag=True, help="Wait for another checking run to end, instead of exiting with 75.")
@progress_option
@click.pass_obj
def command(
    told: Told,
    what: tuple[str, ...],
    topics: tuple[str, ...],
    providers: tuple[str, ...],
    statuses: tuple[tuple[str, ...], ...],
    since: str | None,
    every: bool,
    budget: int | None,
    cluster: str | None,
    dry_run: bool,
    output: str,
    reports: tuple[tuple[str, Path], ...],
    fail_on: tuple[tuple[str, ...], ...],
    wait: bool,
    shown: bool | None,
) -> int:
    """Check the links that are due, or those that are named, due or not.

    A URL is checked by itself, an ARTICLE (a file that the config's articles.paths match) with all of
    its links, a FOLDER with all articles in it; - reads URLs and articles from standard input, one a
    line, without blank lines and those that begin with #. --topic, --provider, --status and --since
    name links of all articles, or narrow what articles and folders name; of several, each narrows. URLs
    can be checked without a config file; then nothing is remembered.

    \b
    Words of --fail-on:
      broken       gone, missing, soft_dead, parked, or no such host; one look is
                   enough
      never_alive  not found, and not once seen alive: most often a typo
      a verdict    alive, moved, blocked, gone, missing, soft_dead, parked,
                   suspect, unreachable, refused, amp_withdrawn, unknown
      a status     unchecked, alive, moved, failing, dead, blocked, refused

    What is known of links that were chosen and not asked now (not due, or beyond the budget)
    counts too; links that a person has marked alive or ignored do not. Where this machine is
    offline, or its proxy is down, nothing can be checked, and the exit code is 1.

    \b
    Examples:
      feedbot check                              what is due
      feedbot check https://example.org/page     one link
      feedbot check articles/2020 --fail-on broken
                                                 all links in a folder's articles
      feedbot check --topic AI --status dead     the dead links of a topic again
      feedbot check --since origin/main --fail-on broken,never_alive
                                                 what a pull request adds
      feedbot check --all --budget 500           where most is to be learnt
      feedbot check --all --dry-run              what that asks, how long it takes
      feedbot check --cluster tcp://10.0.0.5:8786
                                                 what is due, asked elsewhere
      feedbot check --format markdown            to comment on a pull request
      feedbot check --format github --report junit=links.xml
                                                 annotations, a file for the CI
      grep -h -o 'https://[^ )]*' notes.txt | feedbot check -
    """  # noqa: D301 - \b keeps click from folding what stands in columns
    wish = Wish(
        what=tuple(_with_stdin(what)),
        topics=topics,
        providers=providers,
        statuses=_flat(statuses),
        since=since,
        every=every,
        budget=budget,
        is_named=bool(what),
    )
    require_sense(wish, told.config_path.parent)
    if dry_run and (output != TEXT or reports):
        raise UsageError("--dry-run: is told as text only; leave --format and --report out")
    words = set(_flat(fail_on))
    clock = SystemClock()
    with _somewhere(told, wish, dry_run=dry_run) as (here, state):
        config = _with_cluster(here, cluster)
        if not dry_run:
            say_of_proxy(config, told)
        rejected = _read(config, state, clock, wish)
        if dry_run:
            click.echo("\n".join(_would_ask(config, state, clock, wish, rejected)))
            return 0

        def tell(checking: Checking, chosen: Chosen | None) -> None:
            report = _report(config, checking, rejected, chosen, every=told.verbose)
            if output == TEXT:
                say(told, report.lines())
            else:
                click.echo(rendered(report, output), nl=False)
            write_reports(report, reports)

        chosen, checking = _checked(config, state, clock, wish, rejected, tell, wait=wait, shown=shown_to(told, shown))
        within = None if chosen is None else chosen.urls
        known = known_to_fail(config, state, checking, words, within) if words else 0
        # What was not asked is looked up as it is told.
        tell(checking, chosen)
        fails = any(is_to_fail(one, words) for one in checking.results) if words else False
    if words:
        require_checked(checking)
    if known:
        was, are = ("was", "is") if known == 1 else ("were", "are")
        them = f"{count(known, 'link')} that {was} not {'due' if chosen is None else 'asked'} {are}"
        said = f"Known      {them} {' or '.join(sorted(words))}; `feedbot status` shows what is dead or failing"
        click.echo(said, err=output != TEXT)
    return 4 if known or fails else 0


def _read(config: Config, state: State, clock: Clock, wish: Wish) -> Sequence[Rejected]:
    """The article files that were rejected, of all that are read before; raises ArticlesError."""
    if not config.articles.paths:
        return ()
    try:
        let_files_settle(config, clock)
        return read(config, state, clock).rejected
    except ArticlesError:
        # What is known of a URL's articles from before does for it.
        if wish.needs_no_config:
            return ()
        raise


def _report(
    config: Config, checking: Checking, rejected: Sequence[Rejected], chosen: Chosen | None, *, every: bool
) -> CheckReport:
    prefix = repository_prefix(config.root)
    if chosen is None:
        return CheckReport(checking, rejected, every=every, prefix=prefix)
    return CheckReport(checking, chosen.rejected, every=every or chosen.in_full, prefix=prefix, nothing=chosen.nothing)


def _with_stdin(what: tuple[str, ...]) -> Iterator[str]:
    """What was named, with what standard input names in the place of -."""
    for one in what:
        if one == "-":
            yield from lines_of(b"" if sys.stdin is None else sys.stdin.buffer.read())
        else:
            yield one


def _flat(values: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(word for words in values for word in words)


@contextmanager
def _somewhere(told: Told, wish: Wish, *, dry_run: bool) -> Iterator[tuple[Config, State]]:
    """The configured publication; without a config file, a nameless one that is forgotten afterwards."""
    if told.config_was_named or told.config_path.exists() or not wish.needs_no_config:
        config = load_config(told.config_path)
        there = beside(config) if dry_run else nullcontext(config)
        with there as config, open_state(config.state_path, who="feedbot check") as state:
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


def _checked(
    config: Config,
    state: State,
    clock: Clock,
    wish: Wish,
    rejected: Sequence[Rejected],
    tell: Callable[[Checking, Chosen | None], None],
    *,
    wait: bool,
    shown: bool | None,
) -> tuple[Chosen | None, Checking]:
    """What was chosen, None where that is what is due, and what asking it brought.

    Where it is more than what was named one by one, no other run asks beside it. Raises Stopped where a signal ends
    it, after it has told what was brought so far.
    """
    progress = Progress()
    stopped: list[Checking] = []
    lock: AbstractContextManager[None] = nullcontext() if wish.is_small else checking_run(state, wait=wait)
    with lock:
        if wish.is_of_what_is_due:
            within = _with_budget(config, wish.budget)
            chosen, work = None, check_due(within, state, clock, progress, on_stop=stopped.append)
        else:
            chosen = choose(config, state, clock.now(), wish, rejected)
            due = planning.plan_of(chosen.targets)
            work = check(config, state, clock, due, progress=progress, on_stop=stopped.append)
        try:
            return chosen, run_until_signalled(work, show_progress(progress, clock, shown))
        except Stopped:
            for checking in stopped:
                tell(checking, chosen)
            raise


def _would_ask(config: Config, state: State, clock: Clock, wish: Wish, rejected: Sequence[Rejected]) -> Iterator[str]:
    """What a dry run tells."""
    if wish.is_of_what_is_due:
        due = to_ask(_with_budget(config, wish.budget), state, clock.now())
        return dry_run_lines(config, targets.load(state, due.ids), clock, NOTHING_DUE)
    chosen = choose(config, state, clock.now(), wish, rejected)
    return dry_run_lines(config, chosen.targets, clock, chosen.nothing)


def _with_cluster(config: Config, address: str | None) -> Config:
    """The config, with the cluster of the command line in the place of its own; raises UsageError."""
    if address is None:
        return config
    try:
        checker = config.checker.model_copy(update={"cluster": cluster_address(address)})
    except ValueError as error:
        raise UsageError(f"--cluster: {error}") from None
    return config.model_copy(update={"checker": checker})


def _with_budget(config: Config, budget: int | None) -> Config:
    if budget is None:
        return config
    checker = config.checker.model_copy(update={"max_requests_per_run": budget})
    return config.model_copy(update={"checker": checker})
