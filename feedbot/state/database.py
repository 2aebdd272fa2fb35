"""Opening state.db: version, migrations, write phases, and every SQLite error in a sentence.

sqlite-utils carries the connection and the reads. Transactions are begun here, with BEGIN
IMMEDIATE, because its own `atomic()` begins a deferred one, which fails with "database is locked"
as soon as two processes write.
"""

import logging
import math
import os
import pwd
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import floor
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3  # type: ignore[attr-defined]  # pysqlite3 where it is installed

from feedbot.core.slug import topic_key
from feedbot.errors import LockHeld, StateError
from feedbot.state import copies, locks, packed
from feedbot.state.disk import is_read_only, network_type, read_mounts
from feedbot.state.schema import APPLICATION_ID, MIGRATIONS, VERSION
from feedbot.state.stored import damaged

log = logging.getLogger("feedbot")

MIN_SQLITE = (3, 37, 0)
WRITE_WAIT_S = 30.0
"""How long a write phase waits for another one; each lasts well under a second."""

_BUSY_TIMEOUT_S = 5.0
_OPEN_LOCK = ".open.lock"
_ENDING_S = 1.0
"""How long is waited for those who have the database open for a moment, as `feedbot mark` has."""
_LONG_LOCKS = (".daemon.lock", ".check.lock", ".maintenance.lock", ".publish.lock")
# SQLite's own 2 MB of cache and 4 MB of log make a first reading of 10,000 articles, with 200,000
# links, write the same pages of its indexes again and again. With 64 MB it takes 4 % less time still, and
# holds 60 MB more.
_CACHE_KIB = 8 * 1024
_WAL_PAGES = 8000
# What a migration may write besides what the database holds.
_MIGRATION_BYTES = 16 * 1024 * 1024


# A target's row holds one moment several times.
@lru_cache(maxsize=1024)
def stamp(moment: datetime) -> str:
    """The stored form of a time: UTC, whole seconds, so that text sorts as time does."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.isoformat(timespec='seconds')[:19]}Z"


def moment(text: str) -> datetime:
    """The time of a stored form; raises StateError where it is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise damaged(error) from error


def moment_or_none(text: str | None) -> datetime | None:
    """The same of a column that may be null."""
    return None if text is None else moment(text)


def seconds(moment: datetime) -> int:
    """The stored form of a time where there are very many: whole seconds since 1970, as `stamp` says them."""
    return floor(moment.timestamp())


def at_second(number: int) -> datetime:
    """The time of that form; raises StateError where it is none."""
    try:
        return datetime.fromtimestamp(number, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise damaged(error) from error


def at_second_or_none(number: int | None) -> datetime | None:
    """The same of a column that may be null."""
    return None if number is None else at_second(number)


@dataclass(frozen=True, slots=True)
class State:
    """An open state.db; `write()` is the only way to change it."""

    path: Path
    db: Database
    who: str
    write_wait_s: float = WRITE_WAIT_S

    @contextmanager
    def write(self) -> Iterator[Any]:
        """One short write phase: a lock between processes and one transaction; gives the connection."""
        with (
            locks.hold(_beside(self.path, ".lock"), who=self.who, wait_s=self.write_wait_s),
            said_plainly(self.path),
            _transaction(self.db.conn),
        ):
            yield self.db.conn

    def rows(self, sql: str, arguments: Sequence[Any] | dict[str, Any] = ()) -> list[dict[str, Any]]:
        """Every row of a query; read whole, because a half-read one holds up checkpoints."""
        with said_plainly(self.path):
            return list(self.db.query(sql, arguments))

    def each(self, sql: str, arguments: Sequence[Any] | dict[str, Any] = ()) -> Iterator[dict[str, Any]]:
        """The rows of a query one by one, where there may be many; to be read to the last, and at once."""
        with said_plainly(self.path):
            yield from self.db.query(sql, arguments)

    def plain(self, sql: str, arguments: Sequence[Any] | dict[str, Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The same without the names of the columns, which take half of the time where rows are short."""
        with said_plainly(self.path):
            yield from self.db.conn.execute(sql, arguments)

    def value(self, sql: str, arguments: Sequence[object] | dict[str, Any] = ()) -> Any:
        """The first column of the first row, or None."""
        with said_plainly(self.path):
            row = self.db.conn.execute(sql, arguments).fetchone()
        return None if row is None else row[0]


@contextmanager
def _transaction(connection: Any) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def open_state(path: Path, *, who: str, write_wait_s: float = WRITE_WAIT_S) -> Iterator[State]:
    """state.db, made or migrated where needed, for reading and writing.

    Before it is migrated, a copy of what it was is left beside it (`copy_before`). Raises StateError where the file
    cannot be used: no SQLite 3.37, another user's file, not a feedbot database, or one from a newer feedbot, which is
    left as it is; or where the disk has no room for that copy. Raises LockHeld where another file is being put in its
    place for longer than `write_wait_s`.
    """
    _require_sqlite(sqlite3.sqlite_version_info)
    _require_owner(path, os.geteuid())
    _require_local(path, read_mounts())
    if path.exists() and path.stat().st_size > 0:
        # What a process has left that was killed while it changed the journal's mode is rolled back first: a write.
        mode = "rw" if _beside(path, "-journal").exists() else "ro"
        with said_plainly(path), _connected(f"{path.resolve().as_uri()}?mode={mode}") as probe:
            _require_known_version(path, probe)
    elif not path.parent.is_dir():
        raise StateError(
            f"{path}: the folder {path.parent} does not exist; make it, or name another file under `state:`"
        )
    with (
        locks.share(_beside(path, _OPEN_LOCK), who=who, wait_s=write_wait_s),
        said_plainly(path),
        _connected(f"{path.resolve().as_uri()}?mode=rwc") as connection,
    ):
        # Names are compared as people read them, which SQLite by itself can do for ASCII only.
        connection.create_function("topic_key", 1, topic_key, deterministic=True)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        state = State(path, Database(connection, execute_plugins=False), who, write_wait_s)
        _migrate(state)
        try:
            yield state
        finally:
            # Closing the last connection moves the log into the database: a write like any other.
            with suppress(StateError), locks.hold(_beside(path, ".lock"), who=who, wait_s=write_wait_s):
                connection.close()


@contextmanager
def open_for_reading(path: Path, *, who: str) -> Iterator[State]:
    """state.db as it is, for reading beside every writer; leaves no files behind that its owner cannot use.

    Raises StateError where there is none yet or it cannot be read.
    """
    _require_sqlite(sqlite3.sqlite_version_info)
    if not path.exists():
        raise StateError(f"{path}: there is no database yet; `feedbot run --once` makes it")
    # SQLite makes -wal and -shm files for a reader too. A guest must not leave its own beside another
    # user's database, so it reads the file alone while nobody writes; on a disk that is mounted read-only
    # nobody can make any, and nobody writes.
    is_guest = os.geteuid() != path.stat().st_uid
    idle = not _beside(path, "-wal").exists()
    options = "mode=ro&immutable=1" if idle and (is_guest or is_read_only(path.parent)) else "mode=ro"
    with said_plainly(path), _connected(f"{path.resolve().as_uri()}?{options}") as connection:
        _require_known_version(path, connection)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version < VERSION:
            raise StateError(f"{path}: has schema {version} and needs {VERSION}; `feedbot build` brings it there")
        yield State(path, Database(connection, execute_plugins=False), who)


def copy_state(path: Path, target: Path, *, who: str) -> None:
    """A copy of state.db as it is at one moment; nothing is left beside it. Raises StateError, LockHeld."""
    _require_owner(path, os.geteuid())  # a guest's lock would be one that the owner cannot hold
    # With the lock nobody writes, so where no log lies beside it the file alone is all there is.
    with locks.hold(_beside(path, ".lock"), who=who, wait_s=WRITE_WAIT_S), said_plainly(path):
        options = "mode=ro" if _beside(path, "-wal").exists() else "mode=ro&immutable=1"
        with _connected(f"{path.resolve().as_uri()}?{options}") as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)


@contextmanager
def filled_anew(temp: Path) -> Iterator[Any]:
    """The connection to a new database of this version, under a name that nobody else knows, while it is filled.

    It keeps no journal: one that was not filled to its end is not to be used.
    """
    with _connected(f"{temp.resolve().as_uri()}?mode=rwc") as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        connection.execute("BEGIN IMMEDIATE")
        _step_up(connection, 0)
        yield connection
        connection.execute("COMMIT")


def wipe(state: State) -> bool:
    """Write state.db anew without the bytes of what was deleted, and empty its log.

    False where somebody reads it just now, so that the log holds them on; the next call, or the end of the last
    connection, ends that. Needs as much free space as the database takes. Raises StateError, LockHeld.
    """
    with locks.hold(_beside(state.path, ".lock"), who=state.who, wait_s=state.write_wait_s), said_plainly(state.path):
        state.db.conn.execute("VACUUM")
        is_busy = state.db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return not is_busy


@contextmanager
def checking_run(state: State, *, wait: bool = False) -> Iterator[None]:
    """The right to be the one checking run; raises LockHeld where another process has it and `wait` is false."""
    with locks.hold(_beside(state.path, ".check.lock"), who=state.who, wait_s=math.inf if wait else 0.0):
        yield


@contextmanager
def one_at_a_time(state: State) -> Iterator[None]:
    """The right to read article files into state.db and to write the feeds folder.

    Others wait, and not long: probing is not done in it. Raises LockHeld after `write_wait_s`.
    """
    with locks.hold(_beside(state.path, ".publish.lock"), who=state.who, wait_s=state.write_wait_s):
        yield


@contextmanager
def daemon_life(path: Path, *, who: str, wait: bool = False) -> Iterator[None]:
    """The right to be the one daemon of this database.

    Raises LockHeld where another has it and `wait` is false, StateError where the database is another user's.
    """
    _require_owner(path, os.geteuid())
    with locks.hold(_beside(path, ".daemon.lock"), who=who, wait_s=math.inf if wait else 0.0):
        yield


@contextmanager
def maintenance(state: State) -> Iterator[None]:
    """The right to be the one who looks after this database; raises LockHeld where another process has it."""
    with locks.hold(_beside(state.path, ".maintenance.lock"), who=state.who):
        yield


@contextmanager
def nobody_else(path: Path, *, who: str) -> Iterator[None]:
    """The right to put another file in the place of state.db: no daemon, no run, and nobody who has it open to write.

    Raises LockHeld, naming the holder, where one is; StateError where the database is another user's.
    """
    _require_owner(path, os.geteuid())
    with ExitStack() as locked:
        for suffix in _LONG_LOCKS:
            locked.enter_context(locks.hold(_beside(path, suffix), who=who))
        # A build that waits for files or tells hubs holds none of these, and would go on in the file put aside.
        locked.enter_context(locks.hold(_beside(path, _OPEN_LOCK), who=who, wait_s=_ENDING_S))
        locked.enter_context(locks.hold(_beside(path, ".lock"), who=who, wait_s=_BUSY_TIMEOUT_S))
        yield


def holders(path: Path) -> list[str]:
    """Who holds a lock of this database just now, each such as "feedbot run, process 7"; looking locks nothing."""
    held = locks.read_held()
    found = (locks.holder_of(_beside(path, suffix), held) for suffix in _LONG_LOCKS)
    return list(dict.fromkeys(who for who in found if who is not None))


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Turn every SQLite error inside the block into a StateError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        text = str(error)
        if "locked" in text:
            raise LockHeld(
                f"{path}: is locked by another program; feedbot waited {_BUSY_TIMEOUT_S:.0f} s; close what has it open,"
                " such as a database browser, and start again"
            ) from error
        if isinstance(error, sqlite3.DatabaseError) and ("not a database" in text or "malformed" in text):
            raise _is_damaged(path, text) from error
        if "full" in text or "disk I/O" in text:
            # SQLite has an I/O error as well where there is no room for its -shm file.
            free = copies.megabytes(copies.free_bytes(path.parent))
            raise StateError(
                f"{path}: cannot be used ({text}; {free} of its disk are free): free some, or see what the system's log"
                " says of the disk; what was recorded is kept"
            ) from error
        if "user-defined function" in text:
            # What is packed was to be unpacked for a query (packed.teach).
            raise StateError(
                f"{path}: is damaged: some of what is packed in it cannot be read; `feedbot db check` tells how much,"
                " and how to bring it back"
            ) from error
        if "unable to open" in text or "readonly" in text:
            raise StateError(
                f"{path}: cannot be used ({text}): it and its folder must be there and writable for feedbot's user,"
                " and their disk not be mounted read-only"
            ) from error
        raise StateError(f"{path}: {text}; `feedbot db check` looks it over") from error
    except UnicodeDecodeError as error:
        # Of a damaged schema SQLite's own message quotes what is no text.
        raise _is_damaged(path, str(error)) from error


def _is_damaged(path: Path, why: str) -> StateError:
    return StateError(
        f"{path}: is damaged or no database ({why}); `feedbot db restore` brings back a copy from before;"
        " without one, move it away, and feedbot starts anew with the ids kept in ids.json"
    )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


@contextmanager
def _connected(uri: str) -> Iterator[Any]:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
    packed.teach(connection)
    try:
        yield connection
    finally:
        connection.close()


def sqlite_version() -> tuple[int, int, int]:
    """The version of the SQLite that keeps state.db."""
    major, minor, patch = sqlite3.sqlite_version_info[:3]
    return major, minor, patch


def _require_sqlite(version: tuple[int, ...]) -> None:
    if version < MIN_SQLITE:
        found, needed = (".".join(map(str, v)) for v in (version, MIN_SQLITE))
        raise StateError(f"this Python has SQLite {found}; feedbot needs {needed} or later: run it with a newer Python")


def _require_owner(path: Path, user: int) -> None:
    """A guest's -wal and -shm files would lock the owner out of the database."""
    if path.exists() and path.stat().st_uid != user:
        owner = _name_of(path.stat().st_uid)
        raise StateError(f"{path}: belongs to {owner}, this is {_name_of(user)}; try: sudo -u {owner} feedbot ...")


def _name_of(user: int) -> str:
    """As sudo(8) takes it: a name, or a number where there is none."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"'#{user}'"


def _require_local(path: Path, mounts: str) -> None:
    kind = network_type(path.parent, mounts)
    if kind is not None:
        raise StateError(f"{path}: is on a network file system ({kind}), where SQLite may lose data; move `state:`")


def _require_known_version(path: Path, connection: Any) -> None:
    connection.execute("BEGIN")  # one moment for all three: another process may be making the schema right now
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.execute("COMMIT")
    if application != APPLICATION_ID and tables > 0:
        raise StateError(f"{path}: is a database of another program; name another file under `state:`")
    if version > VERSION:
        raise StateError(
            f"{path}: was written by a newer feedbot (schema {version}, this one knows {VERSION}); install that again"
            f"{_or_restore(path)}"
        )


def _or_restore(path: Path) -> str:
    """The way back to before the upgrade, by the newest copy that this version can use; nothing where there is none."""
    for version in range(VERSION, 0, -1):
        copy = copy_before(path, version)
        if copy.exists():
            return f", or bring back what it was before the upgrade: feedbot db restore {copy}"
    return ""


def copy_before(path: Path, version: int) -> Path:
    """Where the copy lies that was made of a database of this version before it was migrated."""
    return _beside(path, f".before-v{version}")


def copies_before(path: Path) -> list[Path]:
    """The copies that were made before migrations and are there, of the newest version first."""
    return [copy for version in range(VERSION, 0, -1) if (copy := copy_before(path, version)).exists()]


def _migrate(state: State) -> None:
    """Bring the schema to this version; a second process that waited finds nothing left to do."""
    connection = state.db.conn
    is_wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    if is_wal and connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return
    with locks.hold(_beside(state.path, ".lock"), who=state.who, wait_s=state.write_wait_s):
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if 0 < version < VERSION:
            _copy_before_migration(state.path, connection, version)
        # It cannot change inside a transaction; a copy that was restored is in none.
        connection.execute("PRAGMA journal_mode = WAL")
        if version >= VERSION:
            return
        # A table that is made anew is dropped meanwhile, and what refers to it would go with it.
        connection.execute("PRAGMA foreign_keys = OFF")
        with _transaction(connection):
            _step_up(connection, version)
        connection.execute("PRAGMA foreign_keys = ON")
        if version > 0:
            kept = copy_before(state.path, version)
            log.info("%s: had schema %d and has %d now; what it was is kept in %s", state.path, version, VERSION, kept)


def _step_up(connection: Any, version: int) -> None:
    for step in MIGRATIONS[version:]:
        for statement in _statements(step):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _copy_before_migration(path: Path, connection: Any, version: int) -> None:
    # The copy, and what is written anew: that is in the log and then in the file.
    needed, free = 3 * copies.bytes_in_use(connection) + _MIGRATION_BYTES, copies.free_bytes(path.parent)
    if free < needed:
        raise StateError(
            f"{path}: has schema {version} and needs {VERSION}; a copy of it is kept first, for which and for what"
            f" is written anew its disk has {copies.megabytes(free)} free and needs {copies.megabytes(needed)};"
            " free some, and start again"
        )
    copies.copy_of(connection, copy_before(path, version))


def schema_of_version(version: int) -> dict[str, str]:
    """The statements that made each table, index and trigger of a database of a version, by name."""
    with closing(sqlite3.connect(":memory:")) as connection:
        packed.teach(connection)
        for step in MIGRATIONS[:version]:
            connection.executescript(step)
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return dict(rows)


def _statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit the transaction first."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
