"""Entry ids and topic slugs: given once, kept for ever."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feedbot.core.history import Came
from feedbot.core.identity import Candidate, Identified, Identity
from feedbot.state.database import State, moment, stamp


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic with a feed: `key` is what makes names equal, `name` how it was first written."""

    key: str
    name: str
    slug: str


def ledger(state: State) -> list[Identity]:
    """Every identity ever given, by id."""
    return [_identity(row) for row in state.rows("SELECT * FROM identities ORDER BY id")]


def seen(state: State) -> Iterator[tuple[str, str, str, str, str, str, int]]:
    """Path, source, id, `published_at`, `updated_at`, digest and `own_id` of what readers have seen, by path and id.

    As they are stored: of a hundred thousand nothing more is made.
    """
    return state.plain(
        "SELECT path, source, id, published_at, updated_at, digest, own_id FROM identities WHERE public = 1"
        " ORDER BY path, id"
    )


def about(state: State, paths: Iterable[str], sources: Iterable[str], ids: Iterable[str]) -> list[Identity]:
    """The identities with one of these paths, sources or ids, by id."""
    rows = state.rows(
        "SELECT * FROM identities WHERE path IN (SELECT value FROM json_each(?))"
        " UNION SELECT * FROM identities WHERE source IN (SELECT value FROM json_each(?))"
        " UNION SELECT * FROM identities WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        [json.dumps(list(keys)) for keys in (paths, sources, ids)],
    )
    return [_identity(row) for row in rows]


def is_given(state: State, entry_id: str) -> bool:
    """True for an id that an article has or had."""
    return state.value("SELECT 1 FROM identities WHERE id = ?", [entry_id]) is not None


def _identity(row: dict[str, Any]) -> Identity:
    return Identity(
        id=row["id"],
        path=row["path"],
        source=row["source"],
        published_at=moment(row["published_at"]),
        updated_at=moment(row["updated_at"]),
        digest=row["digest"],
        own_id=bool(row["own_id"]),
        public=bool(row["public"]),
    )


def came(state: State, until: datetime, months: Collection[str]) -> list[Came]:
    """The entries of these months that readers have seen and that are dated by `until`; in no order."""
    rows = state.plain(
        "SELECT id, path, published_at FROM identities WHERE public = 1 AND published_at <= ?"
        " AND substr(published_at, 1, 7) IN (SELECT value FROM json_each(?))",
        [stamp(until), json.dumps(sorted(months))],
    )
    return [Came(entry_id, path, moment(published_at)) for entry_id, path, published_at in rows]


def newest_came(state: State, until: datetime) -> datetime | None:
    """When the newest of all these entries came; None where there is none."""
    newest = state.value(
        "SELECT max(published_at) FROM identities WHERE public = 1 AND published_at <= ?", [stamp(until)]
    )
    return None if newest is None else moment(newest)


def unidentified(state: State) -> list[Candidate]:
    """The articles that are new or changed since identities were last given, and duplicates, by path.

    A duplicate is looked at each time: the file that has its entry may have gone or changed.
    """
    rows = state.rows(
        "SELECT path, source, own_id, digest, published_at, updated_at, draft, entry_id FROM files"
        " WHERE (identified = 0 OR entry_id IS NULL) AND source IS NOT NULL AND vanished_at IS NULL ORDER BY path"
    )
    return [
        Candidate(
            path=row["path"],
            source=row["source"],
            own_id=row["own_id"],
            digest=row["digest"],
            published_at=moment(row["published_at"]),
            updated_at=None if row["updated_at"] is None else moment(row["updated_at"]),
            draft=bool(row["draft"]),
            entry_id=row["entry_id"],
        )
        for row in rows
    ]


def present_sources(state: State) -> dict[str, str]:
    """The canonical source of every article file that is there, by path."""
    return dict(state.plain("SELECT path, source FROM files WHERE vanished_at IS NULL AND source IS NOT NULL"))


def sources_of(state: State, paths: Iterable[str]) -> dict[str, str]:
    """The same of these files, as far as they are there."""
    return dict(
        state.plain(
            "SELECT files.path, source FROM json_each(?) AS wanted CROSS JOIN files ON files.path = wanted.value"
            " WHERE vanished_at IS NULL AND source IS NOT NULL",
            [json.dumps(list(paths))],
        )
    )


def save(
    state: State, considered: Iterable[str], identified: Identified, undecided: Collection[str] = frozenset()
) -> None:
    """Keep what `identify` found for the files at these paths; a path without an identity is a duplicate.

    Those that are `undecided` are asked about each time: another id is held back (`held_ids`).
    """
    with state.write() as connection:
        for path in considered:
            identity = identified.identities.get(path)
            entry_id = None if identity is None else identity.id
            row = [path not in undecided, entry_id, path]
            connection.execute("UPDATE files SET identified = ?, entry_id = ? WHERE path = ?", row)
        connection.executemany("DELETE FROM identities WHERE id = ?", [(one,) for one in identified.retired])
        # Not REPLACE, of which triggers see nothing go.
        connection.executemany(
            f"{_INSERT_IDENTITY} ON CONFLICT (id) DO UPDATE SET path = excluded.path, source = excluded.source,"
            " published_at = excluded.published_at, updated_at = excluded.updated_at, digest = excluded.digest,"
            " own_id = excluded.own_id, public = excluded.public",
            [_stored(one) for one in identified.changed],
        )


def held_ids(state: State) -> int:
    """How many articles keep the ids that readers know until a person says otherwise; after a reading."""
    # The words in brackets are those of the index of the few whose identity is asked; the plus sign keeps SQLite from
    # going through all that have one instead.
    return int(
        state.value(
            "SELECT count(*) FROM files WHERE (identified = 0 OR entry_id IS NULL)"
            " AND identified = 0 AND +entry_id IS NOT NULL AND vanished_at IS NULL"
        )
    )


def adopt(state: State, identities: Sequence[Identity], topics: Iterable[Topic]) -> None:
    """Take over a ledger that this database did not write: new ids, later versions of known ones, slugs.

    Who is who is then asked anew for every file.
    """
    known = "SELECT 1 FROM topics WHERE slug = ? OR (key = ? AND slug IS NOT NULL)"
    with state.write() as connection:
        connection.executemany(
            f"{_INSERT_IDENTITY} ON CONFLICT (id) DO UPDATE SET path = excluded.path, source = excluded.source,"
            " published_at = excluded.published_at, updated_at = excluded.updated_at, digest = excluded.digest,"
            " own_id = excluded.own_id WHERE excluded.updated_at >= identities.updated_at",
            [_stored(one) for one in identities],
        )
        connection.executemany("UPDATE identities SET public = 1 WHERE id = ?", [(one.id,) for one in identities])
        for topic in topics:
            if connection.execute(known, [topic.slug, topic.key]).fetchone() is None:
                connection.execute(
                    "INSERT INTO topics (key, name, slug) VALUES (?, ?, ?)"
                    " ON CONFLICT (key) DO UPDATE SET slug = excluded.slug, name = excluded.name",
                    [topic.key, topic.name, topic.slug],
                )
        if identities:
            connection.execute("UPDATE files SET identified = 0")


# Asked of one identity after the other, by its file: SQLite would rather go through all members for each of them.
_IS_DUE = """EXISTS (
    SELECT 1 FROM files CROSS JOIN members ON members.file_id = files.id
    WHERE files.entry_id = identities.id AND files.vanished_at IS NULL
        AND members.topic = '' AND members.published_at <= ?
)"""


def unseen(state: State, until: datetime) -> list[str]:
    """The ids of articles that were published by then and that no reader has seen, by id."""
    rows = state.rows(
        f"SELECT id FROM identities WHERE public = 0 AND {_IS_DUE} ORDER BY id",  # noqa: S608 - no outside text
        [stamp(until)],
    )
    return [row["id"] for row in rows]


def mark_public(state: State, now: datetime) -> None:
    """Note whose articles readers can see now; only those ids leave the database. After `published.hold_back`."""
    due = f"public = 0 AND id NOT IN (SELECT entry_id FROM temp.held_back) AND {_IS_DUE}"  # noqa: S608
    if state.value(f"SELECT 1 FROM identities WHERE {due} LIMIT 1", [stamp(now)]) is not None:  # noqa: S608
        with state.write() as connection:
            connection.execute(f"UPDATE identities SET public = 1 WHERE {due}", [stamp(now)])  # noqa: S608


_INSERT_IDENTITY = (
    "INSERT INTO identities (id, path, source, published_at, updated_at, digest, own_id, public)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def _stored(one: Identity) -> tuple[object, ...]:
    times = (stamp(one.published_at), stamp(one.updated_at))
    return (one.id, one.path, one.source, *times, one.digest, one.own_id, one.public)


def is_empty(state: State) -> bool:
    """True before the first identity is given."""
    return state.value("SELECT 1 FROM identities LIMIT 1") is None


def duplicates(state: State) -> list[tuple[str, str]]:
    """The article files that give no entry because another has their source: (path, source), by path."""
    rows = state.rows(
        "SELECT path, source FROM files"
        " WHERE entry_id IS NULL AND source IS NOT NULL AND vanished_at IS NULL ORDER BY path"
    )
    return [(row["path"], row["source"]) for row in rows]


def topics(state: State) -> list[Topic]:
    """The topics that have a feed, by slug."""
    rows = state.rows("SELECT key, name, slug FROM topics WHERE slug IS NOT NULL ORDER BY slug")
    return [Topic(row["key"], row["name"], row["slug"]) for row in rows]


def unborn_topics(state: State) -> dict[str, str]:
    """Key -> name of the topics that articles have named and that have no feed yet."""
    rows = state.rows("SELECT key, name FROM topics WHERE slug IS NULL ORDER BY key")
    return {row["key"]: row["name"] for row in rows}


def save_slugs(state: State, newborn: Iterable[Topic]) -> None:
    """Give topics their slugs, and the names they have from then on; one that has a slug keeps both."""
    with state.write() as connection:
        connection.executemany(
            "INSERT INTO topics (key, name, slug) VALUES (?, ?, ?)"
            " ON CONFLICT (key) DO UPDATE SET slug = excluded.slug, name = excluded.name WHERE slug IS NULL",
            [(one.key, one.name, one.slug) for one in newborn],
        )
