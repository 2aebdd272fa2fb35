import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlite_utils.utils import sqlite3

from feedbot.core.article import Article, Provider
from feedbot.errors import LockHeld, StateError
from feedbot.state import database, locks
from feedbot.state.database import checking_run, copy_state, daemon_life, open_for_reading, open_state
from feedbot.state.schema import APPLICATION_ID, MIGRATIONS, VERSION
from tests.guest import not_writable
from tests.publication import START


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


def opened(path, **more):
    return open_state(path, who="a test", **more)


def test_a_new_database_has_the_schema_and_survives_power_cuts(path):
    with opened(path) as state:
        assert state.value("PRAGMA user_version") == VERSION
        assert state.value("PRAGMA journal_mode") == "wal"
        assert state.value("PRAGMA synchronous") == 2  # FULL
        assert state.value("PRAGMA foreign_keys") == 1


def test_the_heat_of_articles_that_were_read_before_is_known_after_the_upgrade(path, monkeypatch):
    monkeypatch.setattr(database, "MIGRATIONS", MIGRATIONS[:1])
    monkeypatch.setattr(database, "VERSION", 1)
    with opened(path) as state, state.write() as connection:
        for number, article in enumerate([b'{"heat": 140.5}', b'{"heat": null}', b'{"title": "x"}']):
            connection.execute(
                "INSERT INTO files (id, path, mtime_ns, size, inode, sha256, rules) VALUES (?, ?, 1, 1, 1, 'x', 'x')",
                [number, str(number)],
            )
            connection.execute("INSERT INTO articles (file_id, article) VALUES (?, ?)", [number, article])
    monkeypatch.undo()
    with opened(path) as state:
        assert state.rows("SELECT heat FROM files ORDER BY id") == [{"heat": 140.5}, {"heat": None}, {"heat": None}]
        assert state.value("PRAGMA user_version") == VERSION


def test_what_further_feeds_ask_of_articles_that_were_read_before_is_known_after_the_upgrade(path, monkeypatch):
    monkeypatch.setattr(database, "MIGRATIONS", MIGRATIONS[:3])
    monkeypatch.setattr(database, "VERSION", 3)
    whole = Article("1", "A title", "https://e.example/", START, category="Über", quality=7.5)
    whole = replace(whole, provider=Provider("The Post", "post.example"))
    with opened(path) as state, state.write() as connection:
        for number, article in enumerate([None, whole, Article("2", "A title", "https://e.example/", START)]):
            connection.execute(
                "INSERT INTO files (id, path, mtime_ns, size, inode, sha256, rules) VALUES (?, ?, 1, 1, 1, 'x', 'x')",
                [number, str(number)],
            )
            if article is not None:
                encoded = msgspec.json.encode(article)
                connection.execute("INSERT INTO articles (file_id, article) VALUES (?, ?)", [number, encoded])
    monkeypatch.undo()
    with opened(path) as state:
        rows = state.rows("SELECT category, provider_name, provider_domain, quality FROM files ORDER BY id")
        nothing = ("", "", "", None)
        assert [tuple(row.values()) for row in rows] == [nothing, ("Über", "The Post", "post.example", 7.5), nothing]
        assert state.value("PRAGMA user_version") == VERSION


def test_every_table_is_strict(path):
    with opened(path) as state:
        tables = state.rows("PRAGMA table_list")
    assert {row["name"] for row in tables if row["type"] == "table" and not row["strict"]} == {
        "sqlite_schema",
        "sqlite_temp_schema",
    }


def test_a_write_phase_keeps_everything_or_nothing(path):
    with opened(path) as state:
        with pytest.raises(RuntimeError), state.write() as connection:
            connection.execute("INSERT INTO hosts (host) VALUES ('a.example')")
            raise RuntimeError
        with state.write() as connection:
            connection.execute("INSERT INTO hosts (host) VALUES ('b.example')")
    with opened(path) as state:
        assert state.rows("SELECT host FROM hosts") == [{"host": "b.example"}]


def test_observations_are_append_only(path):
    with opened(path) as state:
        with state.write() as connection:
            connection.execute("INSERT INTO runs (who, started_at) VALUES ('x', 'now')")
            connection.execute("INSERT INTO host_names (id, host) VALUES (1, 'h')")
            connection.execute("INSERT INTO targets (url, host_id, next_check_at) VALUES ('u', 1, 0)")
            connection.execute(
                "INSERT INTO observations (run_id, target_id, started_at, elapsed_ms, verdict, reason, seen)"
                " VALUES (1, 1, 0, 1, 'alive', '', pack_look('[]', NULL, 'u', NULL))"
            )
        names = [row["name"] for row in state.rows("PRAGMA table_info(observations)")]
        # How it is packed may change.
        for name in sorted(set(names) - {"leans_on", "seen"}):
            with pytest.raises(StateError, match="append-only"), state.write() as connection:
                connection.execute(f"UPDATE observations SET {name} = {name}")


def test_a_database_from_a_newer_feedbot_is_refused_and_left_byte_identical(path):
    with opened(path):
        pass
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="newer feedbot"), opened(path):
        pass
    with pytest.raises(StateError, match="newer feedbot"), open_for_reading(path, who="a test"):
        pass
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_refused_and_left_byte_identical(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StateError, match="another program"), opened(path):
        pass
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_file_is_told_in_one_sentence(path, content):
    path.write_bytes(content)
    with pytest.raises(StateError, match=r"state\.db: is damaged"), opened(path):
        pass
    assert path.read_bytes() == content


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StateError, match=r"nowhere.* does not exist"), opened(tmp_path / "nowhere" / "state.db"):
        pass


def test_a_too_old_sqlite_is_refused():
    database._require_sqlite((3, 37, 0))
    with pytest.raises(StateError, match=r"3\.36\.9.*3\.37\.0"):
        database._require_sqlite((3, 36, 9))


def test_a_database_of_another_user_is_refused_with_the_command_that_works(path):
    with opened(path):
        pass
    owner = pwd.getpwuid(path.stat().st_uid).pw_name
    with pytest.raises(StateError, match=rf"sudo -u {owner} feedbot"):
        database._require_owner(path, path.stat().st_uid + 1)


def test_a_network_file_system_is_refused(path):
    database._require_local(path, "22 1 8:1 / / rw - ext4 /dev/sda1 rw")
    with pytest.raises(StateError, match=r"network file system \(nfs4\)"):
        database._require_local(path, "22 1 8:1 / / rw - nfs4 server:/ rw")


def test_reading_before_the_first_run_says_what_makes_the_database(path):
    with pytest.raises(StateError, match="feedbot run --once"), open_for_reading(path, who="a test"):
        pass
    assert not path.exists()


def test_reading_works_beside_a_write_phase_and_sees_what_is_committed(path):
    with opened(path) as state, state.write() as connection:
        connection.execute("INSERT INTO hosts (host) VALUES ('a.example')")
        with open_for_reading(path, who="a reader") as reader:
            assert reader.rows("SELECT * FROM hosts") == []


def test_a_lock_in_a_folder_that_is_not_writable_says_what_it_must_be(tmp_path):
    with (
        not_writable(tmp_path),
        pytest.raises(
            StateError, match=r"Permission denied; its folder must be writable for the user who runs feedbot"
        ),
        locks.hold(tmp_path / "state.db.lock", who="a test"),
    ):
        pass


def test_a_lock_names_its_holder_and_is_free_afterwards(path):
    with opened(path) as one, opened(path) as other:
        with checking_run(one):
            with (
                pytest.raises(
                    LockHeld, match=rf"held by a test, process {os.getpid()}; wait until that has ended, or end it"
                ) as caught,
                checking_run(other),
            ):
                pass
            assert caught.value.exit_code == 75
        with checking_run(other):
            pass
    with daemon_life(path, who="the first"):
        with pytest.raises(LockHeld, match="the first"), daemon_life(path, who="the second"):
            pass


def test_a_write_phase_that_waits_too_long_names_the_holder(path):
    with opened(path) as one, one.write():
        with opened(path, write_wait_s=0.05) as other, pytest.raises(LockHeld, match="held by a test"), other.write():
            pass


def test_a_lock_dies_with_its_process(path):
    with opened(path):
        pass
    script = (
        "import sys, time; from pathlib import Path; from feedbot.state.database import daemon_life\n"
        "with daemon_life(Path(sys.argv[1]), who='a child'):\n    print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "held\n"
    with pytest.raises(LockHeld, match="a child"), daemon_life(path, who="a test"):
        pass
    child.kill()
    child.communicate()
    with daemon_life(path, who="a test"):
        pass


def test_six_processes_starting_at_once_migrate_once(path):
    script = (
        "import sys; from pathlib import Path; from feedbot.state.database import open_state\n"
        "with open_state(Path(sys.argv[1]), who='a child') as state:\n"
        "    with state.write() as c: c.execute(\"INSERT INTO runs (who, started_at) VALUES ('x', 'y')\")"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, str(path)], stderr=subprocess.PIPE) for _ in range(6)]
    errors = [child.communicate(timeout=60)[1] for child in children]
    assert [child.returncode for child in children] == [0] * 6, errors
    with opened(path) as state:
        assert state.value("SELECT count(*) FROM runs") == 6
        assert state.value("PRAGMA integrity_check") == "ok"


def test_nothing_stays_beside_the_database_but_its_locks(path):
    with opened(path) as state, state.write() as connection:
        connection.execute("INSERT INTO hosts (host) VALUES ('a.example')")
    assert {file.name for file in path.parent.iterdir()} == {"state.db", "state.db.lock", "state.db.open.lock"}


def test_a_copy_of_the_database_alone_is_whole(path, tmp_path):
    with opened(path) as state, state.write() as connection:
        connection.execute("INSERT INTO hosts (host) VALUES ('a.example')")
    copy = Path(shutil.copy(path, tmp_path / "copy.db"))
    with open_for_reading(copy, who="a test") as state:
        assert state.rows("SELECT host FROM hosts") == [{"host": "a.example"}]


def test_a_guest_who_reads_leaves_nothing_that_the_owner_cannot_use(path):
    if os.geteuid() != 0:
        pytest.skip("may be skipped: only root can give a file to another user")
    with opened(path) as state, state.write() as connection:
        connection.execute("INSERT INTO hosts (host) VALUES ('a.example')")
    os.chown(path, 12345, 12345)
    before = {file.name for file in path.parent.iterdir()}
    with open_for_reading(path, who="a guest") as state:
        assert state.rows("SELECT host FROM hosts") == [{"host": "a.example"}]
        assert {file.name for file in path.parent.iterdir()} == before
    assert {file.name for file in path.parent.iterdir()} == before
    with pytest.raises(StateError, match="sudo -u '#12345' feedbot"), opened(path):
        pass
    # Their locks would be ones that the owner cannot open.
    with pytest.raises(StateError, match="sudo -u '#12345' feedbot"), daemon_life(path, who="a guest"):
        pass
    with pytest.raises(StateError, match="sudo -u '#12345' feedbot"):
        copy_state(path, path.with_name("copy.db"), who="a guest")
    assert {file.name for file in path.parent.iterdir()} == before


@pytest.mark.parametrize("version", range(1, VERSION))
def test_a_database_of_an_older_version_is_brought_along_with_what_it_holds(path, version):
    older = sqlite3.connect(path)
    for step in MIGRATIONS[:version]:
        older.executescript(step)
    older.executescript(
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version};"
        "INSERT INTO targets (url, host, next_check_at) VALUES ('https://a.example/', 'a.example', 'now')"
    )
    older.close()
    with opened(path) as state:
        assert state.value("SELECT url FROM targets") == "https://a.example/"
        brought = schema_of(state)
    with opened(path.with_name("new.db")) as state:
        assert brought == schema_of(state)


def schema_of(state):
    return {row["name"]: row["sql"] for row in state.rows("SELECT name, sql FROM sqlite_master WHERE sql <> ''")}
