"""Where a target stands is kept whole, whether or not anything changed by which it is found."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from feedbot.core.status import Status, StatusKind, StrikeRule
from feedbot.core.verdict import VerdictKind
from feedbot.state import targets
from feedbot.state.database import open_state, seconds
from tests.publication import START

ALIVE = Status(StatusKind.ALIVE, START, VerdictKind.ALIVE, "200 on GET", START, first_alive_at=START)
LATER = START + timedelta(days=3)
FAILING = Status(
    StatusKind.FAILING,
    LATER,
    VerdictKind.MISSING,
    "404 on GET",
    LATER,
    strikes=1,
    first_strike_at=LATER,
    last_strike_at=LATER,
    rule=StrikeRule(3, 86400.0),
)
STATUSES = [
    ALIVE,
    replace(ALIVE, checked_at=LATER, reason="304 on GET"),
    replace(ALIVE, kind=StatusKind.MOVED, verdict=VerdictKind.MOVED, moved_to="https://b.example/", moved_looks=2),
    replace(ALIVE, verdict=VerdictKind.SUSPECT),
    FAILING,
    replace(FAILING, strikes=2, last_strike_at=LATER + timedelta(days=1)),
    replace(FAILING, first_strike_at=START),
    replace(ALIVE, nameless=True, by_request=True, revived_at=START, moved_first_at=START),
]


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("before", STATUSES)
@pytest.mark.parametrize("after", STATUSES)
def test_a_target_stands_as_it_was_saved_last(tmp_path, before, after, tells):
    with open_state(tmp_path / "state.db", who="a test") as state:
        first, other = targets.named(state, ["https://a.example/", "https://c.example/"], START)
        saved = replace(first, status=after, etag="x", last_modified="y", length=3, titled=True, page_checked_at=START)
        for standing in ([(replace(first, status=before), START)], [(saved, LATER), (other, START)]):
            with state.write() as connection:
                stood = targets.on_record(state, [first.id, other.id]) if tells else None
                targets.save(connection, standing, stood)
        assert targets.get(state, first.id) == saved
        assert targets.get(state, other.id) == other
        assert targets.due_at(state, first.url) == LATER


def test_a_look_that_changes_nothing_writes_no_index_of_statuses(tmp_path):
    with open_state(tmp_path / "state.db", who="a test") as state:
        [target] = targets.named(state, ["https://a.example/"], START)
        asked = []
        for status in (ALIVE, replace(ALIVE, checked_at=LATER)):
            state.db.conn.set_trace_callback(asked.append)
            with state.write() as connection:
                stood = targets.on_record(state, [target.id])
                targets.save(connection, [(replace(target, status=status), LATER)], stood)
            state.db.conn.set_trace_callback(None)
        first, second = [one for one in asked if one.startswith("UPDATE targets")]
        assert "verdict = 'alive'" in first
        assert "verdict" not in second
        indexed = state.rows(
            "SELECT DISTINCT columns.name AS name FROM pragma_index_list('targets') AS list,"
            " pragma_index_info(list.name) AS columns WHERE list.origin = 'c'"
        )
        # Of what is indexed, only when it is due is written after each look.
        written = {row["name"] for row in indexed if f" {row['name']} = " in second.partition(" WHERE ")[0]}
        assert written == {"next_check_at"}
        assert str(seconds(LATER)) in second
