"""How SQLite goes about what every build asks, on a database that it has gathered no figures of."""

import re
from datetime import timedelta

import pytest

from feedbot.core.membership import EVERYTHING
from feedbot.state import archived, entry_links, identities, overview, published, targets, troubles
from feedbot.state.backlog import backlog_of
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


def test_ids_that_are_held_are_asked_for_from_the_few_files_whose_identity_is_asked(asked):
    state, queries = asked
    identities.held_ids(state)
    state.db.conn.set_trace_callback(None)
    rows = state.db.conn.execute(f"EXPLAIN QUERY PLAN {queries[-1]}").fetchall()
    assert [row[3] for row in rows] == ["SCAN files USING INDEX files_unidentified"]


def test_entries_of_an_archive_are_asked_for_one_by_one(asked):
    state, queries = asked
    entry_links.set_lost(state, [])
    del queries[:]
    published.history(state, EVERYTHING, START, START, ["a", "b"])
    assert plan(state, queries)[:3] == [("identities", "id"), ("files", "entry_id"), ("members", "file_id")]


def test_months_that_are_restless_are_asked_for_by_the_few_entries_that_are(asked):
    state, queries = asked
    archived.restless(state, START, ["a"])
    state.db.conn.set_trace_callback(None)
    steps = [row[3] for row in state.db.conn.execute(f"EXPLAIN QUERY PLAN {queries[-1]}").fetchall()]
    assert "SEARCH identities USING PRIMARY KEY (id=?)" in steps
    assert "SCAN files USING INDEX files_vanished" in steps
    assert not {"SCAN identities", "SCAN files", "SCAN members"} & {*steps}


def scanned(state, queries):
    """The steps that go through all rows of links, of targets by their rows, or of where links stand."""
    state.db.conn.set_trace_callback(None)
    steps = [
        row[3]
        for query in queries
        if query.lstrip().startswith(("SELECT", "WITH", "INSERT"))
        for row in state.db.conn.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    ]
    assert any("targets_told" in step for step in steps)
    return [step for step in steps if re.match(r"SCAN (targets|links|article_links|others)\b(?! USING COVERING)", step)]


def test_status_reads_no_row_of_links_but_of_the_few_that_it_shows(asked):
    state, queries = asked
    then = START - timedelta(days=7)
    with state.write() as connection:
        connection.execute("INSERT INTO runs (who, started_at) VALUES ('a test', '2020-01-01T00:00:00Z')")
    overview.choose(state)
    for by in ("topic", "provider", "host"):
        overview.worst(state, by, 3)
    overview.trouble(state, 20)
    overview.dead_then(state, then, 0)
    overview.failing_since(state, then)
    overview.hidden_since_before(state, then)
    overview.suspects(state)
    overview.moved_for_good(state)
    targets.by_status(state)
    backlog_of(state, START)
    assert scanned(state, queries) == []


@pytest.mark.parametrize("public", [False, True])
def test_reports_go_through_no_link_that_is_well(asked, public):
    state, queries = asked
    troubles.choose(state, START, public=public)
    troubles.find_troubled(state)
    troubles.by_verdict(state)
    troubles.by_host(state, 20)
    troubles.by_topic(state, 20)
    troubles.worst(state, 20, most_places=5)
    assert scanned(state, queries) == []
