"""When what is done from time to time, or once, was last done with this database."""

from datetime import datetime, timedelta
from enum import StrEnum

from feedbot.state.database import State, moment, stamp

_CLOCK_STEP = timedelta(hours=1)


class Deed(StrEnum):
    """What is done from time to time."""

    MAINTENANCE = "maintenance"
    WHOLE_CHECK = "whole check"
    DOCTOR = "doctor"
    READING = "reading"
    """All article files were read, once."""


def note(state: State, deed: Deed, now: datetime) -> None:
    """Note that it was done."""
    with state.write() as connection:
        connection.execute("INSERT OR REPLACE INTO care (deed, done_at) VALUES (?, ?)", [deed.value, stamp(now)])


def was_done(state: State, deed: Deed) -> bool:
    """True where it was ever done."""
    return state.value("SELECT 1 FROM care WHERE deed = ?", [deed.value]) is not None


def is_due(state: State, deed: Deed, every: timedelta, now: datetime) -> bool:
    """True where it was not done for so long; one never done is due when the database is as old.

    What was done in the future, by a clock that was wrong, counts for nothing.
    """
    done_at = state.value("SELECT done_at FROM care WHERE deed = ?", [deed.value])
    if done_at is None:
        done_at = state.value("SELECT started_at FROM runs ORDER BY id LIMIT 1")
    if done_at is None:
        return False
    since = now - moment(done_at)
    return since >= every or since < -_CLOCK_STEP
