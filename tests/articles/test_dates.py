from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedbot.articles.dates import parse_date

LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-24", utc(2020, 1, 24)),
        ("2020-1-4", utc(2020, 1, 4)),
        ("2020-01-24T14:57:00Z", utc(2020, 1, 24, 14, 57)),
        ("2020-01-24t14:57:00z", utc(2020, 1, 24, 14, 57)),
        ("2020-01-24T14:57Z", utc(2020, 1, 24, 14, 57)),
        ("2020-01-24 14:57:00 +0100", utc(2020, 1, 24, 13, 57)),
        ("2020-01-24 14:57:00 +01:00", utc(2020, 1, 24, 13, 57)),
        ("2020-01-24T14:57:00+01", utc(2020, 1, 24, 13, 57)),
        ("2020-01-24T14:57:00-05:30", utc(2020, 1, 24, 20, 27)),
        ("2020-01-24 14:57", utc(2020, 1, 24, 14, 57)),
        ("2020-01-24 14:57:09 UTC", utc(2020, 1, 24, 14, 57, 9)),
        ("2020-01-24T14:57:09.999999999Z", utc(2020, 1, 24, 14, 57, 9)),
        ("2020-01-24T14:57:09,5Z", utc(2020, 1, 24, 14, 57, 9)),
        ("  2020-01-24  ", utc(2020, 1, 24)),
        ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59)),
        ("Fri, 24 Jan 2020 14:57:00 GMT", utc(2020, 1, 24, 14, 57)),
        ("Fri, 24 Jan 2020 14:57:00 +0100", utc(2020, 1, 24, 13, 57)),
        ("24 Jan 2020 14:57:00 -0000", utc(2020, 1, 24, 14, 57)),
        ("24 January 2020", utc(2020, 1, 24)),
        ("Fri, 24 Jan 2020 14:57 EST", utc(2020, 1, 24, 19, 57)),
        ("Fri, 24 Jan 2020 14:57 PDT", utc(2020, 1, 24, 21, 57)),
        ("1970-01-01T00:00:00Z", utc(1970, 1, 1)),
        ("9999-12-31T23:59:59Z", utc(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_a_date_in_a_usual_form_is_the_moment_it_names(text, moment):
    assert parse_date(text, ZoneInfo("UTC")) == moment


def test_a_date_without_a_zone_is_in_the_given_one():
    assert parse_date("2020-07-01 12:00", LONDON) == utc(2020, 7, 1, 11)
    assert parse_date("2020-01-24", NEW_YORK) == utc(2020, 1, 24, 5)
    assert parse_date("24 Jan 2020 12:00", NEW_YORK) == utc(2020, 1, 24, 17)


def test_a_time_that_occurs_twice_is_the_first_of_the_two():
    assert parse_date("2020-10-25 01:30", LONDON) == utc(2020, 10, 25, 0, 30)


def test_a_time_that_the_clock_skips_is_counted_on_from_before_the_gap():
    assert parse_date("2020-03-29 01:30", LONDON) == utc(2020, 3, 29, 1, 30)


@pytest.mark.parametrize(
    "text",
    [
        "yesterday",
        "",
        "2020",
        "2020-02-30",
        "2020-13-01",
        "2020-01-24T25:00Z",
        "2020-01-24T24:00Z",
        "2020-01-24T10:60Z",
        "2020-01-24T10:10:61Z",
        "2020-01-24T10:10:99Z",
        "2020-01-24T10:10 XYZ",
        "2020-01-24T10:10+24:00",
        "2020-01-24T10:10+01:60",
        "2020-01-24Z",
        "20200124",
        "1579877820",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01",
        "0001-01-01T00:00:00+10:00",
        "10000-01-01",
        "24 Foo 2020",
        "24 Jan 20",
        "٢٠٢٠-٠١-٢٤",
        "2020-01-24\n2020-01-25",
        "9" * 5000,
    ],
)
def test_what_is_no_date_is_a_value_error_with_a_few_words(text):
    with pytest.raises(ValueError, match=r"^expected a date"):
        parse_date(text, ZoneInfo("UTC"))


@settings(deadline=None, derandomize=True)
@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9:.+-]{1,20}Z?"))
def test_any_text_is_a_moment_in_utc_or_a_value_error(text):
    try:
        moment = parse_date(text, NEW_YORK)
    except ValueError:
        return
    assert moment.tzinfo is UTC
    assert moment.microsecond == 0
    assert 1970 <= moment.year <= 9999
