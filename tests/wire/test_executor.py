import asyncio

import pytest

from feedbot.config import CheckerConfig, PerHostConfig
from feedbot.core.checker import Canary, Pace
from feedbot.core.observation import Failure, FailureKind, Observation
from feedbot.wire.canaries import online
from feedbot.wire.executor import LocalExecutor, Plan, one_portion, room_for
from feedbot.wire.local import open_local
from feedbot.wire.prober import Postponed, ProbeTarget
from tests.wire.contract.proxying import loopback_proxy
from tests.wire.scripted import (
    LOOPBACK,
    TLS,
    ScriptedClock,
    ScriptedResolver,
    ScriptedWire,
    prober_over,
    response,
    said,
)
from tests.wire.servers import dripping, reply, serve
from tests.wire.virtual_time import LoopClock, run_in_virtual_time


def plan(*urls):
    return [ProbeTarget(url) for url in urls]


class GatedWire(ScriptedWire):
    """Answers a URL when its event is set; `now` and `most` count what is under way at once."""

    def __init__(self, blocked=()):
        super().__init__(lambda request: response(200))
        self.release = {url: asyncio.Event() for url in blocked}
        self.started = []
        self.now = self.most = 0

    async def exchange(self, request):
        self.started.append(request.url)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            if request.url in self.release:
                await self.release[request.url].wait()
            return await super().exchange(request)
        finally:
            self.now -= 1


async def collect(executor, targets):
    return [result async for result in executor.observe(one_portion(targets))]


async def test_observations_come_as_they_are_done():
    wire = GatedWire(["http://a.test/"])
    executor = LocalExecutor(prober_over(wire, ScriptedClock()), concurrency=10)
    urls = []
    async for observation in executor.observe(one_portion(plan("http://a.test/", "http://b.test/", "http://c.test/"))):
        urls.append(observation.url)
        if len(urls) == 2:
            wire.release["http://a.test/"].set()
    assert urls[-1] == "http://a.test/"
    assert sorted(urls) == ["http://a.test/", "http://b.test/", "http://c.test/"]


async def test_a_slow_target_holds_up_one_lane_only():
    slow = "http://a.test/0"
    wire = GatedWire([slow])
    prober = prober_over(wire, ScriptedClock(), per_host=Pace(concurrency=2, delay_s=0))
    urls = []
    async for observation in LocalExecutor(prober, 10).observe(
        one_portion(plan(*(f"http://a.test/{n}" for n in range(6))))
    ):
        urls.append(observation.url)
        if len(urls) == 5:
            wire.release[slow].set()
    assert urls == [*(f"http://a.test/{n}" for n in range(1, 6)), slow]


async def test_a_domain_stays_together_and_lanes_follow_the_plan():
    wire = GatedWire()
    targets = plan(*(f"http://{host}.test/{n}" for n in range(3) for host in "abc"))
    await collect(LocalExecutor(prober_over(wire, ScriptedClock()), concurrency=1), targets)
    assert wire.started == [f"http://{host}.test/{n}" for host in "abc" for n in range(3)]


@pytest.mark.parametrize("lanes", [1, 2])
async def test_hosts_of_many_links_do_not_starve_those_planned_early(lanes):
    wire = GatedWire()
    prober = prober_over(wire, ScriptedClock(), per_host=Pace(concurrency=lanes, delay_s=0))
    first = [f"http://{host}.test/" for host in ("a1", "a2", "b", "c")]
    later = [f"http://a{1 + n % 2}.test/{n}" for n in range(200)]
    results = await collect(LocalExecutor(prober, concurrency=2), plan(*first, *later))
    assert sorted(result.url for result in results) == sorted([*first, *later])
    assert wire.started[:2] == first[:2]
    # One turn of each large host, in which its connection is used, comes before.
    assert max(wire.started.index(url) for url in first) <= 22
    assert wire.most == 2


async def test_a_large_host_is_asked_ten_at_a_time():
    wire = GatedWire()
    targets = plan(*(f"http://{host}.test/{n}" for n in range(25) for host in "ab"))
    prober = prober_over(wire, ScriptedClock(), per_host=Pace(concurrency=1, delay_s=0))
    await collect(LocalExecutor(prober, concurrency=1), targets)
    turns = [(host, range(start, min(start + 10, 25))) for start in (0, 10, 20) for host in "ab"]
    assert wire.started == [f"http://{host}.test/{n}" for host, turn in turns for n in turn]


@pytest.mark.parametrize("concurrency", [1, 3, 50])
async def test_no_more_at_once_than_told(concurrency):
    wire = GatedWire()
    targets = plan(*(f"http://{n}.test/" for n in range(40)))
    results = await collect(LocalExecutor(prober_over(wire, ScriptedClock()), concurrency), targets)
    assert len(results) == 40
    assert wire.most == min(concurrency, 40)


async def test_per_host_concurrency_holds_for_the_domain():
    wire = GatedWire()
    prober = prober_over(wire, ScriptedClock(), per_host=Pace(concurrency=2, delay_s=0))
    await collect(LocalExecutor(prober, 50), plan(*(f"http://w{n}.example.com/" for n in range(20))))
    assert wire.most == 2


async def test_an_empty_plan_ends():
    assert await collect(LocalExecutor(prober_over(GatedWire()), 5), []) == []


async def test_probing_pauses_when_nobody_reads():
    wire = GatedWire()
    results = LocalExecutor(prober_over(wire, ScriptedClock()), 5).observe(
        one_portion(plan(*(f"http://{n}.test/" for n in range(500))))
    )
    await anext(results)
    for _ in range(5000):
        await asyncio.sleep(0)
    assert len(wire.started) < 80
    assert len([result async for result in results]) == 499


async def test_an_unexpected_exception_is_our_own_fault_and_ends_nothing():
    def script(request):
        if "b.test" in request.url:
            raise ZeroDivisionError("odd")
        return response(200)

    results = await collect(
        LocalExecutor(prober_over(ScriptedWire(script), ScriptedClock()), 2),
        plan("http://a.test/", "http://b.test/", "http://c.test/"),
    )
    outcomes = {result.url: said(result) for result in results}
    assert outcomes == {"http://a.test/": "200", "http://b.test/": "ourselves", "http://c.test/": "200"}


def other_tasks():
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


async def test_closing_early_leaves_no_task():
    wire = GatedWire([f"http://{n}.test/" for n in range(10, 20)])
    results = LocalExecutor(prober_over(wire), 20).observe(one_portion(plan(*(f"http://{n}.test/" for n in range(30)))))
    await anext(results)
    assert other_tasks()
    await results.aclose()
    assert not other_tasks()
    assert wire.now == 0


async def test_cancelling_the_reader_leaves_no_task():
    wire = GatedWire(["http://a.test/"])
    executor = LocalExecutor(prober_over(wire), 5)
    reader = asyncio.create_task(collect(executor, plan("http://a.test/", "http://b.test/")))
    while wire.now == 0:  # noqa: ASYNC110 - there is nothing to wait on
        await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert not other_tasks()
    assert wire.now == 0


def test_the_runs_end_cancels_what_is_in_flight_and_starts_nothing_more():
    async def scenario():
        wire = GatedWire(["http://a.test/0"])
        prober = prober_over(wire, LoopClock(), per_host=Pace(concurrency=1, delay_s=0), run_ends_at=1000.0 + 60)
        results = await collect(LocalExecutor(prober, 5), plan("http://a.test/0", "http://a.test/1", "http://b.test/"))
        assert [result.url for result in results] == ["http://b.test/"]
        assert prober.clock.monotonic() == pytest.approx(1060)
        assert not other_tasks()

    run_in_virtual_time(scenario())


def test_what_is_done_at_the_runs_end_is_not_lost():
    async def scenario():
        wire = GatedWire()
        prober = prober_over(wire, LoopClock(), run_ends_at=1000.0 + 60)
        results = LocalExecutor(prober, 5).observe(one_portion(plan(*(f"http://{n}.test/" for n in range(500)))))
        await anext(results)
        await asyncio.sleep(90)
        taken = 1 + len([result async for result in results])
        assert taken == len(wire.started) < 500

    run_in_virtual_time(scenario())


async def test_a_run_that_is_over_by_its_clock_starts_nothing():
    wire = GatedWire()
    clock = ScriptedClock()
    assert await collect(LocalExecutor(prober_over(wire, clock, run_ends_at=clock.t), 5), plan("http://a.test/")) == []
    assert wire.started == []


async def test_delays_are_kept_through_the_executor():
    clock = ScriptedClock()
    wire = ScriptedWire(lambda request: response(200), clock)
    prober = prober_over(wire, clock, per_host=Pace(concurrency=2, delay_s=1))
    await collect(LocalExecutor(prober, 10), plan(*(f"http://a.test/{n}" for n in range(4))))
    assert wire.at == [1000, 1001, 1002, 1003]


# A plan in portions


def in_portions(*portions):
    """A plan, and the portions that were taken of it."""
    taken = []

    async def one_by_one():
        for portion in portions:
            taken.append(portion)
            yield portion

    return Plan(one_by_one(), sum(map(len, portions))), taken


async def test_a_portion_is_taken_while_there_is_room():
    urls = [f"http://{n}.test/" for n in range(1000)]
    wire = GatedWire(urls)
    portions = [plan(*urls[at : at + 100]) for at in range(0, 1000, 100)]
    given, taken = in_portions(*portions)
    results = LocalExecutor(prober_over(wire, ScriptedClock()), 1).observe(given)
    first = asyncio.ensure_future(anext(results))
    for _ in range(1000):
        await asyncio.sleep(0)
    assert len(taken) * 100 == room_for(1) == 200
    for event in wire.release.values():
        event.set()
    seen = [(await first).url, *[one.url async for one in results]]
    assert seen == urls
    assert len(taken) == 10


async def test_lanes_of_a_gate_are_no_more_for_coming_in_portions():
    wire = GatedWire()
    prober = prober_over(wire, ScriptedClock(), per_host=Pace(concurrency=2, delay_s=0))
    urls = [f"http://{host}.test/{n}" for n in range(60) for host in "ab"]
    given, _ = in_portions(*(plan(*urls[at : at + 7]) for at in range(0, 120, 7)))
    results = [one.url async for one in LocalExecutor(prober, 10).observe(given)]
    assert sorted(results) == sorted(urls)
    assert wire.most == 4
    for host in "ab":
        assert [url for url in wire.started if host in url] == [url for url in urls if host in url]


def test_a_plan_that_waits_ends_with_the_run():
    async def scenario():
        ended = []

        async def portions():
            try:
                yield plan("http://a.test/")
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        prober = prober_over(GatedWire(), LoopClock(), run_ends_at=1000.0 + 60)
        results = [one.url async for one in LocalExecutor(prober, 5).observe(Plan(portions(), 9))]
        assert (results, ended) == (["http://a.test/"], [True])
        assert prober.clock.monotonic() == pytest.approx(1060)
        assert not other_tasks()

    run_in_virtual_time(scenario())


async def test_closing_early_ends_the_plan_as_well():
    given, _ = in_portions(plan("http://a.test/", "http://b.test/"), *[plan(f"http://{n}.test/") for n in range(9)])
    results = LocalExecutor(prober_over(GatedWire(["http://b.test/"])), 5).observe(given)
    await anext(results)
    await results.aclose()
    assert [portion async for portion in given.portions] == []
    assert not other_tasks()


# Canaries


@pytest.mark.parametrize(
    ("good", "of", "expected"),
    [(0, 0, True), (0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True), (1, 3, False), (2, 3, True), (3, 4, True)],
)
async def test_two_thirds_of_the_canaries_decide(good, of, expected):
    canaries = [Canary(url=f"http://{n}.test/", status=204) for n in range(of)]

    def script(request):
        number = int(request.url.partition("//")[2].partition(".")[0])
        return response(204) if number < good else (response(200), Failure(FailureKind.TIMEOUT, "x"))[number % 2]

    wire = ScriptedWire(script)
    assert await online(wire, canaries) is expected
    assert [request.method for request in wire.asked] == ["GET"] * of


async def test_of_canaries_that_fail_one_is_told_with_the_reason(caplog):
    answers = {"http://0.test/": response(200), "http://1.test/": Failure(FailureKind.TLS, "certificate has expired")}
    wire = ScriptedWire(lambda request: answers[request.url])
    assert not await online(wire, [Canary("http://0.test/"), Canary("http://1.test/")])
    told = "1 of 2 canaries do not answer as they should, such as http://1.test/: certificate has expired"
    assert caplog.messages == [told]
    assert not await online(wire, [Canary("http://0.test/", 204)])
    assert caplog.messages[1].endswith("such as http://0.test/: 200 instead of 204")
    assert await online(wire, [Canary("http://0.test/")])
    assert len(caplog.messages) == 2


# All together


def config(**options):
    allowed = tuple(str(network) for network in LOOPBACK)
    options.setdefault("robots", "never")
    return CheckerConfig(allow_addresses=allowed, per_host=PerHostConfig(delay_s=0), canaries=(), **options).policy()


async def test_the_room_as_a_whole():
    def script(asked):
        if asked.method == "HEAD":
            return reply(405)
        return {"/ok": reply(200), "/moved": reply(301, {"Location": "/ok"})}.get(asked.target, reply(404))

    async with serve(script) as server:
        targets = [
            ProbeTarget(server.url(f"{n}.test", path), "HEAD") for n in range(5) for path in ("/ok", "/moved", "/no")
        ]
        clock = ScriptedClock()
        async with open_local(config(), "https://me.test/", clock, ScriptedResolver(), ssl_context=TLS) as wire:
            results = [result async for result in wire.observe(one_portion(targets))]
            assert await wire.online()
            refused = wire.head_refused
    assert all(isinstance(result, Observation) for result in results)
    assert sorted(said(result) for result in results) == ["200"] * 10 + ["404"] * 5
    assert refused == {f"{n}.test" for n in range(5)}
    assert all("+https://me.test/)" in asked.headers["user-agent"] for asked in server.asked)


async def test_vetting_is_on_unless_opened():
    async with (
        serve(lambda asked: reply(200)) as server,
        open_local(
            CheckerConfig().policy(), "https://me.test/", ScriptedClock(), ScriptedResolver(), ssl_context=TLS
        ) as wire,
    ):
        results = [result async for result in wire.observe(one_portion(plan(server.url())))]
    assert said(results[0]) == "policy_address"
    assert server.connections == 0


@pytest.mark.parametrize("waits", [(), (1.0,), (1.0, 3.0, 9.0)])
async def test_the_config_says_how_often_a_passing_trouble_is_asked_again(waits):
    clock = ScriptedClock()
    async with serve(lambda asked: reply(500)) as server:
        given = config(back_off_s=waits)
        async with open_local(given, "https://me.test/", clock, ScriptedResolver(), ssl_context=TLS) as wire:
            results = [result async for result in wire.observe(one_portion(plan(server.url())))]
    assert [said(result) for result in results] == ["500"]
    assert (len(server.asked), tuple(clock.slept)) == (1 + len(waits), waits)


@pytest.mark.parametrize("behind_proxy", [False, True])
async def test_behind_a_proxy_no_name_but_the_proxys_is_looked_up(behind_proxy):
    resolver = ScriptedResolver()
    async with loopback_proxy() as proxy, serve(lambda asked: reply(200)) as server:
        given = config(proxy=f"http://proxy.test:{proxy.port}" if behind_proxy else None)
        async with open_local(given, "https://me.test/", ScriptedClock(), resolver, ssl_context=TLS) as wire:
            results = [result async for result in wire.observe(one_portion(plan(server.url())))]
    assert [said(result) for result in results] == ["200"]
    assert set(resolver.asked) == {"proxy.test" if behind_proxy else "a.test"}


async def test_leaving_the_room_ends_everything():
    async with serve(lambda asked: dripping(b"", 0.01)) as server:
        before = other_tasks()
        async with open_local(
            config(), "https://me.test/", ScriptedClock(), ScriptedResolver(), ssl_context=TLS
        ) as wire:
            reader = asyncio.create_task(_read(wire, server))
            while not server.asked:  # noqa: ASYNC110 - there is nothing to wait on
                await asyncio.sleep(0.01)
        await reader
        await asyncio.sleep(0.05)
        assert len(other_tasks() - before) <= server.connections


async def _read(wire, server):
    return [result async for result in wire.observe(one_portion(plan(*(server.url(f"{n}.test") for n in range(5)))))]


async def test_a_held_host_is_postponed_for_all_its_targets_but_those_asked():
    async with serve(lambda asked: reply(429, {"Retry-After": "86400"})) as server:
        clock = ScriptedClock()
        async with open_local(config(), "https://me.test/", clock, ScriptedResolver(), ssl_context=TLS) as wire:
            results = [
                result
                async for result in wire.observe(one_portion(plan(*(server.url(path=f"/{n}") for n in range(20)))))
            ]
    assert len(results) == 20
    assert [said(result) for result in results if not isinstance(result, Postponed)] == ["429"] * len(server.asked)
    assert 1 <= len(server.asked) <= 2
    assert clock.t == 1000
