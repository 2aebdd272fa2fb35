"""After a run, for the operator: links.html, where links stand, and links.atom, what became of them."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from feedbot import __version__
from feedbot.clock import Clock
from feedbot.config import PUBLIC_REPORTS, Config
from feedbot.core.identity import link_feed_id
from feedbot.core.mark import Mark, mark_on
from feedbot.core.status import StatusKind, is_unverifiable
from feedbot.core.transition import transition_id
from feedbot.errors import FeedbotError
from feedbot.publish.files import Published, publish_files, remove_files
from feedbot.publish.link_feed import LINK_FEED_NAME, LinkEntry, LinkFeed, render_link_feed
from feedbot.publish.link_report import (
    HISTORY_DAYS,
    REPORT_NAME,
    HostRow,
    LinkReport,
    LinkRow,
    Looks,
    ReadersGet,
    StatusCount,
    render_report,
)
from feedbot.state import marks, reported, transitions, troubles
from feedbot.state.database import State, one_at_a_time
from feedbot.state.transitions import Transition
from feedbot.state.troubles import Place, Troubled
from feedbot.steps.mending import Mended, mend
from feedbot.steps.readers import instead_of_pages, readers_get, words

MOST_ROWS = 2000
MOST_ENTRIES = 100
_MOST_HOSTS = 20
_MOST_TOPICS = 40
_MOST_PLACES = 5

_NAMES = (REPORT_NAME, LINK_FEED_NAME)


@dataclass(frozen=True, slots=True)
class Reporting:
    """The reports that were written anew, and why none could be written, in a sentence."""

    written: tuple[Path, ...] = ()
    problem: str = ""


def report(config: Config, state: State, clock: Clock) -> Reporting:
    """Write the reports whose bytes changed; the same state gives the same bytes.

    Never raises FeedbotError: the feeds of a run do not depend on its reports, and what is wrong is in the result.
    """
    try:
        with one_at_a_time(state):
            return _write(config, state, clock.now())
    except FeedbotError as error:
        return Reporting(problem=str(error))


def _write(config: Config, state: State, now: datetime) -> Reporting:
    private, is_public = config.private_reports_path, config.feeds.public_report
    folder = config.public_reports_path if is_public and private is not None else private
    for unused in {config.public_reports_path, private} - {folder, None}:
        _withdraw(unused)
    if folder is None:
        return Reporting()
    paths = [folder / name for name in _NAMES]
    inputs = _inputs(config, state, now)
    if reported.is_as_noted(state, paths, inputs):
        return Reporting()
    mended = mend(config, state, now)
    troubles.choose(state, now, public=is_public)
    troubles.find_troubled(state)
    files = [
        (REPORT_NAME, render_report(_report(config, state, mended, now))),
        (LINK_FEED_NAME, render_link_feed(_feed(config, state, is_public=is_public))),
    ]
    outcomes = publish_files(folder, files)
    reported.note(state, paths, inputs)
    return Reporting(tuple(folder / outcome.name for outcome in outcomes if isinstance(outcome, Published)))


def _inputs(config: Config, state: State, now: datetime) -> str:
    """A hash of all that the bytes of the reports depend on: to make them takes a second where there are many links."""
    said, exclusions = marks.holding(state, now), config.links.exclude
    holding = [one for one in exclusions if one.until is None or now.date() <= one.until]
    told = config.model_dump(mode="json", exclude={"root", "checker", "schedule", "state", "alerts"})
    parts = (__version__, told, len(holding), said, reported.made_from(state, now))
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _withdraw(folder: Path | None) -> None:
    """Remove reports from where they are not written any more: what was public is not to stay so."""
    if folder is not None and any((folder / name).is_file() for name in _NAMES):
        remove_files(folder, _NAMES)


# links.html


def _report(config: Config, state: State, mended: Mended, now: datetime) -> LinkReport:
    rows, rows_count = troubles.worst(state, MOST_ROWS, most_places=_MOST_PLACES)
    topics, topics_count = troubles.by_topic(state, _MOST_TOPICS)
    said, exclusions = marks.holding(state, now), config.links.exclusions()
    last_look = troubles.last_look(state)
    hosts, hosts_count = _hosts(state, last_look)
    missing = instead_of_pages(state, mended)
    return LinkReport(
        title=config.site.title,
        language=config.site.language,
        counts=tuple(_counts(state)),
        rows=tuple(_row(one, mended, missing, mark_on(one.target.url, said, exclusions, now)) for one in rows),
        rows_count=rows_count,
        hosts=hosts,
        hosts_count=hosts_count,
        topics=tuple(topics),
        topics_count=topics_count,
        until=last_look,
    )


def _counts(state: State) -> Iterator[StatusCount]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for status, verdict, number in troubles.by_verdict(state):
        found[status].append((verdict or "", number))
    for kind in StatusKind:
        if verdicts := found.get(kind):
            # That what is alive was found alive need not be said.
            said = tuple((verdict, number) for verdict, number in verdicts if verdict not in {"", kind.value})
            yield StatusCount(kind, sum(number for _, number in verdicts), said)


def _hosts(state: State, last_look: datetime | None) -> tuple[tuple[HostRow, ...], int]:
    counts, number = troubles.by_host(state, _MOST_HOSTS)
    if last_look is None:
        return tuple(HostRow(one.host, one.links, one.troubled, ()) for one in counts), number
    # The window ends with the latest look, not now: a day on which nobody looked changes no byte.
    until = last_look.date()
    days = {
        (one.host, one.day): Looks(one.good, one.hidden, one.failing)
        for one in troubles.history(state, [one.host for one in counts], until, HISTORY_DAYS)
    }
    window = [until - timedelta(days=back) for back in reversed(range(HISTORY_DAYS))]
    return tuple(
        HostRow(one.host, one.links, one.troubled, tuple(days.get((one.host, day), Looks()) for day in window))
        for one in counts
    ), number


def _row(one: Troubled, mended: Mended, missing: Mapping[str, ReadersGet], mark: Mark | None) -> LinkRow:
    status = one.target.status
    return LinkRow(
        url=one.target.url,
        host=one.target.host,
        status=status.kind,
        verdict="" if status.verdict is None else status.verdict.value,
        since_at=status.since_at,
        reason=status.reason,
        strikes=status.strikes,
        due_at=one.due_at,
        places=tuple(words(place) for place in one.places),
        places_count=one.places_count,
        topics=one.topics,
        readers_get=tuple(
            dict.fromkeys(readers_get(place, mended, missing, is_unlinkable=one.is_unlinkable) for place in one.places)
        ),
        remarks=tuple(_remarks(one, mark)),
    )


def _remarks(one: Troubled, mark: Mark | None) -> Iterator[str]:
    status = one.target.status
    if mark is not None:
        yield f"A person: {mark.words}"
    if status.never_alive:
        yield "Never seen alive: most often a typo"
    # As of its latest look, as everything here.
    if mark is None and status.checked_at is not None and is_unverifiable(status, status.checked_at):
        yield "Walls have hidden it for 30 days: look yourself, and `feedbot mark` it"


# links.atom


def _feed(config: Config, state: State, *, is_public: bool) -> LinkFeed:
    newest = _newest(state, is_public=is_public)
    places = troubles.places(state, [one.target_id for one in newest], _MOST_PLACES)
    year = config.feeds.id_year
    return LinkFeed(
        id=link_feed_id(config.id_authority, year),
        title=f"Links of {config.site.title}",
        # The time of a feed that holds nothing; any other is its newest entry's.
        updated_at=newest[0].at if newest else datetime(year, 1, 1, tzinfo=UTC),
        entries=[_entry(config, one, places) for one in newest],
        url=f"{config.feeds.url}{PUBLIC_REPORTS}/{LINK_FEED_NAME}" if is_public else "",
    )


def _newest(state: State, *, is_public: bool) -> Sequence[Transition]:
    if not is_public:
        return transitions.newest(state, MOST_ENTRIES)
    found = transitions.newest(state, -1)  # no limit: what is not for everybody takes nobody's place
    public = troubles.is_reported(state, [one.target_id for one in found])
    return [one for one in found if one.target_id in public][:MOST_ENTRIES]


def _entry(config: Config, one: Transition, places: Mapping[int, Sequence[Place]]) -> LinkEntry:
    moved_to = [f"New address: {one.moved_to}"] if one.moved_to else []
    return LinkEntry(
        id=transition_id(one.url, one.kind, one.at.date(), config.id_authority, config.feeds.id_year),
        url=one.url,
        kind=one.kind.value,
        at=one.at,
        lines=(
            f"{one.before} → {one.after}: {one.reason}",
            *moved_to,
            *(f"in {words(place)}" for place in places.get(one.target_id, ())),
        ),
    )
