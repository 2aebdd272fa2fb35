from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.schedule import SchedulePolicy, first_method, is_alarming, neighbours_to_ask, next_check_at
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import Verdict, VerdictKind
from tests.core.histories import (
    ALIVE,
    BLOCKED,
    GONE,
    MISSING,
    NXDOMAIN,
    PARKED,
    REFUSED_CONNECTION,
    START,
    TIMEOUT,
    UNKNOWN,
    day,
)
from tests.core.test_status import DEAD, follow

POLICY = SchedulePolicy()


def wait_days(status, number=0.0, jitter=0.0):
    return (next_check_at(status, POLICY, day(number), jitter) - day(number)) / timedelta(days=1)


def test_an_unchecked_target_is_due_at_once():
    assert wait_days(Status()) == 0


def test_a_living_link_is_asked_after_a_day_doubling_to_thirty():
    status, number, waits = follow((0, ALIVE)), 0.0, []
    for _ in range(8):
        waits.append(wait_days(status, number))
        number += waits[-1]
        status = follow((number, ALIVE), status=status)
    assert waits == [1, 1, 2, 4, 8, 16, 30, 30]


def test_asking_by_hand_does_not_make_the_wait_longer():
    status = follow(*[(number / 1000, ALIVE) for number in range(50)])
    assert wait_days(status, 0.05) == 1


@pytest.mark.parametrize(("verdict", "days"), [(GONE, 1), (MISSING, 3), (TIMEOUT, 15)])
def test_a_failing_link_is_asked_in_the_steps_of_its_rule(verdict, days):
    assert wait_days(follow((0, verdict))) == days


def test_asked_in_those_steps_it_dies_on_the_last_one():
    status, number = follow((0, MISSING)), 0.0
    for _ in range(2):
        number += wait_days(status, number, jitter=0.3)
        status = follow((number, MISSING), status=status)
    assert status.kind is StatusKind.DEAD


def test_a_dead_link_is_asked_weekly_then_monthly():
    assert wait_days(DEAD, 1) == 7
    assert wait_days(DEAD, 80) == 30


def test_a_dead_link_that_answered_is_asked_again_six_hours_later():
    assert wait_days(follow((8, ALIVE), status=DEAD), 8) == 0.25


def test_a_blocked_link_is_asked_after_three_to_thirty_days():
    assert wait_days(follow((0, BLOCKED)), 0) == 3
    assert wait_days(follow((0, BLOCKED)), 10) == 10
    assert wait_days(follow((0, BLOCKED)), 90) == 30


def test_a_refused_link_is_asked_after_one_to_thirty_days():
    refused = follow((0, Verdict(VerdictKind.REFUSED, "")))
    assert [wait_days(refused, number) for number in (0, 5, 90)] == [1, 5, 30]


@given(st.sampled_from([ALIVE, MISSING, GONE, TIMEOUT, BLOCKED]), st.floats(0, 1))
def test_jitter_only_stretches_and_by_a_tenth_at_most(verdict, jitter):
    plain, stretched = wait_days(follow((0, verdict))), wait_days(follow((0, verdict)), jitter=jitter)
    assert plain <= stretched <= plain * 1.1 + 1e-6


histories = st.lists(
    st.tuples(
        st.floats(0.01, 60),
        st.sampled_from([ALIVE, MISSING, GONE, PARKED, NXDOMAIN, REFUSED_CONNECTION, TIMEOUT, BLOCKED]),
    ),
    min_size=1,
    max_size=12,
)


def lived(history):
    """The status after verdicts so many days apart, and the day of the last."""
    status, number = Status(), 0.0
    for wait, verdict in history:
        number += wait
        status = follow((number, verdict), status=status)
    return status, number


@given(histories, st.floats(0, 1))
def test_the_next_look_is_later_than_now_and_within_the_bounds_of_its_kind(history, jitter):
    status, number = lived(history)
    bounds = {
        StatusKind.ALIVE: (1, 30),
        StatusKind.BLOCKED: (3, 30),
        StatusKind.FAILING: (1, 15),
        StatusKind.DEAD: (0.25, 30),
    }
    low, high = bounds[status.kind]
    assert low - 1e-6 <= wait_days(status, number, jitter) <= high * 1.1 + 1e-6


@given(histories)
def test_a_failing_link_is_asked_exactly_when_its_next_strike_counts(history):
    status, number = lived(history)
    if status.kind is StatusKind.FAILING:
        due_at = next_check_at(status, POLICY, day(number), 0.0)
        assert due_at == day(number) + timedelta(seconds=status.rule.spacing_s)


def test_intervals_of_an_operators_own_are_kept():
    policy = SchedulePolicy(blocked_min_s=60.0, blocked_max_s=120.0, dead_early_s=60.0, dead_late_s=120.0)
    blocked = follow((0, BLOCKED))
    assert [next_check_at(blocked, policy, day(at), 0) - day(at) for at in (0, 9)] == [
        timedelta(minutes=1),
        timedelta(minutes=2),
    ]
    assert next_check_at(DEAD, policy, day(90), 0) == day(90) + timedelta(minutes=2)


@pytest.mark.parametrize("verdict", [MISSING, GONE, PARKED, NXDOMAIN, REFUSED_CONNECTION])
def test_the_first_failure_of_a_living_link_is_an_alarm_and_the_next_is_none(verdict):
    living = follow((0, ALIVE))
    assert is_alarming(living, verdict)
    assert not is_alarming(follow((1, verdict), status=living), verdict)


@pytest.mark.parametrize("verdict", [ALIVE, BLOCKED, TIMEOUT, UNKNOWN])
def test_silence_a_wall_and_good_answers_are_no_alarm(verdict):
    assert not is_alarming(follow((0, ALIVE)), verdict)


def test_a_link_that_was_dead_from_the_first_is_no_alarm():
    assert not is_alarming(Status(), MISSING)
    assert not is_alarming(follow((0, BLOCKED)), MISSING)


def test_a_host_gets_three_more_looks_for_each_alarm_and_thirty_at_most():
    assert [neighbours_to_ask(number) for number in (1, 2, 10, 500)] == [3, 6, 30, 30]


def method(status, *, number=1, **known):
    told = {"page_checked_at": START, "head_refused": False, **known}
    return first_method(status, POLICY, day(number), **told)


def test_head_is_enough_for_a_living_page_that_was_read_lately():
    assert method(follow((0, ALIVE))) == "HEAD"


def test_get_is_asked_at_first_for_every_trouble_and_every_week():
    assert method(Status()) == "GET"
    assert method(follow((0, ALIVE)), page_checked_at=None) == "GET"
    assert method(follow((0, ALIVE)), head_refused=True) == "GET"
    assert method(follow((0, ALIVE)), number=7) == "GET"
    assert method(follow((0, ALIVE)), page_checked_at=day(300)) == "GET"
    assert method(follow((0, MISSING))) == "GET"
    assert method(DEAD) == "GET"


def test_an_operator_who_prefers_head_has_a_living_page_read_once():
    alive = follow((0, ALIVE))
    assert method(alive, number=90) == "GET"
    assert method(alive, number=90, prefers_head=True) == "HEAD"
    assert method(alive, prefers_head=True, page_checked_at=None) == "GET"
    assert method(alive, prefers_head=True, head_refused=True) == "GET"
    assert method(follow((0, GONE)), prefers_head=True) == "GET"
