"""The kernel kills a command at any of its system calls, or has that call fail: readers and records come to no harm.

Each fault befalls a copy of one publication, whose clock stands; what is there afterwards, and after the next start, is
compared with a copy that nothing befell. Where the command tells that an article could not be read, it is a copy in
which that article is as it was last read; where it tells that a link could not be asked, what is known of that link is
compared with what was known before.
"""

import gzip
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils.utils import sqlite3

from feedbot.state.schema import VERSION
from tests.faults.how_many import number, spread
from tests.faults.injecting import Befallen, Fault, befallen, calls_of, fault_at, faults
from tests.faults.loaded_command import Loaded, loaded
from tests.publication import Publication, Site, loopback_site
from tests.state.test_upgrades import frozen

pytestmark = [pytest.mark.debian("strace"), pytest.mark.debian("faketime")]

NOW = "2026-11-01 12:05:00"
LONG_AGO_NS = 0  # a file that is younger than two seconds might still be being written
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
OF_LINKS = ("targets", "looks", "changes")
UNREAD = re.compile(r"^  rejected   (\S+)  the file cannot be read: ", re.MULTILINE)
LOCK_OF_LIBUV = re.compile(r' write\(\d+<pipe:[^>]*>, "\*", 1\)')


@dataclass(frozen=True)
class Found:
    """What lies in a publication's folder: its feeds, what is known, and the names of everything."""

    feeds: dict[str, bytes]
    known: dict[str, list[tuple[Any, ...]]]
    names: set[str]


@dataclass(frozen=True)
class Case:
    """A command that is to be disturbed: the publication before it and after it, undisturbed.

    `earlier` are article files as they were last read, by path, where they are others now; None where they are new.
    """

    words: tuple[str, ...]
    folder: Path
    before: Found
    after: Found
    code: int
    earlier: dict[str, bytes | None]
    as_last_read: dict[frozenset[str], Found] = field(default_factory=dict)
    """What is there after it where these articles cannot be read; made when it is asked for."""


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


def case_of(command: Loaded, folder: Path, *words: str, earlier: dict[str, bytes | None] | None = None) -> Case:
    """The case of a publication as it lies there now."""
    before = look_at(folder)
    undisturbed = folder.with_name("undisturbed")
    shutil.copytree(folder, undisturbed)
    ended = command.run(undisturbed, *words, learns=True)
    assert ended.err == ""
    return Case(words, folder, before, look_at(undisturbed), ended.code, earlier or {})


def without(case: Case, command: Loaded, unread: frozenset[str]) -> Found:
    """What is there after the command where these articles are as they were last read."""
    if not unread:
        return case.after
    if unread not in case.as_last_read:
        folder = case.folder.with_name("as-last-read")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(case.folder, folder)
        for path in unread & case.earlier.keys():
            earlier = case.earlier[path]
            if earlier is None:
                (folder / path).unlink()
            else:
                (folder / path).write_bytes(earlier)
                os.utime(folder / path, ns=(LONG_AGO_NS, LONG_AGO_NS))
        assert command.run(folder, *case.words).err == ""
        case.as_last_read[unread] = look_at(folder)
    return case.as_last_read[unread]


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
    one = folder / "articles" / "one.md"
    earlier = one.read_bytes()
    one.write_bytes(earlier.replace(b"About one", b"Corrected"))
    news.age(one)
    (folder / "articles" / "three.md").unlink()
    return case_of(command, folder, "build", earlier={"articles/one.md": earlier, "articles/four.md": None})


def a_check(command: Loaded, folder: Path, site: Site) -> Case:
    """Of links that nobody has looked at yet; what they are is of each kind."""
    news = published(command, folder, site)
    for name in ("five", "six", "seven", "eight"):
        news.article(name)
    assert command.run(folder, "build").err == ""
    return case_of(command, folder, "check", "--format", "json")


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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Case]]:
    """Gives the case of that name, which is made once."""
    cases: dict[str, Case] = {}

    def case(name: str) -> Case:
        if name not in cases:
            with loaded(NOW) as command:
                cases[name] = CASES[name][0](command, tmp_path_factory.mktemp(name) / "news", site)
        return cases[name]

    with loopback_site() as site:
        yield case


def harm(case: Case, command: Loaded, folder: Path, befallen: Befallen) -> Iterator[str]:
    """What is not as it should be after a fault, and then after the next start."""
    ended = befallen.ended
    yield from _not_said(folder, befallen)
    unread = frozenset(UNREAD.findall(ended.out))
    after = without(case, command, unread)
    if ended.code == case.code:
        # A link that could not be asked, for want of our own, is told and stays as it was.
        after = _unasked(case, after, ended.out)
    feeds, known = feeds_of(folder), known_of(folder)
    if known:
        # Of an article that could not be read, it is noted that it shall be read again.
        noted = set(after.known["articles"])
        known["articles"] = [row for row in known["articles"] if row in noted or row[0] not in unread]
    yield from _torn(case, after, feeds)
    if ended.code == case.code:
        if feeds != after.feeds:
            yield f"the command ended with {ended.code}, and feeds are others: {_differing(feeds, after.feeds)}"
        if known != after.known:
            yield f"what it did is not on record, and it ended with {ended.code}: {_others(known, after.known)}"
    yield from _lost(case, after, known)
    yield from _half_recorded(case, known)
    again = command.run(folder, *case.words)
    if (again.code, again.err) != (case.code, ""):
        yield f"the next start ends with {again.code}: {again.err}"
    found = look_at(folder)
    if found.feeds != case.after.feeds:
        yield f"feeds other than undisturbed after the next start: {_differing(found.feeds, case.after.feeds)}"
    if found.known != case.after.known:
        yield f"known other than undisturbed after the next start: {_others(found.known, case.after.known)}"
    if found.names != case.after.names:
        yield f"names that differ after the next start: {sorted(found.names ^ case.after.names)}"


def _not_said(folder: Path, befallen: Befallen) -> Iterator[str]:
    ended, call = befallen.ended, befallen.call
    if not call:
        return
    # libuv makes a lock of a pipe when the first event loop of a process is made, before anything is asked, and ends
    # the process where the one byte of it cannot be written (uv__signal_global_reinit in its unix/signal.c).
    if ended.code == -6 and LOCK_OF_LIBUV.search(call):
        return
    if ended.code not in {0, 1, 3, 75}:
        yield f"it ended with {ended.code}"
    # That files of the program or of the system cannot be read is no trouble of a publication.
    opened = re.search(r' openat\(\w+(?:<[^>]*>)?, "(/[^"]*)"', call)
    is_elsewhere = opened is not None and not opened[1].startswith(str(folder)) and opened[1] in ended.err
    if "Traceback" in ended.err or ("feedbot's own" in ended.err and not is_elsewhere):
        yield f"no sentence for the operator: {ended.err}"
    # What cannot be written cannot be said.
    if ended.code and not ended.err and f"<{folder}.0.err>" not in call:
        yield f"it ended with {ended.code} and said nothing"


def _unasked(case: Case, after: Found, said: str) -> Found:
    """What is known after the command where the links that it tells of as unknown were not asked."""
    if case.words[0] != "check":
        return after
    unasked = {one["url"] for one in json.loads(said)["results"] if one["verdict"] == "unknown"}
    known = dict(after.known)
    for name in OF_LINKS:
        rows = [row for row in after.known[name] if row[0] not in unasked]
        rows += [row for row in case.before.known[name] if row[0] in unasked]
        known[name] = sorted(rows, key=repr)
    return replace(after, known=known)


def _torn(case: Case, after: Found, feeds: dict[str, bytes]) -> Iterator[str]:
    for name, data in feeds.items():
        if data not in {case.before.feeds.get(name), after.feeds.get(name)}:
            yield f"{name} is torn: {len(data)} bytes"
        if name.endswith(".gz") and gzip.decompress(data) != feeds.get(name.removesuffix(".gz")):
            yield f"{name} is of another version than its file"
    for name in case.before.feeds.keys() & after.feeds.keys():
        if name not in feeds and not name.endswith(".gz"):
            yield f"{name} is missing"


def _lost(case: Case, after: Found, known: dict[str, list[tuple[Any, ...]]]) -> Iterator[str]:
    """What was known before and still is undisturbed is there, and nothing is that never was."""
    if not known or not case.before.known:
        return
    for name, rows in known.items():
        old, new = set(case.before.known[name]), set(after.known[name])
        if lost := (old & new) - set(rows):
            yield f"{name} are lost: {lost}"
        if strange := {row for row in rows if not _is_between(name, row, old, new)}:
            yield f"{name} are as they never were: {strange}"


def _is_between(name: str, row: tuple[Any, ...], old: set[tuple[Any, ...]], new: set[tuple[Any, ...]]) -> bool:
    """Whether a row is there before or after, or on the way from the one to the other."""
    match name:
        case "articles":
            # That a file went is noted before its entries leave the feeds, and after that it is forgotten.
            on_the_way = (*row[:-1], None) in old - new
        case "identities":
            # An article gets its identity before feeds have it.
            on_the_way = row[-1] == 0 and (*row[:-1], 1) in new - old
        case _:
            on_the_way = False
    return on_the_way or row in old or row in new


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


def _differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _others(one: dict[str, list[tuple[Any, ...]]], other: dict[str, list[tuple[Any, ...]]]) -> list[str]:
    """The rows that only one of them has, by what they are of."""
    return [
        f"{name} {sorted(set(one.get(name, [])) ^ set(other.get(name, [])), key=repr)}"
        for name in one.keys() | other.keys()
        if one.get(name) != other.get(name)
    ]


def after_faults(case: Case, command: Loaded, chosen: list[Fault]) -> tuple[int, list[tuple[Fault, str]]]:
    """How many of the faults came to be, and the harm that they did."""
    came, done = 0, []
    for fault in chosen:
        folder = case.folder.with_name("befallen")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(case.folder, folder)
        disturbed = befallen(command, folder, fault, *case.words)
        if disturbed is None:
            continue
        came += 1
        done += [(fault, one) for one in harm(case, command, folder, disturbed)]
    return came, done


def undisturbed_calls(case: Case, command: Loaded) -> list[str]:
    counting = case.folder.with_name("counting")
    shutil.rmtree(counting, ignore_errors=True)
    shutil.copytree(case.folder, counting)
    calls, ended = calls_of(command, counting, *case.words)
    assert ended.code == case.code
    return calls


@pytest.mark.parametrize("name", CASES)
def test_a_fault_at_any_system_call_harms_no_feed_and_loses_nothing_that_was_acknowledged(made, name):
    _, short, share = CASES[name]
    wanted, case = number(short, share), made(name)
    with loaded(NOW) as command:
        every = faults(undisturbed_calls(case, command))
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


LET_GO = """
from feedbot.state import files
_record = files.record
def record(state, readings, rules, now):
    _record(state, readings, rules, now)
    files.drop(state, [one.path for one in readings if not one.stored.sha256])
files.record = record
"""
TOLD_ONLY = """
from feedbot.steps.checking import Result, _Asking
_record = _Asking._record
def record(self):
    looks = self._unrecorded
    if any(look.verdict.kind == "unknown" for look in looks):
        self._unrecorded = []
        for one in looks:
            self._add(Result(one.target, one.target, one.seen, one.verdict))
    _record(self)
_Asking._record = record
"""


@pytest.mark.parametrize(
    ("name", "breaks", "fault", "said"),
    [
        ("build", IN_PLACE, Fault("KILL", "write", 8), "is torn: 0 bytes"),
        ("build", NOT_SWEPT, Fault("KILL", "renameat", 6), "next start"),
        ("build", LET_GO, ("EIO", r'openat\(.*"\./articles/two\.md"'), "feeds are others"),
        ("check", BIT_BY_BIT, Fault("KILL", "fdatasync", 29), "was looked at, and stands as before"),
        ("check", HUSHED_UP, Fault("EIO", "pwrite64", 52), "what it did is not on record"),
        ("check", TOLD_ONLY, ("EIO", r'openat\(.*/signs/parked\.toml"'), "what it did is not on record"),
    ],
    ids=[
        "written in place",
        "not swept",
        "unreadable articles let go",
        "without transactions",
        "errors hushed up",
        "told and not recorded",
    ],
)
def test_a_product_without_one_of_its_guards_is_found_out(made, name, breaks, fault, said):
    """The negative controls of the test above."""
    case = replace(made(name), as_last_read={})
    found = []
    with loaded(NOW, breaks) as command:
        near = nearby(fault) if isinstance(fault, Fault) else [fault_at(*fault, undisturbed_calls(case, command))]
        for one in near:
            found += [harm for _, harm in after_faults(case, command, [one])[1]]
            if any(said in harm for harm in found):
                return
    raise AssertionError(found)


def nearby(fault: Fault) -> list[Fault]:
    """The fault, and those at some calls before and after it: a run that takes longer writes in other portions."""
    numbers = sorted(range(max(1, fault.number - 6), fault.number + 7), key=lambda one: abs(one - fault.number))
    return [replace(fault, number=one) for one in numbers]
