"""The kernel kills a command at any of its system calls, or has that call fail: readers and records come to no harm.

Each fault befalls a copy of one publication, whose clock stands; what is there afterwards, and after the next start, is
compared with a copy that nothing befell.
"""

import gzip
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.state.schema import VERSION
from tests.faults.how_many import number, spread
from tests.faults.injecting import Fault, befallen, calls_of, faults
from tests.faults.loaded_command import Ended, Loaded, loaded
from tests.publication import Publication, Site
from tests.service.reader import Reader
from tests.state.test_upgrades import frozen

pytestmark = [pytest.mark.debian("strace"), pytest.mark.debian("faketime")]

NOW = "2026-11-01 12:05:00"
WHAT_IS_KNOWN = {
    "identities": "SELECT id, path, source, published_at, updated_at, public FROM identities",
    "articles": "SELECT path, digest, vanished_at FROM files",
    "targets": "SELECT url, status, verdict, reason, checked_at, strikes, moved_to, next_check_at FROM targets",
    # One that could not be asked, for want of our own, is told and says nothing of the link.
    "looks": "SELECT url, observations.verdict FROM observations JOIN targets ON targets.id = target_id"
    " WHERE observations.verdict <> 'unknown'",
    "changes": "SELECT url, from_status, to_status FROM transitions JOIN targets ON targets.id = target_id",
    "entries": "SELECT feed, position, entry_id FROM published_entries",
    "marks": "SELECT url, kind FROM marks",
}


@dataclass(frozen=True)
class Found:
    """What lies in a publication's folder: its feeds, what is known, and the names of everything."""

    feeds: dict[str, bytes]
    known: dict[str, list[tuple[Any, ...]]]
    names: set[str]


@dataclass(frozen=True)
class Case:
    """A command that is to be disturbed: the publication before it and after it, undisturbed."""

    words: tuple[str, ...]
    folder: Path
    before: Found
    after: Found
    code: int


def feeds_of(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in (folder / "feeds").glob("[!.]*")}


def known_of(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the database holds, by a copy of it and of its log: nobody mends it by looking."""
    copy = folder.with_name(f"{folder.name}.look")
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for one in folder.glob("state.db*"):
        if not one.name.endswith((".lock", "-shm")):
            shutil.copy(one, copy)
    connection = sqlite3.connect(copy / "state.db")
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    found = {}
    if connection.execute("PRAGMA user_version").fetchone() == (VERSION,):
        found = {name: sorted(connection.execute(sql).fetchall(), key=repr) for name, sql in WHAT_IS_KNOWN.items()}
    connection.close()
    return found


def look_at(folder: Path) -> Found:
    names = {str(one.relative_to(folder)) for one in folder.rglob("*") if not one.name.endswith(".lock")}
    return Found(feeds_of(folder), known_of(folder), names)


def case_of(command: Loaded, folder: Path, *words: str) -> Case:
    """The case of a publication as it lies there now."""
    before = look_at(folder)
    undisturbed = folder.with_name("undisturbed")
    shutil.copytree(folder, undisturbed)
    ended = command.run(undisturbed, *words, learns=True)
    assert ended.err == ""
    return Case(words, folder, before, look_at(undisturbed), ended.code)


def published(command: Loaded, folder: Path, site: Site) -> Publication:
    """A publication of three articles with its feeds; its links have been seen."""
    news = Publication(folder, site)
    for name, topics in (("one", "AI"), ("two", "AI, Robots"), ("three", "Robots")):
        news.article(name, topics=topics)
    site.answers |= {"/two": 404, "/five": 410, "/six": (301, "/elsewhere"), "/seven": 403}
    assert command.run(folder, "run", "--once", learns=True).err == ""
    return news


def a_build(command: Loaded, folder: Path, site: Site) -> Case:
    """Of an article that is new, one that is edited and one that is gone."""
    news = published(command, folder, site)
    news.article("four", topics="AI, Space")
    one = news.article("one")
    one.write_text(one.read_text(encoding="utf-8").replace("About one", "Corrected"), encoding="utf-8")
    news.age(one)
    (folder / "articles" / "three.md").unlink()
    return case_of(command, folder, "build")


def a_check(command: Loaded, folder: Path, site: Site) -> Case:
    """Of links that nobody has looked at yet; what they are is of each kind."""
    news = published(command, folder, site)
    for name in ("five", "six", "seven", "eight"):
        news.article(name)
    assert command.run(folder, "build").err == ""
    return case_of(command, folder, "check")


def a_migration(command: Loaded, folder: Path, site: Site) -> Case:
    """By a command that has the new version and records a person's word in it."""
    news = published(command, folder, site)
    for one in folder.glob("state.db*"):
        one.unlink()
    frozen(folder / "state.db", VERSION - 1)
    return case_of(command, folder, "mark", news.site.link("/one"), "alive")


CASES: dict[str, tuple[Callable[[Loaded, Path, Site], Case], int, float]] = {
    "build": (a_build, 8, 0.5),
    "check": (a_check, 6, 0.3),
    "migration": (a_migration, 4, 0.25),
}


def harm(case: Case, command: Loaded, folder: Path, fault: Fault, ended: Ended) -> Iterator[str]:
    """What is not as it should be after a fault, and then after the next start."""
    yield from _not_said(folder, fault, ended)
    feeds = feeds_of(folder)
    # An article that cannot be read is told, and stays as it was, in the feeds that have all else anew.
    # So is a link that could not be asked for want of our own.
    is_stepped_over = "the file cannot be read" in ended.out or " unknown" in ended.out
    yield from _not_whole(folder) if is_stepped_over else _torn(case, feeds)
    known = known_of(folder)
    if ended.code == case.code and known != case.after.known and not is_stepped_over:
        yield f"the command ended with {ended.code}, and what it did is not on record"
    yield from _half_recorded(case, known)
    again = command.run(folder, *case.words)
    if (again.code, again.err) != (case.code, ""):
        yield f"the next start ends with {again.code}: {again.err}"
    found = look_at(folder)
    if found.feeds != case.after.feeds:
        yield f"feeds other than undisturbed after the next start: {sorted(_differing(found.feeds, case.after.feeds))}"
    if found.known != case.after.known:
        different = [name for name in found.known if found.known[name] != case.after.known[name]]
        yield f"known other than undisturbed after the next start: {different}"
    if found.names != case.after.names:
        yield f"names that differ after the next start: {sorted(found.names ^ case.after.names)}"


def _not_said(folder: Path, fault: Fault, ended: Ended) -> Iterator[str]:
    if fault.kind == "KILL":
        return
    # libuv, which wakes its loop by a write, ends the process where that fails.
    if ended.code not in {0, 1, 3, 75} and not (ended.code == -6 and fault.call == "write"):
        yield f"it ended with {ended.code}"
    # That files of the program or of the system cannot be read is no trouble of a publication.
    named = re.search(r"OSError: .*: '(/[^']*)'", ended.err)
    is_elsewhere = named is not None and not named[1].startswith(str(folder))
    if "Traceback" in ended.err or ("feedbot's own" in ended.err and not is_elsewhere):
        yield f"no sentence for the operator: {ended.err}"
    # What cannot be written cannot be said.
    if ended.code and not ended.err and fault.call != "write":
        yield f"it ended with {ended.code} and said nothing"


def _torn(case: Case, feeds: dict[str, bytes]) -> Iterator[str]:
    for name, data in feeds.items():
        if data not in {case.before.feeds.get(name), case.after.feeds.get(name)}:
            yield f"{name} is torn: {len(data)} bytes"
        if name.endswith(".gz") and gzip.decompress(data) != feeds.get(name.removesuffix(".gz")):
            yield f"{name} is of another version than its file"
    for name in case.before.feeds.keys() & case.after.feeds.keys():
        if name not in feeds and not name.endswith(".gz"):
            yield f"{name} is missing"


def _not_whole(folder: Path) -> Iterator[str]:
    reader = Reader(folder / "feeds")
    reader.look()
    yield from reader.wrong


def _half_recorded(case: Case, known: dict[str, list[tuple[Any, ...]]]) -> Iterator[str]:
    """A look is on record together with what it makes of its link, or neither is."""
    if not known or not case.before.known:
        return
    old, new = ({row[0]: row for row in one.known["targets"]} for one in (case.before, case.after))
    looked_at = {row[0] for row in set(known["looks"]) - set(case.before.known["looks"])}
    for row in known["targets"]:
        if row not in (old.get(row[0]), new.get(row[0])):
            yield f"{row[0]} stands as it never did"
        elif row[0] in looked_at and row != new[row[0]]:
            yield f"{row[0]} was looked at, and stands as before"


def _differing(one: dict[str, bytes], other: dict[str, bytes]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def after_faults(case: Case, command: Loaded, chosen: list[Fault]) -> tuple[int, list[tuple[Fault, str]]]:
    """How many of the faults came to be, and the harm that they did."""
    came, done = 0, []
    for fault in chosen:
        folder = case.folder.with_name("befallen")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(case.folder, folder)
        ended = befallen(command, folder, fault, *case.words)
        if ended is None:
            continue
        came += 1
        done += [(fault, one) for one in harm(case, command, folder, fault, ended)]
    return came, done


def counted_in(case: Case, command: Loaded) -> list[Fault]:
    counting = case.folder.with_name("counting")
    shutil.copytree(case.folder, counting)
    counted, ended = calls_of(command, counting, *case.words)
    assert ended.code == case.code
    return faults(counted)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_at_any_system_call_harms_no_feed_and_loses_nothing_that_was_acknowledged(tmp_path, site, name):
    make, short, share = CASES[name]
    wanted = number(short, share)
    with loaded(NOW) as command:
        case = make(command, tmp_path / "news", site)
        every = counted_in(case, command)
        chosen = [every[place] for place in spread(len(every), wanted)]
        came, done = after_faults(case, command, chosen)
    print(f"{name}: {came} faults of {len(chosen)} chosen from {len(every)}")  # noqa: T201 - the figure of a long run
    assert done == [], "\n".join(map(str, done))
    # A call may come earlier or later than it was counted.
    assert came > 0.9 * len(chosen)


IN_PLACE = """
import os
from feedbot.publish import files
def _replace(folder, name, data):
    with os.fdopen(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644, dir_fd=folder), "wb") as file:
        file.write(data)
files._replace = _replace
"""
NOT_SWEPT = """
from feedbot.publish import files
files._sweep = lambda *words: None
"""
BIT_BY_BIT = """
from contextlib import contextmanager
from feedbot.state import database
@contextmanager
def _transaction(connection):
    yield
database._transaction = _transaction
"""
HUSHED_UP = """
import sqlite3
from contextlib import contextmanager, suppress
from feedbot.state import database
@contextmanager
def _transaction(connection):
    connection.execute("BEGIN IMMEDIATE")
    yield
    with suppress(sqlite3.Error):
        connection.execute("COMMIT")
    if connection.in_transaction:
        connection.execute("ROLLBACK")
database._transaction = _transaction
"""


@pytest.mark.parametrize(
    ("name", "breaks", "fault", "said"),
    [
        ("build", IN_PLACE, ("KILL", "write", 8), "is torn: 0 bytes"),
        ("build", NOT_SWEPT, ("KILL", "renameat", 6), "next start"),
        ("check", BIT_BY_BIT, ("KILL", "fdatasync", 29), "was looked at, and stands as before"),
        ("check", HUSHED_UP, ("EIO", "pwrite64", 52), "what it did is not on record"),
    ],
    ids=["written in place", "not swept", "without transactions", "errors hushed up"],
)
def test_a_product_without_one_of_its_guards_is_found_out(tmp_path, site, name, breaks, fault, said):
    """The negative controls of the test above."""
    with loaded(NOW, breaks) as command:
        case = CASES[name][0](command, tmp_path / "news", site)
        came, done = after_faults(case, command, [Fault(*fault)])
    assert came == 1
    assert any(said in one for _, one in done), done
