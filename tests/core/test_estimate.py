from feedbot.core.estimate import Lane, estimate
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind

MOVED = Status(StatusKind.MOVED)
SILENT = Status(StatusKind.FAILING, verdict=VerdictKind.UNREACHABLE)


def test_the_lane_that_takes_longest_says_how_long_it_takes():
    found = estimate([("a", 1.0, Status()), ("a", 1.0, MOVED), ("b", 0.0, SILENT), ("c", 10.0, Status())])
    assert (found.requests, found.longest) == (8, Lane("a", 3, 1.0))
    assert found.longest.least_s == 2.0


def test_nothing_takes_nothing():
    assert estimate([]).longest is None
