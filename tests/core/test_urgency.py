"""What a link asks of a person."""

from datetime import timedelta

import pytest

from feedbot.core.mark import Mark, MarkKind
from feedbot.core.observation import FailureKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.urgency import BY_URGENCY, Level, fails, level_of_link, rank
from feedbot.core.verdict import Verdict, VerdictKind
from tests.core.histories import ALIVE, BLOCKED, GONE, MISSING, NXDOMAIN, REFUSED_CONNECTION, START, UNKNOWN

WELL = Status(StatusKind.ALIVE)
FAILING = Status(StatusKind.FAILING, strikes=1)
DEAD = Status(StatusKind.DEAD, strikes=3)
PRIVATE = Verdict(VerdictKind.REFUSED, "not asked", FailureKind.POLICY_ADDRESS)
WARNED = Verdict(VerdictKind.ALIVE, "200 on GET", warnings=("its certificate expires soon",))
BLOCKED_SINCE_START = Status(StatusKind.BLOCKED, since_at=START)


@pytest.mark.parametrize(
    ("verdict", "status", "level", "is_failure"),
    [
        (ALIVE, WELL, Level.FINE, False),
        (WARNED, WELL, Level.NOTE, False),
        (MISSING, FAILING, Level.ERROR, True),
        (GONE, FAILING, Level.ERROR, True),
        (NXDOMAIN, FAILING, Level.ERROR, True),
        (REFUSED_CONNECTION, FAILING, Level.WARNING, True),
        (REFUSED_CONNECTION, DEAD, Level.ERROR, True),
        (ALIVE, DEAD, Level.ERROR, True),
        (BLOCKED, BLOCKED_SINCE_START, Level.NOTE, False),
        (BLOCKED, FAILING, Level.WARNING, True),
        (Verdict(VerdictKind.SUSPECT, "leads elsewhere"), WELL, Level.WARNING, False),
        (Verdict(VerdictKind.MOVED, "moved"), Status(StatusKind.MOVED), Level.NOTE, False),
        (Verdict(VerdictKind.AMP_WITHDRAWN, "withdrawn"), WELL, Level.NOTE, False),
        (PRIVATE, Status(StatusKind.REFUSED), Level.WARNING, False),
        (PRIVATE, Status(StatusKind.REFUSED, by_request=True), Level.NOTE, False),
        (UNKNOWN, DEAD, Level.UNKNOWN, False),
    ],
)
def test_it_goes_by_what_was_seen_and_by_history(verdict, status, level, is_failure):
    assert level_of_link(verdict, status, None, START) is level
    assert fails(verdict, status, None) is is_failure


def test_a_wall_that_stays_for_30_days_is_to_be_looked_at():
    assert level_of_link(BLOCKED, BLOCKED_SINCE_START, None, START + timedelta(days=29)) is Level.NOTE
    assert level_of_link(BLOCKED, BLOCKED_SINCE_START, None, START + timedelta(days=30)) is Level.WARNING


@pytest.mark.parametrize(("kind", "level"), [("alive", Level.FINE), ("ignore", Level.FINE), ("dead", Level.ERROR)])
def test_a_persons_word_comes_first(kind, level):
    mark = Mark(MarkKind(kind))
    assert level_of_link(MISSING, DEAD, mark, START) is level
    assert fails(MISSING, DEAD, mark) is (level is Level.ERROR)


def test_every_verdict_has_its_rank():
    assert sorted(BY_URGENCY) == sorted(VerdictKind)
    assert rank(Level.ERROR, VerdictKind.UNREACHABLE) < rank(Level.WARNING, VerdictKind.SUSPECT)
    assert rank(Level.ERROR, VerdictKind.GONE) < rank(Level.ERROR, VerdictKind.MISSING)
