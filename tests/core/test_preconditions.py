"""Who has a file already is told so (RFC 9110, section 13)."""

from datetime import UTC, datetime

import pytest

from feedbot.core.preconditions import has_it_already

TAG = '"abc"'
AT = datetime(1994, 11, 6, 8, 49, 37, 500_000, tzinfo=UTC)
SAME = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"abc"', True),
        ('W/"abc"', True),
        ("*", True),
        ('"x", "abc"', True),
        ('"x" ,, W/"abc"', True),
        ('"a,b", "abc"', True),
        ('"abc', False),
        ("abc", False),
        ('"ABC"', False),
        ('"x,"abc""', False),
        ('w/"abc"', False),
        ("", False),
        ('"abcd"', False),
        ("\xff" * 9000, False),
    ],
)
def test_a_tag_is_compared_with_each_of_the_list(value: str, expected: bool) -> None:
    assert has_it_already(TAG, AT, if_none_match=value, if_modified_since=None) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (SAME, True),
        ("Sun, 06 Nov 1994 08:49:38 GMT", True),
        ("Sun, 06 Nov 1994 08:49:36 GMT", False),
        # The two obsolete forms of RFC 9110, 5.6.7.
        ("Sunday, 06-Nov-94 08:49:37 GMT", True),
        ("Sun Nov  6 08:49:37 1994", True),
        ("Sun, 06 Nov 1994 08:49:37 -0000", True),
        ("yesterday", False),
        ("", False),
        ("Sun, 99 Nov 1994 08:49:37 GMT", False),
        ("9" * 10_000, False),
    ],
)
def test_a_date_is_compared_in_whole_seconds_and_one_that_is_none_counts_for_nothing(
    value: str, expected: bool
) -> None:
    assert has_it_already(TAG, AT, if_none_match=None, if_modified_since=value) is expected


def test_the_tag_alone_counts_where_both_are_given() -> None:
    assert not has_it_already(TAG, AT, if_none_match='"other"', if_modified_since=SAME)
    assert has_it_already(TAG, AT, if_none_match=TAG, if_modified_since="Sun, 06 Nov 1974 08:49:37 GMT")


def test_without_a_time_of_its_own_no_date_is_good_enough() -> None:
    assert not has_it_already(TAG, None, if_none_match=None, if_modified_since=SAME)


def test_without_a_condition_it_is_sent() -> None:
    assert not has_it_already(TAG, AT, if_none_match=None, if_modified_since=None)
