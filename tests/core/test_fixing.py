"""Which links are rewritten in article files."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from feedbot.core.fixing import Left, Look, followed, is_withdrawn, new_address
from feedbot.core.mark import Mark, MarkKind
from feedbot.core.status import Status, StatusKind
from feedbot.core.verdict import VerdictKind

NOW = datetime(2026, 11, 20, tzinfo=UTC)
URL, NEW = "http://news.example/story", "https://news.example/2026/story/"
MOVED = Status(
    kind=StatusKind.MOVED,
    verdict=VerdictKind.MOVED,
    moved_to=NEW,
    moved_looks=3,
    moved_first_at=NOW - timedelta(days=7),
    checked_at=NOW,
)


def decided(status=MOVED, url=URL, mark=None, *, is_titled=True, **more):
    return new_address(url, status, mark, is_titled=is_titled, **more)


def why(*args, **more):
    left = decided(*args, **more)
    assert isinstance(left, Left)
    return left.why


def test_three_looks_over_seven_days_are_enough():
    assert decided() == NEW


@pytest.mark.parametrize("to", ["https://news.example/story", "http://news.example/story/", "http://www.news.example/"])
def test_another_scheme_and_a_slash_at_the_end_are_moves_too(to):
    assert decided(replace(MOVED, moved_to=to)) == to


@pytest.mark.parametrize(
    ("less", "told"),
    [
        ({"moved_looks": 2}, "seen 2 times since 2026-11-13; it takes 3 looks over 7 days"),
        ({"moved_looks": 1}, "seen once since"),
        ({"moved_first_at": NOW - timedelta(days=6)}, "since 2026-11-14; it takes"),
    ],
)
def test_less_is_early(less, told):
    left = decided(replace(MOVED, **less))
    assert told in left.why
    assert left.is_early


@pytest.mark.parametrize("verdict", [VerdictKind.SUSPECT, VerdictKind.BLOCKED, VerdictKind.MISSING])
def test_the_latest_look_must_have_seen_it(verdict):
    assert f"its latest look says {verdict}" in why(replace(MOVED, verdict=verdict))


@pytest.mark.parametrize("kind", sorted(set(StatusKind) - {StatusKind.MOVED}))
def test_what_stands_otherwise_is_left(kind):
    assert why(replace(MOVED, kind=kind)) == "is not known to have moved"


@pytest.mark.parametrize("kind", sorted(MarkKind))
def test_a_person_has_the_last_word(kind):
    assert why(mark=Mark(kind, "mine")) == f"marked {kind} (mine)"


@pytest.mark.parametrize(
    "to",
    [
        "https://news.example/login?next=/story",
        "https://news.example/story?utm_source=x",
        "https://news.example/en/story",
        "https://consent.news.example/story",
    ],
)
def test_what_another_visitor_would_not_be_given_is_left(to):
    assert "which may be another address for another visitor" in why(replace(MOVED, moved_to=to))


def test_another_site_is_believed_only_where_a_title_was_found_there():
    elsewhere = replace(MOVED, moved_to="https://other.example/story")
    assert decided(elsewhere) == "https://other.example/story"
    assert "leads to another site" in why(elsewhere, is_titled=False)
    same_site = replace(MOVED, moved_to="https://www.news.example/story")
    assert decided(same_site, is_titled=False) == "https://www.news.example/story"


@pytest.mark.parametrize("kind", [StatusKind.DEAD, StatusKind.FAILING, StatusKind.REFUSED])
def test_a_new_address_that_is_known_to_be_ill_is_no_better(kind):
    assert f"is {kind}" in why(there=Status(kind=kind))
    assert decided(there=Status(kind=kind), mark_there=Mark(MarkKind.ALIVE)) == NEW
    assert decided(there=Status(kind=StatusKind.ALIVE)) == NEW
    assert "is marked dead" in why(mark_there=Mark(MarkKind.DEAD))


def test_what_leads_to_no_page_is_left():
    assert "is no page" in why(replace(MOVED, moved_to="mailto:news@news.example"))


def test_a_row_of_moves_is_followed_to_its_end_and_a_circle_to_none():
    a, b, c, d = (f"https://news.example/{name}" for name in "abcd")
    assert followed({a: b, b: f"{c}#part"}) == {a: f"{c}#part", b: f"{c}#part"}
    assert followed({a: b, b: a}) == {}
    assert followed({d: a, a: b, b: a}) == {}
    assert followed({a: f"{a}#part"}) == {}


def looks(*verdicts, days=4):
    return [Look(NOW - timedelta(days=days * number), verdict) for number, verdict in enumerate(verdicts)]


GONE, ALIVE = VerdictKind.AMP_WITHDRAWN, VerdictKind.ALIVE


@pytest.mark.parametrize(
    ("seen", "is_enough"),
    [
        (looks(GONE, GONE, GONE, ALIVE), True),
        (looks(GONE, GONE, GONE, days=3.5), True),
        (looks(GONE, GONE, GONE, days=3.4), False),
        (looks(GONE, GONE, ALIVE, GONE, GONE), False),
        (looks(ALIVE, GONE, GONE, GONE), False),
        (looks(GONE, VerdictKind.BLOCKED, GONE, VerdictKind.UNKNOWN, GONE), True),
        (looks(GONE, VerdictKind.UNREACHABLE, GONE, GONE), False),
        ([], False),
    ],
)
def test_an_amp_page_is_withdrawn_after_three_looks_over_seven_days(seen, is_enough):
    assert is_withdrawn(seen) == is_enough


def test_a_look_without_a_network_ends_no_row():
    first, *rest = looks(GONE, GONE, GONE)
    assert is_withdrawn([first, Look(NOW, VerdictKind.UNREACHABLE, counted=False), *rest])
