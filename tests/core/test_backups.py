"""How backups are called, and which of them go."""

from datetime import date

import pytest

from feedbot.core.backups import backup_name, day_of, too_many

DAY = date(2026, 11, 25)


def test_a_name_tells_the_day_and_the_database():
    assert backup_name("state", ".db", DAY) == "state-2026-11-25.db.gz"
    assert day_of("state-2026-11-25.db.gz", "state", ".db") == DAY


@pytest.mark.parametrize(
    "name",
    [
        "state-2026-11-25.db",
        "state-2026-13-25.db.gz",
        "state-2026-11-25xdb.gz",
        "other-2026-11-25.db.gz",
        ".state-2026-11-25.db.gz.feedbot-tmp",
        "state-٢٠٢٦-11-25.db.gz",
    ],
)
def test_any_other_file_is_no_backup(name):
    assert day_of(name, "state", ".db") is None


@pytest.mark.parametrize(
    ("sizes", "keep", "max_bytes", "go"),
    [
        ([], 7, 100, 0),
        ([10] * 7, 7, 100, 0),
        ([10] * 9, 7, 100, 2),
        ([10] * 5, 7, 30, 2),
        ([10, 10, 25], 7, 30, 2),
        ([10, 10, 99], 7, 30, 2),
        ([99], 7, 30, 0),
        ([10, 10], 1, 100, 1),
    ],
)
def test_the_oldest_go_and_the_newest_never(sizes, keep, max_bytes, go):
    assert too_many(sizes, keep=keep, max_bytes=max_bytes) == go
