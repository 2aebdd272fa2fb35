"""What was not well at the last look of the doctor."""

from collections.abc import Mapping
from datetime import datetime

from feedbot.state import care
from feedbot.state.care import Deed
from feedbot.state.database import State


def standing(state: State) -> dict[str, str]:
    """The level of each, by what it is about (core/doctor.py: Finding.key)."""
    return {row["key"]: row["level"] for row in state.rows("SELECT key, level FROM findings ORDER BY key")}


def keep(state: State, findings: Mapping[str, str], now: datetime) -> None:
    """Keep what is not well now in place of what was, and that a look was taken."""
    with state.write() as connection:
        connection.execute("DELETE FROM findings")
        connection.executemany("INSERT INTO findings (key, level) VALUES (?, ?)", list(findings.items()))
    care.note(state, Deed.DOCTOR, now)
