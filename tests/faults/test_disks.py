"""A disk that is full, and one that cannot be written: that of state.db, of the feeds, of the log, of everything."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.faults.loaded_command import Ended, loaded
from tests.faults.small_disks import disks_of_its_own
from tests.faults.test_system_calls import IN_PLACE, NOW
from tests.publication import Publication
from tests.service.daemons import Daemon, schedule, until

pytestmark = pytest.mark.debian("faketime")


@pytest.fixture
def published(news: Publication) -> Publication:
    """Two articles with their feeds; state.db is in a folder of its own, and a third article waits to be read."""
    text = news.config_file.read_text(encoding="utf-8")
    news.config_file.write_text(f"state: data/state.db\ndisk: {{low: 1kB}}\n{text}", encoding="utf-8")
    (news.folder / "data").mkdir()
    news.article("one")
    news.article("two")
    news.run()
    # Long, so that it has no room where the others had.
    news.article("three", more=f"excerpt: {'long ' * 40_000}\n")
    return news


def copied(news: Publication, name: str) -> dict[str, bytes]:
    """The feeds as they were copied."""
    return {one.name: one.read_bytes() for one in (news.folder / name).iterdir()}


def torn(feeds: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """The names of those that are neither as before nor as after, and of those that are missing."""
    wrong = [
        name for name, data in feeds.items() if name != ".fill" and data not in {before.get(name), after.get(name)}
    ]
    return wrong + [name for name in before if name not in feeds and not name.endswith(".gz")]


def built_on_a_full_disk(news: Publication, what: str, breaks: str = "") -> tuple[Ended, Ended]:
    """How a build ended while the disk of a folder was full, and how one when there was room again."""
    mount = f"cp -r {what} kept && mount -t tmpfs -o size=3m tmpfs {what} && cp -r kept/. {what}"
    with loaded(NOW, breaks) as command, disks_of_its_own(command, news.folder, mount) as disks:
        disks.fill(f"{what}/.fill")
        full = disks.feedbot("build")
        disks.sh(f"cp -r feeds full.feeds; rm {what}/.fill")
        free = disks.feedbot("build")
        disks.sh("cp -r feeds free.feeds")
    return full, free


def undisturbed(news: Publication) -> dict[str, bytes]:
    """The feeds of a build of the same articles whose disks have room."""
    folder = news.folder.with_name("undisturbed")
    shutil.copytree(news.folder, folder)
    with loaded(NOW) as command:
        assert command.run(folder, "build").code == 0
    return {one.name: one.read_bytes() for one in (folder / "feeds").iterdir()}


@pytest.mark.parametrize("what", ["feeds", "data"])
def test_on_a_full_disk_readers_keep_whole_feeds_and_with_room_the_build_is_made_up_for(published, what):
    before, after = published.feeds(), undisturbed(published)
    full, free = built_on_a_full_disk(published, what)
    assert full.code == 1
    assert full.err.startswith(f"feedbot: {what}/")
    assert "No space left" in full.err or "free some" in full.err
    assert torn(copied(published, "full.feeds"), before, after) == []
    assert (free.code, free.err) == (0, "")
    assert copied(published, "free.feeds") == after


def test_feeds_that_are_written_in_place_are_torn_by_a_full_disk(published):
    """The negative control of the test above."""
    before, after = published.feeds(), undisturbed(published)
    built_on_a_full_disk(published, "feeds", IN_PLACE)
    assert torn(copied(published, "full.feeds"), before, after)


def looks_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    number = connection.execute("SELECT count(*) FROM observations").fetchone()[0]
    connection.close()
    return int(number)


def checked_on_a_full_disk(news: Publication, breaks: str = "") -> tuple[Ended, Ended]:
    """How a check of many links ended while the disk of state.db was full, and how when there was room again."""
    for number in range(60):
        news.article(f"n{number}")
    with loaded(NOW) as command:
        assert command.run(news.folder, "build", "--accept-new").code == 0
    mount = "cp -r data kept && mount -t tmpfs -o size=2m tmpfs data && cp -r kept/. data"
    with loaded(NOW, breaks) as command, disks_of_its_own(command, news.folder, mount) as disks:
        disks.fill("data/.fill")
        # Room enough to open state.db and to begin, and not for what is seen.
        disks.sh("truncate -s -85k data/.fill")
        full = disks.feedbot("check", "--all")
        disks.sh("rm data/.fill")
        free = disks.feedbot("check", "--all")
        disks.sh("cp -r data kept.after")
    return full, free


def test_a_check_whose_disk_is_full_says_so_and_is_made_up_for(published, site):
    """What it could not record is asked again; what was on record is there."""
    before = looks_of(published.folder / "data" / "state.db")
    site.asked.clear()
    full, free = checked_on_a_full_disk(published)
    assert len(site.asked) == 2 * 63
    assert (full.code, "free some" in full.err) == (1, True), full.err
    assert (free.code, free.err) == (0, "")
    assert looks_of(published.folder / "kept.after" / "state.db") >= before + 63


FORGETS_WHAT_IT_CANNOT_WRITE = """
from contextlib import contextmanager, suppress
from feedbot.errors import StateError
from feedbot.state.database import State
_write = State.write
@contextmanager
def write(self):
    with suppress(StateError), _write(self) as connection:
        yield connection
State.write = write
"""


def test_a_check_that_hushes_up_a_full_disk_is_found_out(published):
    """The negative control of the test above."""
    full, _ = checked_on_a_full_disk(published, FORGETS_WHAT_IT_CANNOT_WRITE)
    assert (full.code, "free some" in full.err) != (1, True)


def outlives_a_full_log(news: Publication, breaks: str = "") -> bool:
    """Whether a daemon that can write no line of its log goes on and publishes what comes."""
    schedule(news, read="1s", check="1s")
    program = f"{breaks}\nfrom feedbot.cli.main import entry_point\nentry_point()"
    one = Daemon(news.folder, command=["sh", "-c", 'exec "$0" -c "$1" run 2>/dev/full', sys.executable, program])
    try:
        for name, titles in (("one", ["About one"]), ("two", ["About one", "About two"])):
            news.article(name)
            until(lambda titles=titles: one.process.poll() is not None or has(news, titles))
            if one.process.poll() is not None:
                return False
        return one.end() == 0
    finally:
        one.process.kill()
        one.process.wait()


def has(news: Publication, titles: list[str]) -> bool:
    return (news.folder / "feeds" / "all.atom").exists() and news.titles() == titles


ONLY_LINUX = pytest.mark.skipif(not Path("/dev/full").exists(), reason="may be skipped: only Linux has /dev/full")
RAISES_FOR_ITS_LOG = """
import logging
def handle_error(self, record):
    raise
logging.Handler.handleError = handle_error
"""


@ONLY_LINUX
def test_a_daemon_whose_log_has_no_room_goes_on(news):
    assert outlives_a_full_log(news)


@ONLY_LINUX
def test_a_daemon_that_wants_its_log_is_found_out(news):
    """The negative control of the test above."""
    assert not outlives_a_full_log(news, RAISES_FOR_ITS_LOG)


READ_ONLY = "mount --bind {what} {what} && mount -o remount,bind,ro {what}"


def told_on_a_read_only_disk(
    published: Publication, what: str, uses: Sequence[tuple[str, ...]], breaks: str = ""
) -> dict[str, Ended]:
    """How commands ended whose feeds, state.db or everything cannot be written; the feeds are in `out` then."""
    out, place = published.folder.with_name("out"), published.folder / what
    with loaded(NOW, breaks) as command:
        with disks_of_its_own(command, published.folder, READ_ONLY.format(what=place)) as disks:
            told = {" ".join(words): disks.feedbot(*words) for words in uses}
            disks.sh(f"cp -r {published.folder / 'feeds'} {out}")
    return told


@pytest.mark.parametrize("what", ["feeds", "data", "."])
def test_a_disk_that_cannot_be_written_is_told_and_nothing_changes(published, what):
    before = published.feeds()
    uses = (("build",), ("check", "--all"), ("status",), ("db", "backup"))
    told = told_on_a_read_only_disk(published, what, uses)
    assert {one.name: one.read_bytes() for one in published.folder.with_name("out").iterdir()} == before
    for one in told.values():
        assert one.code in {0, 1}
        assert "feedbot's own" not in one.err
        assert one.code == 0 or one.err.startswith("feedbot: ")
    build, check, status = told["build"], told["check --all"], told["status"]
    assert build.code == 1
    assert "Read-only file system" in build.err or "not be mounted read-only" in build.err
    assert (status.code, status.err) == (0, "")
    if what == "feeds":
        assert (check.code, check.err) == (0, "")


AS_IF_IT_COULD_BE_WRITTEN = """
from feedbot.state import database
database.is_read_only = lambda folder: False
"""


def test_a_product_that_takes_a_read_only_disk_for_another_is_found_out(published):
    """The negative control of the test above."""
    told = told_on_a_read_only_disk(published, "data", [("status",)], AS_IF_IT_COULD_BE_WRITTEN)
    assert (told["status"].code, told["status"].err) != (0, "")
