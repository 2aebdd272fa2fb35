from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.observation import FailureKind
from feedbot.core.status import DAY_S, Status, StatusKind, advance, outlook, strike_rule
from feedbot.core.verdict import Verdict, VerdictKind
from tests.core.histories import (
    ALIVE,
    ALIVE_BY_HEAD,
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

GOOD = {VerdictKind.ALIVE, VerdictKind.MOVED}
NO_STRIKE = {
    VerdictKind.BLOCKED,
    VerdictKind.UNKNOWN,
    VerdictKind.REFUSED,
    VerdictKind.SUSPECT,
    VerdictKind.AMP_WITHDRAWN,
}


NEW = Status()


def follow(*history, status=NEW, host_answers=True):
    """The status after verdicts on given days."""
    for number, verdict in history:
        status = advance(status, verdict, day(number), host_answers=host_answers)
    return status


@pytest.mark.parametrize(
    ("verdict", "strikes", "days"),
    [(GONE, 2, 1), (MISSING, 3, 6), (PARKED, 2, 3), (NXDOMAIN, 5, 14), (REFUSED_CONNECTION, 5, 14), (TIMEOUT, 5, 60)],
    ids=["gone", "missing", "parked", "nxdomain", "refused", "timeout"],
)
def test_dead_takes_the_strikes_and_the_days_of_the_table(verdict, strikes, days):
    step = days / (strikes - 1)
    history = [(number * step, verdict) for number in range(strikes)]
    assert follow(*history[:-1]).kind is StatusKind.FAILING
    assert follow(*history).kind is StatusKind.DEAD
    hasty = [(number * step * 0.99, verdict) for number in range(strikes)]
    assert follow(*hasty).kind is StatusKind.FAILING
    assert strike_rule(verdict).spacing_s == timedelta(days=step).total_seconds()


def test_many_strikes_in_an_hour_do_not_make_a_death():
    assert follow(*[(number / 1000, MISSING) for number in range(40)]).kind is StatusKind.FAILING


def test_two_looks_on_one_day_and_one_after_six_are_two_occasions():
    status = follow((0, MISSING), (0.001, MISSING), (6, MISSING))
    assert (status.kind, status.strikes) == (StatusKind.FAILING, 2)
    assert follow((7.4, MISSING), status=status).strikes == 2
    assert follow((7.5, MISSING), status=status).kind is StatusKind.DEAD


def test_looks_every_hour_are_a_strike_as_often_as_they_are_apart():
    assert [follow(*[(n / 24, MISSING) for n in range(hours)]).strikes for hours in (1, 36, 37, 72, 73)] == [
        1,
        1,
        2,
        2,
        3,
    ]


def test_a_link_with_all_its_strikes_dies_by_a_bad_answer_soon_after_the_last():
    early = follow((0, MISSING), (3, MISSING), (5.9, MISSING))
    assert (early.kind, early.strikes) == (StatusKind.FAILING, 3)
    late = follow((6, MISSING), status=early)
    assert (late.kind, late.strikes) == (StatusKind.DEAD, 3)


@pytest.mark.parametrize("verdict", [GONE, MISSING, PARKED, NXDOMAIN, TIMEOUT])
def test_by_a_look_every_day_a_link_dies_on_the_day_of_the_table(verdict):
    days = int(strike_rule(verdict).over_s / DAY_S)
    assert follow(*[(number, verdict) for number in range(days)]).kind is StatusKind.FAILING
    assert follow(*[(number, verdict) for number in range(days + 1)]).kind is StatusKind.DEAD


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([(0, MISSING)], f"2 more strikes, the last not before {day(6):%Y-%m-%d %H:%M}"),
        ([(0, MISSING), (0.1, MISSING), (6, MISSING)], f"1 more strike, the last not before {day(7.5):%Y-%m-%d %H:%M}"),
        ([(0, MISSING), (3, MISSING), (5.9, MISSING)], f"1 more strike, the last not before {day(6):%Y-%m-%d %H:%M}"),
    ],
)
def test_the_outlook_names_the_moment_from_which_a_bad_answer_is_the_last(history, says):
    assert outlook(follow(*history)).startswith(says)


def test_in_a_mixed_streak_the_longest_rule_applies():
    history = [(0, TIMEOUT), (8, MISSING), (16, MISSING), (24, MISSING), (59, MISSING)]
    assert follow(*history).kind is StatusKind.FAILING
    assert follow(*history, (60, MISSING)).kind is StatusKind.DEAD


def test_a_good_verdict_ends_the_streak():
    status = follow((0, MISSING), (3, MISSING), (4, ALIVE))
    assert (status.kind, status.strikes, status.rule, status.first_strike_at) == (StatusKind.ALIVE, 0, None, None)
    assert follow((0, MISSING), (3, MISSING), (4, ALIVE), (6, MISSING), (9, MISSING)).kind is StatusKind.FAILING


def test_blocked_neither_adds_nor_takes_away_strikes():
    status = follow((0, MISSING), (3, BLOCKED))
    assert (status.kind, status.strikes) == (StatusKind.BLOCKED, 1)
    assert follow((0, MISSING), (3, BLOCKED), (4, MISSING), (6, MISSING)).kind is StatusKind.DEAD


def test_unknown_changes_nothing_at_all():
    status = follow((0, MISSING))
    assert follow((1, UNKNOWN), status=status) == status


def test_a_silent_host_without_another_living_page_never_dies():
    history = [(number * 20, TIMEOUT) for number in range(20)]
    assert follow(*history, host_answers=False).kind is StatusKind.FAILING
    assert follow(*history, host_answers=True).kind is StatusKind.DEAD


@pytest.mark.parametrize("verdict", [NXDOMAIN, REFUSED_CONNECTION, MISSING, GONE])
def test_other_deaths_do_not_ask_for_a_living_neighbour(verdict):
    history = [(number * 7, verdict) for number in range(6)]
    assert follow(*history, host_answers=False).kind is StatusKind.DEAD


DEAD = follow((0, GONE), (1, GONE))


def test_the_dead_come_back_after_two_good_gets_six_hours_apart():
    once = follow((8, ALIVE), status=DEAD)
    assert (once.kind, once.revived_at) == (StatusKind.DEAD, day(8))
    assert follow((8.24, ALIVE), status=once).kind is StatusKind.DEAD
    back = follow((8.25, ALIVE), status=once)
    assert (back.kind, back.strikes, back.since_at) == (StatusKind.ALIVE, 0, day(8.25))


def test_head_does_not_raise_the_dead():
    assert follow((8, ALIVE_BY_HEAD), (9, ALIVE_BY_HEAD), (10, ALIVE_BY_HEAD), status=DEAD).kind is StatusKind.DEAD


@pytest.mark.parametrize("between", [GONE, BLOCKED])
def test_a_bad_answer_between_two_good_ones_starts_the_recovery_anew(between):
    status = follow((8, ALIVE), (9, between), (10, ALIVE), status=DEAD)
    assert (status.kind, status.revived_at) == (StatusKind.DEAD, day(10))


def test_the_dead_stay_dead_while_blocked():
    assert follow((8, BLOCKED), status=DEAD).kind is StatusKind.DEAD


@pytest.mark.parametrize("verdict", [MISSING, GONE, NXDOMAIN])
def test_a_link_never_seen_alive_that_is_not_found_says_so(verdict):
    assert follow((0, verdict)).never_alive
    assert not follow((0, ALIVE), (1, verdict)).never_alive


@pytest.mark.parametrize("verdict", [TIMEOUT, BLOCKED, ALIVE, REFUSED_CONNECTION])
def test_other_first_verdicts_are_no_typos(verdict):
    assert not follow((0, verdict)).never_alive


def test_since_when_is_the_first_day_of_the_status():
    assert follow((0, ALIVE), (5, ALIVE), (9, ALIVE)).since_at == START
    assert follow((0, ALIVE), (5, MISSING), (7, MISSING)).since_at == day(5)


VERDICTS = [ALIVE, ALIVE_BY_HEAD, MISSING, GONE, PARKED, BLOCKED, UNKNOWN, NXDOMAIN, TIMEOUT] + [
    Verdict(kind, "") for kind in VerdictKind
]
steps = st.lists(st.tuples(st.floats(0, 100), st.sampled_from(VERDICTS)), max_size=40)


@given(steps.map(lambda history: [(d, v) for d, v in history if v.kind in NO_STRIKE]))
def test_no_sequence_without_a_strike_reaches_dead(history):
    assert follow(*sorted(history, key=lambda one: one[0])).kind is not StatusKind.DEAD


@given(steps, st.booleans())
def test_strikes_fall_only_by_a_good_verdict(history, host_answers):
    status = Status()
    for number, verdict in sorted(history, key=lambda one: one[0]):
        after = advance(status, verdict, day(number), host_answers=host_answers)
        if after.strikes < status.strikes:
            assert verdict.kind in GOOD
        if verdict.kind is VerdictKind.UNKNOWN:
            assert after == status
        status = after


@given(steps)
def test_who_dies_has_the_strikes_and_the_days_of_the_streak(history):
    status = Status()
    for number, verdict in sorted(history, key=lambda one: one[0]):
        after = advance(status, verdict, day(number), host_answers=True)
        if after.kind is StatusKind.DEAD and status.kind is not StatusKind.DEAD:
            assert after.strikes >= after.rule.strikes
            assert day(number) - after.first_strike_at >= timedelta(seconds=after.rule.over_s)
        status = after


@given(st.sampled_from([GONE, MISSING, PARKED, NXDOMAIN, TIMEOUT]), st.lists(st.floats(0, 100), max_size=40))
def test_who_dies_was_seen_ill_on_as_many_occasions_as_its_rule_asks_for(verdict, looks):
    rule, occasions = strike_rule(verdict), []
    for moment in sorted(map(day, looks)):
        if not occasions or moment - occasions[-1] >= timedelta(seconds=rule.apart_s):
            occasions.append(moment)
    status = follow(*[(number, verdict) for number in sorted(looks)])
    assert status.strikes == len(occasions)
    lasts = bool(looks) and day(max(looks)) - day(min(looks)) >= timedelta(seconds=rule.over_s)
    assert (status.kind is StatusKind.DEAD) == (len(occasions) >= rule.strikes and lasts)


def refused(kind):
    return Verdict(VerdictKind.REFUSED, "not asked", failure=FailureKind(kind))


@pytest.mark.parametrize(
    ("kind", "unlinkable"),
    [
        ("policy_scheme", True),
        ("policy_port", True),
        ("policy_address", True),
        ("policy_robots", False),
        ("policy_optout", False),
    ],
)
def test_a_link_refused_at_its_hosts_request_stays_a_link(kind, unlinkable):
    status = follow((0, refused(kind)))
    assert (status.kind, status.is_unlinkable) == (StatusKind.REFUSED, unlinkable)
    # What refused it last is what counts.
    assert follow((1, refused("policy_address")), status=status).is_unlinkable
    assert not follow((1, refused("policy_optout")), status=status).is_unlinkable
    assert not follow((1, ALIVE), status=status).is_unlinkable


def test_the_dead_stay_unlinkable_when_their_host_asks_not_to_be_checked():
    dead = follow((0, GONE), (1, GONE))
    assert dead.is_unlinkable
    assert follow((2, refused("policy_optout")), status=dead).is_unlinkable
