"""The verdict on a link that two places have asked about."""

import pytest

from feedbot.core.context import Context, Opinion
from feedbot.core.observation import FailureKind
from feedbot.core.status import strike_rule
from feedbot.core.verdict import STRIKES, Verdict, VerdictKind, judge
from tests.core.histories import answered, asked, failed


def seen_twice(verdict, status=None):
    return Context(vantage="virginia", second=Opinion("frankfurt", verdict, status))


@pytest.mark.parametrize("verdict", ["alive", "moved"])
def test_what_lives_elsewhere_is_blocked_here(verdict):
    found = judge(answered(asked(404)), seen_twice(verdict, 200))
    assert found.kind is VerdictKind.BLOCKED
    assert found.reason == "404 on GET: not found; answers from frankfurt, not from virginia"


def test_what_does_not_answer_here_and_lives_elsewhere_is_blocked_too():
    found = judge(failed(FailureKind.CONNECT_TIMEOUT), seen_twice("alive", 200))
    assert (found.kind, found.failure) == (VerdictKind.BLOCKED, None)


@pytest.mark.parametrize("verdict", sorted(STRIKES))
def test_what_is_bad_in_both_places_is_a_strike(verdict):
    found = judge(answered(asked(410)), seen_twice(verdict, 410))
    assert found.kind is VerdictKind.GONE
    assert found.reason == "410 on GET: gone, says the server; from frankfurt it is no better"


@pytest.mark.parametrize("verdict", sorted(set(VerdictKind) - STRIKES - {VerdictKind.ALIVE, VerdictKind.MOVED}))
def test_what_the_second_place_cannot_tell_is_no_strike(verdict):
    found = judge(answered(asked(404)), seen_twice(verdict, 403))
    assert found.kind is VerdictKind.BLOCKED
    assert found.reason == f"404 on GET: not found; from frankfurt it is {verdict}, 403"


@pytest.mark.parametrize("status", [200, 403])
def test_a_second_opinion_changes_no_verdict_but_a_strike(status):
    alone = judge(answered(asked(status)))
    assert judge(answered(asked(status)), seen_twice("missing", 404)) == alone


def test_strikes_are_the_verdicts_that_have_a_rule():
    assert {kind for kind in VerdictKind if strike_rule(Verdict(kind, "")) is not None} == STRIKES
