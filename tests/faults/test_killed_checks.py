"""A checking run is killed at some moment and resumed: nothing that was on record is lost, or asked again.

The moments are drawn, with a seed, from the time that an undisturbed run takes. The run writes every 20 ms instead of
every two seconds, so that in a short one there are many moments before, between and within its writes.
"""

import random  # noqa: TID251 - seeded
import shutil
import time
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.faults.how_many import number
from tests.faults.loaded_command import Loaded, loaded
from tests.faults.test_system_calls import BIT_BY_BIT, NOW, Case, case_of, known_of
from tests.publication import Publication, Site

pytestmark = pytest.mark.debian("faketime")

SEED = 20261101
LINKS = 30
OFTEN = """
from feedbot.steps import checking
checking._SECONDS_A_WRITE = 0.02
"""
SLOWLY_BIT_BY_BIT = (
    BIT_BY_BIT
    + """
import time
from feedbot.steps.checking import _Asking
_settle = _Asking._settle
def slowly(self, connection, looks):
    time.sleep(0.2)
    return _settle(self, connection, looks)
_Asking._settle = slowly
"""
)
ALL_OVER_AGAIN = """
from feedbot.steps import checking
_to_ask = checking.to_ask
def to_ask(config, state, now):
    with state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = '2020-01-01T00:00:00Z'")
    return _to_ask(config, state, now)
checking.to_ask = to_ask
"""


def on_record(folder: Path) -> set[str]:
    """The links of which a look is on record, as another process reads it beside the run."""
    connection = sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True, timeout=20)
    rows = connection.execute("SELECT url FROM observations JOIN targets ON targets.id = target_id").fetchall()
    connection.close()
    return {row[0] for row in rows}


class Checks:
    """Copies of a publication whose links are all due, and the undisturbed run that they are compared with."""

    def __init__(self, command: Loaded, folder: Path, site: Site) -> None:
        self._command, self._site = command, site
        news = Publication(folder / "news", site)
        for one in range(LINKS):
            news.article(f"n{one}")
            site.answers[f"/n{one}"] = (200, 404, 410, (301, "/elsewhere"), 403)[one % 5]
        site.delay_s = 0.002
        assert command.run(news.folder, "build", learns=True).err == ""
        command.run(self._copy(news.folder, "first"), "check", learns=True)
        self.case: Case = case_of(command, news.folder, "check")
        timed = self._copy(news.folder, "timed")
        began = time.monotonic()
        command.run(timed, "check")
        self.takes_s = time.monotonic() - began

    def killed(self, after_s: float | None) -> tuple[int, list[str]]:
        """How many links were on record when the run was killed, and what is not as it should be then.

        Without a time it is killed as soon as some are on record.
        """
        wrong = []
        folder = self._copy(self.case.folder, "killed")
        run = self._command.waiting(folder, ["check"])
        run.go()
        if after_s is None:
            while not on_record(folder):
                time.sleep(0.001)
        else:
            time.sleep(after_s)
        acknowledged = on_record(folder)
        run.kill()
        run.ended()
        kept = on_record(folder)
        if lost := acknowledged - kept:
            wrong.append(f"{len(lost)} that were on record are lost")
        half = {row[0] for row in known_of(folder)["targets"] if row[0] in kept and row[4] is None}
        if half:
            wrong.append(f"{len(half)} were looked at, and stand as before")
        before = len(self._site.asked)
        again = self._command.run(folder, "check")
        asked = {self._site.link(path) for _, path in self._site.asked[before:]}
        if twice := asked & kept:
            wrong.append(f"{len(twice)} are asked again, though they were on record")
        if (again.code, again.err) != (0, ""):
            wrong.append(f"it cannot be resumed: {again.err}")
        if known_of(folder) != self.case.after.known:
            wrong.append("resumed, it is not as undisturbed")
        return len(kept), wrong

    @staticmethod
    def _copy(folder: Path, name: str) -> Path:
        copy = folder.with_name(name)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(folder, copy)
        return copy


def test_a_check_that_is_killed_at_any_moment_is_resumed_without_loss_and_without_asking_twice(tmp_path, site):
    drawn = random.Random(SEED)
    with loaded(NOW, OFTEN) as command:
        checks = Checks(command, tmp_path, site)
        wanted, within = number(4), 0
        for moment in range(wanted):
            after_s = drawn.uniform(0, checks.takes_s) if moment else None
            kept, wrong = checks.killed(after_s)
            assert wrong == [], (moment, after_s)
            within += 0 < kept < LINKS
    print(f"{wanted} kills, seed {SEED}, {within} of them with a part on record")  # noqa: T201 - of a long run


@pytest.mark.parametrize(
    ("breaks", "said"),
    [(SLOWLY_BIT_BY_BIT, "stand as before"), (ALL_OVER_AGAIN, "are asked again")],
    ids=["without transactions", "all over again"],
)
def test_a_check_that_records_badly_is_found_out(tmp_path, site, breaks, said):
    """The negative controls of the test above."""
    with loaded(NOW, OFTEN + breaks) as command:
        checks = Checks(command, tmp_path, site)
        found = checks.killed(None)[1]
    assert any(said in one for one in found), found
