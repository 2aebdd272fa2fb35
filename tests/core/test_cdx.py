"""What an archive is asked, and how its answer is read."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.cdx import nearest, query_url, read_rows
from feedbot.core.url import InvalidUrl

CDX = "https://web.archive.org/cdx/search/cdx"
URL = "https://news.example/a b?x=1&y=ü#z"
NEAR = datetime(2026, 10, 1, 8, tzinfo=UTC)
HEAD = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
# As https://web.archive.org/cdx/search/cdx answers, and pywb 2.10.
TABLE = [HEAD, ["example,news)/a", "20261002080000", "http://news.example/a", "text/html", "200", "X", "9"]]
LINE = {"urlkey": "example,news)/a", "timestamp": "20261002080000", "url": "http://news.example/a", "status": "200"}
LINES = "text/x-ndjson"


def day(number, hour=8):
    return datetime(2026, 10, number, hour, tzinfo=UTC)


def rows(*stamps, status="200"):
    return [{"timestamp": stamp, "statuscode": status} for stamp in stamps]


@pytest.mark.parametrize("base", [CDX, f"{CDX}?collection=news"])
def test_the_copies_nearest_to_a_time_are_asked_for(base):
    asked = query_url(base, URL, NEAR)
    assert asked.startswith(base)
    assert asked.isascii()
    found = {name: value for name, (value,) in parse_qs(urlsplit(asked).query).items()}
    found.pop("collection", None)
    assert found == {
        "url": URL,
        "output": "json",
        "filter": "statuscode:200",
        "closest": "20261001080000",
        "sort": "closest",
        "limit": "5",
    }


def test_an_address_that_would_be_too_long_is_not_made():
    with pytest.raises(InvalidUrl):
        query_url(CDX, "https://news.example/" + "ü" * 4000, NEAR)


@pytest.mark.parametrize(
    ("body", "media", "number"),
    [
        (json.dumps(TABLE), "application/json", 1),
        (json.dumps([*TABLE, *TABLE[1:]], indent=1), "text/plain; charset=utf-8", 2),
        ("[]", "application/json", 0),
        (" [ ]\n", "application/json", 0),
        (json.dumps([HEAD]), "application/json", 0),
        (json.dumps(LINE), LINES, 1),
        (f"{json.dumps(LINE)}\n{json.dumps(LINE)}\n", LINES, 2),
        ("", f"{LINES}; charset=utf-8", 0),
    ],
)
def test_what_the_wayback_machine_and_pywb_answer_is_read(body, media, number):
    assert len(read_rows(body.encode(), media)) == number


@pytest.mark.parametrize(
    ("body", "media"),
    [
        # Nothing at all is an answer of "nothing" only where lines were to come.
        ("", "application/json"),
        ("", "text/html"),
        ("<!DOCTYPE html><title>Sorry</title>", "text/html"),
        (json.dumps(TABLE)[:-20], "application/json"),
        (json.dumps(LINE)[:-5], LINES),
        (f"{json.dumps(LINE)}\n{json.dumps(LINE)[:9]}", LINES),
        ('{"message": "rate limited"}', "application/json"),
        ('{"timestamp": "20261002080000"}', LINES),
        (json.dumps([HEAD, ["too", "short"]]), "application/json"),
        (json.dumps([["urlkey", "original"], ["a", "b"]]), "application/json"),
        ("[1, 2]", "application/json"),
        ("null", "application/json"),
        ("\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), LINES),
    ],
)
def test_nonsense_is_not_taken_for_no_copy(body, media):
    assert read_rows(body.encode("latin-1"), media) is None


@given(st.binary(), st.sampled_from(["application/json", LINES, ""]))
def test_whatever_is_answered_raises_nothing(body, media):
    found = read_rows(body, media)
    assert found is None or nearest(found, NEAR) is not None


def test_the_nearest_copies_come_first_three_at_most_each_once():
    found = rows("20261020080000", "20261003080000", "20260901080000", "20261002080000", "20261002080000")
    assert nearest(found, NEAR) == [day(2), day(3), day(20)]
    # As near before as after: the earlier one.
    assert nearest(rows("20261001090000", "20261001070000"), NEAR) == [day(1, 7), day(1, 9)]


@pytest.mark.parametrize("status", ["302", "404", "-", "", "2000"])
def test_only_copies_that_answered_200_count_whatever_the_server_filters(status):
    assert nearest(rows("20261002080000", status=status), NEAR) == []


@pytest.mark.parametrize("stamp", ["2026", "20261302080000", "20261002080000; x", "-2026100208000", ""])
def test_a_copy_of_no_time_is_none(stamp):
    assert nearest(rows(stamp), NEAR) == []
