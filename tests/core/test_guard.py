import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.guard import Held, RemovalCause, guard_removals, is_renaming

V, R, D, O = RemovalCause.VANISHED, RemovalCause.REJECTED, RemovalCause.DEAD, RemovalCause.OTHER  # noqa: E741


def held_of(published: int, **causes: int) -> Held | None:
    ids = [f"id{n}" for n in range(published)]
    wanted = [RemovalCause(cause) for cause, count in causes.items() for _ in range(count)]
    return guard_removals(ids, dict(zip(ids, wanted, strict=False)))


@pytest.mark.parametrize(
    ("published", "causes", "count"),
    [
        (50, {"vanished": 11}, 11),  # over 20 % and over 5
        (50, {"vanished": 10}, 0),  # 20 % is not over 20 %
        (6, {"vanished": 5}, 0),  # 5 is not over 5
        (20, {"dead": 5}, 0),
        (20, {"dead": 6}, 6),
        (50, {"vanished": 4, "rejected": 4, "dead": 4}, 12),  # causes are counted together
        (50, {"other": 50}, 0),  # somebody's will
        (50, {"other": 40, "dead": 5}, 0),
        (6, {"vanished": 1, "other": 5}, 1),  # a feed of more than 5 going empty
        (5, {"vanished": 5}, 0),  # a small feed may go empty
        (50, {}, 0),
        (0, {}, 0),
    ],
)
def test_what_is_held(published: int, causes: dict[str, int], count: int) -> None:
    held = held_of(published, **causes)
    assert (len(held.entry_ids) if held else 0) == count


def test_the_sentence_counts_by_cause() -> None:
    held = held_of(20, vanished=6, rejected=1, dead=2, other=3)
    assert held is not None
    assert held.sentence.startswith(
        "9 of 20 entries would go (6 files vanished, 1 file rejected, 2 links dead or refused)"
    )


def test_removals_of_unpublished_entries_do_not_count() -> None:
    assert guard_removals(["a"] * 1 + [f"p{n}" for n in range(9)], {f"x{n}": V for n in range(100)}) is None


@given(
    st.lists(st.integers(0, 60), max_size=60, unique=True),
    st.dictionaries(st.integers(0, 60), st.sampled_from(RemovalCause)),
)
def test_only_guarded_removals_of_published_entries_are_held_all_or_none(
    published: list[int], causes: dict[int, RemovalCause]
) -> None:
    ids = [str(n) for n in published]
    removals = {str(n): cause for n, cause in causes.items()}
    guarded = {entry_id for entry_id in ids if removals.get(entry_id) in {V, R, D}}
    held = guard_removals(ids, removals)
    if held is None:
        assert len(guarded) <= 5 or len(guarded) * 5 <= len(ids)
        assert len(ids) <= 5 or not guarded or set(ids) - removals.keys()
        return
    assert held.entry_ids == guarded
    assert [r.entry_id for r in held.removals] == [entry_id for entry_id in ids if entry_id in guarded]
    assert len(ids) > 5
    assert all(removal.cause is not O for removal in held.removals)


def test_more_than_five_changed_ids_are_a_renaming() -> None:
    assert not is_renaming(5)
    assert is_renaming(6)
