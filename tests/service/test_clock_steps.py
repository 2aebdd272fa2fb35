"""Steps of the wall clock: no slot is missed beyond one interval, and none runs twice because of one.

libfaketime sets the wall clock of a process while it runs; its monotonic clock stays the machine's.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from feedbot.clock import SystemClock
from feedbot.state.database import stamp
from tests.service.daemons import WallClock, daemon, job, schedule, until

pytestmark = pytest.mark.debian("faketime")

HOUR, YEAR = 3600, 365 * 86400
EVERY_S = 0.5
# What a busy machine may add to an interval; the steps are of an hour at least.
SLACK_S = 20.0


class Ticking:
    """tests/service/ticking.py under way: which slots it ran, and when by the monotonic clock."""

    def __init__(self, wall, words=(), **environment):
        script = Path(__file__).with_name("ticking.py")
        self.slots = []
        self._process = subprocess.Popen(
            [sys.executable, script, *words],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **wall.environment, **environment},
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        for line in self._process.stdout:
            name, at = line.split()
            self.slots.append((name, float(at)))

    def times(self, name):
        return [at for slot, at in list(self.slots) if slot == name]

    def close(self):
        self._process.kill()
        self._process.wait()
        self._thread.join()
        self._process.stdout.close()


@contextmanager
def ticking(wall, *words, **environment):
    one = Ticking(wall, words, **environment)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def wall(tmp_path):
    return WallClock(tmp_path)


def gaps(times):
    return [after - before for before, after in pairwise(times)]


@pytest.mark.parametrize("step", [HOUR, -HOUR, YEAR, -YEAR])
def test_after_a_step_every_slot_comes_after_one_interval(wall, step):
    with ticking(wall) as one:
        until(lambda: len(one.times("night")) == 1 and len(one.times("slot")) >= 3)
        for ahead in (step, 0, step):
            wall.set(ahead)
            before = len(one.times("slot"))
            until(lambda: len(one.times("slot")) >= before + 4)  # noqa: B023 - it is called at once
        slots = one.times("slot")
        # None was missed beyond an interval, and none came early.
        assert max(gaps(slots)) < EVERY_S + SLACK_S
        assert len(slots) <= (slots[-1] - slots[0]) / EVERY_S + 2
        assert one.times("rare") == []
        # The same night came again where the clock was set back; a later one where it was set forward.
        assert len(one.times("night")) == 1
        # What waits for a moment of the wall clock comes when that shows it.
        assert len(one.times("moment")) == (1 if step > 0 else 0)


def test_what_waits_for_a_moment_comes_as_soon_as_the_clock_is_set_past_it(wall):
    with ticking(wall) as one:
        until(lambda: len(one.times("slot")) >= 2)
        wall.set(2 * HOUR)
        set_at = time.monotonic()
        until(lambda: one.times("moment"))
        assert one.times("moment")[0] - set_at < EVERY_S + SLACK_S


def test_the_library_by_itself_runs_nothing_after_a_step_back_and_too_much_after_one_forward(wall):
    with ticking(wall, "naive") as one:
        until(lambda: len(one.times("slot")) >= 3)
        wall.set(-HOUR)
        time.sleep(EVERY_S)
        before = len(one.times("slot"))
        time.sleep(4 * EVERY_S)
        # One may have been on its way.
        assert len(one.times("slot")) <= before + 1
    wall.set(0)
    with ticking(wall, "naive") as one:
        until(lambda: len(one.times("slot")) >= 3)
        wall.set(HOUR)
        until(lambda: one.times("rare"))


@pytest.mark.parametrize("change", ["2026-03-29T00:59:58+00:00", "2026-10-25T00:59:58+00:00"])
def test_a_change_to_and_from_summer_time_is_none(wall, change):
    wall.set(round(datetime.fromisoformat(change).timestamp() - SystemClock().now().timestamp()))
    with ticking(wall, TZ="Europe/Berlin") as one:
        until(lambda: len(one.times("slot")) >= 12)
        slots = one.times("slot")
        assert max(gaps(slots)) < EVERY_S + SLACK_S
        assert len(slots) <= (slots[-1] - slots[0]) / EVERY_S + 2
        assert (one.times("rare"), one.times("moment"), len(one.times("night"))) == ([], [], 1)


@pytest.mark.parametrize("step", [HOUR, -HOUR, YEAR, -YEAR])
def test_the_daemon_goes_on_reading_after_a_step(news, wall, step):
    schedule(news, read="1s")
    news.article("one")
    with daemon(news, **wall.environment) as one:
        until((news.folder / "feeds" / "all.atom").exists)
        for number, ahead in enumerate((step, 0)):
            wall.set(ahead)
            news.article(f"n{number}", date="2020-01-01T00:00:00Z")
            until(lambda: f"About n{number}" in news.titles())  # noqa: B023 - it is called at once
        one.until_said("the clock was set")
        assert job(news, "read")["failures"] == 0
        assert one.end() == 0


def test_started_with_a_clock_that_lost_a_year_it_works_on_and_readers_lose_nothing(news, wall):
    schedule(news, read="1s", check="1s")
    news.article("one")
    with daemon(news, **wall.environment) as one:
        until(lambda: job(news, "check") and (news.folder / "feeds" / "all.atom").exists())
        assert one.end() == 0
    wall.set(-YEAR)
    with daemon(news, **wall.environment) as one:
        one.until_said("checked: nothing was due")
        news.article("two", date="2020-01-01T00:00:00Z")
        until(lambda: news.titles() == ["About one", "About two"])
        until(lambda: job(news, "check")["finished_at"] < stamp(SystemClock().now() - timedelta(days=300)))
        assert one.end() == 0
    wall.set(0)
    with daemon(news, **wall.environment) as one:
        news.article("three", date="2020-01-01T00:00:00Z")
        until(lambda: "About three" in news.titles())
        assert one.end() == 0
    feeds = [line for line in one.said.splitlines() if "entries: " in line]
    assert feeds
    assert all(line.endswith(" 0 went") for line in feeds)


def test_the_database_is_looked_after_once_a_day(news, wall):
    schedule(news)
    news.article("one")
    # The night is not near, whenever this runs.
    now = SystemClock().now()
    noon = round((now.replace(hour=12, minute=0, second=0) - now).total_seconds())
    wall.set(noon)
    with daemon(news, **wall.environment) as one:
        until(lambda: job(news, "check"))
        assert job(news, "maintain") is None
        wall.set(noon + 1200)
        assert until(lambda: job(news, "maintain"))["failures"] == 0
        # The database is younger than a day.
        backups = news.folder / "backups"
        assert not backups.exists()
        wall.set(noon + 1200 + 30 * HOUR)
        until(lambda: backups.exists() and list(backups.glob("*.gz")))
        assert one.end() == 0
