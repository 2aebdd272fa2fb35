"""Backups and restoring, killed anywhere: what was there before, or what comes, and never a part of it."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.errors import StateError
from feedbot.state import copies
from feedbot.state.backups import back_up
from feedbot.state.database import open_state
from feedbot.state.restoring import restore
from tests.state.killing import killed_folders

FIRST, SECOND = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)


def made(folder: Path, *hosts: str, name: str = "state.db") -> Path:
    with open_state(folder / name, who="a test") as state, state.write() as connection:
        connection.executemany("INSERT INTO hosts (host) VALUES (?)", [(host,) for host in hosts])
    return folder / name


def hosts(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    found = [row[0] for row in connection.execute("SELECT host FROM hosts ORDER BY host")]
    connection.close()
    return found


def backed_up(path: Path, folder: Path, now: datetime) -> Path:
    with open_state(path, who="a test") as state:
        return back_up(state, folder, now, keep=7, max_bytes=10**9, leave_free=0).path


BACK_UP = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from feedbot.state.backups import back_up
from feedbot.state.database import open_state
with open_state(Path(sys.argv[1]), who="a child") as state:
    back_up(state, Path(sys.argv[2]), datetime(2026, 11, 2, tzinfo=UTC), keep=1, max_bytes=10**9, leave_free=0)
"""


@pytest.mark.debian("strace")
def test_a_backup_that_is_killed_leaves_the_earlier_one_or_the_new_one(tmp_path):
    def prepare(folder):
        path = made(folder, "a.example")
        backed_up(path, folder / "backups", FIRST)
        made(folder, "b.example")
        return [path, folder / "backups"]

    for folder in killed_folders(BACK_UP, tmp_path, prepare):
        there = sorted((folder / "backups").glob("state-*"))
        assert there, "the last good one went before the new one was there"
        for one in there:
            plain = folder / "plain.db"
            plain.write_bytes(gzip.decompress(one.read_bytes()))
            assert hosts(plain) == (["a.example"] if "11-01" in one.name else ["a.example", "b.example"])
        backed_up(folder / "state.db", folder / "backups", SECOND)
        left = {one.name for one in (folder / "backups").iterdir()}
        assert left <= {"state-2026-11-01.db.gz", "state-2026-11-02.db.gz"}


RESTORE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from feedbot.state.restoring import restore
restore(Path(sys.argv[1]), Path(sys.argv[2]), datetime(2026, 11, 2, tzinfo=UTC), who="a child")
"""


@pytest.mark.debian("strace")
def test_restoring_that_is_killed_leaves_the_old_database_or_the_copy(tmp_path):
    def prepare(folder):
        path = made(folder, "a.example")
        backup = backed_up(path, folder / "backups", FIRST)
        made(folder, "b.example")
        return [path, backup]

    seen = set()
    for folder in killed_folders(RESTORE, tmp_path, prepare):
        with open_state(folder / "state.db", who="a test") as state:
            assert state.value("PRAGMA integrity_check") == "ok"
        seen.add(tuple(hosts(folder / "state.db")))
        backup = folder / "backups" / "state-2026-11-01.db.gz"
        restore(folder / "state.db", backup, SECOND, who="a test")
        assert hosts(folder / "state.db") == ["a.example"]
        assert not list(folder.glob(".*"))
    assert seen == {("a.example",), ("a.example", "b.example")}


def test_what_the_log_of_the_replaced_database_holds_is_kept_aside(tmp_path):
    path = made(tmp_path, "a.example")
    backup = backed_up(path, tmp_path / "backups", FIRST)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO hosts (host) VALUES ('late.example')")
    connection.commit()  # and is killed: nobody moves the log into the database
    done = restore(path, backup, SECOND, who="a test")
    connection.close()
    assert hosts(path) == ["a.example"]
    assert hosts(done.aside) == ["a.example", "late.example"]


def log_of(path: Path) -> bytes:
    """The log that a process leaves which is killed after a commit."""
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO hosts (host) VALUES ('late.example')")
    connection.commit()
    log = path.with_name("state.db-wal").read_bytes()
    connection.close()
    return log


def test_a_log_that_is_left_without_its_database_is_not_taken_for_that_of_the_copy(tmp_path):
    path = made(tmp_path, "a.example")
    backup = backed_up(path, tmp_path / "backups", FIRST)
    log = log_of(path)
    path.unlink()
    path.with_name("state.db-wal").write_bytes(log)
    restore(path, backup, SECOND, who="a test")
    assert not path.with_name("state.db-wal").exists()
    assert hosts(path) == ["a.example"]


def test_the_log_of_a_database_that_is_damaged_is_kept_aside_as_well(tmp_path):
    path = made(tmp_path, "a.example")
    backup = backed_up(path, tmp_path / "backups", FIRST)
    log = log_of(path)
    path.write_bytes(b"no database" * 1000)
    path.with_name("state.db-wal").write_bytes(log)
    done = restore(path, backup, SECOND, who="a test")
    assert done.aside.with_name(done.aside.name + "-wal").read_bytes() == log
    assert hosts(path) == ["a.example"]


def test_a_copy_that_is_not_whole_is_not_kept(tmp_path):
    """VACUUM INTO copies what a table may not hold."""
    path = made(tmp_path, "a.example")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema = ON")
    table = "name = 'hosts' AND type = 'table'"
    (sql,) = connection.execute(f"SELECT sql FROM sqlite_master WHERE {table}").fetchone()
    connection.execute(f"UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE {table}")
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("UPDATE hosts SET head_refused = NULL")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(f"UPDATE sqlite_master SET sql = ? WHERE {table}", [sql])
    connection.close()
    connection = sqlite3.connect(path)
    with pytest.raises(
        StateError, match=r"copy\.db: is not kept, for it is not whole.*NULL value in hosts\.head_refused"
    ):
        copies.copy_of(connection, tmp_path / "copy.db")
    connection.close()
    assert {one.name for one in tmp_path.iterdir()} == {"state.db", "state.db.lock", "state.db.open.lock"}


def test_a_copy_in_a_folder_that_is_not_there_is_told(tmp_path):
    path = made(tmp_path, "a.example")
    connection = sqlite3.connect(path)
    with pytest.raises(StateError, match=r"copy\.db: cannot be made \(unable to open"):
        copies.copy_of(connection, tmp_path / "nowhere" / "copy.db")
    connection.close()


def test_where_backups_cannot_be_written_is_told(tmp_path):
    path = made(tmp_path, "a.example")
    (tmp_path / "backups").write_text("a file", encoding="utf-8")
    with pytest.raises(StateError, match=r"backups: cannot be made"):
        backed_up(path, tmp_path / "backups", FIRST)


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "0.0 MB"), (1, "1 kB"), (24_100, "25 kB"), (100_000, "0.1 MB"), (1_200_000_000, "1,200 MB")],
)
def test_a_size_is_told_in_a_unit_that_shows_it(number, said):
    assert copies.megabytes(number) == said
