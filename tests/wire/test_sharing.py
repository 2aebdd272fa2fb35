import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.wire.prober import ProbeTarget
from feedbot.wire.workers import TARGETS_WORTH_A_PROCESS, how_many, shared_out

hosts = st.sampled_from(["a.test", "w.a.test", "b.test", "c.co.uk", "x.c.co.uk", "127.0.0.1", "[::1]", "d.github.io"])
plans = st.lists(st.builds("http://{}/{}".format, hosts, st.integers(0, 999)).map(ProbeTarget), unique=True)


def gate(target):
    return registrable_domain(host_of(target.url))


@given(plans, st.integers(1, 8))
def test_every_target_is_in_one_part_in_the_plans_order(plan, shares):
    parts = shared_out(plan, shares)
    assert len(parts) <= shares
    assert all(parts)
    assert sorted((target for part in parts for target in part), key=plan.index) == plan
    assert all(part == sorted(part, key=plan.index) for part in parts)


@given(plans, st.integers(1, 8))
def test_a_gate_is_in_one_part(plan, shares):
    where = [{gate(target) for target in part} for part in shared_out(plan, shares)]
    assert sum(map(len, where)) == len(set(map(gate, plan)))


@given(plans, st.integers(1, 8))
def test_no_part_is_larger_than_another_by_more_than_one_gate(plan, shares):
    parts = shared_out(plan, shares)
    sizes = [len(part) for part in parts] + [0] * (shares - len(parts))
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
