"""What subscribers have: the files in the feeds folder, the entries in each feed, and what is held."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from feedbot.core.guard import RemovalCause
from feedbot.core.membership import EVERYTHING, Conditions, Membership
from feedbot.state import archived
from feedbot.state.archived import ArchivedMonth
from feedbot.state.database import State, moment, said_plainly, stamp


# Of every entry that was ever published one is made in each build, so they are made in C.
class Member(msgspec.Struct, frozen=True, gc=False):
    """An entry that a feed may carry: what identifies its content without loading the article."""

    entry_id: str
    path: str
    published_at: datetime
    updated_at: datetime
    fingerprint: str


# As many as there are archive documents.
class FileOnDisk(msgspec.Struct, frozen=True, gc=False):
    """A published file: the hash of what it was made from ("" while it is written), and its stamp then."""

    inputs: str
    mtime_ns: int
    size: int
    inode: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A removal that waits for an operator, or for a day of confirmation; `seen_at` is the latest build with it."""

    entry_id: str
    cause: RemovalCause
    since_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Had:
    """What subscribers have of all feeds, by slug: ids of entries, newest first, and the removals held back, by id."""

    entries: Mapping[str, Sequence[str]]
    holds: Mapping[str, Mapping[str, Hold]]


# Later than every stamp: no file vanished after it. And earlier than every one.
_NEVER = "~"
_ALWAYS = ""

_NO_MONTHS: Mapping[tuple[str, str], ArchivedMonth | None] = {}

# Where holds tells of what is held for the publication as a whole; no feed has this slug.
_WHOLE = ""

Whole = Literal["flood", "ids"]
"""What is held for the publication as a whole: old articles that came in bulk, or other ids. Stored as they are."""

_MEMBER = (
    "SELECT files.entry_id AS entry_id, files.path AS path, files.published_at AS published_at,"
    " identities.updated_at AS updated_at, files.fingerprint AS fingerprint"
)

_NEWEST = f"""
{_MEMBER}
FROM members
JOIN files ON files.id = members.file_id
JOIN identities ON identities.id = files.entry_id
WHERE {{named}} AND members.published_at BETWEEN ? AND ? AND (files.vanished_at IS NULL OR files.vanished_at > ?)
    AND (files.source LIKE 'http://%' OR files.source LIKE 'https://%')
    AND files.id NOT IN (SELECT file_id FROM temp.lost)
    AND files.entry_id NOT IN (SELECT entry_id FROM temp.held_back)
ORDER BY members.published_at DESC, files.path
LIMIT ?
"""  # noqa: S608 - no outside text
# The same of some entries: from these, whose number is small where the number of all is not.
_OF_ENTRIES = _NEWEST.replace(
    "FROM members\nJOIN files ON files.id = members.file_id\n",
    "FROM json_each(?) AS wanted\nCROSS JOIN files ON files.entry_id = wanted.value\n"
    "CROSS JOIN members ON members.file_id = files.id\n",
)
# A file stands in `members` under each of its topics, at the same time: where more than one topic counts, all files
# are gone through, newest first, until there are enough, and each is asked for its topics.
_NAMES_ONE_OF = (
    "EXISTS (SELECT 1 FROM members AS named WHERE named.topic IN ({keys})"
    " AND named.published_at = members.published_at AND named.file_id = members.file_id)"
)

_OF_ENTRY = f"""
{_MEMBER}
FROM files JOIN identities ON identities.id = files.entry_id
WHERE files.entry_id = ? AND files.source IS NOT NULL
ORDER BY files.vanished_at IS NOT NULL, files.path
LIMIT 1
"""


def newest(state: State, membership: Membership, now: datetime, limit: int) -> list[Member]:
    """The entries that a feed may carry, newest first.

    To be asked after `hold_back` and `entry_links.set_lost`, as `removal_cause` is.
    """
    named, arguments = _named(membership)
    rows = state.plain(_NEWEST.format(named=named), [*arguments, _ALWAYS, stamp(now), _NEVER, limit])
    return [_member(*row) for row in rows]


def paths(state: State, membership: Membership) -> set[str]:
    """The article files that are there and that a feed could hold, now or later; drafts are not among them."""
    named, arguments = _named(membership)
    rows = state.rows(
        "SELECT files.path FROM members JOIN files ON files.id = members.file_id"  # noqa: S608 - no outside text
        f" WHERE {named} AND files.vanished_at IS NULL",
        arguments,
    )
    return {row["path"] for row in rows}


def is_published(state: State, entry_id: str, now: datetime) -> bool:
    """True where some feed may carry an entry; to be asked as `newest` is."""
    named, arguments = _named(EVERYTHING)
    query = _NEWEST.format(named=f"{named} AND files.entry_id = ?")
    return bool(state.rows(query, [*arguments, entry_id, _ALWAYS, stamp(now), _NEVER, 1]))


def history(
    state: State, membership: Membership, now: datetime, vanished_after: datetime, entry_ids: Iterable[str]
) -> list[Member]:
    """Those of these entries that a feed has ever carried or could carry now, newest first; to be asked as `newest` is.

    With the entries whose file vanished after that moment.
    """
    found: dict[str, Member] = {}
    named, arguments = _named(membership)
    wanted = msgspec.json.encode(list(entry_ids)).decode()
    query = _OF_ENTRIES.format(named=named)
    rows = state.plain(query, [wanted, *arguments, _ALWAYS, stamp(now), stamp(vanished_after), -1])
    for one in [_member(*row) for row in rows]:
        # A file that was moved is there twice: where it was, and where it is.
        if one.entry_id not in found or _is_there(state, one.path):
            found[one.entry_id] = one
    return list(found.values())


def _is_there(state: State, path: str) -> bool:
    return state.value("SELECT 1 FROM files WHERE path = ? AND vanished_at IS NULL", [path]) is not None


def _named(membership: Membership) -> tuple[str, list[str | float]]:
    """The condition on `members` and `files` that holds for these articles, and its arguments."""
    if len(membership.own) == 1 and not membership.every:
        return "members.topic = ?", [*membership.own]
    named = _names_one_of(membership.own)
    where, arguments = _where(membership.where)
    if membership.every:
        asked = [_names_one_of(group) for group in membership.every]
        refused = [f"NOT {_names_one_of(membership.none)}"] if membership.none else []
        named = f"({named} OR ({' AND '.join([*asked, *refused, *where])}))"
    groups = (membership.own, *membership.every, membership.none)
    return f"members.topic = '' AND {named}", [*(key for group in groups for key in group), *arguments]


def _where(conditions: Conditions) -> tuple[list[str], list[str | float]]:
    """The conditions on `files`, and their arguments."""
    by_category, by_provider = conditions.categories, conditions.providers
    providers = ", ".join("?" * len(by_provider))
    found: list[tuple[str, Sequence[str | float]]] = []
    if by_category:
        found.append((f"topic_key(files.category) IN ({', '.join('?' * len(by_category))})", by_category))
    if by_provider:
        either = (f"topic_key(files.{column}) IN ({providers})" for column in ("provider_name", "provider_domain"))
        found.append((f"({' OR '.join(either)})", [*by_provider, *by_provider]))
    if conditions.min_quality is not None:
        found.append(("files.quality >= ?", [conditions.min_quality]))
    if conditions.min_heat is not None:
        found.append(("files.heat >= ?", [conditions.min_heat]))
    return [condition for condition, _ in found], [one for _, arguments in found for one in arguments]


def _names_one_of(keys: Sequence[str]) -> str:
    return _NAMES_ONE_OF.format(keys=", ".join("?" * len(keys)))


def member(state: State, entry_id: str) -> Member | None:
    """An entry by its id, even of a file that vanished, as long as it is remembered."""
    return next(iter([_member(*row) for row in state.plain(_OF_ENTRY, [entry_id])]), None)


def removal_cause(state: State, entry_id: str) -> RemovalCause:
    """Why an entry that was in a feed is no longer selected for it."""
    rows = state.rows(
        "SELECT files.vanished_at AS vanished_at, files.id IN (SELECT file_id FROM temp.lost) AS dead"
        " FROM files WHERE files.entry_id = ? ORDER BY files.vanished_at IS NOT NULL",
        [entry_id],
    )
    if not rows:
        return RemovalCause.OTHER
    if rows[0]["vanished_at"] is not None:
        return RemovalCause.VANISHED
    return RemovalCause.DEAD if rows[0]["dead"] else RemovalCause.OTHER


def entries(state: State, feed: str) -> list[str]:
    """The entry ids that subscribers of a feed have now, newest first."""
    rows = state.rows("SELECT entry_id FROM published_entries WHERE feed = ? ORDER BY position", [feed])
    return [row["entry_id"] for row in rows]


def had(state: State) -> Had:
    """What `entries` and `holds` say of each feed: asked for one by one, hundreds of feeds take a while."""
    found: dict[str, list[str]] = {}
    for feed, entry_id in state.plain("SELECT feed, entry_id FROM published_entries ORDER BY feed, position"):
        found.setdefault(feed, []).append(entry_id)
    return Had(found, {feed: holds(state, feed) for feed in held_feeds(state)})


def entry_ids(state: State) -> set[str]:
    """The ids of all entries that are in a feed now."""
    return {row["entry_id"] for row in state.rows("SELECT DISTINCT entry_id FROM published_entries")}


def files(state: State) -> dict[str, FileOnDisk]:
    """The published files by name."""
    rows = state.plain("SELECT name, inputs, mtime_ns, size, inode FROM published_files")
    return {name: FileOnDisk(*file) for name, *file in rows}


def is_as_noted(state: State, folder: Path, name: str) -> bool:
    """True where a published file is the one that this database last wrote."""
    rows = state.plain("SELECT inputs, mtime_ns, size, inode FROM published_files WHERE name = ?", [name])
    return any(FileOnDisk(*file) == on_disk(folder / name, file[0]) for file in rows)


def lying_in(folder: Path) -> dict[str, os.stat_result]:
    """The status of everything in a folder, by name; empty where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat(follow_symlinks=False) for entry in entries}
    except OSError:
        return {}


@dataclass(frozen=True, slots=True)
class Folder:
    """The feeds folder at one moment: the files that were `noted`, and the status of everything that is `there`."""

    noted: Mapping[str, FileOnDisk]
    there: Mapping[str, os.stat_result]

    def has_as_noted(self, name: str) -> bool:
        """True where a file lies there as it was written."""
        noted, there = self.noted.get(name), self.there.get(name)
        return noted is not None and there is not None and noted == with_status(noted.inputs, there)


def look_at(state: State, folder: Path) -> Folder:
    """The feeds folder as it is now."""
    return Folder(files(state), lying_in(folder))


def on_disk(path: Path, inputs: str) -> FileOnDisk | None:
    """A file as it lies on the disk now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return with_status(inputs, found)


def with_status(inputs: str, status: os.stat_result) -> FileOnDisk:
    """A file made from these inputs that lies on the disk with this status."""
    return FileOnDisk(inputs, status.st_mtime_ns, status.st_size, status.st_ino)


def begin(state: State, names: Sequence[str]) -> None:
    """Note that these files are being written: their `inputs` are empty until `save` notes what they are."""
    if names:
        with state.write() as connection:
            connection.executemany("UPDATE published_files SET inputs = '' WHERE name = ?", [(name,) for name in names])


def save(
    state: State,
    written: Mapping[str, FileOnDisk | None],
    feeds: Mapping[str, Sequence[str]],
    held: Mapping[str, Sequence[Hold]],
    now: datetime,
    months: Mapping[tuple[str, str], ArchivedMonth | None] = _NO_MONTHS,
) -> None:
    """Note what now lies in the feeds folder: files by name, entry ids by feed, what is held in each, and `months`."""
    if not written and not feeds and not held and not months:
        return
    with state.write() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO published_files (name, inputs, mtime_ns, size, inode) VALUES (?, ?, ?, ?, ?)",
            [(name, one.inputs, one.mtime_ns, one.size, one.inode) for name, one in written.items() if one is not None],
        )
        archived.note(connection, months)
        if feeds:
            connection.execute("UPDATE clock SET published = max(published, ?)", [stamp(now)])
        for feed, ids in feeds.items():
            connection.execute("DELETE FROM published_entries WHERE feed = ?", [feed])
            connection.executemany(
                "INSERT INTO published_entries (feed, position, entry_id) VALUES (?, ?, ?)",
                [(feed, position, entry_id) for position, entry_id in enumerate(ids)],
            )
        for feed, holds_now in held.items():
            connection.execute("DELETE FROM holds WHERE feed = ?", [feed])
            connection.executemany(
                "INSERT INTO holds (feed, entry_id, cause, since_at, seen_at) VALUES (?, ?, ?, ?, ?)",
                [(feed, one.entry_id, one.cause.value, stamp(one.since_at), stamp(one.seen_at)) for one in holds_now],
            )


def latest(state: State) -> datetime | None:
    """The latest moment at which the feeds got other entries; None where that is not known."""
    latest_at = state.value("SELECT published FROM clock")
    return moment(latest_at) if latest_at else None


def forget(state: State, names: Iterable[str]) -> None:
    """Note that these files do not lie in the feeds folder any more."""
    with state.write() as connection:
        connection.executemany("DELETE FROM published_files WHERE name = ?", [(name,) for name in names])


def holds(state: State, feed: str) -> dict[str, Hold]:
    """The removals held back in a feed, by entry id."""
    rows = state.rows("SELECT entry_id, cause, since_at, seen_at FROM holds WHERE feed = ?", [feed])
    return {
        row["entry_id"]: Hold(
            row["entry_id"], RemovalCause(row["cause"]), moment(row["since_at"]), moment(row["seen_at"])
        )
        for row in rows
    }


def held_feeds(state: State) -> list[str]:
    """The slugs of the feeds in which removals are held back."""
    rows = state.rows("SELECT DISTINCT feed FROM holds WHERE feed <> ? ORDER BY feed", [_WHOLE])
    return [row["feed"] for row in rows]


def is_empty(state: State) -> bool:
    """True before any feed has had an entry."""
    return state.value("SELECT 1 FROM published_entries LIMIT 1") is None


def hold_back(state: State, entry_ids: Iterable[str]) -> None:
    """Tell the queries of this connection which entries may not come yet."""
    with said_plainly(state.path):
        connection = state.db.conn
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS held_back (entry_id TEXT PRIMARY KEY)")
        connection.execute("DELETE FROM temp.held_back")
        connection.executemany("INSERT INTO temp.held_back (entry_id) VALUES (?)", [(one,) for one in entry_ids])


def held_since(state: State, what: Whole) -> datetime | None:
    """Since when something is held back for the publication as a whole; None where it is not."""
    since = state.value("SELECT since_at FROM holds WHERE feed = ? AND cause = ?", [_WHOLE, what])
    return None if since is None else moment(since)


def note_held(state: State, what: Whole, since_at: datetime | None) -> None:
    """Note that it is held back since then; None: no longer."""
    if since_at == held_since(state, what):
        return
    with state.write() as connection:
        connection.execute("DELETE FROM holds WHERE feed = ? AND cause = ?", [_WHOLE, what])
        if since_at is not None:
            connection.execute(
                "INSERT INTO holds (feed, entry_id, cause, since_at, seen_at) VALUES (?, ?, ?, ?, ?)",
                [_WHOLE, what, what, stamp(since_at), stamp(since_at)],
            )


def _member(entry_id: str, path: str, published_at: str, updated_at: str, fingerprint: str) -> Member:
    return Member(entry_id, path, moment(published_at), moment(updated_at), fingerprint)
