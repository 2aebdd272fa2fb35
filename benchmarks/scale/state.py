"""A state.db of 1,000,000 links and 10,000,000 looks, made up: what is asked of it, its size, and recording.

Usage: python benchmarks/scale/state.py [ARTICLES [LOOKS [FOLDER]]]   (40,000 and 10 where not told; about 40 minutes)

The database is filled by the product's own functions: articles are recorded, each look is judged and recorded in write
phases of 2,000 as a checking run does it. With a FOLDER it is kept there, and measured again where it is there already.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

import made_up

from feedbot.cli import overview
from feedbot.cli.evidence import gather
from feedbot.clock import SystemClock
from feedbot.config import Config, load_config
from feedbot.core.identity import content_digest, identify
from feedbot.core.schedule import jitter_of, next_check_at
from feedbot.core.verdict import VerdictKind
from feedbot.state import files, identities, planning, reported, retention, runs, targets, transitions
from feedbot.state.database import State, open_for_reading, open_state, seconds, stamp, wipe
from feedbot.state.files import FileReading, StoredFile
from feedbot.steps import reporting
from feedbot.steps.look import Look, advanced, look_at

FEEDBOT = Path(sys.executable).with_name("feedbot")
CONFIG = """site: {title: T, url: https://example.org/}
articles: {paths: ["articles/*.md"]}
feeds: {url: https://example.org/feeds/}
"""
HOSTS = 20_000 // 4  # three names of each site, and the cache's
TIMES = 5 if len(sys.argv) < 2 or int(sys.argv[1]) >= 1000 else 1
A_WRITE = 2000
A_RUN = 20_000
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
BEGIN = NOW - timedelta(days=365)
SLOT = timedelta(minutes=15)

_T = TypeVar("_T")


def main(articles: int, looks: int, folder: Path) -> None:
    gc.set_threshold(100_000)  # as the command does
    config_file = folder / "config.yaml"
    config_file.write_text(CONFIG, encoding="utf-8")
    config = load_config(config_file)
    if not config.state_path.exists():
        with open_state(config.state_path, who="a benchmark") as state:
            fill_articles(state, articles)
            fill_looks(config, state, looks)
    with open_state(config.state_path, who="a benchmark") as state:
        print(f"{number_of(state, 'targets'):,} links, {number_of(state, 'observations'):,} looks")
        tell_size(state, "before retention")
        ask(config, state)
        tidy(config, state)
        tell_size(state, "after retention and vacuum")
        ask(config, state)
    commands(folder)


def number_of(state: State, table: str) -> int:
    return int(state.value(f"SELECT count(*) FROM {table}"))


def batches(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while batch := list(islice(items, size)):
        yield batch


def fill_articles(state: State, count: int) -> None:
    """As a first reading and a first build leave them: every article identified, the newest of each topic in a feed."""
    started = time.process_time()
    for numbers in batches(iter(range(count)), 1000):
        readings = []
        for number in numbers:
            article = made_up.article(number, HOSTS)
            stored = StoredFile(mtime_ns=number, size=6000, inode=number, sha256=f"{number:064x}")
            readings.append(FileReading(article.path, stored, article, digest=content_digest(article)))
        files.record(state, readings, "rules", BEGIN)
    candidates = identities.unidentified(state)
    identified = identify(
        candidates,
        [],
        present={one.path: one.source for one in candidates},
        now=NOW,
        authority="example.org",
        year=2026,
    )
    identities.save(state, [one.path for one in candidates], identified)
    with state.write() as connection:
        connection.execute(
            "INSERT INTO published_entries (feed, position, entry_id) SELECT topic, place, entry_id FROM ("
            " SELECT members.topic AS topic, files.entry_id AS entry_id, row_number() OVER (PARTITION BY members.topic"
            " ORDER BY members.published_at DESC) AS place FROM members JOIN files ON files.id = file_id"
            " WHERE members.published_at <= ?) WHERE place <= 50",
            [stamp(NOW)],
        )
    print(f"{count:,} articles recorded: {time.process_time() - started:.0f} s of CPU")


def fill_looks(config: Config, state: State, looks: int) -> None:
    """Every link is looked at so many times over a year, by runs of 20,000 links in the order of time.

    All looks but the last are not waited for by the disk; the last is what is measured.
    """
    ids = [row["id"] for row in state.rows("SELECT id FROM targets ORDER BY id")]
    every = 365 * 1440 // looks
    order = sorted(ids, key=lambda number: number * 7919 % every)
    for look in range(looks):
        is_last = look == looks - 1
        state.db.conn.execute(f"PRAGMA synchronous = {'FULL' if is_last else 'OFF'}")
        spent, judging, wall = 0.0, 0.0, 0.0
        for asked in batches(iter(order), A_RUN):
            run_at = BEGIN + timedelta(days=365 / looks * look, minutes=asked[0] * 7919 % every)
            run_id = runs.begin(state, run_at)
            for numbers in batches(iter(asked), A_WRITE):
                started = time.process_time()
                seen = list(seen_of(state, numbers, look, run_at))
                judged, from_here = time.process_time(), time.perf_counter()
                record(config, state, run_id, seen)
                judging += judged - started
                spent += time.process_time() - judged
                wall += time.perf_counter() - from_here
            runs.finish(state, run_id, run_at + timedelta(minutes=5), online=True, summary={"alive": len(asked)})
    number = len(order)
    print(
        f"{number:,} looks recorded: {number / spent:,.0f} a second of CPU ({1e6 * spent / number:.0f} us each),"
        f" {number / wall:,.0f} a second of wall; made up, loaded and judged {1e6 * judging / number:.0f} us each"
    )
    # As if what is overdue by now had been asked in its time: what is left is a usual slot.
    with state.write() as connection:
        connection.execute(
            "UPDATE targets SET next_check_at = next_check_at + ? WHERE next_check_at < ?",
            [32 * 86_400, seconds(NOW - SLOT)],
        )
        connection.execute("UPDATE clock SET latest = ?", [stamp(NOW)])


def seen_of(state: State, numbers: Sequence[int], look: int, at: datetime) -> Iterator[Look]:
    places = targets.places(state, numbers)
    for target in targets.load(state, numbers):
        place = places[target.id][0]
        title = place.title or "A picture"
        yield look_at(
            target, made_up.observation(target.id, target.url, title, place.role, look, at), places[target.id]
        )


def record(config: Config, state: State, run_id: int, looks: Sequence[Look]) -> None:
    """What `steps/checking.py` does in a write phase."""
    strikes, policy = config.verdicts.policy(), config.schedule.policy()
    looks = sorted(looks, key=lambda look: look.target.id)
    with state.write() as connection:
        numbers = runs.add_observations(connection, run_id, (look.as_judged for look in looks)).numbers
        standing, told = [], []
        stood = targets.on_record(state, [look.target.id for look in looks])
        for number, look in zip(numbers, looks, strict=True):
            is_as_planned = stood[look.target.id].is_as_read(look.target)
            target = look.target if is_as_planned else targets.get(state, look.target.id)
            answers = look.verdict.kind is not VerdictKind.UNREACHABLE or targets.host_answers(state, target)
            after = advanced(target, look, host_answers=answers, strikes=strikes, number=number)
            at = look.observation.started_at
            standing.append((after, next_check_at(after.status, policy, at, jitter_of(after.url))))
            told.append((target, after))
        targets.save(connection, standing, stood)
        transitions.note(connection, told)


def tell_size(state: State, when: str) -> None:
    used, free = retention.room(state)
    print(f"{when}: {used / 1e6:,.0f} MB in use, {free / 1e6:,.0f} MB free")
    with suppress(Exception):
        for row in state.rows("SELECT name, sum(pgsize) AS size FROM dbstat GROUP BY name ORDER BY size DESC LIMIT 14"):
            print(f"    {row['size'] / 1e6:8,.1f} MB  {row['name']}")


def ask(config: Config, state: State) -> None:
    timed("what is due, a slot", lambda: planning.planned(state, NOW).ids)
    timed("  and its first 1,000 loaded", lambda: targets.load(state, planning.planned(state, NOW).ids[:1000]))
    timed(
        "what is due, all, a budget of 1,000",
        lambda: planning.planned(state, NOW + timedelta(days=400), budget=1000),
        1,
    )
    timed("what is due, all", lambda: planning.planned(state, NOW + timedelta(days=400)).ids, 1)
    timed("the reports after an edit", lambda: report_again(config, state))
    with open_for_reading(config.state_path, who="a benchmark") as reader:
        timed("status", lambda: overview.look(config, reader, NOW))
        url = reader.value("SELECT url FROM targets ORDER BY status = 'dead' DESC, id LIMIT 1")

        def why() -> None:
            target = targets.find(reader, url)
            assert target is not None
            gather(config, reader, target, NOW)

        timed("why", why)


def report_again(config: Config, state: State) -> None:
    with state.write() as connection:
        reported.forget(connection)
    assert not reporting.report(config, state, Standing()).problem


class Standing(SystemClock):
    """The clock at the end of the year."""

    def now(self) -> datetime:
        return NOW


def timed(what: str, work: Callable[[], object], times: int = TIMES) -> None:
    took: list[float] = []
    spent: list[float] = []
    for _ in range(times):
        started, cpu = time.perf_counter(), time.process_time()
        found = work()
        took.append(time.perf_counter() - started)
        spent.append(time.process_time() - cpu)
    number = f" ({len(found):,})" if hasattr(found, "__len__") else ""
    wall, cpu = 1000 * statistics.median(took), 1000 * statistics.median(spent)
    print(f"  {what}{number}: {wall:,.1f} ms wall, {cpu:,.1f} ms CPU", flush=True)


def tidy(config: Config, state: State) -> None:
    """What the daily job does, as often as it takes, and then `feedbot db vacuum`."""
    started, passes, looks = time.process_time(), 0, 0
    oldest = NOW - timedelta(seconds=config.retention.history)
    while done := retention.roll_up(state, oldest, NOW, strikes=config.verdicts.policy()):
        passes, looks = passes + 1, looks + done
    print(
        f"retention: {looks:,} looks rolled up in {passes} days, {time.process_time() - started:.0f} s of CPU",
        flush=True,
    )
    started = time.perf_counter()
    wipe(state)
    print(f"vacuum: {time.perf_counter() - started:.0f} s")


def commands(folder: Path) -> None:
    with open_for_reading(folder / "state.db", who="a benchmark") as state:
        url = state.value("SELECT url FROM targets ORDER BY status = 'dead' DESC, id LIMIT 1")
    for words in (["--version"], ["status"], ["why", url]):
        took: list[float] = []
        spent: list[float] = []
        peak = 0
        for _ in range(TIMES):
            started = time.perf_counter()
            process = subprocess.Popen([FEEDBOT, *words], cwd=folder, stdout=subprocess.DEVNULL)
            _, status, used = os.wait4(process.pid, 0)
            took.append(time.perf_counter() - started)
            spent.append(used.ru_utime + used.ru_stime)
            peak = max(peak, used.ru_maxrss)
            assert status == 0, words
        wall, cpu = statistics.median(took), statistics.median(spent)
        print(f"  feedbot {words[0]}: {wall:.2f} s wall, {cpu:.2f} s CPU, {peak / 1024:.0f} MB")


if __name__ == "__main__":
    wanted = [int(word) for word in sys.argv[1:3]]
    wanted += [40_000, 10][len(wanted) :]
    if len(sys.argv) > 3:
        Path(sys.argv[3]).mkdir(parents=True, exist_ok=True)
        main(wanted[0], wanted[1], Path(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as name:
            main(wanted[0], wanted[1], Path(name))
