"""Article files: their stamps, their parsed forms and the links in them."""

import hashlib
import json
from collections.abc import Container, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from feedbot.core.article import Article, Link, LinkRole, Rejected, Remark
from feedbot.core.identity import content_digest
from feedbot.core.slug import topic_key
from feedbot.core.url import canonical_url, host_of
from feedbot.state import archived, hosts, linked
from feedbot.state.database import State, seconds, stamp
from feedbot.state.packed import pack_article, unpack_article
from feedbot.state.stored import decoder

_decode_article = decoder(Article)
_decode_remarks = decoder(list[Remark])

# Of millions of links each `role.value` would be worked out anew.
_ROLES = {role: role.value for role in LinkRole}


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What is known of a file without parsing it."""

    mtime_ns: int
    size: int
    inode: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FileReading:
    """A file that was read: what came of it, or None where only its stamp is new."""

    path: str
    stored: StoredFile
    outcome: Article | Rejected | None
    remarks: tuple[Remark, ...] = ()
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Files by what became of them."""

    articles: int
    rejected: int
    withheld: int


def stamps(state: State, rules: str) -> dict[str, tuple[int, int, int] | None]:
    """Every file that was there at the last reading, by path: its `mtime_ns`, `size` and `inode`.

    None instead where it was read with other rules than these.
    """
    rows = state.plain("SELECT path, rules = ?, mtime_ns, size, inode FROM files WHERE vanished_at IS NULL", [rules])
    return {path: (mtime_ns, size, inode) if is_so_read else None for path, is_so_read, mtime_ns, size, inode in rows}


def known(state: State, rules: str, paths: Sequence[str]) -> dict[str, StoredFile]:
    """Those of these files that are there and were read with these rules, by path."""
    rows = state.rows(
        "SELECT files.path, mtime_ns, size, inode, sha256 FROM json_each(?) AS wanted"
        " CROSS JOIN files ON files.path = wanted.value WHERE rules = ? AND vanished_at IS NULL",
        [json.dumps(paths), rules],
    )
    return {
        row["path"]: StoredFile(mtime_ns=row["mtime_ns"], size=row["size"], inode=row["inode"], sha256=row["sha256"])
        for row in rows
    }


def is_known(state: State, path: str) -> bool:
    """True for a file that was read and is remembered, there or not."""
    return state.value("SELECT 1 FROM files WHERE path = ?", [path]) is not None


def present(state: State) -> set[str]:
    """The paths of the files that were there at the last reading."""
    return {row["path"] for row in state.rows("SELECT path FROM files WHERE vanished_at IS NULL")}


def paths(state: State) -> list[str]:
    """The paths of all files that were ever read and are remembered."""
    return [row["path"] for row in state.rows("SELECT path FROM files ORDER BY path")]


def providers(state: State) -> list[str]:
    """The names and domains of providers that articles name, sorted."""
    rows = state.rows(
        "SELECT provider_name AS name FROM files WHERE vanished_at IS NULL"
        " UNION SELECT provider_domain FROM files WHERE vanished_at IS NULL ORDER BY name"
    )
    return [row["name"] for row in rows if row["name"]]


def record(state: State, readings: Iterable[FileReading], rules: str, now: datetime) -> None:
    """Store what was read, in one write phase: parsed forms, links and new targets."""
    with state.write() as connection:
        connection.execute("UPDATE clock SET latest = max(latest, ?)", [stamp(now)])
        given = list(readings)
        paths = [reading.path for reading in given]
        _bring_back(connection, paths)
        before = _sha256s(connection, paths)
        linking: list[tuple[int, Article]] = []
        for reading in given:
            match reading.outcome:
                case Article() as article:
                    file_id = _record_read(connection, reading, article, rules)
                    if before.get(reading.path) == reading.stored.sha256:
                        # The rules of reading changed, not the file: no editor wrote anything.
                        _adopt_digest(connection, file_id, reading.digest)
                    linking.append((file_id, article))
                case Rejected(line=line, reason=reason):
                    file_id = _record_stamp(connection, reading, rules)
                    connection.execute(
                        "UPDATE files SET rejected_line = ?, rejected_reason = ?, remarks = ? WHERE id = ?",
                        [line, reason, _encoded(reading.remarks), file_id],
                    )
                case None:
                    _record_stamp(connection, reading, rules)
        # A file that is new has nothing to be taken away, which most have at a first reading.
        known = {file_id for file_id, article in linking if article.path in before}
        _record_members(connection, linking, known)
        _record_links(connection, linking, known, seconds(now))


def _bring_back(connection: Any, paths: Sequence[str]) -> None:
    """Note that these files are there, as far as they had gone: their links count again."""
    gone = "vanished_at IS NOT NULL AND path IN (SELECT value FROM json_each(?))"
    arguments = [json.dumps(paths)]
    if connection.execute(f"SELECT 1 FROM files WHERE {gone} LIMIT 1", arguments).fetchone() is None:  # noqa: S608
        return
    with linked.kept(connection, gone, arguments):
        connection.execute(f"UPDATE files SET vanished_at = NULL WHERE {gone}", arguments)  # noqa: S608 - as above


def record_imported(connection: Any, article: Article, now: datetime) -> None:
    """Store the last good version of a file that is known by its path; inside a write phase.

    Its identity stays what it is: nothing was read.
    """
    (file_id,) = connection.execute("SELECT id FROM files WHERE path = ?", [article.path]).fetchone()
    encoded = _encoded_article(article)
    connection.execute(
        f"UPDATE files SET {', '.join(f'{name} = ?' for name in _SAID)}, rejected_line = NULL, rejected_reason = NULL"  # noqa: S608
        " WHERE id = ?",
        [*_said(article, encoded, content_digest(article), ()), file_id],
    )
    _record_article(connection, file_id, encoded)
    _record_members(connection, [(file_id, article)], {file_id})
    _record_links(connection, [(file_id, article)], {file_id}, seconds(now))


def _sha256s(connection: Any, paths: Sequence[str]) -> dict[str, str]:
    """The hashes of the files of these paths that are known."""
    rows = connection.execute(
        "SELECT files.path, sha256 FROM json_each(?) AS wanted CROSS JOIN files ON files.path = wanted.value",
        [json.dumps(paths)],
    )
    return dict(rows.fetchall())


def _adopt_digest(connection: Any, file_id: int, digest: str) -> None:
    connection.execute(
        "UPDATE identities SET digest = ? WHERE id = (SELECT entry_id FROM files WHERE id = ?)", [digest, file_id]
    )


# The columns of files that say what an article says, in the order of `_said`.
_SAID = (
    *("fingerprint", "source", "own_id", "digest", "published_at", "updated_at", "draft", "category"),
    *("provider_name", "provider_domain", "quality", "heat", "remarks"),
)
_STAMP = ("mtime_ns", "size", "inode", "sha256", "rules")


def _stored(columns: Sequence[str], more: str = "") -> str:
    """The statement that stores these columns of a file by its path, new or known; returns its number."""
    return (
        f"INSERT INTO files (path, {', '.join(columns)}) VALUES (?{', ?' * len(columns)})"  # noqa: S608 - no outside text
        f" ON CONFLICT (path) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in columns)}{more}"
        " RETURNING id"
    )


_STORE_STAMP = _stored(_STAMP)
_STORE_READ = _stored((*_STAMP, *_SAID), ", rejected_line = NULL, rejected_reason = NULL, identified = 0")


def _record_stamp(connection: Any, reading: FileReading, rules: str) -> int:
    """Note that a file was read; returns its number."""
    row = connection.execute(_STORE_STAMP, [reading.path, *_stamp(reading, rules)]).fetchall()
    return int(row[0][0])


def _record_read(connection: Any, reading: FileReading, article: Article, rules: str) -> int:
    """Note that a file was read, and what it says; returns its number."""
    encoded = _encoded_article(article)
    said = _said(article, encoded, reading.digest, reading.remarks)
    row = connection.execute(_STORE_READ, [reading.path, *_stamp(reading, rules), *said]).fetchall()
    file_id = int(row[0][0])
    _record_article(connection, file_id, encoded)
    return file_id


def _stamp(reading: FileReading, rules: str) -> tuple[int | str, ...]:
    stored = reading.stored
    return stored.mtime_ns, stored.size, stored.inode, stored.sha256, rules


def _said(article: Article, encoded: bytes, digest: str, remarks: tuple[Remark, ...]) -> tuple[object, ...]:
    return (
        _fingerprint(encoded),
        canonical_url(article.source_url),
        article.own_id,
        digest,
        stamp(article.published_at),
        None if article.updated_at is None else stamp(article.updated_at),
        article.draft,
        article.category,
        article.provider.name,
        article.provider.domain,
        article.quality,
        article.heat,
        _encoded(remarks),
    )


def _encoded_article(article: Article) -> bytes:
    return msgspec.json.encode(replace(article, links=()))  # those are in a table of their own


def _record_article(connection: Any, file_id: int, encoded: bytes) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO articles (file_id, article) VALUES (?, ?)", [file_id, pack_article(encoded)]
    )


def _fingerprint(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()[:16]


def _encoded(remarks: tuple[Remark, ...]) -> str:
    return msgspec.json.encode(remarks).decode()


def _record_members(connection: Any, linking: Sequence[tuple[int, Article]], known: Container[int]) -> None:
    """Store which feeds may hold these articles, in the order of the index; those `known` may have been in others."""
    connection.executemany(
        "DELETE FROM members WHERE file_id = ?", [(file_id,) for file_id, _ in linking if file_id in known]
    )
    keys = {name: topic_key(name) for _, article in linking for name in article.topics}
    connection.executemany(
        "INSERT OR IGNORE INTO topics (key, name) VALUES (?, ?)", [(key, name) for name, key in keys.items()]
    )
    connection.executemany(
        "INSERT OR IGNORE INTO members (topic, published_at, file_id) VALUES (?, ?, ?)",
        sorted(
            (key, stamp(article.published_at), file_id)
            for file_id, article in linking
            if not article.draft
            for key in ("", *(keys[name] for name in article.topics))
        ),
    )


def _record_links(connection: Any, linking: Sequence[tuple[int, Article]], known: Container[int], due_at: int) -> None:
    """Store the links of so many files at once, and the targets that are new; those `known` may have had others.

    In the order of its indexes SQLite writes each page of them once; one by one, many times.
    """
    file_ids = [(file_id,) for file_id, _ in linking if file_id in known]
    numbered = [json.dumps([file_id for file_id, _ in linking])]
    with linked.kept(connection, "files.id IN (SELECT value FROM json_each(?))", numbered) as relinked:
        (newest,) = connection.execute("SELECT coalesce(max(id), 0) FROM targets").fetchone()
        urls = sorted({link.url for _, article in linking for link in article.links})
        numbers_of_hosts = hosts.numbers(connection, urls)
        connection.executemany(
            "INSERT OR IGNORE INTO targets (url, host_id, next_check_at) VALUES (?, ?, ?)",
            [(url, numbers_of_hosts[host_of(url)], due_at) for url in urls],
        )
        rows = connection.execute(
            "SELECT targets.url, targets.id FROM json_each(?) AS wanted"
            " CROSS JOIN targets ON targets.url = wanted.value",
            [msgspec.json.encode(urls).decode()],
        )
        numbers = dict(rows.fetchall())
        connection.executemany("DELETE FROM article_links WHERE file_id = ?", file_ids)
        links = [
            (file_id, numbers[link.url], _ROLES[link.role], link.line, link.item, link.is_ignored)
            for file_id, article in linking
            for link in article.links
        ]
        connection.executemany(
            "INSERT OR IGNORE INTO article_links (file_id, target_id, role, line, item, ignored)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            links,
        )
        gone = connection.execute(
            "SELECT files.id FROM json_each(?) AS linking CROSS JOIN files ON files.id = linking.value"
            " WHERE vanished_at IS NOT NULL",
            numbered,
        )
        relinked(_not_plainly_new(links, newest, {file_id for (file_id,) in gone.fetchall()}))
    connection.executemany("DELETE FROM items WHERE file_id = ?", file_ids)
    connection.executemany(
        "INSERT INTO items (file_id, item, title) VALUES (?, ?, ?)",
        [
            (file_id, item, title)
            for file_id, article in linking
            for item, title in enumerate([article.title, *(related.title for related in article.related)])
        ],
    )


def _not_plainly_new(
    links: Iterable[tuple[int, int, str, int, int, bool]], newest: int, gone: Container[int]
) -> set[int]:
    """The targets of these links that were known before, or to which not one plain link leads: few, at a first reading.

    `newest` is the number of the newest target that was known, `gone` are the files that are not there.
    """
    seen: set[int] = set()
    found: set[int] = set()
    for file_id, number, _, _, _, is_ignored in links:
        if number <= newest or is_ignored or number in seen or file_id in gone:
            found.add(number)
        seen.add(number)
    return found


def mark_vanished(state: State, paths: Iterable[str], now: datetime) -> None:
    """Note that files are no longer there; their entries may be held back, so they are not forgotten yet."""
    gone = [(stamp(now), path) for path in sorted(paths)]
    if gone:
        with state.write() as connection, _links_of(connection, [path for _, path in gone]):
            connection.executemany("UPDATE files SET vanished_at = ? WHERE path = ?", gone)


def has_vanished(state: State) -> bool:
    """True where a file that is no longer there is remembered."""
    return state.value("SELECT 1 FROM files WHERE vanished_at IS NOT NULL LIMIT 1") is not None


def forget_vanished(state: State, kept: Iterable[str]) -> None:
    """Drop the vanished files whose entries no feed holds back any longer, but for the entries `kept` in archives."""
    unheld = (
        "vanished_at IS NOT NULL AND (entry_id IS NULL OR (entry_id NOT IN (SELECT entry_id FROM holds)"
        " AND entry_id NOT IN (SELECT value FROM json_each(?)))"
        " OR EXISTS (SELECT 1 FROM files AS other WHERE other.entry_id = files.entry_id AND other.vanished_at IS NULL))"
    )
    arguments = [json.dumps(sorted(kept))]
    if state.value(f"SELECT 1 FROM files WHERE {unheld} LIMIT 1", arguments) is None:  # noqa: S608 - no outside text
        return
    with state.write() as connection, linked.kept(connection, unheld, arguments):
        connection.execute(f"DELETE FROM files WHERE {unheld}", arguments)  # noqa: S608 - no outside text


def show_withheld(state: State, now: datetime) -> None:
    """Let feeds hold drafts and future articles as well, as if readers had seen them: for a copy of the database."""
    drafts = state.rows("SELECT id, path FROM files WHERE draft AND vanished_at IS NULL ORDER BY path")
    found = [(row["id"], article(state, row["path"])) for row in drafts]
    with state.write() as connection:
        shown = [(file_id, replace(draft, draft=False)) for file_id, draft in found if draft is not None]
        _record_members(connection, shown, {file_id for file_id, _ in shown})
        connection.execute(
            "UPDATE identities SET public = 1 WHERE id IN (SELECT entry_id FROM files WHERE draft OR published_at > ?)",
            [stamp(now)],
        )
        connection.execute("UPDATE files SET draft = 0")
        archived.forget(connection)
        connection.execute("UPDATE members SET published_at = :now WHERE published_at > :now", {"now": stamp(now)})


def article(state: State, path: str) -> Article | None:
    """The last good version of an article file, without its `links`; None where there is none."""
    kept = state.value("SELECT article FROM articles JOIN files ON files.id = file_id WHERE path = ?", [path])
    return None if kept is None else _decode_article(unpack_article(kept))


def linked_article(state: State, path: str) -> Article | None:
    """The same with its `links`."""
    found = article(state, path)
    if found is None:
        return None
    rows = state.rows(
        "SELECT links.role, targets.url, links.line, links.item, links.ignored FROM article_links AS links"
        " JOIN targets ON targets.id = links.target_id JOIN files ON files.id = links.file_id"
        " WHERE files.path = ? ORDER BY links.line, links.role, targets.url",
        [path],
    )
    links = (
        Link(LinkRole(row["role"]), row["url"], row["line"], row["item"], is_ignored=bool(row["ignored"]))
        for row in rows
    )
    return replace(found, links=tuple(links))


def restate(connection: Any, article: Article, now: datetime) -> None:
    """Store another version of an article whose file did not change; inside a write phase.

    What an editor wrote is what it was: its digest stays.
    """
    encoded = msgspec.json.encode(replace(article, links=()))
    (file_id,) = connection.execute("SELECT id FROM files WHERE path = ?", [article.path]).fetchone()
    connection.execute("UPDATE articles SET article = ? WHERE file_id = ?", [pack_article(encoded), file_id])
    connection.execute("UPDATE files SET fingerprint = ? WHERE id = ?", [_fingerprint(encoded), file_id])
    _record_links(connection, [(file_id, article)], {file_id}, seconds(now))


def drop(state: State, paths: Iterable[str]) -> None:
    """Forget these files, and what they said, as far as they are known."""
    with state.write() as connection:
        delete(connection, list(paths))


def delete(connection: Any, paths: Sequence[str]) -> None:
    """The same inside a write phase."""
    with _links_of(connection, paths):
        connection.executemany("DELETE FROM files WHERE path = ?", [(path,) for path in paths])


def _links_of(connection: Any, paths: Sequence[str]) -> AbstractContextManager[object]:
    return linked.kept(connection, "files.path IN (SELECT value FROM json_each(?))", [json.dumps(paths)])


def unread(state: State) -> list[str]:
    """After an import, the article files whose content it did not bring and that were not read since, by path."""
    rows = state.rows(
        "SELECT path FROM files WHERE rules = '' AND source IS NULL AND vanished_at IS NULL ORDER BY +path"
    )
    return [row["path"] for row in rows]


# With the plus sign SQLite goes through all files in their own order and sorts the few that are found; without it, in
# the order of the paths, looking each file up.


def rejected(state: State) -> list[Rejected]:
    """The files that cannot be used as they are, by path; the reason says where an earlier version is kept."""
    rows = state.rows(
        "SELECT path, rejected_line, rejected_reason, source FROM files"
        " WHERE rejected_reason IS NOT NULL AND vanished_at IS NULL ORDER BY +path"
    )
    kept = {True: "; its last good version stays in use", False: ""}
    return [
        Rejected(row["path"], row["rejected_line"], row["rejected_reason"] + kept[row["source"] is not None])
        for row in rows
    ]


def remarks(state: State) -> list[Remark]:
    """What is odd in files that are used all the same, by path and line."""
    rows = state.rows(
        "SELECT remarks FROM files WHERE remarks <> '[]' AND vanished_at IS NULL AND rejected_reason IS NULL"
        " ORDER BY +path"
    )
    return [remark for row in rows for remark in _decode_remarks(row["remarks"])]


def counts(state: State, now: datetime) -> Counts:
    """How many files there are of each kind; withheld are drafts and future articles."""
    row = state.rows(
        "SELECT count(*) FILTER (WHERE rejected_reason IS NULL) AS articles,"
        " count(*) FILTER (WHERE rejected_reason IS NOT NULL) AS rejected,"
        " count(*) FILTER (WHERE rejected_reason IS NULL AND (draft OR published_at > :now)) AS withheld"
        " FROM files WHERE vanished_at IS NULL",
        {"now": stamp(now)},
    )[0]
    return Counts(articles=row["articles"], rejected=row["rejected"], withheld=row["withheld"])
