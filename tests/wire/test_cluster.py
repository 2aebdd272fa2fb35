"""The executor over a real Dask scheduler with real workers, each a process of its own."""

import asyncio
import os
import re
import time
from collections import Counter
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from feedbot import __version__
from feedbot.clock import SystemClock
from feedbot.core.observation import Observation
from feedbot.errors import ClusterError
from feedbot.wire.cluster import joined
from feedbot.wire.executor import one_portion
from feedbot.wire.local import open_local
from feedbot.wire.prober import Lost, ProbeTarget
from tests.wire.clusters import dask
from tests.wire.servers import reply
from tests.wire.test_workers import CONTACT, PATIENCE_S, Host, config, hosts, plan, until

if not Path("/proc/self/task").exists():
    pytest.skip("may be skipped: only Linux has many loopback addresses", True)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A scheduler with two workers."""
    with dask(tmp_path_factory.mktemp("dask")) as cluster:
        cluster.add()
        cluster.add()
        yield cluster


@asynccontextmanager
async def opened(cluster, **options):
    checker = config(**options)
    async with joined(cluster and cluster.address, checker, CONTACT, SystemClock(), 0) as there:
        async with open_local(checker, CONTACT, SystemClock(), cluster=there) as wire:
            yield wire


def without_waiting(caplog):
    """What was logged, without who was waited for longer than usual."""
    return [one for one in caplog.messages if "it is waited for" not in one]


async def asked(wire, targets):
    return [result async for result in wire.observe(one_portion(targets))]


def urls(results):
    return Counter(result.url for result in results)


def seen(results):
    """What does not depend on when it was asked."""
    return {one.url: one.outcome for one in results}


async def test_a_cluster_sees_what_one_process_sees(cluster):
    paths = ["/ok", "/no", "/moved", "/get", *(f"/ok{nth}" for nth in range(20))]
    found = []
    async with hosts(4) as servers:
        for asks in (None, cluster):
            async with opened(asks, workers=1) as wire:
                found.append((seen(await asked(wire, plan(servers, *paths))), wire.head_refused))
    assert found[0] == found[1]
    assert len(found[1][0]) == 4 * len(paths)
    assert found[1][1] == {f"127.0.0.{last}" for last in range(1, 5)}


async def test_a_host_keeps_its_pace_from_shard_to_shard_and_from_plan_to_plan(cluster):
    """As with a page and, at the end of the run, the made-up address beside it."""
    async with hosts(1) as [server]:
        async with opened(cluster, per_host={"delay_s": 1.0}, robots="never") as wire:
            began_at = time.monotonic()
            for path in ("/page", "/beside"):
                assert len(await asked(wire, plan([server], path))) == 1
    assert [path for _, path in server.asked] == ["/page", "/beside"]
    # The first may have been on its way for some time.
    assert server.at[1] - began_at > 0.99


class Busy(Host):
    """Says of one page that it is asked too much, and not when to come back."""

    async def answer(self, method, path):
        return reply(429 if path == "/busy" else 200)


async def test_a_host_that_was_slowed_down_stays_slow_in_the_next_shard(cluster):
    async with hosts(1, kind=Busy) as [server]:
        async with opened(cluster, robots="never", back_off_s=()) as wire:
            await asked(wire, plan([server], "/busy"))
            began_at = time.monotonic()
            await asked(wire, plan([server], "/one", "/two"))
    assert server.at[-1] - began_at > 0.99


async def test_a_run_ends_on_time_and_what_was_done_by_then_is_kept(cluster):
    for patience_s in PATIENCE_S:
        async with hosts(2) as [server, silent]:
            async with opened(cluster, robots="never", max_run_s=patience_s) as wire:
                results = await asked(wire, [*plan([silent], "/held"), *plan([server], "/one", "/two")])
                assert wire.run_left_s == 0
                assert await asked(wire, plan([server], "/late")) == []
        if len(results) == 2:
            break
    assert urls(results) == {server.url("/one"): 1, server.url("/two"): 1}
    assert ("HEAD", "/late") not in server.asked


async def test_a_host_is_asked_by_one_worker_at_a_time(cluster):
    async with hosts(2, pause_s=0.01) as servers:
        async with opened(cluster, per_host={"delay_s": 0, "concurrency": 1}, robots="never") as wire:
            results = await asked(wire, plan(servers, *(f"/{nth}" for nth in range(120))))
    assert urls(results) == dict.fromkeys(urls(results), 1)
    assert len(results) == 240
    assert [server.most for server in servers] == [1, 1]


async def test_what_a_lost_worker_had_is_asked_by_another_and_comes_once(cluster):
    async with hosts(3) as servers:
        async with opened(cluster, robots="never") as wire:
            results = asyncio.ensure_future(asked(wire, plan(servers, "/held", *(f"/{nth}" for nth in range(40)))))
            await until(lambda: all(server.now for server in servers))
            cluster.kill(cluster.workers[0])
            for server in servers:
                server.go_on.set()
            found = await results
    assert urls(found) == dict.fromkeys(urls(found), 1)
    assert len(found) == 3 * 41
    assert all(isinstance(one, Observation) for one in found)
    cluster.add()


async def test_who_stops_listening_ends_what_is_under_way(cluster):
    async with hosts(2) as servers:
        async with opened(cluster, robots="never") as wire:
            async with aclosing(wire.observe(one_portion(plan(servers, "/held")))) as results:
                reading = asyncio.ensure_future(anext(results))
                await until(lambda: all(server.now for server in servers))
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
            await until(lambda: not any(server.now for server in servers))


async def test_who_wants_to_know_is_told_which_workers_there_are(cluster, caplog):
    caplog.set_level("DEBUG", logger="feedbot")
    async with opened(cluster):
        pass
    [told] = without_waiting(caplog)
    number, named = re.fullmatch(rf"the cluster {cluster.address} has (\d) workers?: (\S+(?:, \S+)*)", told).groups()
    # Those that are there by now.
    assert int(number) == len(re.findall(r"tcp://[\d.]+:\d+", named)) >= 1


async def test_workers_of_another_feedbot_or_time_are_refused_before_anything_is_asked(cluster, tmp_path):
    ways = {
        "older": "import feedbot; feedbot.__version__ = '0.0.9'",
        "none": "import sys; sys.modules['feedbot'] = None",
        "ahead": "import datetime as d; from feedbot.clock import SystemClock as C; now = C.now;"
        " C.now = lambda self: now(self) + d.timedelta(hours=1)",
    }
    others = []
    for name, way in ways.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "sitecustomize.py").write_text(way)
        others.append(cluster.add(PYTHONPATH=os.pathsep.join([str(tmp_path / name), os.environ.get("PYTHONPATH", "")])))
    cluster.wait()
    try:
        with pytest.raises(ClusterError) as error:
            async with opened(cluster):
                pass
    finally:
        for other in others:
            cluster.kill(other)
    by_what = {
        re.search("0.0.9|ModuleNotFound|clock", one)[0]: one for one in str(error.value).split("the worker ")[1:]
    }
    older, none, ahead = by_what["0.0.9"], by_what["ModuleNotFound"], by_what["clock"]
    assert re.match(rf"tcp://\S+ has feedbot 0.0.9/1, and this is feedbot {__version__}/1: the same must be", older)
    assert re.match(rf"tcp://\S+ does not work for feedbot {__version__}/1, which must be installed there", none)
    assert re.match(r"tcp://\S+ has a clock that is 3,[56]\d\d s ahead of ours; set both right", ahead)


class Canary(Host):
    """Answers 200 to so many, and then 503."""

    good = 0

    async def answer(self, method, path):
        return reply(200 if len(self.asked) <= self.good else 503)


@asynccontextmanager
async def canary(good):
    async with hosts(1, kind=Canary) as [server]:
        server.good = good
        yield server


async def test_a_worker_that_is_offline_is_left_out_and_another_asks(cluster, caplog):
    """Each asks the canary for itself; the second one to do so does not reach it."""
    async with canary(good=1) as bird, hosts(3) as servers:
        async with opened(cluster, canaries=[bird.url("/canary")], robots="never") as wire:
            results = await asked(wire, plan(servers, *(f"/{nth}" for nth in range(40))))
    assert urls(results) == dict.fromkeys(urls(results), 1)
    assert len(results) == 120
    assert len(bird.asked) == 2
    [told] = without_waiting(caplog)
    assert re.fullmatch(r"the worker tcp://\S+ seems to be offline; it is asked nothing more in this run", told)


async def test_what_fails_where_the_canaries_fail_too_does_not_count(cluster):
    """They answered before the shard, and after it no longer do."""
    async with canary(good=1) as bird:
        async with opened(cluster, canaries=[bird.url("/canary")], robots="never", back_off_s=()) as wire:
            with pytest.raises(ClusterError, match="no worker of the cluster is left that may be asked"):
                await asked(wire, [ProbeTarget(f"http://127.0.0.{last}:{bird.port}/") for last in (2, 3)])


@pytest.fixture(scope="module")
def frail(tmp_path_factory):
    """A scheduler that has a shard done once, without workers."""
    with dask(tmp_path_factory.mktemp("frail"), DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0") as frail:
        yield frail


async def test_a_scheduler_that_is_not_there_or_has_no_worker_is_said(frail, caplog):
    told = {
        ("tcp://127.0.0.1:9", 0.3): "the cluster tcp://127.0.0.1:9 does not answer",
        # In which it answers on a busy machine too.
        (frail.address, 5.0): f"the cluster {frail.address} has no worker, also after 5 s; start one with `dask worker",
    }
    for (address, patience_s), sentence in told.items():
        with pytest.raises(ClusterError) as error:
            async with joined(address, config(), CONTACT, SystemClock(), 0, patience_s=patience_s):
                pass
        assert sentence in str(error.value)
    # Who is waited for is said long before.
    assert caplog.messages[-1] == (f"the cluster {frail.address} has no worker yet; it is waited for, 3 s more at most")


async def test_a_shard_that_ends_its_workers_is_given_up_and_said(frail, caplog):
    worker = frail.add()
    async with hosts(1) as [server], opened(frail, robots="never") as wire:
        results = asyncio.ensure_future(asked(wire, plan([server], "/held", "/ok")))
        await until(lambda: server.now)
        frail.kill(worker)
        assert await results == [Lost(server.url("/held")), Lost(server.url("/ok"))]
    assert without_waiting(caplog) == ["a shard ended its worker and is given up; 2 of its links stay due"]


async def test_what_ends_in_an_error_on_a_worker_stays_due(frail, tmp_path, caplog):
    """As where a worker has too many files open."""
    (tmp_path / "sitecustomize.py").write_text(
        "import feedbot.wire.loop\n"
        "def new_loop():\n"
        "    raise OSError(24, 'Too many open files')\n"
        "feedbot.wire.loop.new_loop = new_loop"
    )
    worker = frail.add(PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    async with hosts(1) as [server], opened(frail, robots="never") as wire:
        assert await asked(wire, plan([server], "/ok")) == [Lost(server.url("/ok"))]
    frail.kill(worker)
    assert without_waiting(caplog) == [
        "a worker met an error of feedbot's own: OSError: [Errno 24] Too many open files; 1 of its links stay due"
    ]


async def test_a_scheduler_that_is_lost_ends_the_run_with_a_sentence(frail):
    """The last of the tests that use it."""
    frail.add()
    async with hosts(1) as [server], opened(frail, robots="never") as wire:
        results = asyncio.ensure_future(asked(wire, plan([server], "/held")))
        await until(lambda: server.now)
        frail.scheduler.kill()
        with pytest.raises(ClusterError, match="the scheduler of the cluster is lost"):
            await results
