"""An exported state in the place of state.db: read whole into a new database first, of which nobody knows until then.

A process that is killed on the way leaves what was there. The lines may come from anywhere: each is bounded, typed and
looked at before it is kept.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import asdict, replace
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where it is installed

from feedbot.core.guard import RemovalCause
from feedbot.core.slug import RESERVED_SLUGS, is_slug, topic_key
from feedbot.core.status import Status, StrikeRule
from feedbot.core.url import InvalidUrl, canonical_url, host_of
from feedbot.errors import StateError
from feedbot.state import copies, files, records
from feedbot.state.carried import CARRIED
from feedbot.state.database import filled_anew, nobody_else, said_plainly, stamp
from feedbot.state.records import FORMAT, End, Head, Record
from feedbot.state.restoring import bring_along, known_of, set_aside
from feedbot.state.schema import VERSION

MAX_LINE_BYTES = 16 * 1024 * 1024
"""The longest line that an export has is of the entries of a feed: 10,000 of some 60 bytes, or of an article."""

MAX_BYTES = 16 * 1024**3
"""Of 100,000 links, with ten looks at each, it is less than a tenth of that."""

_CONFLICTS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
_GZIP = b"\x1f\x8b"  # RFC 1952, section 2.3.1
_WHOLE_HOLDS = ("flood", "ids")
_LEAST_STRIKES = 2

_Record = reduce(or_, (one.record for one in CARRIED), Head | End)
_decode: Callable[[bytes], Record] = msgspec.json.Decoder(_Record).decode
_INSERTS = {one.record: one.insert for one in CARRIED}
_FIRST = {one.record: one.first for one in CARRIED}
_PLACES = {one.record: place for place, one in enumerate(CARRIED)}
_encode = msgspec.json.Encoder().encode


class _Refused(Exception):
    """A line that cannot be kept; the message goes on "line 7 ..."."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported: how many records of each kind, and the moment that the export is of, None for an empty one.

    `aside` is the file in which the replaced database is, None where there was none or it was empty; `takedowns` is
    how many were made in that one, which the export does not know of, and hold on.
    """

    records: Mapping[str, int]
    is_of: datetime | None
    aside: Path | None
    takedowns: int


def import_state(
    path: Path,
    lines: BinaryIO,
    named: str,
    now: datetime,
    *,
    who: str,
    harmless: Callable[[str], str],
    replaces: bool = False,
) -> Imported:
    """Put what `lines` hold in the place of state.db, which must hold nothing yet, unless it `replaces` what is there.

    `named` is what `lines` are called in messages; `harmless` leaves out of HTML what may not be published. Raises
    LockHeld where a daemon or a run is there; StateError where state.db holds something, or a line cannot be kept,
    which it names: nothing is changed then.
    """
    with nobody_else(path, who=who):
        is_full = _holds_something(path)
        if is_full and not replaces:
            raise StateError(
                f"{path}: holds a state already; with --replace the export takes its place, and what was there is kept"
                " beside it"
            )
        with copies.unfinished(path) as temp:
            with said_plainly(path), filled_anew(temp) as connection:
                found = _fill(connection, lines, named, now, harmless)
            copies.require_whole(temp)
            copies.sync(temp)
            _, hashes = known_of(path)
            takedowns = bring_along(temp, hashes) or 0
            is_of, _ = known_of(temp)
            if not is_full:
                path.unlink(missing_ok=True)
            aside = set_aside(path, now)
        return Imported(found, is_of, aside, takedowns)


def _holds_something(path: Path) -> bool:
    """True for a database with a row in any table but that of the clock, and for what is no sound database."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            tables = [name for (name,) in names if name != "clock"]
            return any(connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in tables)  # noqa: S608
    except sqlite3.Error:
        return True


def _fill(
    connection: Any, lines: BinaryIO, named: str, now: datetime, harmless: Callable[[str], str]
) -> dict[str, int]:
    """Keep all records; returns how many there are of each kind."""
    connection.create_function("host_of", 1, host_of, deterministic=True)
    counted: Counter[str] = Counter()
    number, place, end = 0, 0, None
    for number, line in enumerate(_bounded(lines, named), start=1):
        try:
            record = _read(line)
            if number == 1:
                _require_known(record)
                continue
            if end is not None:
                raise _Refused("comes after the last one: two exports, or a merge of two, are none")
            if isinstance(record, End):
                end = record
                continue
            place = _require_order(record, place)
            _keep(connection, record, now, harmless)
        except _Refused as refused:
            raise StateError(f"{named}: line {number:,} {refused}; nothing was changed") from None
        counted[str(record.__struct_config__.tag)] += 1
    if number == 0:
        raise StateError(f"{named}: is empty; nothing was changed; `feedbot export` writes it anew")
    if end is None:
        raise StateError(
            f"{named}: ends after line {number:,} without its last one: it was cut; nothing was changed;"
            " take an earlier one, or `feedbot export` it anew"
        )
    if end.lines != number - 2:
        raise StateError(
            f"{named}: its last line tells of {end.lines:,} lines before it, and there are {number - 2:,}: some were"
            " lost or added, as by a merge; nothing was changed; take one side whole, or `feedbot export` it anew"
        )
    return dict(counted)


def _bounded(lines: BinaryIO, named: str) -> Iterator[bytes]:
    read = 0
    number = 0
    while line := lines.readline(MAX_LINE_BYTES + 1):
        number += 1
        read += len(line)
        if len(line) > MAX_LINE_BYTES:
            raise StateError(
                f"{named}: line {number:,} is longer than {copies.megabytes(MAX_LINE_BYTES)}; nothing was changed"
            )
        if read > MAX_BYTES:
            raise StateError(f"{named}: is larger than {copies.megabytes(MAX_BYTES)}; nothing was changed")
        yield line


def _read(line: bytes) -> Record:
    if line.startswith(_CONFLICTS):
        raise _Refused("is the mark of a merge that was not finished: take one of the two sides whole")
    if line.startswith(_GZIP):
        raise _Refused("is compressed: `gunzip --stdout state.ndjson.gz | feedbot import -`")
    try:
        return _decode(line)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise _Refused(f"is no line of an export that this feedbot knows ({error})") from None


def _require_known(record: Record) -> None:
    if not isinstance(record, Head):
        raise _Refused("is not the first one of an export: it was cut, or is no export of `feedbot export`")
    if record.format > FORMAT or record.schema > VERSION:
        raise _Refused(
            f"tells of a newer feedbot ({record.feedbot}, format {record.format}, schema {record.schema}; this one"
            f" knows {FORMAT} and {VERSION}): install that"
        )


def _require_order(record: Record, place: int) -> int:
    """The place of a record's kind among all; what a record names has come before it."""
    if isinstance(record, Head):
        raise _Refused("is a first one again: two exports, or a merge of two, are none")
    if (its_place := _PLACES[type(record)]) < place:
        raise _Refused("is not where its kind is in an export: lines were moved, or two exports merged")
    return its_place


def _keep(connection: Any, record: Record, now: datetime, harmless: Callable[[str], str]) -> None:
    _require_usable(record)
    try:
        stored = _stored(record)
        if first := _FIRST[type(record)]:
            connection.execute(first, stored)
        done = connection.execute(_INSERTS[type(record)], stored)
        if isinstance(record, records.File) and record.article is not None:
            article = replace(record.article, body_html=harmless(record.article.body_html))
            files.record_imported(connection, article, now)
    except sqlite3.IntegrityError as error:
        raise _Refused(_why_not(str(error))) from None
    except (ValueError, OverflowError) as error:
        raise _Refused(f"holds what cannot be kept ({error})") from None
    assert done.rowcount != 0 or isinstance(record, records.Feed), "a record is a row"


def _why_not(error: str) -> str:
    if "UNIQUE" in error:
        return "tells again of what an earlier one tells: lines were doubled, or two exports merged"
    return "tells of what no earlier one names: lines were lost"


def _stored(record: Record) -> dict[str, Any]:
    return {name: _value(value) for name, value in asdict(record).items()}


def _value(value: Any) -> Any:
    """A field as its column has it."""
    match value:
        case None | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case _:
            return _encode(value).decode()


def _require_usable(record: Record) -> None:
    """Raise _Refused where a value is of its type and would do harm all the same, or stop every run."""
    match record:
        case records.Run(finished_at=datetime(), summary=None):
            raise _Refused("has ended, and has no summary of what it saw")
        case records.Identity(id=entry_id) if not entry_id.strip() or any(sign < " " for sign in entry_id):
            raise _Refused("has an id that no feed can hold")
        case records.PublishedFile(name=name) if not _is_file_name(name):
            raise _Refused("names a published file that is not in the feeds folder")
        case records.Topic(slug=str(slug)) if not is_slug(slug) or slug in RESERVED_SLUGS:
            raise _Refused("has a slug that no topic can have")
        # ids.json has the name alone: a second key of one name would break it with the next build.
        case records.Topic(key=key, name=name) if key != topic_key(name):
            raise _Refused("has a key that is not that of its name")
        case records.Target(url=url) if not _is_url(url):
            raise _Refused("is of a link whose URL is none")
        case records.Hold(feed=feed, cause=cause) if cause not in (tuple(RemovalCause) if feed else _WHOLE_HOLDS):
            raise _Refused("has a cause that no hold has")
        case records.Target(rule_strikes=int(strikes), rule_over_s=s) if strikes < _LEAST_STRIKES or s is None:
            raise _Refused("has a rule of strikes that cannot be")
        case records.RolledUp(status=Status(rule=StrikeRule(strikes=strikes))) if strikes < _LEAST_STRIKES:
            raise _Refused("has a rule of strikes that cannot be")
        case records.Target(moved_to=str(url)) | records.Snapshot(copy=str(url)) if not _is_of_the_web(url):
            raise _Refused("would lead readers to what is no web page")
        case records.Snapshot(copy=str(), taken_at=None):
            raise _Refused("has a copy without its time")
        case records.Observation(failure=failure, failure_text=text) if (failure is None) != (text is None):
            raise _Refused("has half a failure")
        case records.Observation(failure=None) if not _is_answered(record):
            raise _Refused("has neither an answer nor a failure")
        case records.File(path=path, article=article) if article is not None and article.path != path:
            raise _Refused("has the article of another file")
        case (
            records.RolledUp(status=within)
            | records.Sibling(sibling=within)
            | records.Observation(context=within)
            | records.File(article=within)
        ) if _has_local_time(within):
            raise _Refused("has a time without its offset to UTC")
        case _:
            pass


def _has_local_time(value: Any) -> bool:
    """True where a time within a value does not say where it holds; those of the records themselves are typed so."""
    match value:
        case datetime():
            return value.tzinfo is None
        case tuple():
            return any(map(_has_local_time, value))
        case msgspec.Struct():
            return any(_has_local_time(getattr(value, name)) for name in value.__struct_fields__)
        case _:
            return False


def _is_file_name(text: str) -> bool:
    return text not in {"", ".", ".."} and "/" not in text and "\0" not in text


def _is_answered(look: records.Observation) -> bool:
    return look.http_status is not None and bool(look.exchanges) and look.exchanges[-1].status is not None


def _is_url(text: str) -> bool:
    try:
        canonical_url(text)
    except InvalidUrl:
        return False
    return True


def _is_of_the_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))
