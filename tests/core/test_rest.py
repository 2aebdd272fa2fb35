from array import array

from feedbot.core.rest import Rest


def test_what_was_taken_is_left_no_more_and_the_order_stays():
    rest = Rest(array("q", [5, 900_000, 3, 8]))
    assert 900_000 in rest
    for number in (900_000, 3, 3, 4, 10**12):
        rest.take(number)
    assert list(rest) == [5, 8]
    assert all(number not in rest for number in (900_000, 3, 4, 10**12))


def test_of_no_plan_nothing_is_left():
    rest = Rest(array("q"))
    rest.take(1)
    assert list(rest) == []
