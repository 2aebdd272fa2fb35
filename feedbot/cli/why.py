"""`feedbot why`: the evidence on one link, in words and times."""

from collections.abc import Iterator
from datetime import datetime

import click

from feedbot.cli.main import Told
from feedbot.cli.text import count, plain
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.context import Context
from feedbot.core.mark import mark_on
from feedbot.core.observation import Exchange
from feedbot.core.page import PageSignals
from feedbot.core.status import StatusKind, is_unverifiable, outlook
from feedbot.core.url import InvalidUrl, canonical_url
from feedbot.core.verdict import RULES
from feedbot.errors import FeedbotError, UsageError
from feedbot.state import marks, retention, runs, snapshots, targets
from feedbot.state.database import State, open_for_reading
from feedbot.state.runs import Recorded
from feedbot.state.targets import Target
from feedbot.steps.rejudging import verdicts_of

_SHOWN = 10


@click.command()
@click.argument("url")
@click.option("--all", "every", is_flag=True, help=f"Show the whole trail, not only the latest {_SHOWN} looks.")
@click.pass_obj
def command(told: Told, url: str, every: bool) -> int:
    """Show why a link has its status: what was seen and when, what decided, and what would change it."""
    config = load_config(told.config_path)
    try:
        wanted = canonical_url(url)
    except InvalidUrl as error:
        raise UsageError(str(error)) from None
    with open_for_reading(config.state_path, who="feedbot why") as state:
        target = targets.find(state, wanted)
        if target is None:
            raise FeedbotError(f"{plain(wanted)}: is not known; `feedbot check` looks at it")
        for line in _lines(config, state, target, SystemClock().now(), every=every):
            click.echo(line)
    return 0


def _lines(config: Config, state: State, target: Target, now: datetime, *, every: bool) -> Iterator[str]:
    status = target.status
    trail = runs.trail(state, target.url)
    yield plain(target.url)
    since = "" if status.since_at is None else f" since {_when(status.since_at)}"
    strikes = f", {count(status.strikes, 'strike')}" if status.strikes else ""
    never = ", never seen alive" if status.never_alive else ""
    yield f"  status     {status.kind}{since}{strikes}{never}"
    if status.reason:
        yield f"  because    {plain(status.reason)}"
    if is_unverifiable(status, now):
        yield "  note       walls have hidden it for 30 days: feedbot cannot tell; look yourself, and `feedbot mark` it"
    mark = mark_on(target.url, marks.holding(state, now), config.links.exclusions(), now)
    if mark is not None:
        yield f"  a person   {plain(mark.words)}"
    yield f"  changes    {outlook(status)}"
    due_at = targets.due_at(state, target.url)
    if due_at is not None:
        yield f"  next look  {'now' if due_at <= now else _when(due_at)}"
    yield from _archived(state, target, now)
    for place in targets.places(state, [target.id])[target.id]:
        yield f"  linked in  {plain(place.article)}:{place.line} ({place.role})"
    if target.signals is not None:
        yield f"  its page   {_page(target.signals)}"
    earlier = retention.rolled_up(state, target.id)
    if earlier is not None:
        number = count(earlier.looks, "look")
        yield f"  rolled up  {number}, the first on {_when(earlier.first_at)}: what was seen is no longer kept"
    if not trail:
        yield "  not looked at yet" if status.kind is StatusKind.UNCHECKED else "  what was seen is no longer kept"
        return
    shown = trail if every else trail[-_SHOWN:]
    more = "" if len(shown) == len(trail) else f" (the latest {len(shown)} of {len(trail):,}; --all shows all)"
    yield f"Looks, newest first{more}"
    for recorded in reversed(shown):
        yield from _look(recorded)


def _look(recorded: Recorded) -> Iterator[str]:
    counted = "" if recorded.counted else "  (not counted: our own network seemed to be down)"
    yield f"  {_when(recorded.observation.started_at)}  {recorded.verdict}  {plain(recorded.reason)}{counted}"
    for exchange in recorded.observation.exchanges:
        yield f"      {_exchange(exchange)}"
    last = recorded.observation.exchanges[-1] if recorded.observation.exchanges else None
    if last is not None and last.signals is not None:
        yield f"      the page: {_page(last.signals)}"
    yield from _known(recorded.context)
    today = verdicts_of(recorded)
    if today.kind is not recorded.verdict:
        yield f"      by the rules of today (version {RULES}): {today.kind}  {plain(today.reason)}"
    for warning in today.warnings:
        yield f"      warning: {plain(warning)}"


def _archived(state: State, target: Target, now: datetime) -> Iterator[str]:
    known = snapshots.of(state, target.id)
    if known is None:
        return
    if known.snapshot is not None:
        yield f"  archive    a copy of {known.snapshot.taken_at:%Y-%m-%d}: {plain(known.snapshot.url)}"
    again = "due now" if known.again_at <= now else _when(known.again_at)
    if known.failures:
        yield f"  archive    not answered on {_when(known.asked_at)}: {plain(known.reason)}; asked again: {again}"
    elif known.snapshot is None:
        yield f"  archive    no copy on {_when(known.asked_at)}: {plain(known.reason)}; asked again: {again}"


def _exchange(exchange: Exchange) -> str:
    end = str(exchange.status) if exchange.failure is None else f"{exchange.failure.kind}: {exchange.failure.text}"
    parts = [f"{exchange.method} {exchange.url} -> {end}", f"{exchange.elapsed_ms:,} ms"]
    if exchange.location is not None:
        parts.append(f"to {exchange.location}")
    if exchange.peer is not None:
        parts.append(f"from {exchange.peer}")
    if exchange.retry_after_s is not None:
        parts.append(f"asks to wait {exchange.retry_after_s:,.0f} s")
    return plain(", ".join(parts))


def _page(page: PageSignals) -> str:
    said = {
        "titled": repr(page.title) if page.title else None,
        "headed": repr(page.h1) if page.h1 and page.h1 != page.title else None,
        "canonical": page.canonical,
        "AMP page": page.amphtml,
        "refreshes to": page.refresh,
        "challenge": page.challenge,
        "wall": page.wall,
        "login": page.login,
        "parked": page.parked,
        "not found": page.not_found,
    }
    found = [f"{name} {value}" for name, value in said.items() if value is not None]
    flags = {"is AMP": page.is_amp, "an app's shell": page.is_app, "empty": page.is_empty}
    found += [name for name, is_so in flags.items() if is_so]
    return plain(", ".join([page.media or "of no known type", *found]))


def _known(context: Context) -> Iterator[str]:
    sibling, source = context.sibling, context.source or context.amp
    if sibling is not None:
        answer = "did not answer" if sibling.status is None else f"answered {sibling.status}"
        yield f"      a made-up address beside it, {plain(sibling.url)}, {answer}"
    if source is not None:
        yield f"      it stands for {plain(source.url)}, which was {source.verdict or 'not judged yet'}"


def _when(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
