"""Twenty days of a daemon's life in a minute: its wall clock leaps half a day at a time, and much happens meanwhile.

Links flap; articles come, change and go; the config is read again; the daemon is told to stop, and killed. What
happens when is written down in a table, and so is how far the daemon has come by then, so that every run is much the
same. Meanwhile a reader looks at the feeds all the time (reader.py; test_reader.py shows what it notices).

FEEDBOT_SOAK_DAYS makes it longer: twenty days take about a minute. It was seen to fail with feeds that are written in
place instead of renamed over what was there; what else the reader notices is tested by itself. Runs that overlap are
found by when they began and ended.
"""

import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.clock import SystemClock
from feedbot.state.database import stamp
from tests.service.daemons import Daemon, WallClock, job, schedule, until
from tests.service.reader import reading_all_the_time

pytestmark = pytest.mark.debian("faketime")

DAYS = int(os.environ.get("FEEDBOT_SOAK_DAYS", "20"))
STEPS = 2 * DAYS
LEAP_S = 12 * 3600
STEADY = [f"steady{number:02}" for number in range(15)]
# Their links may come to be dead, where each of three looks happens to find them so.
FLAPPING = {"About steady00", "About steady01"}
# What happens to the daemon at which steps, again and again.
EVERY = 40
RELOADED = {5, 14, 23, 31, 35}
REFUSED = {9, 27}
STOPPED = {7, 19}
KILLED = {3, 11, 12, 16, 21, 24}
# So long after a step began, in seconds: while files are read, links asked and feeds written, and when all is done.
KILLED_AFTER_S = (0.0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1)
MOST_MORE_KIB = 24 * 1024
MOST_MORE_DESCRIPTORS = 8


class Life:
    """A daemon from its start to its end, and how much it had open and in memory when it had settled."""

    def __init__(self, news, wall):
        self.daemon = Daemon(news.folder, **wall.environment)
        self._settled = None

    @property
    def _folder(self):
        return Path(f"/proc/{self.daemon.process.pid}")

    def _has(self):
        lines = (self._folder / "status").read_text(encoding="ascii").splitlines()
        kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
        return len(list((self._folder / "fd").iterdir())), kib

    def look(self, is_settled):
        """After a while it has what it needs, and needs no more."""
        assert self.daemon.process.poll() is None, self.daemon.said
        if self._settled is None:
            self._settled = self._has() if is_settled else None
            return
        # The next check may be under way, with sockets and state.db open: at some moment it is not.
        until(self._has_no_more)

    def _has_no_more(self):
        descriptors, kib = self._has()
        return descriptors <= self._settled[0] + MOST_MORE_DESCRIPTORS and kib <= self._settled[1] + MOST_MORE_KIB


def titles(news):
    return news.titles() if (news.folder / "feeds" / "all.atom").exists() else []


def looks(news, until_number=None):
    """How many of the last 200 looks at links, or of those up to a number, are on record; and that number."""
    connection = sqlite3.connect(news.folder / "state.db", timeout=60)
    try:
        if until_number is None:
            until_number = connection.execute("SELECT coalesce(max(id), 0) FROM observations").fetchone()[0]
        # Those of more than ninety days ago may be rolled up meanwhile.
        query = "SELECT count(*) FROM observations WHERE id BETWEEN ? AND ?"
        return connection.execute(query, [until_number - 199, until_number]).fetchone()[0], until_number
    finally:
        connection.close()


def test_twenty_days(news, site, tmp_path):
    wall = WallClock(tmp_path)
    schedule(news, read="1s", check="1s", watch="true")
    good = news.config_file.read_text(encoding="utf-8")
    for name in STEADY:
        news.article(name)
    present = set(STEADY)
    life, step_of_birth, refused, killed = Life(news, wall), 0, 0, 0
    try:
        until(lambda: len(titles(news)) == len(STEADY), 120)
        with reading_all_the_time(news.folder / "feeds") as reader:
            for step in range(STEPS):
                turn = step % EVERY
                site.answers["/steady00"] = 404 if step % 3 == 0 else 200
                site.answers["/steady01"] = 503 if step % 2 == 0 else 200
                wall.set((step + 1) * LEAP_S)
                if step % 2 == 0:
                    present.add(f"n{step}")
                    news.article(f"n{step}")
                if step % 4 == 3:
                    (news.folder / "articles" / f"n{step - 1}.md").unlink()
                    present.remove(f"n{step - 1}")
                if step % 4 == 1 and step > EVERY:
                    # Else there would soon be more than a feed holds.
                    (news.folder / "articles" / f"n{step - EVERY - 1}.md").unlink()
                    present.remove(f"n{step - EVERY - 1}")
                if turn in RELOADED:
                    news.config_file.write_text(good.replace("Test News", f"News {step}"), encoding="utf-8")
                    life.daemon.hear(signal.SIGHUP)
                if turn in REFUSED:
                    refused += 1
                    news.config_file.write_text(good + "speed: 3\n", encoding="utf-8")
                    life.daemon.hear(signal.SIGHUP)
                    life.daemon.until_said("speed: unknown key", refused)
                    news.config_file.write_text(good, encoding="utf-8")
                if turn in KILLED | STOPPED:
                    number, last = looks(news)
                    if turn in STOPPED:
                        assert life.daemon.end() == 0
                    else:
                        time.sleep(KILLED_AFTER_S[killed % len(KILLED_AFTER_S)])
                        killed += 1
                        number, last = looks(news)
                        life.daemon.process.kill()
                        life.daemon.process.wait()
                    # What was on record is on record.
                    assert looks(news, last)[0] == number
                    life, step_of_birth = Life(news, wall), step
                now = SystemClock().now() + timedelta(seconds=wall.ahead_s)
                for name in ("read", "check"):
                    until(lambda: (row := job(news, name)) and row["finished_at"] >= stamp(now), 120)  # noqa: B023
                until(lambda: {*titles(news), *FLAPPING} == {f"About {name}" for name in present}, 120)
                if turn in RELOADED:
                    until(lambda: f"News {step}".encode() in news.feeds()["all.atom"], 120)  # noqa: B023
                life.look(is_settled=step > step_of_birth + 1)
            assert reader.looks > STEPS
        assert life.daemon.end() == 0
    finally:
        life.daemon.process.kill()
        life.daemon.process.wait()
    assert "Traceback" not in life.daemon.said
    with news.state() as state:
        assert state.value("PRAGMA integrity_check") == "ok"
        assert state.value("PRAGMA foreign_key_check") is None
        assert state.value("SELECT count(*) - count(DISTINCT source) FROM identities") == 0
        runs = state.rows("SELECT started_at, finished_at FROM runs ORDER BY id")
        # Each link was asked on most days, and no run began before the one before it was over.
        assert state.value("SELECT count(*) FROM runs WHERE summary <> '{}'") >= DAYS // 2
    ended = ""
    for one in runs:
        assert one["started_at"] >= ended
        ended = one["finished_at"] or ended
