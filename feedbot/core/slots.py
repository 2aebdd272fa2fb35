"""When a job of the daemon runs next, whatever was done to the clock meanwhile."""

from datetime import UTC, date, datetime, time, timedelta

from feedbot.core.status import DAY_S

STEP_S = 1.0
"""A wall clock that gains or loses more than this against the monotonic one was set; less is only steered (NTP)."""

_SAME_NIGHT_S = DAY_S / 2


def next_slot(previous: datetime, every_s: float, now: datetime) -> datetime:
    """The slot after `previous`; where that is over, one interval from now: slots that were slept over are one."""
    planned = previous + timedelta(seconds=every_s)
    return planned if planned > now else now + timedelta(seconds=every_s)


def next_night(now: datetime, at: time, since_last_s: float | None = None) -> datetime:
    """The next time that it is `at` (UTC).

    Not within 12 hours of the last time, `since_last_s` monotonic seconds ago: a clock that is set back brings the
    same night again.
    """
    earliest = now
    if since_last_s is not None:
        earliest += timedelta(seconds=max(0.0, _SAME_NIGHT_S - since_last_s))
    tonight = datetime.combine(earliest.date(), at, UTC)
    return tonight if tonight > earliest else tonight + timedelta(days=1)


def after_step(planned: datetime, step_s: float) -> datetime:
    """The slot when the clock has been set by so many seconds: as far away as it was before."""
    return planned + timedelta(seconds=step_s)


def end_of(day: date) -> datetime | None:
    """The moment at which a day (UTC) is over; None for the last day that there is, in the year 9999."""
    return None if day == date.max else datetime.combine(day + timedelta(days=1), time(), UTC)
