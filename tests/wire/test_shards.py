from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedbot.config import CheckerConfig
from feedbot.core.domain import registrable_domain
from feedbot.core.url import host_of
from feedbot.wire.prober import ProbeTarget
from feedbot.wire.shards import ASKED_FOR_S, FEWEST_TARGETS, MOST_TARGETS, Shards, fewest, pace_of, shard_size

hosts = st.sampled_from(["a.test", "w.a.test", "b.test", "c.co.uk", "x.c.co.uk", "127.0.0.1", "[::1]", "d.github.io"])
plans = st.lists(st.builds("http://{}/{}".format, hosts, st.integers(0, 999)).map(ProbeTarget), unique=True)
# Which of the shards under way is done next, how long its domains rest then, and how much of it was not asked.
endings = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0.0, 1.0, 5.0]), st.integers(0, 3)), max_size=40)


def domain(target):
    return registrable_domain(host_of(target.url))


def targets(*urls):
    return [ProbeTarget(f"http://{url}") for url in urls]


def urls(shard):
    return [target.url.removeprefix("http://") for target in shard.targets]


@given(plans, plans, st.integers(1, 6), st.sampled_from([0.0, 7.0, 25.0, 90.0]), endings)
def test_every_target_is_given_out_once_and_a_domain_is_in_one_shard_at_a_time(first, more, most, delay_s, ends):
    """Whatever the order in which shards end: in the plan's order by domain, after its rest, and in the bounds."""
    plan = [*first, *(target for target in more if target not in first)]
    shards, now = Shards(lambda host: delay_s), 0.0
    shards.add(first)
    given_out, under_way, opens_at = [], [], {}
    late, ends = plan[len(first) :], [*ends]
    while True:
        while (shard := shards.take(now, most)) is not None:
            assert {domain(target) for target in shard.targets} == shard.domains
            assert not any(shard.domains & other.domains for other in under_way)
            assert all(opens_at.get(one, 0.0) <= now for one in shard.domains)
            assert len(shard.targets) <= most
            for one, number in Counter(map(domain, shard.targets)).items():
                assert number == 1 or (number - 1) * delay_s < ASKED_FOR_S, one
            under_way.append(shard)
        assert shards.waiting == len(plan) - len(late) - len(given_out) - sum(len(one.targets) for one in under_way)
        if late:
            shards.add(late)
            late = []
        elif under_way:
            which, rest_s, not_asked = ends.pop() if ends else (0, 0.0, 0)
            shard = under_way.pop(which % len(under_way))
            asked = len(shard.targets) - min(not_asked, len(shard.targets))
            given_out += shard.targets[:asked]
            shards.give_back(shard.targets[asked:])
            opens_at |= dict.fromkeys(shard.domains, now + rest_s)
            shards.done(shard, now, dict.fromkeys(shard.domains, rest_s))
        elif shards.waiting:
            assert shards.next_at() > now
            now = shards.next_at()
        else:
            break
    assert sorted(given_out, key=plan.index) == plan
    for one in set(map(domain, plan)):
        assert [t for t in given_out if domain(t) == one] == [t for t in plan if domain(t) == one]


def test_a_domain_of_many_targets_gives_a_part_to_each_of_several_shards():
    shards = Shards(lambda host: 30.0)
    shards.add(targets("a.test/1", "a.test/2", "a.test/3", "b.test/1"))
    first = shards.take(0.0)
    assert urls(first) == ["a.test/1", "a.test/2", "b.test/1"]
    assert shards.take(0.0) is None
    shards.done(first, 10.0, {})
    assert urls(shards.take(10.0)) == ["a.test/3"]


def test_what_comes_after_a_domain_was_asked_waits_until_it_has_rested():
    shards = Shards(lambda host: 0.0)
    shards.add(targets("a.test/1"))
    shards.done(shards.take(0.0), 1.0, {"a.test": 5.0})
    shards.add(targets("a.test/2", "b.test/1"))
    assert urls(shards.take(2.0)) == ["b.test/1"]
    assert shards.next_at() == 6.0
    assert shards.take(5.9) is None
    assert urls(shards.take(6.0)) == ["a.test/2"]


def test_what_is_dropped_is_not_given_out_and_its_domains_still_rest():
    shards = Shards(lambda host: 0.0)
    shards.add(targets("a.test/1", "b.test/1"))
    shards.done(shards.take(0.0, 1), 1.0, {"a.test": 5.0})
    shards.add(targets("a.test/2"))
    shards.drop()
    assert (shards.waiting, shards.take(2.0)) == (0, None)
    shards.add(targets("a.test/3"))
    assert shards.take(2.0) is None
    assert urls(shards.take(6.0)) == ["a.test/3"]


@pytest.mark.parametrize(
    ("waiting", "at_once", "size"),
    [
        (0, 0, FEWEST_TARGETS),
        (120, 4, FEWEST_TARGETS),
        (1200, 4, 300),
        (1201, 4, 301),
        (1_000_000, 4, MOST_TARGETS),
    ],
)
def test_what_waits_is_spread_over_the_workers(waiting, at_once, size):
    assert shard_size(waiting, at_once) == size


def test_the_pace_is_the_configs():
    hosts = {"slow.test": {"delay_s": 9.0}, "other.test": {"method": "GET"}}
    delay_s = pace_of(CheckerConfig.model_validate({"per_host": {"delay_s": 2.0}, "hosts": hosts}).policy())
    assert [delay_s(host) for host in ("slow.test", "w.slow.test", "other.test", "a.test")] == [9.0, 9.0, 2.0, 2.0]


def test_the_fewest_shards_of_a_plan_are_those_of_one_worker():
    config = CheckerConfig(per_host={"delay_s": 0}).policy()
    assert fewest([], config) == 0
    assert fewest(targets(*(f"h{number}.test/" for number in range(1000))), config) == 1
    assert fewest(targets(*(f"h{number}.test/" for number in range(1001))), config) == 2
    # A domain's part in a shard takes a minute at its pace.
    slow = CheckerConfig(per_host={"delay_s": ASKED_FOR_S / 2}).policy()
    assert fewest(targets("a.test/1", "a.test/2", "b.test/1", "a.test/3"), slow) == 2
