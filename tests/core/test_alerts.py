"""What is wrong, what of it is news, and how it is told."""

from datetime import UTC, datetime, timedelta

from feedbot.core.alerts import (
    BY_HAND,
    TELLING,
    Found,
    Job,
    Kind,
    Trouble,
    all_of,
    failing,
    is_disk_low,
    is_waiting,
    news,
    operator_message,
    standing,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


def trouble(key, since_at=NOW):
    return Trouble(key, f"{key} is wrong", f"{key}: do this", since_at)


def test_what_is_found_stands_with_its_first_words_until_it_is_found_well():
    one = standing({}, {"disk": Found("low", "1 MB"), "flood": None}, NOW)
    assert one == {"disk": Trouble("disk", "low", "1 MB", NOW)}
    assert standing(one, {"disk": Found("low", "0 MB")}, LATER) == one
    assert standing(one, {"flood": None}, LATER) == one, "nobody looked at the disk"
    assert standing(one, {"disk": None}, LATER) == {}


def test_of_a_kind_all_that_is_not_found_is_over():
    found = {"hold:ai": Found("held", "held")}
    assert all_of("hold:", found, ["hold:all", "disk"]) == {**found, "hold:all": None}


def test_what_is_news_depends_on_what_one_was_told():
    stands = {"b": trouble("b"), "a": trouble("a", LATER)}
    assert news(stands, {}) == ([stands["b"], stands["a"]], [])
    assert news(stands, stands) == ([], [])
    assert news({}, stands) == ([], [stands["b"], stands["a"]])
    assert news({"b": trouble("b", LATER)}, {"b": trouble("b")}) == ([trouble("b", LATER)], []), "it began anew"


def job(name, failures, succeeded_at=None, finished_at=NOW):
    return Job(name, finished_at, succeeded_at, failures, "no file\nno folder")


def test_three_failures_in_a_row_are_told_in_one_line():
    assert failing([job("read", 2), job("check", 0)]) == {}
    assert failing([job("read", 3)]) == {
        "read": Found("read keeps failing", "read has failed 3 times in a row: no file; no folder")
    }


def test_that_nobody_could_be_told_is_nothing_to_tell_once_it_can_be():
    assert failing([job(TELLING, 9)]) == {}


def test_a_run_by_hand_mends_the_daemons_jobs_and_a_check_those_by_hand():
    assert failing([job("read", 3), job(BY_HAND, 0, LATER)]) == {}
    assert failing([job("read", 3), job(BY_HAND, 0, NOW)]).keys() == {"read"}
    assert failing([job(BY_HAND, 3), job("check", 0, LATER)]) == {}
    assert failing([job(BY_HAND, 3), job("read", 0, LATER)]).keys() == {BY_HAND}


def test_a_disk_that_was_low_needs_a_tenth_more():
    assert [is_disk_low(free, 100, was_low=False) for free in (99, 100)] == [True, False]
    assert [is_disk_low(free, 100, was_low=True) for free in (100, 109, 111)] == [True, True, False]


def test_a_wait_ends_and_one_that_no_clock_of_ours_gave_is_none():
    assert not is_waiting(None, NOW, 60)
    assert is_waiting(NOW + timedelta(seconds=60), NOW, 60)
    assert not is_waiting(NOW, NOW, 60)
    # Who gave it may have read its clock up to a minute after us.
    assert is_waiting(NOW + timedelta(seconds=120), NOW, 60)
    assert not is_waiting(NOW + timedelta(seconds=121), NOW, 60)


def test_all_that_is_news_is_one_message():
    message = operator_message("Test News", [trouble("disk"), trouble("flood")], [trouble("hold")])
    assert message.kind is Kind.TROUBLE
    assert message.subject == "Test News: disk is wrong, and 2 more"
    assert message.text == "disk: do this\nflood: do this\nover: hold is wrong (since 2026-11-01 12:00 UTC)\n"
    assert operator_message("Test News", [], [trouble("hold")]).kind is Kind.OVER


def test_a_long_message_ends_with_how_many_more_there_are():
    message = operator_message("Test News", [trouble(f"hold:{number}") for number in range(22)], [])
    assert message.text.endswith("hold:19: do this\nand 2 more: see feedbot status\n")
