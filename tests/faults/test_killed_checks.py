"""A checking run is killed at some moment and resumed: nothing that was on record is lost, or asked again.

The moments are drawn, with a seed. Nine of ten are counted from when so many links are on record, in a run that waits
for one page: so a part is on record then, and never all. Each tenth lies anywhere in a run. It writes every 5 ms, not
every two seconds, so that in a short one there are many moments between and within its writes.
"""

import random  # noqa: TID251 - seeded
import shutil
import time
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from tests.faults.how_many import number
from tests.faults.loaded_command import Loaded, Waiting, loaded
from tests.faults.test_system_calls import BIT_BY_BIT, NOW, Case, case_of, known_of
from tests.publication import Publication, Site

pytestmark = pytest.mark.debian("faketime")

SEED = 20261101
LINKS = 30
WITHIN_S = 0.02
PAGE = "n{:02}"
OFTEN = """
from feedbot.steps import checking
checking._SECONDS_A_WRITE = 0.005
"""
# Looks are recorded, and what they make of their links is not, for as long as there is a file `slowly`.
SLOWLY_BIT_BY_BIT = (
    BIT_BY_BIT
    + """
import time
from pathlib import Path
from feedbot.steps.checking import _Asking
_settle = _Asking._settle
def slowly(self, *words):
    while Path("slowly").exists():
        time.sleep(0.01)
    return _settle(self, *words)
_Asking._settle = slowly
"""
)
ALL_OVER_AGAIN = """
from feedbot.steps import checking
_to_ask = checking.to_ask
def to_ask(config, state, now):
    with state.write() as connection:
        connection.execute("UPDATE targets SET next_check_at = 0")
    return _to_ask(config, state, now)
checking.to_ask = to_ask
"""


def on_record(folder: Path) -> set[str]:
    """The links of which a look is on record, as another process reads it beside the run."""
    connection = sqlite3.connect(f"file:{folder / 'state.db'}?mode=ro", uri=True, timeout=60)
    rows = connection.execute("SELECT url FROM observations JOIN targets ON targets.id = target_id").fetchall()
    connection.close()
    return {row[0] for row in rows}


class Checks:
    """Copies of a publication whose links are all due, and the undisturbed run that they are compared with."""

    def __init__(self, command: Loaded, folder: Path, site: Site) -> None:
        self._command, self._site = command, site
        news = Publication(folder / "news", site)
        for one in range(LINKS):
            news.article(PAGE.format(one))
            site.answers[f"/{PAGE.format(one)}"] = (200, 404, 410, (301, "/elsewhere"), 403)[one % 5]
        site.delay_s = 0.02
        assert command.run(news.folder, "build", learns=True).err == ""
        self.case: Case = case_of(command, news.folder, "check")
        timed = self._copy(news.folder, "timed")
        began = time.monotonic()
        command.run(timed, "check")
        self.takes_s = time.monotonic() - began

    def killed(self, after_s: float, held: str = "", recorded: int = 0) -> tuple[int, list[str]]:
        """How many links were on record when the run was killed, and what is not as it should be then.

        The time is counted from when so many are `recorded`. A page that is `held` has no answer until then.
        """
        wrong = []
        folder = self._copy(self.case.folder, "killed")
        if held:
            self._site.hold(held)
        run = self._command.waiting(folder, ["check"])
        run.go()
        self._until_on_record(run, folder, recorded)
        time.sleep(after_s)
        acknowledged = on_record(folder)
        run.kill()
        run.ended()
        (folder / "slowly").unlink(missing_ok=True)
        self._site.go_on()
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
    def _until_on_record(run: Waiting, folder: Path, wanted: int) -> None:
        while len(on_record(folder)) < wanted:
            assert run.is_under_way()
            time.sleep(0.001)

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
        kept = []
        for moment in range(number(4)):
            if is_anywhere := moment % 10 == 3:
                after_s, held = drawn.uniform(0, checks.takes_s), ""
            else:
                after_s, held = drawn.uniform(0, WITHIN_S), f"/{PAGE.format(drawn.randrange(LINKS))}"
            recorded = 0 if is_anywhere else drawn.randint(1, LINKS * 2 // 3)
            on_it, wrong = checks.killed(after_s, held, recorded)
            assert wrong == [], (moment, after_s, held, recorded)
            assert is_anywhere or 0 < on_it < LINKS
            kept.append(on_it)
    within = [one for one in kept if 0 < one < LINKS]
    parts = [f"{sum(low <= one < low + 10 for one in within)} of {low} to {low + 9}" for low in (0, 10, 20)]
    said = f"{len(kept)} kills, seed {SEED}, {len(within)} of them with a part on record: {', '.join(parts)}"
    print(said)  # noqa: T201 - the figure of a long run


@pytest.mark.parametrize(
    ("breaks", "said"),
    [(SLOWLY_BIT_BY_BIT, "stand as before"), (ALL_OVER_AGAIN, "are asked again")],
    ids=["without transactions", "all over again"],
)
def test_a_check_that_records_badly_is_found_out(tmp_path, site, breaks, said):
    """The negative controls of the test above."""
    with loaded(NOW, OFTEN + breaks) as command:
        checks = Checks(command, tmp_path, site)
        (checks.case.folder / "slowly").touch()
        found = checks.killed(0, "/n00", 1)[1]
    assert any(said in one for one in found), found
