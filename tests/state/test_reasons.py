"""Reasons are kept shorter than they are, and said in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feedbot.core.status import StatusKind
from feedbot.state import targets, transitions
from feedbot.state.reasons import in_full, of_look_in_full, shortened, shortened_of_look
from tests.publication import Publication

TEXTS = st.text(st.characters(exclude_characters="\x1a"), max_size=30)
STATUSES = st.integers(100, 599) | st.none()


@given(TEXTS, TEXTS | st.none(), TEXTS, STATUSES)
def test_a_reason_is_given_back(before, address, after, status):
    for reason in (f"{before}{address}{after}", before, f"{status} on GET"):
        assert in_full(shortened(reason, address), address) == reason
        assert of_look_in_full(shortened_of_look(reason, address, status), address, status) == reason


def test_the_sign_for_an_address_in_a_reason_is_shown_as_what_cannot_be_shown():
    assert in_full(shortened("a\x1ab", "https://a.example/"), "https://a.example/") == "a\ufffdb"


@pytest.fixture
def moved(news: Publication):
    """A publication with a link that moved and one that lives, as they were seen last; and its state."""
    news.article("moved")
    news.run()
    news.article("one")
    news.site.answers["/moved"] = (301, "/new")
    news.clock.step(days=8)
    news.run()
    with news.state() as state:
        yield news, state


def test_rows_do_not_say_twice_what_they_say_beside_a_reason(moved):
    news, state = moved
    there = news.site.link("/new")
    for table in ("targets", "observations"):
        rows = state.rows(f"SELECT reason FROM {table} WHERE verdict = 'moved'")
        assert [row["reason"] for row in rows] == ["moved permanently to \x1a"]
    assert state.value("SELECT reason FROM observations WHERE verdict = 'alive'") is None
    assert targets.find(state, news.site.link("/moved")).status.reason == f"moved permanently to {there}"
    target = targets.find(state, news.site.link("/moved"))
    with state.write() as connection:
        dead = replace(target, status=replace(target.status, kind=StatusKind.DEAD))
        transitions.note(connection, [(target, dead)])
    assert state.value("SELECT reason FROM transitions") == "moved permanently to \x1a"
    assert transitions.newest(state, 1)[0].reason == f"moved permanently to {there}"


def test_views_say_reasons_in_full(moved):
    news, state = moved
    said = {"alive": "200 on GET", "moved": f"moved permanently to {news.site.link('/new')}"}
    for view in ("links", "link_history"):
        assert {row["verdict"]: row["reason"] for row in state.rows(f"SELECT verdict, reason FROM {view}")} == said
