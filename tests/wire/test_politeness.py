import asyncio

import pytest

from feedbot.core.checker import Pace
from feedbot.wire.politeness import HeldTooLong, HostGates, Share
from feedbot.wire.slots import Slots
from tests.wire.scripted import ScriptedClock


def made(concurrency=2, delay_s=1.0, overall=None):
    clock = ScriptedClock()
    return clock, HostGates(Pace(concurrency=concurrency, delay_s=delay_s), clock, Slots(overall))


async def visit(gates, clock, host, stay_s, starts, latest=float("inf")):
    async with gates.slot(host, latest):
        starts.append((host, clock.monotonic()))
        await clock.sleep(stay_s)


async def test_starts_are_spaced_and_bounded():
    clock, gates = made(concurrency=2, delay_s=1.0)
    starts = []
    await asyncio.gather(*(visit(gates, clock, f"w{n}.example.com", 10, starts) for n in range(4)))
    # Two at once, a second apart; the third when the first has left.
    assert [at - 1000 for _, at in starts] == [0, 1, 10, 11]


async def test_a_domain_of_other_processes_is_asked_by_all_of_them_together_at_its_pace():
    clock = ScriptedClock()
    share = Share({"example.com"}, 3)
    gates = HostGates(Pace(concurrency=4, delay_s=1.0), clock, share=share)
    starts = []
    hosts = [host for host in ("w.example.com", "theirs.test") for _ in range(3)]
    await asyncio.gather(*(visit(gates, clock, host, 0.5, starts) for host in hosts))
    assert [at - 1000 for host, at in starts if host == "w.example.com"] == [0, 1, 2]
    assert [at - 1000 for host, at in starts if host == "theirs.test"] == [0, 3, 6]
    starts.clear()
    at = clock.monotonic()
    await asyncio.gather(*(visit(gates, clock, "theirs.test", 60, starts) for _ in range(2)))
    assert starts[1][1] - at >= 60  # one at once: a third of four


async def test_a_domain_that_is_taken_over_after_a_redirect_led_there_is_asked_at_its_own_pace():
    clock = ScriptedClock()
    gates = HostGates(Pace(concurrency=4, delay_s=1.0), clock, share=Share({"example.com"}, 2))
    starts = []
    await asyncio.gather(*(visit(gates, clock, host, 0, starts) for host in ("ours.test", "slow.test")))
    gates.slow_down("slow.test", 7)
    gates.take_over(["ours.test", "slow.test", "example.com"])
    assert (gates.delay_at("ours.test"), gates.delay_at("w.ours.test"), gates.delay_at("slow.test")) == (1, 1, 7)
    assert gates.delay_at("theirs.test") == 2
    starts.clear()
    await asyncio.gather(*(visit(gates, clock, "ours.test", 60, starts) for _ in range(5)))
    # Four at once, as configured, and not the two of a domain of others.
    assert starts[3][1] - starts[0][1] < 60 <= starts[4][1] - starts[0][1]


async def test_domains_do_not_wait_for_each_other():
    clock, gates = made(concurrency=1)
    starts = []
    await asyncio.gather(*(visit(gates, clock, host, 5, starts) for host in ("a.test", "b.test", "a.test")))
    assert starts == [("a.test", 1000), ("b.test", 1000), ("a.test", 1005)]


async def test_no_delay_is_no_sleep():
    clock, gates = made(concurrency=1, delay_s=0)
    for _ in range(5):
        async with gates.slot("a.test"):
            pass
    assert clock.slept == []


async def test_a_hold_is_for_the_whole_domain_and_never_shrinks():
    clock, gates = made(delay_s=0)
    gates.hold("www.example.com", 60)
    gates.hold("example.com", 5)
    assert gates.held_for("cdn.example.com") == 60
    assert gates.held_for("example.org") == 0
    starts = []
    await visit(gates, clock, "example.com", 0, starts)
    assert starts == [("example.com", 1060)]
    assert gates.held_for("example.com") == 0


async def test_a_hold_that_comes_while_waiting_counts():
    clock, gates = made(concurrency=1, delay_s=5)
    starts = []
    await visit(gates, clock, "a.test", 0, starts)
    waiting = asyncio.create_task(visit(gates, clock, "a.test", 0, starts))
    await asyncio.sleep(0)
    gates.hold("a.test", 100)
    await waiting
    assert starts[1] == ("a.test", 1100)


async def test_a_hold_beyond_the_end_is_told_at_once():
    clock, gates = made(delay_s=0)
    gates.hold("a.test", 100)
    with pytest.raises(HeldTooLong) as caught:
        await visit(gates, clock, "a.test", 0, [], latest=1050)
    assert caught.value.wait_s == 100
    assert clock.t == 1000
    # The gate is left as it was found.
    starts = []
    await visit(gates, clock, "a.test", 0, starts, latest=1100)
    assert starts == [("a.test", 1100)]


async def test_a_cancelled_visitor_leaves_no_trace():
    clock, gates = made(concurrency=1, delay_s=0, overall=1)
    gates.hold("a.test", 10)
    waiting = asyncio.create_task(visit(gates, clock, "a.test", 0, []))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    starts = []
    await visit(gates, clock, "a.test", 0, starts)
    assert len(starts) == 1


async def test_overall_bounds_all_gates_together():
    clock, gates = made(delay_s=0, overall=2)
    starts = []
    await asyncio.gather(*(visit(gates, clock, f"{n}.test", 10, starts) for n in range(4)))
    assert [at - 1000 for _, at in starts] == [0, 0, 10, 10]


async def test_the_slow_lane_doubles_the_delay_of_the_whole_domain_up_to_a_bound():
    clock, gates = made(concurrency=1, delay_s=0)
    delays = []
    for _ in range(8):
        gates.slow_lane("www.example.com")
        delays.append(gates.delay_at("example.com"))
    assert delays == [1, 2, 4, 8, 16, 32, 32, 32]
    assert gates.delay_at("example.org") == 0
    starts = []
    for _ in range(2):
        await visit(gates, clock, "cdn.example.com", 0, starts)
    assert [at - 1000 for _, at in starts] == [0, 32]


async def test_the_slow_lane_holds_for_the_very_next_start():
    clock, gates = made(concurrency=1, delay_s=1)
    starts = []
    await visit(gates, clock, "a.test", 0, starts)
    gates.slow_lane("a.test")
    await visit(gates, clock, "a.test", 0, starts)
    assert [at - 1000 for _, at in starts] == [0, 2]


async def test_a_pace_slower_than_the_slow_lane_stays():
    _, gates = made(delay_s=60)
    gates.slow_lane("a.test")
    assert gates.delay_at("a.test") == 60


async def test_the_amp_cache_is_one_host_and_waits_as_one():
    clock, gates = made(concurrency=2, delay_s=1)
    starts = []
    hosts = [f"www-{n}-example.cdn.ampproject.org" for n in range(4)]
    await asyncio.gather(*(visit(gates, clock, host, 0, starts) for host in hosts))
    assert [at - 1000 for _, at in starts] == [0, 1, 2, 3]
    gates.hold(hosts[0], 300)
    assert gates.held_for(hosts[3]) == 300


async def test_a_hold_that_comes_while_waiting_for_room_counts():
    clock, gates = made(concurrency=1, delay_s=0, overall=1)
    starts = []
    other = asyncio.create_task(visit(gates, clock, "b.test", 5, starts))
    await asyncio.sleep(0)
    waiting = asyncio.create_task(visit(gates, clock, "a.test", 0, starts))
    await asyncio.sleep(0)
    gates.hold("a.test", 100)
    await asyncio.gather(other, waiting)
    assert starts == [("b.test", 1000), ("a.test", 1100)]
