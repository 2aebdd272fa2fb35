from datetime import UTC, datetime

import pytest

from feedbot.wire.retry_after import asked_wait_s, hold_s

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "asked", "held"),
    [
        ("120", 120, 120),
        (" 3600 ", 3600, 3600),
        ("0", 0, 60),
        ("-5", 0, 60),
        ("1.5", 1.5, 60),
        ("9" * 5000, 1e9, 86400),
        ("Sun, 22 Nov 2026 10:10:00 GMT", 600, 600),
        ("Sun, 22 Nov 2026 10:10:00", 600, 600),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0, 60),
        ("Wed, 22 Nov 2090 09:00:00 GMT", 1e9, 86400),
    ],
)
def test_reads_seconds_and_dates(value, asked, held):
    assert asked_wait_s(value, NOW) == asked
    assert hold_s(asked_wait_s(value, NOW)) == held


@pytest.mark.parametrize(
    "value", ["", "soon", "nan", "inf", "1e3", "٣", "Sun, 99 Nov 2026", "\x00", "12 34 56", "0x10"]
)
def test_anything_else_asks_for_nothing(value):
    found = asked_wait_s(value, NOW)
    assert found is None or 0 <= found <= 1e9
