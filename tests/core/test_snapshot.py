"""Copies in an archive: their addresses, and when they are looked for again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.snapshot import (
    Snapshot,
    archive_stamp,
    moment_of,
    snapshot_at,
    snapshot_url,
    unknown_for,
    unless_called_dead,
)

REPLAY = "https://web.archive.org/web/"
URL = "https://news.example/story?id=1"
TAKEN = datetime(2026, 10, 1, 8, 30, 5, tzinfo=UTC)
STAMP = "20261001083005"


def test_a_copy_is_shown_at_the_archives_address_its_time_and_the_pages_url():
    address = snapshot_url(REPLAY, TAKEN, URL)
    assert address == f"{REPLAY}{STAMP}/{URL}"
    assert snapshot_at(address, REPLAY, URL) == Snapshot(address, TAKEN)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (f"{REPLAY}{STAMP}if_/{URL}", URL),
        (f"http://web.archive.org/web/{STAMP}/{URL}", URL),
        (f"{REPLAY}{STAMP}/http://www.news.example:80/story?id=1", URL),
        (f"{REPLAY}{STAMP}/https:/news.example/story?id=1", URL),
        (f"{REPLAY}{STAMP}/https://news.example/story/", "https://news.example/story"),
    ],
)
def test_an_archive_may_show_the_page_at_another_of_its_addresses(address, url):
    assert snapshot_at(address, REPLAY, url) == Snapshot(address, TAKEN)


@pytest.mark.parametrize(
    "address",
    [
        REPLAY,
        URL,
        f"{REPLAY}{STAMP}/",
        f"{REPLAY}*/{URL}",
        f"{REPLAY}2026/{URL}",
        f"{REPLAY}20261301083005/{URL}",
        f"{REPLAY}{STAMP}/https://news.example/",
        f"{REPLAY}{STAMP}/https://news.example/story?id=2",
        f"{REPLAY}{STAMP}/https://casino.example/story?id=1",
        f"{REPLAY}{STAMP}/not a URL",
        f"https://{STAMP}/{URL}",
        f"https://web.archive.org.evil.example/web/{STAMP}/{URL}",
        f"https://evil.example/web.archive.org/web/{STAMP}/{URL}",
    ],
)
def test_what_is_no_copy_of_the_page_is_none(address):
    assert snapshot_at(address, REPLAY, URL) is None


@given(st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_a_time_is_read_back_as_it_was_written(moment):
    assert moment_of(archive_stamp(moment)) == moment.replace(microsecond=0)


def test_look_ups_without_an_answer_are_made_again_after_hours_then_days_then_two_weeks():
    waits = [unknown_for(failures) for failures in range(1, 9)]
    assert waits[:3] == [timedelta(hours=6), timedelta(hours=12), timedelta(days=1)]
    assert waits[-2:] == [timedelta(days=14)] * 2
    assert unknown_for(10_000) == timedelta(days=14)


def test_a_copy_that_a_person_calls_dead_is_none():
    copy = Snapshot(f"{REPLAY}{STAMP}/{URL}", TAKEN)
    assert unless_called_dead(copy, {}) == copy
    assert unless_called_dead(copy, {copy.url: Mark(MarkKind.ALIVE), URL: Mark(MarkKind.DEAD)}) == copy
    assert unless_called_dead(copy, {copy.url: Mark(MarkKind.DEAD)}) is None
    assert unless_called_dead(None, {}) is None
