"""How the past is cut into periods that do not change."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feedbot.core.history import Came, closed_periods, document_name, is_document_file, month_of
from feedbot.core.slug import is_slug

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def came(number: int, date: str, path: str = "") -> Came:
    at = datetime.fromisoformat(date).replace(tzinfo=UTC)
    return Came(f"tag:{number}", path or f"articles/{number}.md", at)


def months(*dates: str) -> list[Came]:
    return [came(number, date) for number, date in enumerate(dates, 1)]


def test_a_month_is_over_when_an_entry_of_a_later_one_is_there() -> None:
    september = months("2026-09-01", "2026-09-30T23:59:59")
    assert closed_periods(september, 50) == {}
    assert closed_periods([*september, came(9, "2026-11-01")], 50) == {"2026-09": ("tag:1", "tag:2")}


def test_a_month_of_more_entries_than_a_feed_holds_is_several_periods() -> None:
    found = closed_periods(months(*(f"2026-10-{day:02}" for day in range(1, 8)), "2026-11-01"), 3)
    assert found == {
        "2026-10": ("tag:1", "tag:2", "tag:3"),
        "2026-10-2": ("tag:4", "tag:5", "tag:6"),
        "2026-10-3": ("tag:7",),
    }


def test_a_full_period_is_over_with_the_next_entry_and_not_before() -> None:
    three = months("2026-11-01", "2026-11-02", "2026-11-03")
    assert closed_periods(three, 3) == {}
    assert list(closed_periods([*three, came(4, "2026-11-04")], 3)) == ["2026-11"]


def test_a_month_is_cut_by_its_own_entries_alone() -> None:
    september = months(*(f"2026-09-{day:02}" for day in range(1, 8)))
    october = [replace(one, id=f"{one.id}0") for one in months(*(f"2026-10-{day:02}" for day in range(1, 5)))]
    whole = closed_periods([*september, *october], 3)
    assert closed_periods(september, 3, later=True) | closed_periods(october, 3) == whole
    assert {month_of(period) for period in whole} == {"2026-09", "2026-10"}


@given(
    st.lists(st.tuples(st.integers(0, 99), st.sampled_from("abcdef")), max_size=60),
    st.integers(1, 7),
    st.randoms(use_true_random=False),
)
def test_the_newest_and_the_periods_are_everything_each_once(entries, size, random) -> None:
    known = [
        replace(came(number, "2026-08-01", path=f"{path}{number}"), published_at=NOW - timedelta(days=days))
        for number, (days, path) in enumerate(entries)
    ]
    shown = sorted(sorted(known, key=lambda one: one.path), key=lambda one: one.published_at, reverse=True)
    random.shuffle(known)
    periods = closed_periods(known, size)
    archived = [one for ids in periods.values() for one in ids]
    assert len(archived) == len(set(archived))
    # The feed of the newest begins where the archives end.
    rest = [one.id for one in shown if one.id not in archived]
    assert rest == [one.id for one in shown][: len(rest)]
    assert len(rest) <= size
    assert all(0 < len(ids) <= size for ids in periods.values())


def test_no_feed_is_called_like_an_archive_document() -> None:
    assert document_name("all", "2026-11-2") == "all.2026-11-2"
    assert not is_slug("all.2026-11-2")
    for name in ("all.2026-11.atom", "c-plus-plus.2026-11-12.rss.gz"):
        assert is_document_file(name)
    for name in ("all.atom", "all-2026-11.atom", "all.2026-11.json", "feed.xml", "all.2026-11.atom.gz.gz"):
        assert not is_document_file(name)
