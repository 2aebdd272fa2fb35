"""Twenty days of a daemon's life in a minute: its wall clock leaps half a day at a time, and much happens meanwhile.

Links flap; articles come, change and go; the config is read again; the daemon is told to stop, and killed. What
happens when is written down in a table, so that every run is the same.
"""

import signal
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree

from feedbot.clock import SystemClock
from feedbot.state.database import stamp
from tests.service.daemons import Daemon, WallClock, job, schedule, until

pytestmark = pytest.mark.debian("faketime")

DAYS = 20
STEPS = 2 * DAYS
LEAP_S = 12 * 3600
STEADY = [f"steady{number:02}" for number in range(15)]
# What happens to the daemon at which steps.
RELOADED = {5, 14, 23, 31}
REFUSED = {9, 27}
STOPPED = {7, 19, 33}
KILLED = {11, 16, 24, 29, 37}
REFUSED_BY = {step: number + 1 for number, step in enumerate(sorted(REFUSED))}
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
        descriptors, kib = self._has()
        assert descriptors <= self._settled[0] + MOST_MORE_DESCRIPTORS
        assert kib <= self._settled[1] + MOST_MORE_KIB


def titles(news):
    """What a reader sees: each feed is whole and can be read at every moment."""
    folder = news.folder / "feeds"
    for path in sorted(folder.glob("*.atom")) + sorted(folder.glob("*.rss")):
        etree.fromstring(path.read_bytes())
    path = folder / "all.atom"
    return news.titles() if path.exists() else []


def test_twenty_days(news, site, tmp_path):
    wall = WallClock(tmp_path)
    schedule(news, read="1s", check="1s", watch="true")
    good = news.config_file.read_text(encoding="utf-8")
    for name in STEADY:
        news.article(name)
    present = set(STEADY)
    life, step_of_birth = Life(news, wall), 0
    try:
        until(lambda: len(titles(news)) == len(STEADY), 60)
        for step in range(STEPS):
            site.answers["/steady00"] = 404 if step % 3 == 0 else 200
            site.answers["/steady01"] = 503 if step % 2 == 0 else 200
            wall.set((step + 1) * LEAP_S)
            if step % 2 == 0:
                present.add(f"n{step}")
                news.article(f"n{step}")
            if step % 4 == 3:
                (news.folder / "articles" / f"n{step - 1}.md").unlink()
                present.remove(f"n{step - 1}")
            if step in RELOADED:
                news.config_file.write_text(good.replace("Test News", f"News {step}"), encoding="utf-8")
                life.daemon.hear(signal.SIGHUP)
            if step in REFUSED:
                news.config_file.write_text(good + "speed: 3\n", encoding="utf-8")
                life.daemon.hear(signal.SIGHUP)
                life.daemon.until_said("speed: unknown key", REFUSED_BY[step])
                news.config_file.write_text(good, encoding="utf-8")
            if step in KILLED | STOPPED:
                if step in STOPPED:
                    assert life.daemon.end() == 0
                else:
                    life.daemon.process.kill()
                    life.daemon.process.wait()
                titles(news)
                life, step_of_birth = Life(news, wall), step
            now = SystemClock().now() + timedelta(seconds=wall.ahead_s)
            for name in ("read", "check"):
                until(lambda: (row := job(news, name)) and row["finished_at"] >= stamp(now), 60)  # noqa: B023
            until(lambda: set(titles(news)) == {f"About {name}" for name in present}, 60)
            if step in RELOADED:
                until(lambda: f"News {step}".encode() in (news.folder / "feeds" / "all.atom").read_bytes(), 60)  # noqa: B023
            life.look(is_settled=step > step_of_birth + 1)
        assert life.daemon.end() == 0
    finally:
        life.daemon.process.kill()
        life.daemon.process.wait()
    assert "Traceback" not in life.daemon.said
    with news.state() as state:
        assert state.value("PRAGMA integrity_check") == "ok"
        runs = state.rows("SELECT started_at, finished_at FROM runs ORDER BY id")
        # Each link was asked on most days, and no run began before the one before it was over.
        assert state.value("SELECT count(*) FROM runs WHERE summary <> '{}'") >= DAYS // 2
    ended = ""
    for one in runs:
        assert one["started_at"] >= ended
        ended = one["finished_at"] or ended
