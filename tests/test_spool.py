import gc
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from feedbot.steps.results import Results
from feedbot.steps.spool import Spool
from tests.cli.checked import ALIVE, TYPO, WARNED, result

MARK = Mark(MarkKind.DEAD)


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


class Word(msgspec.Struct, frozen=True):
    text: str
    number: int


def spooled(words, **options):
    spool = Spool(Word, in_memory=10, **options)
    for word in words:
        spool.add(word)
    return spool


words = st.lists(st.builds(Word, st.text(max_size=5), st.integers(0, 99)), max_size=130)


@given(words)
def test_records_come_back_in_the_order_of_their_adding_as_often_as_one_asks(words):
    spool = spooled(words)
    assert [*spool] == words
    assert [*spool] == words
    assert len(spool) == len(words)


@given(words)
def test_records_with_a_key_come_back_in_its_order(words):
    spool = spooled(words, key=lambda word: word.text)
    assert [word.text for word in spool] == sorted(word.text for word in words)
    assert sorted(spool, key=repr) == sorted(words, key=repr)


def test_most_of_many_records_lie_in_a_file_without_a_name(tmp_path):
    before = descriptors()
    spool = spooled([Word(f"{number} {'x' * 1000}", number) for number in range(1005)], folder=tmp_path)
    assert len(spool._here) == 5
    assert list(tmp_path.iterdir()) == []
    assert descriptors() == before + 1
    assert [word.number for word in spool] == list(range(1005))
    del spool
    gc.collect()
    assert descriptors() == before


def test_a_spool_without_much_opens_no_file(tmp_path):
    spool = spooled([Word("a", 1)], folder=tmp_path / "not there")
    assert [*spool] == [Word("a", 1)]


def test_what_cannot_be_written_stays_in_memory(tmp_path):
    words = [Word("a", number) for number in range(35)]
    spool = spooled(words, folder=tmp_path / "not there")
    assert [*spool] == words
    # It is tried again when there is as much more.
    (tmp_path / "not there").mkdir()
    for number in range(35, 45):
        spool.add(Word("a", number))
    assert [word.number for word in spool] == list(range(45))
    assert len(spool._here) < 10


@pytest.mark.parametrize("written", [0, 1, 3])
def test_a_disk_that_fills_up_in_the_middle_loses_nothing(tmp_path, monkeypatch, written):
    writes = []
    pwrite = os.pwrite

    def full_after(descriptor, data, at):
        if len(writes) == written:
            raise OSError(28, "No space left on device")
        writes.append(at)
        return pwrite(descriptor, data, at)

    spool = Spool(Word, tmp_path, in_memory=200)
    monkeypatch.setattr(os, "pwrite", full_after)
    for number in range(250):
        spool.add(Word("a", number))
    monkeypatch.undo()
    for number in range(250, 450):
        spool.add(Word("b", number))
    assert [word.number for word in spool] == list(range(450))


# Results


def test_results_come_by_url_and_what_is_plain_is_told_only_when_all_is():
    moved = result("https://b.example/", Verdict(VerdictKind.MOVED, "301"), Status(StatusKind.MOVED))
    results = Results.of([WARNED, TYPO, ALIVE, moved])
    assert [*results] == sorted([WARNED, TYPO, ALIVE, moved], key=lambda one: one.after.url)
    assert [*results.to_tell()] == [moved, TYPO, WARNED]
    assert results.summary == {"alive": 2, "moved": 1, "missing": 1}
    assert (len(results), results.asked) == (4, 4)


def test_a_link_that_was_dead_and_is_alive_is_not_plain():
    revived = result("https://b.example/", Verdict(VerdictKind.ALIVE, "200"), Status(StatusKind.DEAD))
    assert [*Results.of([revived]).to_tell()] == [revived]


def test_what_was_left_is_counted_and_looked_up_only_when_one_comes_to_it():
    left = [result(f"https://{n}.example/", Verdict(VerdictKind.UNKNOWN, "not asked"), Status()) for n in "ax"]
    looked_up = []

    def look_up():
        looked_up.append(True)
        return iter(left)

    results = Results.of([TYPO])
    results.leave(2, "not asked", look_up)
    assert (len(results), results.summary, results.left) == (3, {"missing": 1, "unknown": 2}, 2)
    assert [*results.to_tell()] == [TYPO]
    assert not looked_up
    assert [*results] == [left[0], TYPO, left[1]]


def test_what_a_person_says_is_told_with_each():
    results = Results.of([TYPO, ALIVE])
    results.say(lambda url: MARK if url == TYPO.after.url else None)
    assert [one.mark for one in results] == [None, MARK]
    assert [one.mark for one in results.to_tell()] == [MARK]
