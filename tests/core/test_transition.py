"""Which changes of a status an operator is told of."""

from datetime import UTC, date, datetime, timedelta

import pytest

from feedbot.core.status import Status, StatusKind, advance
from feedbot.core.transition import TransitionKind, transition, transition_id
from feedbot.core.verdict import Verdict, VerdictKind

URL = "https://news.example/story"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ALIVE = Verdict(VerdictKind.ALIVE, "200", by_get=True)
MISSING = Verdict(VerdictKind.MISSING, "404")
BLOCKED = Verdict(VerdictKind.BLOCKED, "a wall")
MOVED = Verdict(VerdictKind.MOVED, "301", moved_to="https://news.example/new", by_get=True)
TO_A_LOGIN = Verdict(VerdictKind.MOVED, "301", moved_to="https://news.example/login?next=story", by_get=True)


def told(*looks: tuple[float, Verdict]) -> list[tuple[float, TransitionKind]]:
    """What is told of a link, by the day of each look."""
    status, found = Status(), []
    for day, verdict in looks:
        after = advance(status, verdict, START + timedelta(days=day), host_answers=True)
        kind = transition(URL, status, after)
        if kind is not None:
            found.append((day, kind))
        status = after
    return found


def test_a_death_is_told_once_when_the_last_strike_falls():
    looks = [(0, ALIVE), (1, MISSING), (4, MISSING), (7, MISSING), (14, MISSING)]
    assert told(*looks) == [(7, TransitionKind.DIED)]


def test_a_dead_link_that_shows_itself_twice_has_recovered():
    looks = [(0, MISSING), (3, MISSING), (6, MISSING), (7, ALIVE), (7.5, ALIVE), (8, ALIVE)]
    assert told(*looks) == [(6, TransitionKind.DIED), (7.5, TransitionKind.RECOVERED)]


def test_a_link_that_comes_back_at_a_new_address_has_recovered():
    looks = [(0, MISSING), (3, MISSING), (6, MISSING), (7, MOVED), (8, MOVED)]
    assert told(*looks)[-1] == (8, TransitionKind.RECOVERED)


def test_a_link_that_fails_and_lives_again_before_it_died_is_not_told():
    assert told((0, ALIVE), (1, MISSING), (2, ALIVE)) == []


def test_a_new_address_is_told_once_it_is_believed():
    assert told((0, MOVED), (4, MOVED), (8, MOVED), (12, MOVED)) == [(8, TransitionKind.MOVED)]
    assert told((0, MOVED), (1, MOVED), (2, MOVED)) == []


def test_a_way_to_a_login_is_no_new_address():
    assert told((0, TO_A_LOGIN), (4, TO_A_LOGIN), (8, TO_A_LOGIN)) == []


def test_a_wall_is_told_once_when_it_has_stood_for_30_days():
    assert told((0, ALIVE), (1, BLOCKED), (30, BLOCKED), (31, BLOCKED), (60, BLOCKED)) == [(31, TransitionKind.BLOCKED)]


def test_a_link_that_is_dead_behind_a_wall_is_still_only_dead():
    looks = [(0, MISSING), (3, MISSING), (6, MISSING), (7, BLOCKED), (60, BLOCKED)]
    assert told(*looks) == [(6, TransitionKind.DIED)]


@pytest.mark.parametrize("kind", [StatusKind.FAILING, StatusKind.BLOCKED, StatusKind.REFUSED, StatusKind.UNCHECKED])
def test_a_dead_link_that_is_judged_otherwise_has_not_recovered(kind: StatusKind):
    assert transition(URL, Status(StatusKind.DEAD), Status(kind)) is None


def test_an_id_names_the_link_what_became_of_it_and_the_day():
    made = transition_id(URL, TransitionKind.DIED, date(2026, 11, 7), "example.org", 2026)
    assert made == "tag:example.org,2026:link:039e3d9e0973b684:died:2026-11-07"
    others = {
        transition_id(URL + "2", TransitionKind.DIED, date(2026, 11, 7), "example.org", 2026),
        transition_id(URL, TransitionKind.RECOVERED, date(2026, 11, 7), "example.org", 2026),
        transition_id(URL, TransitionKind.DIED, date(2026, 11, 8), "example.org", 2026),
    }
    assert len(others | {made}) == 4
