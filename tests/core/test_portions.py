from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.portions import Portions

gates = st.lists(st.integers(0, 5), max_size=80)


@given(gates, st.integers(1, 7), st.integers(1, 9), st.randoms(use_true_random=False))
def test_each_place_is_handed_out_once_and_of_a_gate_never_too_many(gates, most, at_once, choose):
    portions, out, handed = Portions(gates, most), [], []
    while not portions.are_over:
        taken = portions.take(at_once)
        assert len(taken) <= at_once
        handed += taken
        out += taken
        assert all(sum(gates[place] == gate for place in out) <= most for gate in set(gates))
        # Nothing is kept back for ever: with nothing out, there is something to hand out.
        assert taken or out
        for _ in range(choose.randint(0 if taken else 1, len(out))):
            portions.came_back(out.pop(choose.randrange(len(out))))
    assert sorted(handed) == list(range(len(gates)))
    # The order of a gate is that of the plan.
    for gate in set(gates):
        of_gate = [place for place in handed if gates[place] == gate]
        assert of_gate == sorted(of_gate)


@given(gates)
def test_where_no_gate_has_too_many_the_order_is_the_plans(gates):
    portions = Portions(gates, most=len(gates))
    assert portions.take(len(gates)) == list(range(len(gates)))
    assert portions.are_over


def test_a_gate_of_very_many_takes_no_room_from_those_behind_it():
    portions = Portions([0] * 1000 + [1, 2, 3], most=4)
    assert portions.take(7) == [0, 1, 2, 3, 1000, 1001, 1002]
    assert (portions.take(7), portions.are_over) == ([], False)


def test_what_waits_for_its_gate_goes_before_what_comes_later():
    portions = Portions([0, 0, 0, 0, *range(1, 9)], most=2)
    assert portions.take(4) == [0, 1, 4, 5]
    portions.came_back(1)
    assert portions.take(2) == [2, 6]


def test_a_gate_is_filled_up_when_half_of_it_is_done():
    portions = Portions([0] * 9, most=4)
    assert portions.take(9) == [0, 1, 2, 3]
    portions.came_back(0)
    assert portions.take(4) == []
    portions.came_back(1)
    assert portions.take(4) == [4, 5]


def test_an_empty_plan_is_over():
    assert Portions([], most=0).are_over
