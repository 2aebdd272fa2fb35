"""The evidence on one link, as text for people and as one object for programs."""

from collections.abc import Iterator
from typing import Any

import click

from feedbot.cli.colour import COLOURS, STANDING
from feedbot.cli.evidence import Evidence
from feedbot.cli.text import count, plain
from feedbot.cli.times import at, said_of, span
from feedbot.core.context import Context
from feedbot.core.mark import MarkKind
from feedbot.core.next_step import link_steps
from feedbot.core.observation import Exchange
from feedbot.core.page import PageSignals
from feedbot.core.status import StatusKind, is_unverifiable, outlook
from feedbot.core.verdict import RULES
from feedbot.publish.link_report import ReadersGet
from feedbot.state.runs import Recorded
from feedbot.steps.rejudging import verdicts_of

SCHEMA = 1
SHOWN = 10
_PLACES_SHOWN = 10
_COMMAND_WIDTH = 24


def why_lines(seen: Evidence, *, every: bool) -> Iterator[str]:
    """What it is and where it stands, where it is, the looks as a table, and what a person can do.

    With `every`, all looks, each request by request; without, the latest so.
    """
    status = seen.target.status
    yield click.style(plain(seen.target.url), bold=True)
    yield from _standing_lines(seen)
    yield from _places_lines(seen)
    if seen.page is not None:
        yield f"  its page   {_page(seen.page)}"
    if seen.earlier is not None:
        number = count(seen.earlier.looks, "look")
        yield f"  rolled up  {number}, the first on {at(seen.earlier.first_at)}: what was seen is no longer kept"
    if seen.trail:
        yield from _all_looks(seen) if every else _looks_table(seen)
    elif seen.damaged:
        yield "  what was seen cannot be read"
    else:
        yield "  not looked at yet" if status.kind is StatusKind.UNCHECKED else "  what was seen is no longer kept"
    yield "You can"
    for step in link_steps(plain(seen.target.url), status, seen.mark):
        yield f"  {click.style(step.command, fg='cyan')}"
        yield f"             {step.brings}"


def _standing_lines(seen: Evidence) -> Iterator[str]:
    status, now = seen.target.status, seen.at
    since = "" if status.since_at is None else f" since {at(status.since_at)}, {said_of(status.since_at, now)}"
    strikes = f", {count(status.strikes, 'strike')}" if status.strikes else ""
    never = ", never seen alive" if status.never_alive else ""
    kind = click.style(status.kind, fg=STANDING.get(status.kind), bold=True)
    yield f"  status     {kind}{since}{strikes}{never}"
    if status.reason:
        yield f"  because    {plain(status.reason)}"
    if seen.mark is None and is_unverifiable(status, now):
        yield "  note       walls have hidden it for 30 days: feedbot cannot tell; look yourself, and `feedbot mark` it"
    if seen.mark is not None:
        yield f"  a person   {plain(seen.mark.words)}"
    if seen.mark is not None and seen.mark.kind is MarkKind.IGNORE:
        yield "  next look  none: it is left alone"
        yield from _archived_lines(seen)
        return
    yield f"  changes    {outlook(status)}"
    if seen.due_at is not None:
        when = "now" if seen.due_at <= now else f"{at(seen.due_at)}, {said_of(seen.due_at, now)}"
        yield f"  next look  {when}"
    yield from _archived_lines(seen)


def _archived_lines(seen: Evidence) -> Iterator[str]:
    known = seen.archived
    if known is None:
        return
    if known.snapshot is not None:
        yield f"  archive    a copy of {known.snapshot.taken_at:%Y-%m-%d}: {plain(known.snapshot.url)}"
    again = "due now" if known.again_at <= seen.at else at(known.again_at)
    if known.failures:
        yield f"  archive    not answered on {at(known.asked_at)}: {plain(known.reason)}; asked again: {again}"
    elif known.snapshot is None:
        yield f"  archive    no copy on {at(known.asked_at)}: {plain(known.reason)}; asked again: {again}"


def _places_lines(seen: Evidence) -> Iterator[str]:
    """Where it is linked, each place with what readers get there; that once, where it is the same in all."""
    told = {readers for _, readers in seen.places}
    if len(told) == 1:
        yield f"  readers    get {_readers(told.pop())}"
    for place, readers in seen.places[:_PLACES_SHOWN]:
        get = f": readers get {_readers(readers)}" if told else ""
        yield f"  linked in  {plain(place.article)}:{place.line} ({place.role}){get}"
    if (more := len(seen.places) - _PLACES_SHOWN) > 0:
        yield f"             and in {count(more, 'more place')}"
    if not seen.places:
        yield "  linked in  no article"


def _readers(readers: ReadersGet) -> str:
    return plain(f"{readers.words} {readers.url}" if readers.url else readers.words)


def _looks_table(seen: Evidence) -> Iterator[str]:
    shown = seen.trail[-SHOWN:]
    more = "" if len(shown) == len(seen.trail) else f", the latest {len(shown)} of {len(seen.trail):,}"
    yield f"Looks, newest first{more} (--all shows each request)"
    times = [said_of(one.observation.started_at, seen.at) for one in shown]
    width = max(map(len, times))
    for recorded, time in reversed(list(zip(shown, times, strict=True))):
        verdict = click.style(f"{recorded.verdict:<11}", fg=COLOURS.get(recorded.verdict))
        yield f"  {time:<{width}}  {verdict}  {plain(recorded.reason)}{_uncounted(recorded)}"
    latest = seen.trail[-1]
    yield f"The latest, {at(latest.observation.started_at)}"
    yield from _in_full(latest)


def _all_looks(seen: Evidence) -> Iterator[str]:
    yield "Looks, newest first"
    for recorded in reversed(seen.trail):
        verdict = click.style(recorded.verdict, fg=COLOURS.get(recorded.verdict))
        yield f"  {at(recorded.observation.started_at)}  {verdict}  {plain(recorded.reason)}{_uncounted(recorded)}"
        yield from _in_full(recorded)


def _uncounted(recorded: Recorded) -> str:
    return "" if recorded.counted else "  (not counted: our own network seemed to be down)"


def _in_full(recorded: Recorded) -> Iterator[str]:
    """Request by request, what the page said, what else was known, and what the rules of today make of it."""
    exchanges = recorded.observation.exchanges
    for exchange in exchanges:
        yield f"      {_exchange(exchange)}"
    if exchanges and exchanges[-1].signals is not None:
        yield f"      the page: {_page(exchanges[-1].signals)}"
    yield from _known(recorded.context)
    today = verdicts_of(recorded)
    if today.kind is not recorded.verdict:
        yield f"      by the rules of today (version {RULES}): {today.kind}  {plain(today.reason)}"
    for warning in today.warnings:
        yield f"      warning: {plain(warning)}"


def _exchange(exchange: Exchange) -> str:
    end = str(exchange.status) if exchange.failure is None else f"{exchange.failure.kind}: {exchange.failure.text}"
    parts = [f"{exchange.method} {exchange.url} -> {end}", f"{exchange.elapsed_ms:,} ms"]
    if exchange.location is not None:
        parts.append(f"to {exchange.location}")
    if exchange.peer is not None:
        parts.append(f"from {exchange.peer}")
    if exchange.retry_after_s is not None:
        parts.append(f"asks to wait {span(exchange.retry_after_s)}")
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
    sibling, source, second = context.sibling, context.source or context.amp, context.second
    if context.vantage is not None:
        yield f"      asked from {plain(context.vantage)}"
    if second is not None:
        code = "" if second.status is None else f", {second.status}"
        yield f"      asked from {plain(second.vantage)} too, where it was {second.verdict}{code}"
    if sibling is not None:
        answer = "did not answer" if sibling.status is None else f"answered {sibling.status}"
        yield f"      a made-up address beside it, {plain(sibling.url)}, {answer}"
    if source is not None:
        yield f"      it stands for {plain(source.url)}, which was {source.verdict or 'not judged yet'}"


def why_document(seen: Evidence) -> dict[str, Any]:
    """What `feedbot why --format json` promises (feedbot/why.schema.json)."""
    target, status = seen.target, seen.target.status
    return {
        "schema": SCHEMA,
        "at": seen.at,
        "url": target.url,
        "host": target.host,
        "status": status.kind,
        "since": status.since_at,
        "verdict": status.verdict,
        "reason": status.reason,
        "strikes": status.strikes,
        "never_alive": status.never_alive,
        "moved_to": status.moved_to,
        "changes": outlook(status),
        "next_look_at": seen.due_at,
        "mark": None if seen.mark is None else seen.mark.words,
        "links": [
            {
                "article": place.article,
                "line": place.line,
                "role": place.role,
                "readers_get": readers.words,
                "readers_url": readers.url or None,
            }
            for place, readers in seen.places
        ],
        "archived_copy": None
        if seen.archived is None or seen.archived.snapshot is None
        else seen.archived.snapshot.url,
        "looks_no_longer_kept": 0 if seen.earlier is None else seen.earlier.looks,
        "looks": [_look_document(one) for one in reversed(seen.trail)],
        "what_you_can_do": [
            {"command": step.command, "brings": step.brings} for step in link_steps(target.url, status, seen.mark)
        ],
    }


def _look_document(recorded: Recorded) -> dict[str, Any]:
    observation = recorded.observation
    return {
        "at": observation.started_at,
        "verdict": recorded.verdict,
        "reason": recorded.reason,
        "counted": recorded.counted,
        "elapsed_ms": observation.elapsed_ms,
        "exchanges": [
            {
                "method": one.method,
                "url": one.url,
                "status": one.status,
                "failure": None if one.failure is None else one.failure.text,
                "location": one.location,
                "elapsed_ms": one.elapsed_ms,
            }
            for one in observation.exchanges
        ],
    }
