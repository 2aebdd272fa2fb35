"""How SQLite goes about what every build asks, on a database that it has gathered no figures of."""

import re

import pytest

from feedbot.state import identities, published, targets
from feedbot.state.database import open_state
from tests.publication import START


@pytest.fixture
def asked(tmp_path):
    """A fresh database, and the queries that it is asked from now on."""
    with open_state(tmp_path / "state.db", who="a test") as state:
        published.hold_back(state, ())
        targets.set_unlinkable(state, [7])
        queries = []
        state.db.conn.set_trace_callback(queries.append)
        yield state, queries


def plan(state, queries):
    """The tables of the queries in the order in which they are gone through, each with what a row of it is found by."""
    state.db.conn.set_trace_callback(None)
    steps = [
        row[3]
        for query in queries
        if query.lstrip().startswith("SELECT")
        for row in state.db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    ]
    found = [re.fullmatch(r"(?:SCAN|SEARCH) (\S+)(?: USING [^()]*(?:\((\w+)=.*\))?)?", step) for step in steps]
    return [(match[1], match[2]) for match in found if match]


@pytest.mark.parametrize("ask", [identities.unseen, identities.mark_public])
def test_who_is_new_is_asked_of_each_identity_by_its_own_file(asked, ask):
    state, queries = asked
    ask(state, START)
    assert plan(state, queries) == [("identities", None), ("files", "entry_id"), ("members", "file_id")]


def test_dead_links_are_asked_for_from_the_few_that_are_dead(asked):
    state, queries = asked
    targets.unlinkable(state)
    assert plan(state, queries) == [
        ("temp.unlinkable", None),
        ("targets", "rowid"),
        ("links", "target_id"),
        ("files", "rowid"),
    ]
