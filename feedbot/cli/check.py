"""`feedbot check`: ask servers about links, and say what they are worth."""

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from feedbot.cli.main import Told
from feedbot.cli.naming import article_paths
from feedbot.cli.progress import progress_option, show_progress
from feedbot.cli.reports.check import CheckReport
from feedbot.cli.reports.formats import TEXT, format_option, rendered
from feedbot.cli.running import let_files_settle, run_until_signalled, say_of_proxy
from feedbot.cli.text import count
from feedbot.clock import SystemClock
from feedbot.config import Config, FeedsConfig, SiteConfig, load_config
from feedbot.core.article import Rejected
from feedbot.core.mark import is_excused, mark_on
from feedbot.core.observation import FailureKind
from feedbot.core.progress import Progress
from feedbot.core.status import Status, StatusKind
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.core.verdict import Verdict, VerdictKind, is_broken
from feedbot.errors import FeedbotError, UsageError
from feedbot.state import files, forgotten, marks, targets
from feedbot.state.database import State, checking_run, moment, open_state
from feedbot.steps.checking import Checking, check, check_due
from feedbot.steps.reading import read

_BROKEN = "broken"
_NEVER_ALIVE = "never_alive"
_FAIL_ON = list(dict.fromkeys([_BROKEN, _NEVER_ALIVE, *map(str, VerdictKind), *map(str, StatusKind)]))

_SCHEME = re.compile(r"(?:tel|sms|[a-z][a-z0-9+.-]*(?=:\D)):", re.IGNORECASE)
_HOST = re.compile(
    r"(?:localhost|\w[\w-]*(?:\.[\w-]+)+|[\w-]+(?=:\d)|\[[0-9a-f:.]+\])(?::\d+)?(?:[/?#].*)?", re.IGNORECASE
)


@click.command()
@click.argument("what", nargs=-1, metavar="[URL|ARTICLE]...")
@format_option
@click.option(
    "--fail-on",
    multiple=True,
    type=click.Choice(_FAIL_ON),
    metavar="WORD",
    help=f"Exit with 4 where a link has this verdict or status; several times: any. Words: {', '.join(_FAIL_ON)}."
    " broken = gone, missing, soft_dead, parked, or no such host. Without URL or ARTICLE, what is known of links that"
    " are not due counts too. Where this machine is offline, or its proxy is down, nothing can be checked, and the exit"
    " code is 1.",
)
@click.option("--wait", is_flag=True, help="Wait for another checking run to end, instead of exiting with 75.")
@progress_option
@click.pass_obj
def command(
    told: Told, what: tuple[str, ...], output: str, fail_on: tuple[str, ...], wait: bool, shown: bool | None
) -> int:
    """Check the links that are due, or those that are named, due or not.

    A URL is checked by itself, an ARTICLE (a file that the config's articles.paths match) with all of
    its links. URLs can be checked without a config file; then nothing is remembered.
    """
    _require_something(told, what)
    clock = SystemClock()
    words = set(fail_on)
    known = 0
    rejected: Sequence[Rejected] = ()
    with _somewhere(told, what) as (config, state):
        say_of_proxy(config)
        if config.articles.paths:
            let_files_settle(config, clock)
            rejected = read(config, state, clock).rejected
        progress = Progress()
        if what:
            urls, rejected = _named(state, config, what, rejected)
            named = targets.named(state, urls, clock.now())
            work = check(config, state, clock, named, progress=progress)
            checking = run_until_signalled(work, show_progress(progress, clock, shown))
        else:
            with checking_run(state, wait=wait):
                work = check_due(config, state, clock, progress)
                checking = run_until_signalled(work, show_progress(progress, clock, shown))
            known = _known_to_fail(config, state, checking, words) if words else 0
    # At once, for each echo is a write of its own.
    click.echo(rendered(CheckReport(checking, rejected, every=bool(what)), output))
    if words and checking.online is False:
        raise FeedbotError("nothing could be checked for --fail-on, because this machine seems to be offline")
    if words and (fault := _our_fault(checking)) is not None:
        raise FeedbotError(f"nothing could be checked for --fail-on: {fault}")
    if known:
        them = f"{count(known, 'link')} that {'was not due is' if known == 1 else 'were not due are'}"
        said = f"Known      {them} {' or '.join(sorted(words))}; `feedbot status` shows what is dead or failing"
        click.echo(said, err=output != TEXT)
    failing = any(not one.is_excused and _words(one.verdict, one.after.status) & words for one in checking.results)
    return 4 if known or failing else 0


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


def _require_something(told: Told, what: Sequence[str]) -> None:
    """Raise UsageError for what is neither a URL nor a file that is there, before anything else is done."""
    for one in what:
        if "://" in one:
            continue
        found = [path for path in (one, told.config_path.parent / one) if os.path.exists(path)]  # noqa: PTH110 - not for odd names
        if not found:
            raise UsageError(f"{one}: {_why_nothing(one)}")
        if os.path.isdir(found[0]):  # noqa: PTH112 - as above
            raise UsageError(f"{one}: is a folder; name article files, or nothing to check all that is due")


def _why_nothing(given: str) -> str:
    scheme = _SCHEME.match(given)
    if scheme and scheme[0].lower() in {"http:", "https:"}:
        return f"is no URL; did you mean {scheme[0]}//{given[scheme.end() :].lstrip('/')}?"
    if scheme:
        return f"only http:// and https:// can be checked, not {scheme[0]}"
    is_file_name = "/" not in given and given.lower().endswith((".md", ".markdown"))
    if _HOST.fullmatch(given) and not is_file_name:
        return f"there is no such file; did you mean http://{given}?"
    return "there is no such file"


def _named(
    state: State, config: Config, what: Sequence[str], rejected: Sequence[Rejected]
) -> tuple[list[str], list[Rejected]]:
    """The canonical URLs of what was named on the command line, and those of the files that were rejected."""
    refusals = {one.path: one for one in rejected}
    taken_down = forgotten.known(state)
    articles = files.present(state) | refusals.keys()
    urls: list[str] = []
    named: list[Rejected] = []
    for one in what:
        if "://" in one:
            try:
                urls.append(canonical_url(one))
            except InvalidUrl as error:
                raise UsageError(str(error)) from None
            if urls[-1] in taken_down:
                raise UsageError(f"{one}: was forgotten and is not asked; `feedbot forget --undo` lets it come back")
            continue
        path = _article_path(config, articles, one)
        refusal = refusals.get(path)
        of_file = targets.of_file(state, path)  # a rejected file keeps those of its last good version
        if refusal is not None and not of_file:
            place = f"line {refusal.line}: " if refusal.line else ""
            raise UsageError(f"{one}: was rejected: {place}{refusal.reason}")
        if not of_file:
            raise UsageError(f"{one}: is an article without links")
        urls += of_file
        named += [] if refusal is None else [refusal]
    return urls, named


def _article_path(config: Config, articles: Collection[str], given: str) -> str:
    """A path as typed, in the form in which article files are known."""
    for path in article_paths(config, given):
        if path in articles:
            return path
    patterns = ", ".join(config.articles.paths)
    raise UsageError(
        f"{given}: is no article: articles.paths ({patterns}) does not match it, or articles.exclude leaves it out"
    )


def _known_to_fail(config: Config, state: State, checking: Checking, words: set[str]) -> int:
    """How many links that were not judged just now are known to be what --fail-on names, and are not excused."""
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
        if row["url"] in judged or not _words(Verdict(kind, "", failure), status) & words:
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
