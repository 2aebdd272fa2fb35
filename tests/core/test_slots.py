from datetime import UTC, date, datetime, time, timedelta

import pytest

from feedbot.core.slots import after_step, end_of, next_night, next_slot

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def after(**by):
    return NOON + timedelta(**by)


@pytest.mark.parametrize(
    ("previous", "now", "planned"),
    [
        (after(minutes=-1), NOON, after(minutes=4)),
        (NOON, NOON, after(minutes=5)),
        (after(minutes=-5), NOON, after(minutes=5)),
        (after(days=-365), NOON, after(minutes=5)),
        (after(hours=1), NOON, after(hours=1, minutes=5)),
    ],
)
def test_the_next_slot_is_one_interval_after_the_last_and_never_past(previous, now, planned):
    assert next_slot(previous, 300, now) == planned


@pytest.mark.parametrize(
    ("at", "since_last_s", "planned"),
    [
        (time(13), None, after(hours=1)),
        (time(12), None, after(days=1)),
        (time(3), None, after(hours=15)),
        (time(13), 60, after(days=1, hours=1)),
        (time(13), 11.5 * 3600, after(hours=1)),
        (time(13), 86400, after(hours=1)),
    ],
)
def test_a_night_comes_once(at, since_last_s, planned):
    assert next_night(NOON, at, since_last_s) == planned


@pytest.mark.parametrize("step_s", [3600, -3600, 31536000, -31536000])
def test_after_a_step_a_slot_is_as_far_away_as_before(step_s):
    assert after_step(after(seconds=90), step_s) - after(seconds=step_s) == timedelta(seconds=90)


def test_a_day_is_over_at_midnight():
    assert end_of(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert end_of(date.max) is None
