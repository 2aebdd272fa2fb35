"""What may be done to a daemon while it runs: it says what is wrong, goes on, and readers keep what they have."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.conftest import MAY_BE_SKIPPED
from tests.service.daemons import Daemon, daemon, job, schedule, systemd, until
from tests.service.reader import Reader


@pytest.fixture
def often(news):
    schedule(news, read="1s", check="1s")
    news.article("one")
    news.article("two")
    return news


def published(news):
    return news.titles() if (news.folder / "feeds" / "all.atom").exists() else None


def has_run(news):
    """Both jobs have ended well once."""
    until(lambda: published(news) and job(news, "check") and job(news, "read"))


def runs_again(news):
    """The jobs end well again: an article that comes now is published."""
    news.article("three")
    until(lambda: "About three" in (published(news) or []))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: (path.unlink(), path.mkdir()), "Is a directory"),
        (lambda path: path.write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
    ],
)
def test_a_config_that_cannot_be_read_leaves_the_one_that_holds(often, spoil, said):
    with daemon(often) as one:
        has_run(often)
        spoil(often.config_file)
        one.hear(signal.SIGHUP)
        one.until_said(said)
        runs_again(often)
        assert one.end() == 0


def test_feeds_that_somebody_moved_away_come_again_with_the_same_bytes(often):
    with daemon(often) as one:
        has_run(often)
        one.until_said("checked: nothing was due")
        before = often.feeds()
        (often.folder / "feeds").rename(often.folder / "elsewhere")
        until(lambda: often.feeds_now() == before)
        assert one.end() == 0


def test_a_file_in_place_of_the_feeds_folder_is_told_and_not_touched(often):
    with daemon(often) as one:
        has_run(often)
        with one.standing_still():
            (often.folder / "feeds").rename(often.folder / "elsewhere")
            (often.folder / "feeds").write_text("mine", encoding="utf-8")
        one.until_said("feeds: is not a folder")
        assert (often.folder / "feeds").read_text(encoding="utf-8") == "mine"
        (often.folder / "feeds").unlink()
        runs_again(often)
        assert one.end() == 0


def test_a_database_that_was_removed_begins_anew_with_the_ids_that_readers_know(often):
    with daemon(often) as one:
        has_run(often)
        one.until_said("checked: nothing was due")
        before = often.feeds()
        with one.standing_still():
            for path in often.folder.glob("state.db*"):
                path.unlink()
        until(lambda: job(often, "check"))
        one.until_said("state.db is not the one of before")
        assert often.feeds()["all.atom"] == before["all.atom"]
        runs_again(often)
        assert one.end() == 0


def test_a_daemon_does_not_start_on_a_damaged_database(news):
    news.article("one")
    news.run()
    connection = sqlite3.connect(news.config.state_path)
    # A table that nothing of the first moments looks at.
    (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'observations'").fetchone()
    connection.close()
    with news.config.state_path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(64 * [0xA5]))
    with daemon(news) as one:
        assert one.process.wait(60) == 1
        assert "state.db: is damaged (" in one.said
        assert "`feedbot db restore` brings back a copy from before" in one.said


def test_a_database_that_is_none_any_more_is_told_with_what_to_do(often):
    with daemon(often) as one:
        has_run(often)
        before = often.feeds()["all.atom"]
        (often.folder / "junk").write_bytes(b"no database" * 1000)
        (often.folder / "junk").replace(often.folder / "state.db")
        one.until_said("read: state.db: is damaged or no database")
        one.until_said("`feedbot db restore` brings back a copy")
        assert often.feeds()["all.atom"] == before
        with one.standing_still():
            for path in often.folder.glob("state.db*"):
                path.unlink()
        runs_again(often)
        assert one.end() == 0
    assert "Traceback" not in one.said


@pytest.mark.parametrize("as_found", ["nothing", "an empty folder"])
def test_articles_that_are_not_mounted_withdraw_nothing(often, as_found):
    articles, away = often.folder / "articles", often.folder / "away"
    schedule(often, read="1s", check="1s", watch="true")
    with daemon(often) as one:
        has_run(often)
        articles.rename(away)
        if as_found == "an empty folder":
            articles.mkdir()
            one.until_said("matches no file any more, though 2 did before; nothing was withdrawn")
            articles.rmdir()
        else:
            one.until_said("does not exist")
        assert published(often) == ["About one", "About two"]
        away.rename(articles)
        runs_again(often)
        assert one.end() == 0


def test_twenty_reloads_in_a_row_are_answered(often, tmp_path):
    with systemd(str(tmp_path / "notify")) as heard, daemon(often, NOTIFY_SOCKET=heard.address) as one:
        has_run(often)
        for _ in range(20):
            one.hear(signal.SIGHUP)
        one.until_said("the config was read again")
        runs_again(often)
        assert one.end() == 0
    told = [line.partition("=")[0] for line in heard.told if line.startswith(("READY", "RELOADING"))]
    assert told == ["READY"] + ["RELOADING", "READY"] * ((len(told) - 1) // 2)


def test_a_reload_while_it_starts_waits_until_it_can_be_answered(often):
    with daemon(often) as first:
        has_run(often)
        second = Daemon(often.folder, "--wait")
        try:
            until(lambda: second.process.poll() is None and _blocks(second.process.pid, signal.SIGHUP))
            second.hear(signal.SIGHUP)
            assert first.end() == 0
            second.until_said("the config was read again")
            assert second.end() == 0
        finally:
            second.process.kill()
            second.process.wait()


def _blocks(pid, number):
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    blocked = next(int(line.split()[1], 16) for line in lines if line.startswith("SigBlk"))
    return blocked >> (number - 1) & 1


@pytest.mark.parametrize("address", ["/nowhere/at/all", "@nobody", "vsock:2:3", "relative", "/" + "x" * 200, "/tmp"])
def test_a_notify_socket_that_leads_nowhere_is_no_reason_to_end(often, address):
    with daemon(often, NOTIFY_SOCKET=address, WATCHDOG_USEC="200000") as one:
        has_run(often)
        assert one.end() == 0
    assert "Traceback" not in one.said


def test_a_full_disk_is_told_and_gone_on_from_when_there_is_room(often, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = f"mount -t tmpfs -o size=4m tmpfs {disk} && cp -r {often.folder}/. {disk} && cd {disk}"
    script = f"{mounted} || exit 99; exec {sys.executable} -m feedbot run"
    with daemon(often, command=["unshare", "--map-root-user", "--mount", "sh", "-c", script]) as one:
        # Its own view of the file system: nobody else sees the small disk.
        there = Path(f"/proc/{one.process.pid}/root{disk}")
        until(lambda: one.process.poll() is not None or _exists(there / "feeds" / "all.atom"))
        if one.process.poll() is not None:
            pytest.skip(f"{MAY_BE_SKIPPED}nobody may mount here: {one.said}")
        reader = Reader(there / "feeds")
        reader.look()
        # More than what is left in the files of the database, which it writes over.
        large = often.article("large", more=f"excerpt: {'x' * 200_000}\n")
        (there / "large.md").write_bytes(large.read_bytes())
        os.utime(there / "large.md", (1_767_225_600, 1_767_225_600))
        with pytest.raises(OSError, match="No space left"), (there / "fill").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        (there / "large.md").rename(there / "articles" / "large.md")
        # The check may fail before it, and it is the reading that has to.
        until(lambda: re.search(r" read: .* of its disk are free\): free some", one.said))
        reader.look()
        (there / "fill").unlink()
        one.until_said("read works again")
        for name in ("three", "four"):
            path = often.article(name)
            (there / "articles" / path.name).write_bytes(path.read_bytes())
            os.utime(there / "articles" / path.name, (1_767_225_600, 1_767_225_600))
        until(lambda: b"About four" in (there / "feeds" / "all.atom").read_bytes())
        reader.look()
        assert reader.wrong == []
        connection = sqlite3.connect(there / "state.db")
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        assert one.end() == 0


def _exists(path):
    try:
        return path.exists()
    except OSError:  # it is about to be mounted
        return False
