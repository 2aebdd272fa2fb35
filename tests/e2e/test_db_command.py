"""`feedbot db` as a person types it: check, backup, restore, vacuum."""

import gzip
import os
import re
import shutil

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.state.database import checking_run, daemon_life, maintenance, one_at_a_time, open_state
from feedbot.state.schema import VERSION
from tests.e2e.test_command import feedbot
from tests.state.test_unreadable import flip


@pytest.fixture
def published(news):
    news.article("one")
    news.run()
    return news


def backup_of(news):
    done = feedbot(news.folder, "db", "backup")
    assert (done.returncode, done.stderr) == (0, "")
    return next((news.folder / "backups").iterdir())


def names_in(folder):
    return {one.name for one in folder.iterdir()}


def rows(path, sql):
    connection = sqlite3.connect(path)
    found = connection.execute(sql).fetchall()
    connection.close()
    return found


def overwrite(path, table):
    """Flip bytes of the page where a table begins."""
    page = rows(path, f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")[0][0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(64 * [0xA5]))


def test_a_sound_database_is_called_so(published):
    done = feedbot(published.folder, "db", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(rf"state\.db: schema {VERSION}, 0\.\d MB, and (0\.\d MB|\d+ kB) free", done.stdout)
    assert "as they should be" in done.stdout


@pytest.mark.parametrize("table", ["articles", "observations", "links_target", "targets"])
def test_flipped_bytes_are_found_and_the_way_back_is_told(published, table):
    backup = backup_of(published)
    overwrite(published.folder / "state.db", table)
    done = feedbot(published.folder, "db", "check")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"feedbot: to bring back the newest backup, of {backup.name[6:16]}: feedbot db restore"
        f" {backup.relative_to(published.folder)}"
    )
    restored = feedbot(published.folder, "db", "restore", f"backups/{backup.name}")
    assert restored.returncode == 0, restored.stderr
    assert feedbot(published.folder, "db", "check").returncode == 0


def test_a_schema_that_is_no_text_is_told_as_damage_and_a_backup_is_brought_back(published):
    """SQLite's own message then quotes what cannot be decoded."""
    backup = backup_of(published)
    path = published.folder / "state.db"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"CREATE TABLE ", b"CREATE TABLE\xc1"))
    assert path.read_bytes() != whole
    for words in (("db", "check"), ("status",), ("build",), ("db", "restore", "state.db.copy")):
        path.with_name("state.db.copy").write_bytes(path.read_bytes())
        done = feedbot(published.folder, *words)
        assert done.returncode == 1
        assert "damaged" in done.stderr
        assert "feedbot's own" not in done.stderr
    restored = feedbot(published.folder, "db", "restore", f"backups/{backup.name}")
    assert (restored.returncode, restored.stderr) == (0, "")
    assert feedbot(published.folder, "db", "check").returncode == 0


def test_without_a_backup_the_way_on_is_told(published):
    (published.folder / "state.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    done = feedbot(published.folder, "db", "check")
    assert done.returncode == 1
    assert "there is no backup; move state.db away" in done.stderr
    (published.folder / "state.db.before-v3").write_bytes(b"what it was")
    done = feedbot(published.folder, "db", "check")
    assert done.stderr.endswith(
        "there is no backup; to bring back what it was before an upgrade: feedbot db restore state.db.before-v3\n"
    )


def test_where_only_a_look_cannot_be_read_nobody_is_told_to_part_with_all_else(published):
    with published.state() as state:
        flip(state, "observations", "seen", 1)
    done = feedbot(published.folder, "db", "check")
    assert done.returncode == 1
    told = [line.removeprefix("feedbot: ") for line in done.stderr.splitlines()]
    assert told[0] == "state.db: 1 of the packed looks cannot be read"
    assert told[1].startswith("where links stand is whole, and runs go on")
    assert told[2].endswith("`feedbot db restore` shows which copies there are")
    assert told[3] == "to part with them, and keep where links stand: feedbot db mend"
    told_why = feedbot(published.folder, "why", published.site.link("/one"))
    assert told_why.stderr.startswith(
        "feedbot: state.db: 1 look at it is damaged and left out; `feedbot db check` tells "
    )
    assert "  status     alive since " in told_why.stdout
    assert "\n  what was seen cannot be read\n" in told_why.stdout
    assert told_why.returncode == 0
    exported = feedbot(published.folder, "export", "--out", "state.ndjson")
    assert exported.stderr == (
        "feedbot: state.db: is damaged: some of what is packed in it cannot be read; `feedbot db check` tells how much,"
        " and how to bring it back\n"
    )
    mended = feedbot(published.folder, "db", "mend")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert mended.stdout == (
        "state.db: parted with 1 look, 1 page\nwhere links stand is as it was; pages and articles are read again\n"
    )
    assert feedbot(published.folder, "db", "check").returncode == 0
    assert feedbot(published.folder, "export", "--out", "state.ndjson").returncode == 0
    assert "  status     alive since " in feedbot(published.folder, "why", published.site.link("/one")).stdout
    assert feedbot(published.folder, "db", "mend").stdout == "state.db: all that is packed can be read\n"


def test_no_mending_is_tried_where_the_database_itself_is_damaged(published):
    file = published.folder / "state.db"
    broken = bytearray(file.read_bytes())
    broken[4096 * 3 : 4096 * 4] = bytes(4096)
    file.write_bytes(broken)
    done = feedbot(published.folder, "db", "mend")
    assert done.returncode == 1
    assert "there is no backup" in done.stderr
    assert file.read_bytes() == broken


def test_what_belongs_to_nothing_and_an_index_that_is_missing_are_told(published):
    connection = sqlite3.connect(published.folder / "state.db")
    connection.execute("INSERT INTO items (file_id, item, title) VALUES (99, 1, 'x')")
    connection.execute("DROP INDEX targets_host")
    connection.commit()
    connection.close()
    done = feedbot(published.folder, "db", "check")
    assert done.returncode == 1
    assert "1 rows of items belong to no row of files" in done.stderr
    assert "targets_host is missing from the schema" in done.stderr


def test_restored_it_is_as_it_was_and_what_it_replaced_is_kept(published, site):
    backup = backup_of(published)
    published.clock.step(days=3)
    published.article("two")
    published.run()
    done = feedbot(published.folder, "db", "restore", f"backups/{backup.name}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "with what it knew at 2026-11-01 12:00 UTC" in done.stdout
    assert "up to 2026-11-04 12:00 UTC" in done.stdout
    urls = [(site.link("/one"),)]
    assert rows(published.folder / "state.db", "SELECT url FROM targets") == urls
    aside = next(published.folder.glob("state.db.replaced-*"))
    assert str(aside.relative_to(published.folder)) in done.stdout
    assert rows(aside, "SELECT url FROM targets ORDER BY url") == [*urls, (site.link("/two"),)]
    feeds = published.feeds()
    built = feedbot(published.folder, "build")
    assert built.returncode == 0, built.stderr
    assert published.feeds() == feeds


def test_restored_it_survives_power_cuts_as_before(published):
    backup = backup_of(published)
    feedbot(published.folder, "db", "restore", str(backup))
    with published.state() as state:
        assert state.value("PRAGMA journal_mode") == "wal"


def test_a_copy_that_lies_unpacked_is_restored_as_well(published):
    copy = published.folder / "mine.db"
    copy.write_bytes(gzip.decompress(backup_of(published).read_bytes()))
    assert feedbot(published.folder, "db", "restore", "mine.db").returncode == 0
    assert copy.exists()


def test_a_lost_database_is_brought_back(published):
    backup = backup_of(published)
    (published.folder / "state.db").unlink()
    done = feedbot(published.folder, "db", "restore", str(backup))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Lost" not in done.stdout
    assert feedbot(published.folder, "db", "check").returncode == 0


@pytest.mark.parametrize("harm", ["cut", "flipped", "no database", "not there", "itself", "newer"])
def test_a_copy_that_is_no_good_is_refused_and_nothing_changes(published, harm):
    copy = published.folder / "copy.db"
    what = copy.name
    shutil.copy(published.folder / "state.db", copy)
    match harm:
        case "cut":
            packed = gzip.compress(copy.read_bytes())
            (published.folder / "copy.db.gz").write_bytes(packed[: len(packed) // 2])
            what = "copy.db.gz"
        case "flipped":
            overwrite(copy, "articles")
        case "no database":
            copy.write_text("Dear diary, " * 1000)
        case "not there":
            what = "nothing.db"
        case "itself":
            what = "state.db"
        case "newer":
            connection = sqlite3.connect(copy)
            connection.execute(f"PRAGMA user_version = {VERSION + 1}")
            connection.close()
    before = (published.folder / "state.db").read_bytes()
    names = names_in(published.folder)
    done = feedbot(published.folder, "db", "restore", what)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert (published.folder / "state.db").read_bytes() == before
    assert names_in(published.folder) - names <= {
        f"state.db.{one}.lock" for one in ("daemon", "check", "maintenance", "publish", "open")
    }


@pytest.mark.parametrize("who", ["daemon", "check", "publish", "maintenance"])
def test_while_somebody_is_at_work_nothing_is_restored(published, who):
    backup = backup_of(published)
    before = (published.folder / "state.db").read_bytes()
    path = published.config.state_path
    with published.state() as state:
        holding = {
            "daemon": daemon_life(path, who="a test"),
            "check": checking_run(state),
            "publish": one_at_a_time(state),
            "maintenance": maintenance(state),
        }
        with holding[who]:
            done = feedbot(published.folder, "db", "restore", str(backup))
    assert done.returncode == 75
    assert f"{who}.lock: held by a test, process {os.getpid()}" in done.stderr
    assert (published.folder / "state.db").read_bytes() == before


def test_beside_a_build_that_tells_hubs_nothing_is_restored_and_it_is_named(published):
    """It holds no lock of a run just then, and would note what hubs answered in the file that was put aside."""
    backup = backup_of(published)
    before = (published.folder / "state.db").read_bytes()
    with open_state(published.config.state_path, who="feedbot build"):
        done = feedbot(published.folder, "db", "restore", str(backup))
    assert done.returncode == 75
    assert f"open.lock: held by feedbot build, process {os.getpid()}" in done.stderr
    assert (published.folder / "state.db").read_bytes() == before
    assert feedbot(published.folder, "db", "restore", str(backup)).returncode == 0


def test_what_was_taken_down_since_stays_away(published):
    published.article("slander")
    published.run()
    backup = backup_of(published)
    assert feedbot(published.folder, "forget", "--yes", "articles/slander.md").returncode == 0
    done = feedbot(published.folder, "db", "restore", str(backup))
    assert (done.returncode, done.stderr) == (0, "")
    assert "Takedowns  made since hold on, and were carried out again in this copy" in done.stdout
    assert published.titles() == ["About one"]
    assert feedbot(published.folder, "build").returncode == 0
    assert published.titles() == ["About one"]
    assert b"slander" not in (published.folder / "state.db").read_bytes()


def test_a_takedown_names_the_backups_that_it_cannot_reach(published):
    backup_of(published)
    done = feedbot(published.folder, "forget", "--yes", "articles/one.md")
    assert "backups/ holds 1 backup: remove these" in done.stdout


def test_without_a_file_the_copies_are_shown(published):
    assert "There is no copy of state.db" in feedbot(published.folder, "db", "restore").stdout
    backup = backup_of(published)
    (published.folder / "state.db.before-v7").write_bytes(b"x")
    done = feedbot(published.folder, "db", "restore")
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.splitlines()
    assert shown[0].endswith(f"feedbot db restore backups/{backup.name}")
    assert shown[1] == "  before the upgrade from schema 7  feedbot db restore state.db.before-v7"


def test_a_backup_of_a_damaged_database_is_not_made(published):
    overwrite(published.folder / "state.db", "articles")
    done = feedbot(published.folder, "db", "backup")
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert not list(published.folder.glob("backups/*"))


def test_where_there_are_to_be_no_backups_none_is_made(published):
    config = published.config_file.read_text(encoding="utf-8")
    published.config_file.write_text(config + "backup: {directory: null}\n", encoding="utf-8")
    assert feedbot(published.folder, "db", "backup").returncode == 2


def test_vacuum_gives_room_back(published):
    with published.state() as state:
        with state.write() as connection:
            connection.execute("CREATE TABLE large (x BLOB) STRICT")
            connection.execute("INSERT INTO large VALUES (zeroblob(5000000))")
        with state.write() as connection:
            connection.execute("DROP TABLE large")
    before = (published.folder / "state.db").stat().st_size
    done = feedbot(published.folder, "db", "vacuum")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"state\.db: 5\.\d MB before, 0\.\d MB now\n", done.stdout)
    assert (published.folder / "state.db").stat().st_size < before - 4_900_000


def test_commands_that_write_are_refused_to_another_user(published):
    if os.geteuid() != 0:
        pytest.skip("may be skipped: only root can give a file to another user")
    backup = backup_of(published)
    os.chown(published.folder / "state.db", 12345, 12345)
    names = names_in(published.folder)
    for words in (
        ("run", "--once"),
        ("run",),
        ("build",),
        ("build", "--preview"),
        ("check",),
        ("mark", "https://a.example/", "alive"),
        ("db", "backup"),
        ("db", "vacuum"),
        ("db", "rejudge"),
        ("db", "restore", str(backup)),
    ):
        done = feedbot(published.folder, *words)
        assert (done.returncode, done.stdout) == (1, "")
        assert "state.db: belongs to '#12345', this is root; try: sudo -u '#12345' feedbot" in done.stderr
    assert feedbot(published.folder, "db", "check").returncode == 0
    assert feedbot(published.folder, "status").returncode == 0
    assert names_in(published.folder) == names


def test_a_run_looks_after_the_database_when_a_day_has_passed(published):
    """Its first run was weeks ago, by the scripted clock."""
    with published.state() as state, state.write() as connection:
        connection.execute("UPDATE runs SET started_at = '2026-01-01T00:00:00Z'")
    done = feedbot(published.folder, "run", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"Backup     backups/state-\d{4}-\d\d-\d\d\.db\.gz, \d+ kB", done.stdout)
    assert "Backup" not in feedbot(published.folder, "run", "--once").stdout


def test_what_goes_wrong_while_looking_after_it_is_told_and_the_run_is_done(published):
    with published.state() as state, state.write() as connection:
        connection.execute("UPDATE runs SET started_at = '2026-01-01T00:00:00Z'")
    config = published.config_file.read_text(encoding="utf-8")
    published.config_file.write_text(config + "disk: {low: 999999GB}\n", encoding="utf-8")
    done = feedbot(published.folder, "run", "--once")
    assert done.returncode == 1
    assert "feedbot: backups: no backup is made, for the disk has" in done.stderr
    assert "Links" in done.stdout
