"""Takedowns: what state.db knows of an article or a link goes, and hashes stay that keep it away.

An observation is never changed (core/observation.py), so one that quotes what was forgotten goes whole.
"""

import html
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where it is installed

from feedbot.core.context import folder_of
from feedbot.core.forgotten import Forgotten, forgotten_hash
from feedbot.errors import StateError
from feedbot.state import files, hosts, own_pages, reported, runs
from feedbot.state.database import State, stamp

# What may go on a URL: where one of these follows, a text quotes another, longer one.
_GOES_ON = r"(?![\w/%~?=&+@-]|[.,;:!](?=\w))"


_TAKEN_DOWN = "what it was about was taken down"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a takedown is about.

    `paths` are those of its article files; no reader is sent to `urls` again, and they are not asked;
    `elsewhere` are the paths of other articles that may link to one of these; `feeds` those that show an entry of it.
    """

    paths: tuple[str, ...]
    urls: tuple[str, ...]
    entry_ids: tuple[str, ...]
    feeds: tuple[str, ...]
    elsewhere: tuple[str, ...]

    @property
    def hashes(self) -> list[str]:
        """What is kept of it."""
        return [forgotten_hash(text) for text in (*self.paths, *self.urls)]


@dataclass(frozen=True, slots=True)
class Before:
    """What the articles of a takedown linked to, by number, and how they named it, before anything is deleted."""

    targets: frozenset[int]
    titles: frozenset[str]


def known(state: State) -> Forgotten:
    """Everything that was taken down."""
    return Forgotten(row["hash"] for row in state.rows("SELECT hash FROM forgotten"))


def scope(state: State, *, path: str | None = None, url: str | None = None) -> Scope:
    """What a takedown of the article in a file, or of a canonical URL, is about.

    With an article goes its source, and with a source every article that has it.
    """
    urls = set() if url is None else {url}
    sources = "SELECT source FROM files WHERE path = ? UNION SELECT source FROM identities WHERE path = ?"
    urls |= {row["source"] for row in state.rows(sources, [path, path]) if row["source"] is not None}
    named = [path, _listed(urls)]
    articles = state.rows(
        "SELECT path, entry_id FROM files WHERE path = ? OR source IN (SELECT value FROM json_each(?))", named
    )
    identities = state.rows(
        "SELECT id FROM identities WHERE path = ? OR source IN (SELECT value FROM json_each(?))", named
    )
    paths = {row["path"] for row in articles} | (set() if path is None else {path})
    entry_ids = {row["entry_id"] for row in articles if row["entry_id"]} | {row["id"] for row in identities}
    feeds = state.rows(
        "SELECT DISTINCT feed FROM published_entries WHERE entry_id IN (SELECT value FROM json_each(?)) ORDER BY feed",
        [_listed(entry_ids)],
    )
    elsewhere = state.rows(
        "SELECT DISTINCT files.path AS path FROM targets JOIN article_links AS links ON links.target_id = targets.id"
        " JOIN files ON files.id = links.file_id WHERE targets.url IN (SELECT value FROM json_each(:urls))"
        " AND files.path NOT IN (SELECT value FROM json_each(:paths))"
        # A link in a body may be none that is checked.
        " UNION SELECT files.path FROM articles JOIN files ON files.id = file_id"
        " WHERE files.path NOT IN (SELECT value FROM json_each(:paths)) AND EXISTS"
        " (SELECT 1 FROM json_each(:written) AS url WHERE instr(article_text(article), url.value))"
        " ORDER BY 1",
        {"urls": _listed(urls), "paths": _listed(paths), "written": _listed({*urls, *map(html.escape, urls)})},
    )
    return Scope(
        tuple(sorted(paths)),
        tuple(sorted(urls)),
        tuple(sorted(entry_ids)),
        tuple(row["feed"] for row in feeds),
        tuple(row["path"] for row in elsewhere),
    )


def before(state: State, about: Scope) -> Before:
    """What is to be remembered while a takedown is carried out."""
    paths = [_listed((*about.paths, *about.elsewhere))]
    of_files = "JOIN files ON files.id = file_id WHERE files.path IN (SELECT value FROM json_each(?))"
    return Before(
        frozenset(row["target_id"] for row in state.rows(f"SELECT target_id FROM article_links {of_files}", paths)),  # noqa: S608
        frozenset(row["title"] for row in state.rows(f"SELECT title FROM items {of_files}", paths)),  # noqa: S608
    )


def delete_articles(connection: Any, about: Scope, now: datetime) -> None:
    """Delete the articles of a takedown and all that is known by them, and note that they stay away."""
    # Bytes of what is deleted are overwritten at once, not only when `database.wipe` comes.
    connection.execute("PRAGMA secure_delete = ON")
    files.delete(connection, about.paths)
    entries = [_listed(about.entry_ids)]
    connection.execute("DELETE FROM identities WHERE id IN (SELECT value FROM json_each(?))", entries)
    connection.execute("DELETE FROM published_entries WHERE entry_id IN (SELECT value FROM json_each(?))", entries)
    connection.execute("DELETE FROM holds WHERE entry_id IN (SELECT value FROM json_each(?))", entries)
    own_pages.forget(connection, entries[0])
    # A topic without an address was never seen; one that has an address keeps it.
    connection.execute("DELETE FROM topics WHERE slug IS NULL AND key NOT IN (SELECT topic FROM members)")
    (number,) = connection.execute("SELECT coalesce(max(takedown), 0) + 1 FROM forgotten").fetchone()
    connection.executemany(
        "INSERT OR IGNORE INTO forgotten (hash, takedown, forgotten_at) VALUES (?, ?, ?)",
        [(one, number, stamp(now)) for one in about.hashes],
    )


def delete_links(connection: Any, about: Scope, before: Before) -> int:
    """Delete the links of a takedown and everything that quotes it; returns how many observations went.

    For the end, when no article links to them any more: other links of the articles go where none is left. What is
    damaged may quote it as well, and nobody can tell: where there is such, all of that goes too.
    """
    connection.execute("SAVEPOINT deleting_links")
    try:
        return _delete_links(connection, about, before)
    except (StateError, sqlite3.OperationalError) as error:
        if not _is_unreadable(error):
            raise
        connection.execute("ROLLBACK TO deleting_links")
        return _delete_unreadable(connection) + _delete_links(connection, about, before)


def _is_unreadable(error: Exception) -> bool:
    """True where a query met what is packed and cannot be unpacked (packed.teach), or is no JSON then."""
    return isinstance(error, StateError) or any(
        one in str(error) for one in ("user-defined function", "malformed JSON")
    )


def _delete_unreadable(connection: Any) -> int:
    """Delete all that is packed and cannot be read; returns how many observations that were. Pages are read again."""
    looks = _numbers(connection, "NOT is_readable(look.seen, targets.url, leant_on.seen)", [])
    connection.execute(
        "UPDATE targets SET page = NULL, page_look = NULL, page_checked_at = NULL, etag = NULL, last_modified = NULL,"
        " length = NULL WHERE page_look IN (SELECT value FROM json_each(?)) OR NOT is_page(page, url)",
        [_listed(looks)],
    )
    connection.execute("DELETE FROM rolled_up WHERE NOT is_status(status)")
    return runs.delete(connection, looks)


def _delete_links(connection: Any, about: Scope, before: Before) -> int:
    gone = {
        row[0]: row[1]
        for row in connection.execute(
            "SELECT id, url FROM targets WHERE url IN (SELECT value FROM json_each(?))"
            " OR (id IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT target_id FROM article_links))",
            [_listed(about.urls), _listed(before.targets)],
        ).fetchall()
    }
    shared = before.targets - gone.keys()
    quoting = _quoting({*gone.values(), *about.urls})
    connection.create_function("quotes", 1, lambda text: text is not None and bool(quoting.search(text)))
    observations = _delete_observations(connection, gone, shared, before.titles)
    connection.executemany("DELETE FROM targets WHERE id = ?", [(one,) for one in gone])
    urls = [*gone.values(), *about.urls]
    connection.executemany("DELETE FROM marks WHERE url = ?", [(url,) for url in urls])
    connection.executemany("DELETE FROM siblings WHERE folder = ?", [(folder_of(url),) for url in urls])
    connection.execute("DELETE FROM siblings WHERE quotes(sibling)")
    hosts.delete_unused(connection)
    connection.execute("DELETE FROM hosts WHERE host NOT IN (SELECT host FROM host_names)")
    # What other pages said of it: they are read whole again at their next look.
    connection.execute(
        "UPDATE targets SET page = NULL, page_checked_at = NULL, etag = NULL, last_modified = NULL, length = NULL"
        " WHERE quotes(page_text(page, url))"
    )
    connection.execute(
        "UPDATE targets SET moved_to = NULL, moved_looks = 0, moved_first_at = NULL,"
        " reason = iif(instr(reason, char(26)), '', reason) WHERE quotes(moved_to)"
    )
    connection.execute(
        "UPDATE rolled_up SET status ="
        " pack_status(json_remove(status_text(status), '$.moved_to', '$.moved_looks', '$.moved_first_at'))"
        " WHERE quotes(json_extract(status_text(status), '$.moved_to'))"
    )
    connection.execute("UPDATE targets SET reason = '' WHERE quotes(reason)")
    connection.execute("DELETE FROM transitions WHERE quotes(reason) OR quotes(moved_to)")
    connection.execute("DELETE FROM snapshots WHERE quotes(url) OR quotes(reason)")
    _forget_troubles(connection, _telling(quoting, about))
    reported.forget(connection)
    return observations


def _forget_troubles(connection: Any, telling: re.Pattern[str]) -> None:
    """Blank what operators and the doctor were told of it: that something is wrong, and since when, holds on."""
    connection.create_function("tells_of_it", 1, lambda text: text is not None and bool(telling.search(text)))
    connection.execute("UPDATE jobs SET problem = :gone WHERE tells_of_it(problem)", {"gone": _TAKEN_DOWN})
    for table in ("alarms", "told_alarms"):
        connection.execute(f"DELETE FROM {table} WHERE tells_of_it(key)")  # noqa: S608 - no outside text
        for column in ("title", "sentence"):
            connection.execute(
                f"UPDATE {table} SET {column} = :gone WHERE tells_of_it({column})",  # noqa: S608 - no outside text
                {"gone": _TAKEN_DOWN},
            )
    connection.execute("DELETE FROM findings WHERE tells_of_it(key)")


def _delete_observations(connection: Any, gone: Iterable[int], shared: Iterable[int], titles: Collection[str]) -> int:
    """Delete what was seen of targets that are gone, and what quotes their URLs or names articles by lost titles."""
    of_gone = connection.execute(
        "DELETE FROM observations WHERE target_id IN (SELECT value FROM json_each(?))", [_listed(gone)]
    ).rowcount
    quoting = runs.delete(
        connection,
        _numbers(
            connection,
            "quotes(exchanges_of(look.seen, targets.url, leant_on.seen))"
            " OR quotes(context_of(look.seen, targets.url, leant_on.seen)) OR quotes(look.final_url)"
            " OR quotes(look.reason) OR quotes(look.failure_text)",
            [],
        ),
    )
    # Of a link that others share, every title counts that none of them has: an earlier one of the article as well.
    naming = runs.delete(
        connection,
        _numbers(
            connection,
            "EXISTS (SELECT 1 FROM json_each(context_of(look.seen, targets.url, leant_on.seen), '$.titles') AS title"
            " WHERE (look.target_id IN (SELECT value FROM json_each(?))"
            " OR title.value IN (SELECT value FROM json_each(?)))"
            " AND title.value NOT IN (SELECT title FROM items))",
            [_listed(shared), _listed(titles)],
        ),
    )
    return int(of_gone + quoting + naming)


def _numbers(connection: Any, which: str, arguments: list[str]) -> list[int]:
    rows = connection.execute(
        "SELECT look.id FROM observations AS look CROSS JOIN targets ON targets.id = look.target_id"  # noqa: S608
        f" LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on WHERE {which}",
        arguments,
    )
    return [number for (number,) in rows.fetchall()]


def lift(state: State, text: str) -> bool:
    """Let what was taken down with a path or a canonical URL come back at the next reading; False where nothing was."""
    number = state.value("SELECT takedown FROM forgotten WHERE hash = ?", [forgotten_hash(text)])
    if number is None:
        return False
    with state.write() as connection:
        connection.execute("DELETE FROM forgotten WHERE takedown = ?", [number])
        # Any file may hold a link that was left out of its article: all of them are read again.
        connection.execute("UPDATE files SET rules = ''")
    return True


def _quoting(urls: Collection[str]) -> re.Pattern[str]:
    if not urls:
        return re.compile(r"(?!)")
    return re.compile("(?:" + "|".join(re.escape(url) for url in sorted(urls)) + ")" + _GOES_ON)


def telling(about: Scope) -> re.Pattern[str]:
    """What tells of a takedown: a URL of it that does not go on, the path of a file, the id of an entry."""
    return _telling(_quoting(about.urls), about)


def _telling(quoting: re.Pattern[str], about: Scope) -> re.Pattern[str]:
    return re.compile(f"{quoting.pattern}|{_naming(about).pattern}")


def _naming(about: Scope) -> re.Pattern[str]:
    """What names an article by its file or by the id of its entry, with a line number after it or without."""
    words = sorted({*about.paths, *about.entry_ids})
    return re.compile("(?:" + "|".join(map(re.escape, words)) + r")(?![\w/-])" if words else r"(?!)")


def _listed(values: Iterable[object]) -> str:
    return json.dumps(list(values))
