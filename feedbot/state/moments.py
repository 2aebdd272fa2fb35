"""When the feeds change without anybody doing anything."""

from datetime import date, datetime

from feedbot.core.slots import end_of
from feedbot.state.database import State, moment, stamp


def next_moment(state: State, now: datetime) -> datetime | None:
    """The next time that an article's publication comes, or that a person's word on a link is over; None without."""
    article = state.value("SELECT min(published_at) FROM members WHERE topic = '' AND published_at > ?", [stamp(now)])
    # A mark holds through its last day.
    last_day = state.value("SELECT min(until) FROM marks WHERE until >= ?", [now.date().isoformat()])
    coming = None if article is None else moment(article)
    over = None if last_day is None else end_of(date.fromisoformat(last_day))
    return min((one for one in (coming, over) if one is not None), default=None)
