import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.wire.prober import ProbeTarget
from feedbot.wire.workers import TARGETS_WORTH_A_PROCESS, Shares, how_many

hosts = st.sampled_from(["a.test", "w.a.test", "b.test", "c.co.uk", "x.c.co.uk", "127.0.0.1", "[::1]", "d.github.io"])
plans = st.lists(st.builds("http://{}/{}".format, hosts, st.integers(0, 999)).map(ProbeTarget), unique=True)


def shared_out(plan, shares):
    return Shares(shares).share_out(plan, [0] * shares)


def gate(target):
    return registrable_domain(host_of(target.url))


@given(plans, st.integers(1, 8))
def test_every_target_is_in_one_part_in_the_plans_order(plan, shares):
    parts = shared_out(plan, shares)
    assert len(parts) == shares
    assert sorted((target for part in parts for target in part), key=plan.index) == plan
    assert all(part == sorted(part, key=plan.index) for part in parts)


@given(plans, st.integers(1, 8))
def test_a_gate_is_in_one_part(plan, shares):
    where = [{gate(target) for target in part} for part in shared_out(plan, shares)]
    assert sum(map(len, where)) == len(set(map(gate, plan)))


@given(st.lists(plans, min_size=1, max_size=4), st.integers(1, 8), st.data())
def test_a_gate_stays_in_its_part_whatever_comes_later(portions, shares, data):
    sharing, where = Shares(shares), {}
    for portion in portions:
        loads = data.draw(st.lists(st.integers(0, 9), min_size=shares, max_size=shares))
        for number, part in enumerate(sharing.share_out(portion, loads)):
            assert all(where.setdefault(gate(target), number) == number for target in part)


def test_what_is_new_goes_to_who_has_least_to_do():
    sharing = Shares(3)
    assert sharing.share_out([ProbeTarget("http://a.test/")], [5, 2, 9]) == [[], [ProbeTarget("http://a.test/")], []]


def test_the_gates_of_a_part_that_takes_no_more_go_to_others():
    sharing, target = Shares(2), ProbeTarget("http://a.test/")
    assert sharing.share_out([target], [0, 1]) == [[target], []]
    assert sharing.share_out([target], [math.inf, 1]) == [[], [target]]
    assert sharing.share_out([target], [0, 1]) == [[], [target]]
    assert sharing.share_out([target], [math.inf, math.inf]) == [[], []]


@given(plans, st.integers(1, 8))
def test_no_part_is_larger_than_another_by_more_than_one_gate(plan, shares):
    parts = shared_out(plan, shares)
    sizes = [len(part) for part in parts]
    largest = max((sum(gate(one) == gate(two) for two in plan) for one in plan), default=0)
    assert max(sizes) - min(sizes) <= largest


@given(plans)
def test_the_same_plan_is_shared_out_the_same_way(plan):
    assert shared_out(plan, 3) == shared_out(list(plan), 3)


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("workers", "targets", "concurrency", "processes"),
    [
        ("auto", 0, 100, 1),
        ("auto", 2 * TARGETS_WORTH_A_PROCESS - 1, 100, 1),
        ("auto", 2 * TARGETS_WORTH_A_PROCESS, 100, 2),
        ("auto", 5 * TARGETS_WORTH_A_PROCESS, 100, 5),
        ("auto", 1_000_000, 100, 8),
        ("auto", 1_000_000, 3, 3),
        (1, 1_000_000, 100, 1),
        (4, 1_000_000, 100, 4),
        (16, 1_000_000, 100, 16),
        (4, 3, 100, 3),
        (4, 0, 100, 1),
        (4, 100, 1, 1),
    ],
)
def test_so_many_processes(eight_cores, workers, targets, concurrency, processes):
    assert how_many(workers, targets, concurrency) == processes
