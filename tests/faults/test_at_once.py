"""Several processes at work on one publication: nothing is damaged or lost, and each ends well or says why not."""

import random  # noqa: TID251 - seeded
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.cli.main import COMMANDS
from feedbot.state.database import checking_run
from tests.faults.how_many import number
from tests.faults.loaded_command import Ended, Loaded, loaded
from tests.faults.test_system_calls import NOW
from tests.publication import Publication, Site
from tests.service.reader import Reader

pytestmark = pytest.mark.debian("faketime")

SEED = 20261101
AT_ONCE = 6
URL = "the address of a link"
# Each may be given several times, and then is done in several ways.
USES = (
    ("run", "--once"),
    ("check",),
    ("check", "--all"),
    ("check", URL),
    ("build",),
    ("build", "--preview"),
    ("status",),
    ("why", URL),
    ("mark", URL, "alive"),
    ("mark", URL, "none"),
    ("lint",),
    ("fix",),
    ("fix", "--write"),
    ("forget", "--yes", URL),
    ("forget", "--undo", URL),
    ("export",),
    ("export", "--out", "state.ndjson"),
    ("import", "nothing.ndjson"),
    ("db", "check"),
    ("db", "backup"),
    ("db", "mend"),
    ("db", "vacuum"),
    ("db", "rejudge"),
    ("db", "restore"),
    ("systemd",),
    ("init",),
)
# Those that have nothing to do with what lies there, that others wait for, or that ask the world outside.
LEFT_OUT = {"demo", "serve", "alert", "doctor", "completion"}


def test_every_command_is_among_them():
    assert {use[0] for use in USES} | LEFT_OUT == set(COMMANDS), "a new command belongs into USES or LEFT_OUT"


@pytest.fixture
def busy(tmp_path: Path, site: Site) -> Publication:
    """A publication with a link to each of ten pages; some are to be looked at, and files to be read."""
    site.answers |= {"/n1": 404, "/n2": (301, "/elsewhere"), "/n3": 403}
    news = Publication(tmp_path / "news", site)
    for one in range(10):
        news.article(f"n{one}")
    news.run()
    for one in range(10, 14):
        news.article(f"n{one}")
    (news.folder / "nothing.ndjson").write_text("", encoding="utf-8")
    return news


def wrong_ends(uses: list[tuple[str, ...]], ended: list[Ended]) -> list[str]:
    """What is said of those that ended neither well nor with a sentence of what to do."""
    found = []
    for use, one in zip(uses, ended, strict=True):
        is_said = one.err.startswith(("feedbot: ", "Usage: ", "Error: "))
        is_fault = "feedbot's own" in one.err or "Traceback" in one.err
        if one.code not in {0, 1, 2, 75} or is_fault or (one.code and not is_said and use[0] != "lint"):
            found.append(f"{' '.join(use)} ends with {one.code}: {one.err[-500:]}")
    return found


def is_sound(news: Publication) -> bool:
    connection = sqlite3.connect(news.folder / "state.db", timeout=60)
    found = (
        connection.execute("PRAGMA integrity_check").fetchall()
        + connection.execute("PRAGMA foreign_key_check").fetchall()
    )
    connection.close()
    return found == [("ok",)]


def of_links(news: Publication, use: tuple[str, ...], one: int) -> tuple[str, ...]:
    """The words of a use, with the address of one of the links."""
    return tuple(news.site.link(f"/n{one}") if word == URL else word for word in use)


def test_six_of_the_commands_at_once_damage_nothing_and_each_ends_well_or_says_why_not(busy):
    drawn = random.Random(SEED)
    rounds, wrong, reader = number(3, share=0.1), [], Reader(busy.folder / "feeds")
    with loaded(NOW) as command:
        assert command.run(busy.folder, "run", "--once", learns=True).err == ""
        for one in range(rounds):
            # Each of them comes, and sometimes six of the same.
            same = one % 3 == 2
            chosen = (
                [drawn.choice(USES)] * AT_ONCE if same else [USES[(one * AT_ONCE + n) % len(USES)] for n in range(6)]
            )
            uses = [of_links(busy, use, drawn.randrange(14)) for use in chosen]
            ended = command.at_once(busy.folder, uses)
            wrong += wrong_ends(uses, ended)
            reader.look()
            if not is_sound(busy):
                wrong.append(f"state.db is damaged after {uses}")
        for words in (("run", "--once"), ("build",), ("db", "check")):
            last = command.run(busy.folder, *words)
            wrong += wrong_ends([words], [last])
    print(f"{rounds} times six commands at once, seed {SEED}")  # noqa: T201 - the figure of a long run
    assert wrong == [], "\n".join(wrong)
    # Who is taken down, or comes back, is gone from feeds and back; all else is as it was.
    assert [one for one in reader.wrong if "is gone" not in one] == []
    assert not list(busy.folder.rglob("*.feedbot-tmp"))


WITHOUT_A_SENTENCE = """
from feedbot.state import locks
class LockHeld(Exception):
    pass
locks.LockHeld = LockHeld
"""


def test_a_product_that_does_not_say_who_holds_a_lock_is_found_out(busy):
    """The negative control of the test above; of six at once it would be chance whether two meet."""
    uses = [("check", "--all")]
    with loaded(NOW, WITHOUT_A_SENTENCE) as command, busy.state() as state, checking_run(state):
        assert wrong_ends(uses, command.at_once(busy.folder, uses))


def marks_lost(command: Loaded, news: Publication) -> int:
    """How many of six marks are not on record, though their commands ended as if they were."""
    uses = [of_links(news, ("mark", URL, "alive"), one) for one in range(AT_ONCE)]
    ended = command.at_once(news.folder, uses)
    with news.state() as state:
        marked = {row["url"] for row in state.rows("SELECT url FROM marks")}
    said = {use[1] for use, one in zip(uses, ended, strict=True) if one.code == 0}
    assert said, ended
    return len(said - marked)


def test_of_six_marks_at_once_each_that_was_confirmed_is_on_record(busy):
    with loaded(NOW) as command:
        assert marks_lost(command, busy) == 0


NOT_COMMITTED = """
from contextlib import contextmanager
from feedbot.state import database
@contextmanager
def _transaction(connection):
    connection.execute("BEGIN")
    yield
database._transaction = _transaction
"""


def test_marks_that_are_not_committed_are_found_out(busy):
    """The negative control of the test above."""
    with loaded(NOW, NOT_COMMITTED) as command:
        assert marks_lost(command, busy) > 0


@contextmanager
def a_snapshot(news: Publication):
    """A program that reads state.db and does not end; gives what it sees of the number of looks."""
    connection = sqlite3.connect(f"file:{news.folder / 'state.db'}?mode=ro", uri=True)
    connection.execute("BEGIN")

    def seen() -> int:
        return int(connection.execute("SELECT count(*) FROM observations").fetchone()[0])

    seen()
    try:
        yield seen
    finally:
        connection.close()


WITHOUT_A_LOG = """
from feedbot.state import database
_migrate = database._migrate
def migrate(state):
    _migrate(state)
    state.db.conn.execute("PRAGMA journal_mode = DELETE")
database._migrate, database._BUSY_TIMEOUT_S = migrate, 0.1
"""


def kept_from_work(command: Loaded, news: Publication, uses: list[tuple[str, ...]]) -> list[str]:
    """What those commands say that do not end well."""
    done = [command.run(news.folder, *use) for use in uses]
    return [one.err for one in done if one.code or one.err]


def test_a_reader_that_holds_a_snapshot_keeps_nobody_from_work_and_sees_what_was(busy):
    uses = [("build",), ("check", "--all"), ("mark", busy.site.link("/n1"), "alive"), ("status",), ("db", "backup")]
    with loaded(NOW) as command, a_snapshot(busy) as seen:
        before = seen()
        assert kept_from_work(command, busy, uses) == []
        vacuum = command.run(busy.folder, "db", "vacuum")
        assert vacuum.code == 0
        assert "another process reads state.db" in vacuum.out
        assert seen() == before
    with busy.state() as state:
        assert state.value("SELECT count(*) FROM observations") >= before + 14
    assert not (busy.folder / "state.db-wal").exists()


def test_a_product_whose_readers_keep_it_from_work_is_found_out(busy):
    """The negative control of the test above."""
    uses = [("mark", busy.site.link("/n1"), "alive")]
    with loaded(NOW, WITHOUT_A_LOG) as command:
        assert kept_from_work(command, busy, uses) == []
        with a_snapshot(busy):
            (said,) = kept_from_work(command, busy, uses)
    assert "is locked by another program" in said


STORM = """
import sys, time; from pathlib import Path
exec(sys.argv[3])
from feedbot.state.database import open_state
with open_state(Path(sys.argv[1]), who="a storm") as state:
    blows = "UPDATE targets SET etag = hex(randomblob(200))"
    if sys.argv[2] == "lasts":
        state.db.conn.execute("BEGIN EXCLUSIVE")
        state.db.conn.execute(blows)
    print("blows", flush=True)
    while sys.argv[2] == "lasts":
        time.sleep(1)
    while True:
        with state.write() as connection:
            connection.execute(blows)
"""
STORMS = ["of many writes", "lasts"]


def statuses_in(storm: str, news: Publication, times: int, breaks: str = "") -> list[Ended]:
    """What `feedbot status` says, so many times, while another process writes all the time, or one write lasts."""
    with loaded(NOW, breaks) as command:
        program = [sys.executable, "-c", STORM, news.folder / "state.db", storm, breaks]
        process = subprocess.Popen(program, stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"blows\n"
        try:
            return [command.run(news.folder, "status") for _ in range(times)]
        finally:
            process.kill()
            process.communicate()


@pytest.mark.parametrize("storm", STORMS)
def test_status_answers_during_a_storm_of_writes(busy, storm):
    said = statuses_in(storm, busy, number(3, share=0.1))
    assert [(one.code, one.err) for one in said] == [(0, "")] * len(said)
    assert len({one.out for one in said}) == 1
    assert is_sound(busy)


def test_a_product_whose_writers_keep_status_waiting_is_found_out(busy):
    """The negative control of the test above."""
    (said,) = statuses_in("lasts", busy, 1, WITHOUT_A_LOG)
    assert said.code != 0
    assert "is locked by another program" in said.err
