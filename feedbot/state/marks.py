"""What persons have said of links (`feedbot mark`), by canonical URL."""

from datetime import date, datetime
from typing import Any

from feedbot.core.mark import LOOK_AGAIN, Mark, MarkKind
from feedbot.state.database import State, moment, seconds, stamp


def put(state: State, url: str, mark: Mark, now: datetime) -> None:
    """Keep a person's word on a link; an earlier one is replaced."""
    until = None if mark.until is None else mark.until.isoformat()
    with state.write() as connection:
        connection.execute(
            "INSERT OR REPLACE INTO marks (url, kind, note, until, made_at) VALUES (?, ?, ?, ?, ?)",
            [url, mark.kind.value, mark.note, until, stamp(now)],
        )
        if mark.kind is MarkKind.IGNORE:
            # Not due: nobody counts on its being asked.
            connection.execute("UPDATE targets SET next_check_at = ? WHERE url = ?", [seconds(now + LOOK_AGAIN), url])
        else:
            _make_due(connection, url, now)


def remove(state: State, url: str, now: datetime) -> bool:
    """Forget a person's word on a link, and have it looked at soon; False where there was none."""
    with state.write() as connection:
        gone = bool(connection.execute("DELETE FROM marks WHERE url = ?", [url]).rowcount)
        _make_due(connection, url, now)
    return gone


def _make_due(connection: Any, url: str, now: datetime) -> None:
    """What was left alone is due again from now on, and what is marked is looked at soon."""
    connection.execute("UPDATE targets SET next_check_at = min(next_check_at, ?) WHERE url = ?", [seconds(now), url])


def holding(state: State, now: datetime) -> dict[str, Mark]:
    """Every word that holds at this moment, by canonical URL."""
    found = {row["url"]: _mark(row) for row in state.rows("SELECT * FROM marks ORDER BY url")}
    return {url: mark for url, mark in found.items() if mark.holds(now)}


def of(state: State, url: str) -> Mark | None:
    """A person's word on one link, whether it still holds or not."""
    rows = state.rows("SELECT * FROM marks WHERE url = ?", [url])
    return _mark(rows[0]) if rows else None


def _mark(row: dict[str, Any]) -> Mark:
    until = None if row["until"] is None else date.fromisoformat(row["until"])
    return Mark(MarkKind(row["kind"]), row["note"], until, moment(row["made_at"]))
