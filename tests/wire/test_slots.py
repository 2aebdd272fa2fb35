"""Who takes long holds nobody up: slots by themselves, and a whole plan in virtual time."""

import asyncio
from dataclasses import replace

import pytest

from feedbot.core.checker import Pace
from feedbot.core.observation import Answered, Failure, FailureKind, Phases
from feedbot.wire.executor import LocalExecutor, one_portion
from feedbot.wire.politeness import HostGates
from feedbot.wire.prober import ProbePolicy, Prober, ProbeTarget
from feedbot.wire.slots import OVERDUE_S, Slots
from tests.wire.scripted import response
from tests.wire.virtual_time import LoopClock, run_in_virtual_time

A_LOOK_S = OVERDUE_S / 4


async def hold(slots, seconds, starts):
    step = await slots.take()
    starts.append(asyncio.get_running_loop().time() - 1000)
    try:
        await asyncio.sleep(seconds)
    finally:
        slots.give(step)


async def all_of(slots, *seconds):
    starts = []
    await asyncio.gather(*(hold(slots, one, starts) for one in seconds))
    return starts


def test_room_is_handed_out_in_the_order_of_asking():
    assert run_in_virtual_time(all_of(Slots(2), 0.5, 0.3, 0.1, 0.1)) == pytest.approx([0, 0, 0.3, 0.4])


def test_what_is_overdue_steps_aside_and_no_more_than_allowed_do():
    starts = run_in_virtual_time(all_of(Slots(1, aside=1), 30, 30, 0.1))
    assert starts[0] == 0
    assert OVERDUE_S <= starts[1] <= OVERDUE_S + A_LOOK_S
    # One is aside, so the second keeps its room until it is through, or the first is.
    assert starts[2] == pytest.approx(30, abs=2 * A_LOOK_S)


def test_without_anybody_aside_room_is_kept():
    assert run_in_virtual_time(all_of(Slots(1), 30, 30)) == [0, 30]


def test_who_is_idle_is_counted_and_told():
    async def scenario():
        slots = Slots(2, aside=5)
        told = []
        slots.on_idle = lambda: told.append(slots.idle)
        with slots.pausing():
            assert slots.idle == 1
        request = asyncio.create_task(hold(slots, 20, []))
        with slots.watching():
            await asyncio.sleep(OVERDUE_S / 2)
            assert slots.idle == 0
            await asyncio.sleep(10)
            assert slots.idle == 2
        assert slots.idle == 1
        await request
        with slots.watching():
            pass
        assert slots.idle == 0
        return told

    assert run_in_virtual_time(scenario()) == [1, 2]


def test_a_request_that_is_cancelled_leaves_no_trace():
    async def scenario(after_s):
        slots = Slots(1, aside=1)
        request = asyncio.create_task(hold(slots, 100, []))
        await asyncio.sleep(after_s)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        assert slots.idle == 0
        return await all_of(slots, 30, 0.1)

    for after_s in (0.5, 5):
        first, second = run_in_virtual_time(scenario(after_s))
        assert first == after_s
        assert OVERDUE_S <= second - first <= OVERDUE_S + A_LOOK_S


# A whole plan


class Net:
    """Answers in 50 ms; some hosts never do, and some names take 5 s, 64 look-ups at once."""

    def __init__(self):
        self.threads = asyncio.Semaphore(64)
        self.known = {}
        self.now = self.most = 0

    async def resolve(self, host):
        if not host.startswith("late"):
            return ("203.0.113.1",)
        if host not in self.known:
            self.known[host] = asyncio.get_running_loop().create_future()
            async with self.threads:
                await asyncio.sleep(5)
            self.known[host].set_result(("203.0.113.1",))
        return await self.known[host]

    async def exchange(self, request):
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if "silent" in request.url:
                await asyncio.sleep(10)
                return Failure(FailureKind.CONNECT_TIMEOUT, "connection timed out")
            await asyncio.sleep(0.05)
            return response(200)
        finally:
            self.now -= 1


CONCURRENCY = 100
TROUBLED = [f"http://{kind}{n}.test/" for n in range(200) for kind in ("silent", "late")]
ANSWERING = [f"http://ok{n}.test/" for n in range(5000)]


async def carried_out(plan, delay_s=0.0, aside=2 * CONCURRENCY, concurrency=CONCURRENCY):
    """When each URL was done, in seconds; and its outcome."""
    clock, net = LoopClock(), Net()
    gates = HostGates(Pace(delay_s=delay_s), clock, Slots(concurrency, aside))
    prober = Prober(net, gates, clock, ProbePolicy(headers=()), net)
    done = {}
    async for result in LocalExecutor(prober, concurrency).observe(one_portion([ProbeTarget(url) for url in plan])):
        done[result.url] = (clock.monotonic() - 1000, result.outcome)
    assert len(done) == len(plan)
    assert gates.slots.idle == 0
    assert net.most <= concurrency + aside
    return done


def spread(few, many):
    step = len(many) // len(few)
    return [url for n, one in enumerate(few) for url in (*many[n * step : (n + 1) * step], one)] + many[
        len(few) * step :
    ]


ORDERS = {"first": TROUBLED + ANSWERING, "spread": spread(TROUBLED, ANSWERING), "last": ANSWERING + TROUBLED}


@pytest.mark.parametrize("order", ORDERS)
def test_hosts_that_never_answer_and_names_that_take_long_hold_no_answering_link_up(order):
    alone = run_in_virtual_time(carried_out(ANSWERING))
    among = run_in_virtual_time(carried_out(ORDERS[order]))
    assert {among[url][1] for url in ANSWERING} == {Answered(200, url) for url in ANSWERING}
    # A troubled host has a lane, or room, for as long as it takes to see that it is one.
    bound = len(TROUBLED) / CONCURRENCY * (OVERDUE_S + A_LOOK_S)
    assert max(among[url][0] - alone[url][0] for url in ANSWERING) <= bound + 0.1
    assert {type(among[url][1]).__name__ for url in TROUBLED if "silent" in url} == {"Failed"}


def test_where_nobody_steps_aside_they_do():
    """What the test before would miss if it could not fail."""
    among = run_in_virtual_time(carried_out(ORDERS["first"], aside=0))
    assert max(among[url][0] for url in ANSWERING) > 30


def test_hosts_that_rest_between_two_requests_leave_their_place_to_others():
    plan = [f"http://ok{n % 2000}.test/{n}" for n in range(6000)]
    done = run_in_virtual_time(carried_out(plan, delay_s=1.0))
    # 6,000 requests of 50 ms by a hundred at once take 3 s, and a thousand lanes are open.
    assert max(seconds for seconds, _ in done.values()) < 8


def test_a_host_that_is_held_holds_up_its_own_lanes_only():
    async def scenario():
        clock, net = LoopClock(), Net()
        gates = HostGates(Pace(delay_s=0), clock, Slots(1))
        prober = Prober(net, gates, clock, ProbePolicy(headers=()), net)
        for n in range(5):
            gates.hold(f"held{n}.test", 300)
        plan = [f"http://held{n}.test/{m}" for n in range(5) for m in range(3)] + ["http://ok.test/"]
        results = LocalExecutor(prober, 1).observe(one_portion([ProbeTarget(url) for url in plan]))
        return [(result.url, clock.monotonic() - 1000) async for result in results]

    done = run_in_virtual_time(scenario())
    assert done[0][0] == "http://ok.test/"
    assert done[0][1] < 1
    assert len(done) == 16
    assert all(300 <= at < 302 for _, at in done[1:])


def test_what_waits_for_a_retry_holds_nobody_up():
    async def scenario():
        clock, net = LoopClock(), Net()

        async def exchange(request):
            await asyncio.sleep(0.05)
            return response(500 if "bad" in request.url else 200)

        net.exchange = exchange
        gates = HostGates(Pace(delay_s=0), clock, Slots(1))
        prober = Prober(net, gates, clock, ProbePolicy(headers=()), net)
        plan = [ProbeTarget(f"http://{host}.test/") for host in ("bad", "ok0", "ok1", "ok2")]
        return [
            (result.url, clock.monotonic() - 1000)
            async for result in LocalExecutor(prober, 1).observe(one_portion(plan))
        ]

    done = run_in_virtual_time(scenario())
    assert [url for url, _ in done] == [f"http://{host}.test/" for host in ("ok0", "ok1", "ok2", "bad")]
    assert done[2][1] < 1
    assert done[3][1] > 10


def test_the_time_of_a_look_up_is_recorded_with_the_request_that_needed_it():
    async def scenario():
        clock, net = LoopClock(), Net()

        async def exchange(request):
            return replace(response(200), phases=Phases(connect=7))

        net.exchange = exchange
        prober = Prober(net, HostGates(Pace(delay_s=0), clock), clock, ProbePolicy(headers=()), net)
        return [await prober.probe(ProbeTarget(f"http://late.test/{n}")) for n in range(2)]

    first, second = run_in_virtual_time(scenario())
    assert (first.elapsed_ms, first.exchanges[0].phases) == (5000, Phases(resolve=5000, connect=7))
    assert (second.elapsed_ms, second.exchanges[0].phases) == (0, Phases(connect=7))


def scenario_over(net, plan, concurrency, *, held=(), aside=0, **policy):
    """What came of a plan: URL, when it was done, and how many tasks there were then."""

    async def scenario():
        clock = LoopClock()
        gates = HostGates(Pace(delay_s=0), clock, Slots(concurrency, aside))
        for host, seconds in held:
            gates.hold(host, seconds)
        prober = Prober(net, gates, clock, ProbePolicy(headers=(), **policy), net)
        results = LocalExecutor(prober, concurrency).observe(one_portion([ProbeTarget(url) for url in plan]))
        return [(result.url, clock.monotonic() - 1000, len(asyncio.all_tasks())) async for result in results]

    return run_in_virtual_time(scenario())


def test_lanes_that_wait_for_a_robots_txt_that_another_has_asked_for_hold_nobody_up():
    plan = ["http://silent.test/1", "http://silent.test/2", *(f"http://ok.test/{n}" for n in range(30))]
    done = scenario_over(Net(), plan, concurrency=1, aside=2, robots=False)
    assert max(at for url, at, _ in done if "ok" in url) < 5
    assert len(done) == 32


def test_open_lanes_are_bounded():
    held = [(f"held{n}.test", 300) for n in range(500)]
    done = scenario_over(Net(), [*(f"http://{host}/" for host, _ in held), "http://ok.test/"], 5, held=held)
    assert len(done) == 501
    assert max(tasks for _, _, tasks in done) <= 5 * 10 + 5


def test_after_many_have_come_back_there_are_no_more_lanes_than_before():
    held = [(f"held{n}.test", 10) for n in range(40)]
    plan = [f"http://{host}/{n}" for host in (*(name for name, _ in held), "ok1.test", "ok2.test") for n in range(30)]
    done = scenario_over(Net(), plan, 4, held=held)
    assert len(done) == len(plan)
    assert max(tasks for _, at, tasks in done if at > 10) > 40
    assert max(tasks for _, _, tasks in done[-200:]) <= 4 + 3
