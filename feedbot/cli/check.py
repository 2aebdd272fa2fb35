"""`feedbot check`: ask servers about links, and say what they are worth."""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import click

from feedbot.cli.choosing import Chosen, Wish, choose, lines_of, require_sense
from feedbot.cli.dry_run import beside, dry_run_lines
from feedbot.cli.main import Told
from feedbot.cli.naming import repository_prefix
from feedbot.cli.progress import progress_option, show_progress
from feedbot.cli.reports.check import CheckReport
from feedbot.cli.reports.checking import NOTHING_DUE
from feedbot.cli.reports.formats import TEXT, format_option, rendered
from feedbot.cli.running import let_files_settle, run_until_signalled, say_of_proxy
from feedbot.cli.text import count
from feedbot.cli.words import Words
from feedbot.clock import Clock, SystemClock
from feedbot.config import Config, FeedsConfig, SiteConfig, load_config
from feedbot.core.article import Rejected
from feedbot.core.mark import is_excused, mark_on
from feedbot.core.observation import FailureKind
from feedbot.core.progress import Progress
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind, is_broken
from feedbot.errors import FeedbotError, UsageError
from feedbot.state import marks
from feedbot.state.database import State, checking_run, moment, open_state
from feedbot.steps.checking import Checking, check, check_due, to_ask
from feedbot.steps.reading import read

_BROKEN = "broken"
_NEVER_ALIVE = "never_alive"
_FAIL_ON = [_BROKEN, _NEVER_ALIVE, *map(str, VerdictKind), *map(str, StatusKind)]


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
@click.option("--dry-run", is_flag=True, help="Show what would be asked and what that takes; ask and change nothing.")
@format_option
@click.option(
    "--fail-on",
    multiple=True,
    type=Words(_FAIL_ON),
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
    dry_run: bool,
    output: str,
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
      broken       gone, missing, soft_dead, parked, or no such host; one look is enough
      never_alive  not found, and not once seen alive: most often a typo
      a verdict    alive, moved, blocked, gone, missing, soft_dead, parked, suspect,
                   unreachable, refused, amp_withdrawn, unknown
      a status     unchecked, alive, moved, failing, dead, blocked, refused
    What is known of links that were chosen and not asked now (not due, or beyond the budget)
    counts too; links that a person has marked do not. Where this machine is offline, or its
    proxy is down, nothing can be checked, and the exit code is 1.

    \b
    Examples:
      feedbot check                                 what is due
      feedbot check https://example.org/page        one link
      feedbot check articles/2020 --fail-on broken  all links of the articles in a folder
      feedbot check --topic AI --status dead        the dead links of a topic, once more
      feedbot check --since origin/main --fail-on broken,never_alive
                                                    what a pull request adds; old links never fail it
      feedbot check --all --budget 500              500 requests, where most is to be learnt
      feedbot check --all --dry-run                 what that would ask, and how long it takes
      feedbot check --format markdown               for a comment on a pull request
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
    if dry_run and output != TEXT:
        raise UsageError("--dry-run: is told as text only; leave --format out")
    words = set(_flat(fail_on))
    clock = SystemClock()
    with _somewhere(told, wish, dry_run=dry_run) as (config, state):
        if not dry_run:
            say_of_proxy(config)
        rejected: Sequence[Rejected] = ()
        if config.articles.paths:
            let_files_settle(config, clock)
            rejected = read(config, state, clock).rejected
        if dry_run:
            click.echo("\n".join(_would_ask(config, state, clock, wish, rejected)))
            return 0
        chosen, checking = _checked(config, state, clock, wish, rejected, wait=wait, shown=shown)
        known = _known_to_fail(config, state, checking, words, chosen) if words else 0
    # At once, for each echo is a write of its own.
    click.echo(rendered(_report(config, checking, rejected, chosen), output), nl=False)
    if words and checking.online is False:
        raise FeedbotError("nothing could be checked for --fail-on, because this machine seems to be offline")
    if words and (fault := _our_fault(checking)) is not None:
        raise FeedbotError(f"nothing could be checked for --fail-on: {fault}")
    if known:
        was, are = ("was", "is") if known == 1 else ("were", "are")
        them = f"{count(known, 'link')} that {was} not {'due' if chosen is None else 'asked'} {are}"
        said = f"Known      {them} {' or '.join(sorted(words))}; `feedbot status` shows what is dead or failing"
        click.echo(said, err=output != TEXT)
    failing = any(not one.is_excused and _words(one.verdict, one.after.status) & words for one in checking.results)
    return 4 if known or failing else 0


def _report(config: Config, checking: Checking, rejected: Sequence[Rejected], chosen: Chosen | None) -> CheckReport:
    prefix = repository_prefix(config.root)
    if chosen is None:
        return CheckReport(checking, rejected, prefix=prefix)
    return CheckReport(checking, chosen.rejected, every=chosen.in_full, prefix=prefix, nothing=chosen.nothing)


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
    *,
    wait: bool,
    shown: bool | None,
) -> tuple[Chosen | None, Checking]:
    """What was chosen, None where that is what is due, and what asking it brought.

    Where it is more than what was named one by one, no other run asks beside it.
    """
    progress = Progress()
    lock: AbstractContextManager[None] = nullcontext() if wish.is_small else checking_run(state, wait=wait)
    with lock:
        if wish.is_of_what_is_due:
            chosen, work = None, check_due(_with_budget(config, wish.budget), state, clock, progress)
        else:
            chosen = choose(config, state, clock.now(), wish, rejected)
            work = check(config, state, clock, chosen.targets, progress=progress)
        return chosen, run_until_signalled(work, show_progress(progress, clock, shown))


def _would_ask(config: Config, state: State, clock: Clock, wish: Wish, rejected: Sequence[Rejected]) -> Iterator[str]:
    """What a dry run tells."""
    if wish.is_of_what_is_due:
        due = to_ask(_with_budget(config, wish.budget), state, clock.now())
        return dry_run_lines(config, due, clock, NOTHING_DUE)
    chosen = choose(config, state, clock.now(), wish, rejected)
    return dry_run_lines(config, chosen.targets, clock, chosen.nothing)


def _with_budget(config: Config, budget: int | None) -> Config:
    if budget is None:
        return config
    checker = config.checker.model_copy(update={"max_requests_per_run": budget})
    return config.model_copy(update={"checker": checker})


def _known_to_fail(config: Config, state: State, checking: Checking, words: set[str], chosen: Chosen | None) -> int:
    """How many links that were not judged just now are known to be what --fail-on names, and are not excused.

    Of those that were chosen; of all where that is None.
    """
    said, exclusions = marks.holding(state, checking.finished_at), config.links.exclusions()
    judged = {one.after.url for one in checking.results if one.verdict.kind is not VerdictKind.UNKNOWN}
    rows = state.rows(
        "SELECT url, status, verdict, strikes, first_alive_at, nameless FROM targets"
        " WHERE id IN (SELECT target_id FROM article_links JOIN files ON files.id = file_id"
        " WHERE vanished_at IS NULL AND ignored = 0)"
    )
    found = 0
    for row in rows:
        kind = VerdictKind(row["verdict"] or VerdictKind.UNKNOWN)
        first_alive_at = None if row["first_alive_at"] is None else moment(row["first_alive_at"])
        status = Status(
            kind=StatusKind(row["status"]),
            verdict=kind,
            strikes=row["strikes"],
            first_alive_at=first_alive_at,
            nameless=bool(row["nameless"]),
        )
        failure = FailureKind.DNS_NXDOMAIN if status.nameless else None
        if row["url"] in judged or (chosen is not None and row["url"] not in chosen.urls):
            continue
        if not _words(Verdict(kind, "", failure), status) & words:
            continue
        found += not is_excused(mark_on(row["url"], said, exclusions, checking.finished_at))
    return found


def _our_fault(checking: Checking) -> str | None:
    """What of our own, such as a proxy that is down, kept every link from being judged; None where any was."""
    if any(one.verdict.kind is not VerdictKind.UNKNOWN for one in checking.results):
        return None
    faults = (one.verdict.reason for one in checking.results if one.verdict.failure is FailureKind.OURSELVES)
    return next(faults, None)


def _words(verdict: Verdict, status: Status) -> set[str]:
    """Every word of --fail-on that a link deserves."""
    said = {verdict.kind.value, status.kind.value}
    if is_broken(verdict):
        said.add(_BROKEN)
    if status.never_alive:
        said.add(_NEVER_ALIVE)
    return said
