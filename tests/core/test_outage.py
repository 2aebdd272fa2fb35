import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.outage import Asked, is_mass_failure


def hosts(alive_fine, alive_failing, new=0):
    return (
        [Asked(f"fine{n}", was_alive=True, failed=False) for n in range(alive_fine)]
        + [Asked(f"failing{n}", was_alive=True, failed=True) for n in range(alive_failing)]
        + [Asked(f"new{n}", was_alive=False, failed=True) for n in range(new)]
    )


@pytest.mark.parametrize(
    ("fine", "failing", "new", "mass"),
    [
        (14, 6, 0, True),
        (15, 5, 0, False),
        (13, 6, 0, False),  # 19 hosts are too few to tell
        (13, 6, 1, True),
        (0, 0, 50, False),  # what was never alive says nothing
        (100, 29, 0, False),
        (0, 20, 0, True),
    ],
)
def test_thirty_percent_of_living_hosts_failing_among_twenty_is_us(fine, failing, new, mass):
    assert is_mass_failure(hosts(fine, failing, new)) is mass


def test_a_host_with_one_answer_does_not_fail():
    mixed = [Asked(f"host{n}", was_alive=True, failed=failed) for n in range(25) for failed in (True, False)]
    assert not is_mass_failure(mixed)


@given(st.lists(st.builds(Asked, st.sampled_from("abcdefghijklmnopqrs"), st.booleans(), st.booleans())))
def test_fewer_than_twenty_hosts_never_tell(asked):
    assert not is_mass_failure(asked)
