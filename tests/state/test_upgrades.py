"""A database of every earlier version is brought along, and what it was before is kept beside it.

The databases are frozen in schemas/vN.sql, with rows of every table: what a version has left on disks never changes,
whatever becomes of the steps. Who adds a step adds the dump of the version before it.
"""

import logging
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.errors import StateError
from feedbot.state import changes, copies, database, packed
from feedbot.state.copies import require_whole
from feedbot.state.database import open_for_reading, open_state
from feedbot.state.restoring import restore
from feedbot.state.schema import VERSION
from tests.publication import START, Publication
from tests.state.killing import killed_folders

SCHEMAS = Path(__file__).with_name("schemas")
FROZEN = sorted(int(file.stem[1:]) for file in SCHEMAS.glob("v*.sql"))
EARLIER = [version for version in FROZEN if version < VERSION]
RENAMED = {"links": "article_links"}
"""Tables that have another name since; the old one may be that of a view."""

UNPACKED = {
    "observations": "(SELECT look.*, exchanges_of(look.seen, targets.url, leant_on.seen) AS exchanges,"
    " context_of(look.seen, targets.url, leant_on.seen) AS context,"
    " coalesce(look.final_url, targets.url) AS ended_at, coalesce(replace(look.reason, char(26),"
    " coalesce(look.final_url, '')), look.http_status || ' on GET') AS reason_said"
    " FROM observations AS look JOIN targets ON targets.id = look.target_id"
    " LEFT JOIN observations AS leant_on ON leant_on.id = look.leans_on)",
    "targets": "(SELECT *, page_text(page, url) AS page_said,"
    " (SELECT host FROM host_names WHERE id = host_id) AS host,"
    " replace(reason, char(26), coalesce(moved_to, '')) AS reason_said FROM targets)",
    "transitions": "(SELECT *, replace(reason, char(26), coalesce(moved_to, '')) AS reason_said FROM transitions)",
    "rolled_up": "(SELECT *, status_text(status) AS status_said FROM rolled_up)",
    "articles": "(SELECT *, article_said(article) AS article_said FROM articles)",
}
"""What is packed since, as it was."""

SAID = {
    "reason": "reason_said",
    "final_url": "ended_at",
    "page": "page_said",
    "status": "status_said",
    "article": "article_said",
}

AS_NUMBERS = {
    "targets": {
        "since_at", "checked_at", "first_strike_at", "last_strike_at", "first_alive_at", "revived_at", "moved_first_at",
        "next_check_at", "page_checked_at",
    },
    "observations": {"started_at"},
    "rolled_up": {"first_at"},
    "transitions": {"at"},
}  # fmt: skip
"""Times that are seconds since."""


def frozen(path: Path, version: int) -> Path:
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / f"v{version}.sql").read_text(encoding="utf-8"))
    connection.close()
    return path


def contents(path: Path, tables: dict[str, list[str]] | None = None) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table, or of these columns of these tables, which may have other names since."""
    connection = sqlite3.connect(path)
    packed.teach(connection)
    connection.create_function("article_said", 1, packed.unpack_article)
    there = columns(connection)
    is_packed = "seen" in there["observations"]
    tables = there if tables is None else tables
    found = {}
    for table, names in tables.items():
        name = table if table in there else RENAMED[table]
        if is_packed and name in UNPACKED:
            names = [SAID.get(one, one) if (name, one) != ("targets", "status") else one for one in names]  # noqa: PLW2901
            name = UNPACKED[name]
        if is_packed:
            names = [_text(one) if one in AS_NUMBERS.get(table, ()) else one for one in names]  # noqa: PLW2901
        found[table] = sorted(connection.execute(f"SELECT {', '.join(names)} FROM {name}").fetchall(), key=repr)
    connection.close()
    return found


def _text(column: str) -> str:
    return f"strftime('%Y-%m-%dT%H:%M:%SZ', {column}, 'unixepoch')"


def columns(connection: sqlite3.Connection) -> dict[str, list[str]]:
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in tables}


def columns_of(path: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(path)
    found = columns(connection)
    connection.close()
    return found


def test_every_earlier_version_has_its_dump():
    assert list(range(1, VERSION)) == EARLIER


@pytest.mark.parametrize("version", EARLIER)
def test_all_that_it_holds_is_brought_along_and_what_it_was_is_beside_it(tmp_path, caplog, version):
    caplog.set_level(logging.INFO, "feedbot")
    path = frozen(tmp_path / "state.db", version)
    tables = columns_of(path)
    before = contents(path)
    assert all(before.values()), "a table without rows proves nothing"
    with open_state(path, who="a test") as state:
        assert state.value("PRAGMA user_version") == VERSION
        assert state.value("PRAGMA integrity_check") == "ok"
        assert state.rows("PRAGMA foreign_key_check") == []
    assert contents(path, tables) == before
    copy = tmp_path / f"state.db.before-v{version}"
    assert require_whole(copy) == version
    assert contents(copy) == before
    assert caplog.messages == [f"{path}: had schema {version} and has {VERSION} now; what it was is kept in {copy}"]
    assert {one.name for one in tmp_path.iterdir()} == {"state.db", "state.db.lock", "state.db.open.lock", copy.name}


@pytest.mark.parametrize("version", EARLIER)
def test_a_run_goes_on_where_the_earlier_version_ended(news: Publication, version):
    frozen(news.config.state_path, version)
    old = news.article("old", date="2026-01-02T08:00:00Z")
    text = old.read_text(encoding="utf-8")
    old.write_text(text.replace(news.site.link("/old"), "https://old.example/page"), encoding="utf-8")
    news.age(old)
    news.article("new")
    run = news.run()
    assert run.checking.summary == {"alive": 1}, "the old link is due in January"
    assert run.publishing.feeds_written
    assert news.titles() == ["About new", "About old"]
    assert b"<id>tag:example.org,2026:old</id>" in news.feeds()["all.atom"]


def test_archives_know_of_every_month_that_an_earlier_version_has_entries_of(tmp_path):
    with open_state(frozen(tmp_path / "state.db", EARLIER[-1]), who="a test") as state:
        months = {row["month"] for row in state.rows("SELECT substr(published_at, 1, 7) AS month FROM identities")}
        assert months
        assert changes.by_month(state).keys() == months


def test_a_new_database_and_one_of_this_version_need_no_copy(tmp_path):
    for _ in range(2):
        with open_state(tmp_path / "state.db", who="a test"):
            pass
    assert {one.name for one in tmp_path.iterdir()} == {"state.db", "state.db.lock", "state.db.open.lock"}


def test_what_the_log_holds_is_in_the_copy(tmp_path):
    """A process that was killed leaves its last commits in the log alone."""
    path = frozen(tmp_path / "old.db", 1)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("INSERT INTO hosts (host) VALUES ('late.example')")
    connection.commit()
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", tmp_path / f"state.db{suffix}")
    connection.close()
    with open_state(tmp_path / "state.db", who="a test"):
        pass
    assert ("late.example", 0) in contents(tmp_path / "state.db.before-v1")["hosts"]


def test_what_a_start_that_was_killed_has_left_in_a_journal_is_rolled_back_by_the_next(tmp_path):
    """A database that is not in WAL mode yet, as an old or a restored one, has one while its mode is changed."""
    path = frozen(tmp_path / "old.db", EARLIER[-1])
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")  # so that the journal counts from its beginning
    connection.execute("BEGIN")
    connection.execute("INSERT INTO hosts (host) VALUES ('unfinished.example')")
    for suffix in ("", "-journal"):
        shutil.copy(f"{path}{suffix}", tmp_path / f"state.db{suffix}")
    connection.close()
    with open_state(tmp_path / "state.db", who="a test") as state:
        assert state.value("PRAGMA integrity_check") == "ok"
        assert state.value("SELECT 1 FROM hosts WHERE host = 'unfinished.example'") is None
    assert not (tmp_path / "state.db-journal").exists()


def test_without_room_for_the_copy_nothing_is_migrated(tmp_path, monkeypatch):
    path = frozen(tmp_path / "state.db", 1)
    before = path.read_bytes()
    monkeypatch.setattr(copies.shutil, "disk_usage", lambda folder: SimpleNamespace(free=1_000_000))
    with pytest.raises(
        StateError, match=rf"has schema 1 and needs {VERSION}; a copy of it is kept first.* 1\.0 MB free"
    ):
        with open_state(path, who="a test"):
            pass
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*before*"))


def test_a_database_that_is_damaged_is_not_migrated(tmp_path):
    path = frozen(tmp_path / "state.db", 1)
    connection = sqlite3.connect(path)
    page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'links_target'").fetchone()[0]
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(64 * [0xA5]))
    with pytest.raises(StateError, match="tells whether the database is damaged"), open_state(path, who="a test"):
        pass
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    connection.close()


def test_an_older_feedbot_names_the_copy_that_it_can_use_and_restores_it(tmp_path, monkeypatch):
    path = frozen(tmp_path / "state.db", 1)
    before = contents(path)
    with open_state(path, who="a test"):
        pass
    monkeypatch.setattr(database, "VERSION", 2)
    monkeypatch.setattr(copies, "VERSION", 2)
    copy = tmp_path / "state.db.before-v1"
    with pytest.raises(StateError, match=rf"newer feedbot \(schema {VERSION}.*feedbot db restore {copy}"):
        with open_state(path, who="a test"):
            pass
    done = restore(path, copy, START, who="a test")
    assert (done.version, contents(path)) == (1, before)


def test_where_there_is_no_such_copy_an_older_feedbot_names_none(tmp_path, monkeypatch):
    path = frozen(tmp_path / "state.db", 3)
    with open_state(path, who="a test"):
        pass
    monkeypatch.setattr(database, "VERSION", 2)
    with pytest.raises(StateError, match=r"install that again$"), open_for_reading(path, who="a test"):
        pass


def test_six_processes_at_once_migrate_once_and_keep_one_copy(tmp_path):
    path = frozen(tmp_path / "state.db", 1)
    before = contents(path)
    script = (
        "import sys; from pathlib import Path; from feedbot.state.database import open_state\n"
        "with open_state(Path(sys.argv[1]), who='a child') as state:\n"
        "    with state.write() as c: c.execute(\"INSERT INTO runs (who, started_at) VALUES ('x', 'y')\")"
    )
    children = [subprocess.Popen([sys.executable, "-c", script, path], stderr=subprocess.PIPE) for _ in range(6)]
    errors = [child.communicate(timeout=60)[1] for child in children]
    assert [child.returncode for child in children] == [0] * 6, errors
    assert contents(tmp_path / "state.db.before-v1") == before
    with open_state(path, who="a test") as state:
        assert state.value("SELECT count(*) FROM runs") == 8


MIGRATE = """
import sys
from pathlib import Path
from feedbot.state.database import open_state
with open_state(Path(sys.argv[1]), who="a child"):
    pass
"""


@pytest.mark.debian("strace")
def test_killed_anywhere_it_is_the_old_database_or_the_new_one_and_the_next_start_ends_it(tmp_path):
    calls = ("fdatasync", "fsync", "rename")
    for folder in killed_folders(MIGRATE, tmp_path, lambda folder: [frozen(folder / "state.db", 1)], calls):
        path, copy = folder / "state.db", folder / "state.db.before-v1"
        old = contents(frozen(folder / "old.db", 1))
        if copy.exists():
            assert contents(copy) == old
        tables = columns_of(folder / "old.db")
        assert contents(path, tables) == old
        with open_state(path, who="a test") as state:
            assert state.value("PRAGMA integrity_check") == "ok"
        assert (contents(path, tables), contents(copy)) == (old, old)
        left = {one.name for one in folder.iterdir()} - {"old.db"}
        assert left == {"state.db", "state.db.lock", "state.db.open.lock", "state.db.before-v1"}
