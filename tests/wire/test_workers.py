"""One contract for both executors, over real sockets; then what only processes can do."""

import asyncio
import gc
import os
import signal
import stat
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from feedbot.clock import SystemClock
from feedbot.config import CheckerConfig, Config, PerHostConfig
from feedbot.core.observation import Observation
from feedbot.errors import FeedbotError, StateError
from feedbot.state import targets
from feedbot.state.database import open_state
from feedbot.steps.checking import check_due
from feedbot.wire.executor import Plan, one_portion
from feedbot.wire.frames import Broken, Done, Order, Portion, Results, Slow, encode, read_word
from feedbot.wire.local import open_local
from feedbot.wire.prober import Lost, ProbeTarget
from feedbot.wire.workers import Workers, started
from tests.wire.scripted import said
from tests.wire.servers import reply

CONTACT = "https://me.test/who"
CHILDREN = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")

if not CHILDREN.exists():
    pytest.skip("may be skipped: only Linux has many loopback addresses and tells a process's children", True)


def workers():
    """The processes that ask for us, and those of them that ended and were not waited for."""
    found = []
    for pid in CHILDREN.read_text().split():
        with suppress(FileNotFoundError, ProcessLookupError):  # it was waited for meanwhile
            command = told(pid, "cmdline")
            if "feedbot.wire.worker" in command or not command:
                found.append(int(pid))
    return found


def descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def told(pid, file):
    return Path("/proc", str(pid), file).read_bytes().decode()


class Host:
    """A server on a loopback address of its own; `asked` and `most` count over its life."""

    def __init__(self, address, pause_s):
        self.address = address
        self.pause_s = pause_s
        self.port = 0
        self.asked = []
        self.at = []
        self.now = self.most = 0
        self.leads_to = ""
        self.go_on = asyncio.Event()

    def url(self, path):
        return f"http://{self.address}:{self.port}{path}"

    async def connected(self, reader, writer):
        try:
            while line := await reader.readline():
                method, path, _ = line.decode().split()
                await reader.readuntil(b"\r\n\r\n")
                self.asked.append((method, path))
                self.at.append(time.monotonic())
                self.now += 1
                self.most = max(self.most, self.now)
                try:
                    while path.startswith("/held") and not self.go_on.is_set() and not reader.at_eof():  # noqa: ASYNC110 - of two things, whichever comes first
                        await asyncio.sleep(0.01)
                    answer = await self.answer(method, path)
                finally:
                    self.now -= 1
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def answer(self, method, path):
        await asyncio.sleep(0.05 if path.startswith("/slow") else self.pause_s)
        if path.startswith("/away"):
            return reply(302, {"Location": self.leads_to})
        if path.startswith("/moved"):
            return reply(301, {"Location": "/ok"})
        if path.startswith("/no"):
            return reply(404)
        return reply(405) if method == "HEAD" and path.startswith("/get") else reply(200)


@asynccontextmanager
async def hosts(number=3, pause_s=0.0, kind=Host):
    async with AsyncExitStack() as stack:
        found = []
        for last in range(1, number + 1):
            host = kind(f"127.0.0.{last}", pause_s)
            tasks = set()

            async def connected(reader, writer, host=host, tasks=tasks):
                tasks.add(asyncio.current_task())
                await host.connected(reader, writer)
                tasks.discard(asyncio.current_task())

            listening = await asyncio.start_server(connected, host.address, 0)
            host.port = listening.sockets[0].getsockname()[1]
            stack.push_async_callback(_ended, listening, tasks)
            found.append(host)
        yield found


async def _ended(listening, tasks):
    listening.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def config(**options):
    options.setdefault("per_host", PerHostConfig(concurrency=2, delay_s=0))
    options.setdefault("canaries", ())
    return CheckerConfig.model_validate({"allow_addresses": ["127.0.0.0/8"], **options}).policy()


def opened(workers, **options):
    return open_local(config(workers=workers, **options), CONTACT, SystemClock())


def plan(found, *paths):
    return [ProbeTarget(host.url(path), "HEAD") for path in paths for host in found]


async def until(condition, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.01)


# How long a run may take that ends before it is through: as long as a quiet machine needs, and where what should be
# done by then was not, as long as a busy one does.
PATIENCE_S = (2.0, 8.0, 32.0)


@pytest.fixture(params=[1, 2], ids=["one process", "two processes"])
def processes(request):
    return request.param


@pytest.fixture(autouse=True)
def nothing_is_left_behind():
    before = descriptors()
    yield
    gc.collect()
    assert workers() == []
    assert descriptors() <= before


# The contract


async def test_every_target_is_observed_alike(processes):
    async with hosts() as found, opened(processes) as wire:
        results = [one async for one in wire.observe(one_portion(plan(found, "/ok", "/moved", "/no", "/get")))]
        refused = wire.head_refused
    assert all(isinstance(one, Observation) for one in results)
    seen = [
        (one.url, said(one), one.outcome.final_url, [(step.method, step.status) for step in one.exchanges])
        for one in results
    ]
    expected = []
    for host in found:
        ok, moved, no, get = map(host.url, ["/ok", "/moved", "/no", "/get"])
        expected += [(no, "404", no, [("HEAD", 404), ("GET", 404)]), (get, "200", get, [("HEAD", 405), ("GET", 200)])]
        expected += [(moved, "200", ok, [("HEAD", 301), ("HEAD", 200)]), (ok, "200", ok, [("HEAD", 200)])]
    # From the moment at which a host is known to refuse HEAD, it is asked with GET alone.
    assert sorted((url, word, final) for url, word, final, _ in seen) == sorted(
        (url, word, final) for url, word, final, _ in expected
    )
    assert refused == {host.address for host in found}
    assert {one.exchanges[-1].peer for one in results} == {host.address for host in found}


async def test_results_come_as_they_are_done(processes):
    async with hosts() as found, opened(processes) as wire:
        urls = []
        async for one in wire.observe(one_portion(plan(found, "/held", "/ok"))):
            urls.append(one.url)
            if len(urls) == 3:
                for host in found:
                    host.go_on.set()
    assert sorted(urls[:3]) == [host.url("/ok") for host in found]
    assert sorted(urls[3:]) == [host.url("/held") for host in found]


async def test_an_empty_plan_ends(processes):
    async with opened(processes) as wire:
        assert [one async for one in wire.observe(one_portion([]))] == []


async def asked_at_rest(found):
    """How many requests came, once a second has passed without one."""
    asked, still_since = -1, time.monotonic()
    async with asyncio.timeout(60):
        while time.monotonic() - still_since < 1.0:
            await asyncio.sleep(0.05)
            if asked != (asked := sum(len(host.asked) for host in found)):
                still_since = time.monotonic()
    return asked


def large_plan(found):
    return plan(found, *(f"/ok{number}?{'x' * 4000}" for number in range(600)))


ONE_BY_ONE = PerHostConfig(concurrency=1, delay_s=0)


async def test_asking_pauses_while_nobody_takes_the_results(processes):
    async with hosts() as found, opened(processes, per_host=ONE_BY_ONE) as wire:
        async with aclosing(wire.observe(one_portion(large_plan(found)))) as results:
            await anext(results)
            assert await asked_at_rest(found) < 1500
            assert 1 + len([one async for one in results]) == 1800


async def test_closing_early_ends_the_asking(processes):
    async with hosts() as found, opened(processes) as wire:
        results = wire.observe(one_portion(plan(found, *(f"/slow{number}" for number in range(100)))))
        await anext(results)
        await results.aclose()
        await until(lambda: not any(host.now for host in found))
        asked = [len(host.asked) for host in found]
        await asyncio.sleep(0.2)
        assert [len(host.asked) for host in found] == asked
        assert workers() == []


async def test_cancelling_the_reader_ends_the_asking(processes):
    async with hosts() as found, opened(processes) as wire:

        async def read():
            async for _ in wire.observe(one_portion(plan(found, "/held"))):
                pass

        reader = asyncio.create_task(read())
        await until(lambda: all(host.now for host in found))
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        await until(lambda: not any(host.now for host in found))
        assert workers() == []


async def test_leaving_ends_an_iterator_that_nobody_reads_any_more(processes):
    async with hosts() as found:
        async with opened(processes) as wire:
            results = wire.observe(one_portion(plan(found, "/held", "/ok")))
            await anext(results)
        await until(lambda: not any(host.now for host in found))
        assert workers() == []
        assert len([one async for one in results]) <= 2


async def test_the_runs_end_keeps_what_was_done(processes):
    for patience_s in PATIENCE_S:
        started = time.monotonic()
        async with hosts() as found, opened(processes, max_run_s=patience_s) as wire:
            results = [one async for one in wire.observe(one_portion(plan(found, "/held", "/ok", "/no")))]
        assert time.monotonic() - started > patience_s
        if len(results) == 6:
            break
    assert sorted(one.url for one in results) == sorted(host.url(path) for host in found for path in ("/ok", "/no"))


async def test_a_run_that_is_over_asks_nothing(processes):
    async with hosts() as found, opened(processes, max_run_s=0.01) as wire:
        await asyncio.sleep(0.02)
        assert [one async for one in wire.observe(one_portion(plan(found, "/ok")))] == []
    assert not any(host.asked for host in found)


async def test_a_host_is_asked_as_gently_as_configured(processes):
    gently = PerHostConfig(concurrency=2, delay_s=0.1)
    async with hosts() as found, opened(processes, per_host=gently) as wire:
        paths = [f"/slow{number}" for number in range(8)]
        assert len([one async for one in wire.observe(one_portion(plan(found, *paths)))]) == 24
    for host in found:
        assert host.most <= 2
        # Arrivals are a little less even than starts.
        assert host.at[-1] - host.at[0] > 0.1 * 7 * 0.9


async def test_a_host_to_which_many_redirects_lead_is_asked_as_gently(processes):
    gently = PerHostConfig(concurrency=2, delay_s=0.05)
    async with hosts() as found, opened(processes, per_host=gently) as wire:
        *ours, elsewhere = found
        for host in ours:
            host.leads_to = elsewhere.url("/slow")
        paths = [f"/away{number}" for number in range(10)]
        assert len([one async for one in wire.observe(one_portion(plan(ours, *paths)))]) == 20
    assert elsewhere.asked.count(("HEAD", "/slow")) == 20
    assert elsewhere.most <= 2
    assert elsewhere.at[-1] - elsewhere.at[0] > 0.05 * 19 * 0.9


async def test_no_more_at_once_than_configured(processes):
    async with hosts(9) as found, opened(processes, concurrency=5) as wire:
        now = most = 0
        several = asyncio.Event()

        for host in found:
            answer = host.answer

            async def counted(method, path, answer=answer):
                nonlocal now, most
                now += 1
                most = max(most, now)
                if most >= 3:
                    several.set()
                await several.wait()
                await asyncio.sleep(0.02)
                now -= 1
                return await answer(method, path)

            host.answer = counted
        assert len([one async for one in wire.observe(one_portion(plan(found, *(f"/ok{n}" for n in range(6)))))]) == 54
    assert 3 <= most <= 5


async def test_the_host_that_takes_longest_is_named(processes):
    async with hosts() as found, opened(processes) as wire:
        assert wire.slowest() == ()
        async with aclosing(
            wire.observe(one_portion([*plan(found[:1], "/held"), *plan(found[1:], "/ok", "/no")]))
        ) as results:
            for _ in range(4):
                await anext(results)
            await until(lambda: wire.slowest() and wire.slowest()[0][1] > 1.0)
            assert [host for host, _ in wire.slowest()] == [found[0].address]
            found[0].go_on.set()
            assert len([one async for one in results]) == 1
        assert wire.slowest() == ()


def in_portions(*portions):
    async def one_by_one():
        for portion in portions:
            yield portion

    return Plan(one_by_one(), sum(map(len, portions)))


async def test_a_plan_comes_in_portions(processes):
    async with hosts() as found, opened(processes, per_host=ONE_BY_ONE) as wire:
        portions = [plan(found, f"/ok{number}", f"/slow{number}") for number in range(5)]
        results = [one.url async for one in wire.observe(in_portions(*portions))]
    assert sorted(results) == sorted(target.url for portion in portions for target in portion)
    for host in found:
        # In the order of the plan, one at once, with one robots.txt: all portions of a host went to one process.
        paths = [f"/{kind}{number}" for number in range(5) for kind in ("ok", "slow")]
        assert [path for _, path in host.asked] == ["/robots.txt", *paths]
        assert host.most == 1


async def test_a_plan_may_wait_for_what_came_of_its_beginning(processes):
    async with hosts() as found, opened(processes) as wire:
        seen = asyncio.Event()

        async def portions():
            yield plan(found, "/ok")
            await seen.wait()
            yield plan(found, "/no")

        said_of = []
        async for one in wire.observe(Plan(portions(), 6)):
            said_of.append(said(one))
            if len(said_of) == 3:
                seen.set()
    assert said_of == ["200"] * 3 + ["404"] * 3


async def test_what_the_plan_raises_is_raised_when_what_was_begun_is_done(processes):
    async with hosts() as found, opened(processes) as wire:

        async def portions():
            yield plan(found, "/slow")
            raise StateError("state.db: the disk is full")

        results = []
        with pytest.raises(StateError, match="the disk is full"):
            async for one in wire.observe(Plan(portions(), 1000)):
                results.append(one.url)  # noqa: PERF401 - what came before it is kept
    assert len(results) == 3


async def test_a_plan_is_ended_with_the_run(processes):
    async with hosts() as found, opened(processes, max_run_s=1.5) as wire:
        ended = []

        async def portions():
            try:
                yield plan(found, "/ok")
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        assert len([one async for one in wire.observe(Plan(portions(), 1000))]) == 3
    assert ended == [True]


# Processes


async def test_what_comes_after_a_worker_was_killed_goes_to_the_others(caplog):
    async with hosts(2) as found, opened(2) as wire:
        is_killed = asyncio.Event()

        async def portions():
            yield plan(found, "/ok", "/held")
            await is_killed.wait()
            yield plan(found, "/no")

        came = []
        async for one in wire.observe(Plan(portions(), 6)):
            came.append(type(one) if isinstance(one, Lost) else said(one))
            if len(came) == 2:
                os.kill(workers()[0], signal.SIGKILL)
            if came[-1] is Lost:
                is_killed.set()
                for host in found:
                    host.go_on.set()
    assert sorted(map(str, came)) == ["200", "200", "200", "404", "404", str(Lost)]
    assert len(caplog.messages) == 1


async def test_the_plan_ends_where_no_worker_is_left(caplog):
    async with hosts(2) as found, opened(2) as wire:

        async def portions():
            yield plan(found, "/ok", "/held")
            await asyncio.Event().wait()

        came = []
        async for one in wire.observe(Plan(portions(), 1000)):
            came.append(type(one))
            if len(came) == 2:
                for pid in workers():
                    os.kill(pid, signal.SIGKILL)
    assert came == [Observation, Observation, Lost, Lost]
    assert len(caplog.messages) == 2


async def test_asking_pauses_at_any_speed_and_ends_while_results_wait():
    # So slowly that no frame is ever full.
    async with hosts(pause_s=0.005) as found, opened(2, per_host=ONE_BY_ONE) as wire:
        async with aclosing(wire.observe(one_portion(large_plan(found)))) as results:
            await anext(results)
            assert await asked_at_rest(found) < 1500
        assert workers() == []
        assert not any(host.now for host in found)


async def test_hosts_are_shared_out_to_processes_with_nothing_told_on_the_command_line(monkeypatch):
    monkeypatch.setenv("FEEDBOT_TEST_SECRET", "in the environment")
    async with hosts() as found, opened(2) as wire:
        async with aclosing(wire.observe(one_portion(plan(found, "/held", "/ok")))) as results:
            await anext(results)
            await until(lambda: all(host.now for host in found))
            pids = workers()
            assert len(pids) == 2
            for pid in pids:
                assert CONTACT not in told(pid, "cmdline")
                assert found[0].address not in told(pid, "cmdline")
                assert "FEEDBOT_TEST_SECRET=in the environment" in told(pid, "environ")
                # Of a session of its own: a terminal's ctrl-C does not reach it.
                assert os.getsid(pid) == pid
            for host in found:
                host.go_on.set()
            assert 1 + len([one async for one in results]) == 6


async def test_a_killed_worker_leaves_its_share_due_and_the_others_go_on(caplog):
    async with hosts(2) as found, opened(2) as wire:
        results = wire.observe(one_portion(plan(found, "/ok", "/held")))
        urls = [(await anext(results)).url for _ in range(2)]
        assert sorted(urls) == [host.url("/ok") for host in found]
        await until(lambda: len(wire.slowest()) == 2)
        os.kill(workers()[0], signal.SIGKILL)
        await until(lambda: sum(host.now for host in found) == 1)
        await until(lambda: len(wire.slowest()) == 1)
        for host in found:
            host.go_on.set()
        last = [type(one) async for one in results]
    assert last == [Lost, Observation]
    assert [one.getMessage() for one in caplog.records] == [
        "a worker process was ended by SIGKILL; 1 of its links stay due"
    ]


async def test_ctrl_c_and_sigterm_do_not_end_a_worker():
    async with hosts(2) as found, opened(2) as wire:
        async with aclosing(wire.observe(one_portion(plan(found, "/held")))) as results:
            reading = asyncio.ensure_future(anext(results))
            await until(lambda: all(host.now for host in found))
            for pid in workers():
                os.kill(pid, signal.SIGTERM)
                os.kill(pid, signal.SIGINT)
            await asyncio.sleep(0.2)
            for host in found:
                host.go_on.set()
            await reading
            assert len([one async for one in results]) == 1


async def observed(grace_s=5.0, run_left_s=None, at_work=None):
    """What workers bring of four links at two hosts, one of which is held; `at_work` sees them at it."""
    async with hosts(2) as found:
        room = Workers(config(), CONTACT, set(), 2, run_left_s, grace_s)
        results = []
        async with aclosing(room.observe(one_portion([*plan(found, "/ok"), *plan(found[:1], "/held")]))) as iterator:
            async for one in iterator:
                if isinstance(one, Lost):
                    continue
                results.append(one)
                if len(results) == 2 and at_work is not None:
                    at_work(found)
        return results


async def test_workers_end_by_themselves_when_the_time_that_the_run_has_left_is_over(caplog):
    for patience_s in PATIENCE_S:
        started = time.monotonic()
        # They are not killed, which would be said.
        results = await observed(run_left_s=patience_s, grace_s=60.0)
        assert time.monotonic() - started > patience_s
        if len(results) == 2:
            break
    assert len(results) == 2
    assert caplog.messages == []


async def test_a_worker_that_hangs_is_killed_after_the_runs_end(caplog):
    def stop(found):
        for pid in workers():
            os.kill(pid, signal.SIGSTOP)

    for patience_s in PATIENCE_S:
        results = await observed(grace_s=0.5, run_left_s=patience_s, at_work=stop)
        if len(results) == 2:
            break
    assert len(results) == 2
    assert "a worker process does not answer; 1 of its links stay due" in caplog.messages


@pytest.fixture
def instead(monkeypatch, tmp_path):
    """Lets a program run in the place of Python, and so of the workers."""

    def install(program):
        path = tmp_path / "python"
        path.write_text(f"#!{sys.executable} -I\n{program}", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(sys, "executable", str(path))

    return install


NONSENSE = "met an error of feedbot's own: it said what is no record"


def saying(data, then=""):
    return f"import os, signal, sys, time\nos.write(1, {data!r})\n{then}"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("raise SystemExit(3)", "ended early with exit code 3"),
        ("import os; os.abort()", "was ended by SIGABRT"),
        (saying(b"Traceback (most recent call last)", "time.sleep(600)"), NONSENSE),
        # Where it ended at once, it would be chance whether it is heard before it is missed.
        (saying(b"\0\0\0\5hello", "time.sleep(600)"), NONSENSE),
        (saying(b"\0\0\0\5he"), "ended early with exit code 0"),
        (saying(b"\0\0"), "ended early with exit code 0"),
        ("import time; time.sleep(600)", "does not answer"),
    ],
)
async def test_whatever_a_worker_does_the_run_ends_and_says_so(instead, caplog, program, why):
    instead(program)
    # Only of the last one the end is awaited: the others are to be heard before it, on a busy machine too.
    run_left_s = 1.0 if why == "does not answer" else 120.0
    with pytest.raises(FeedbotError, match="no worker process could do its work; `workers: 1`"):
        await observed(grace_s=0.5, run_left_s=run_left_s)
    assert sorted(caplog.messages) == [f"a worker process {why}; {number} of its links stay due" for number in (1, 2)]


async def test_a_worker_that_ends_before_it_has_heard_everything_is_told(instead, caplog):
    instead("raise SystemExit(3)")
    async with hosts(1) as found:
        with pytest.raises(FeedbotError, match="no worker process could do its work"):
            lost = Workers(config(), CONTACT, set(), 1).observe(one_portion(large_plan(found)))
            assert {type(one) async for one in lost} == {Lost}
    assert caplog.messages == ["a worker process ended early with exit code 3; 600 of its links stay due"]


async def test_workers_that_cannot_be_started_are_told(monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(FeedbotError, match="no worker process could do its work"):
        await observed()
    assert caplog.messages[0].startswith("a worker process could not be started (No such file or directory); ")


async def test_an_error_of_a_workers_own_is_told_in_its_words(instead, caplog):
    last = encode(Slow((("a.test", 9.0),))) + encode(Broken("KeyError: 'x' (prober.py:1)"))
    instead(saying(last, "sys.stdin.buffer.read()"))
    assert await observed() == []
    why = "met an error of feedbot's own: KeyError: 'x' (prober.py:1)"
    assert sorted(caplog.messages) == [f"a worker process {why}; {number} of its links stay due" for number in (1, 2)]


async def test_a_worker_that_met_an_error_says_which(caplog):
    async with hosts(2) as found:
        # As where the file has gone since it was looked at.
        broken = replace(config(), ca_bundle="/nowhere/authorities.pem")
        with pytest.raises(FeedbotError, match="no worker process could do its work"):
            lost = Workers(broken, CONTACT, set(), 2).observe(one_portion(plan(found, "/ok")))
            assert [type(one) async for one in lost] == [Lost, Lost]
    assert "ConfigError: checker.ca_bundle: /nowhere/authorities.pem: cannot be read" in caplog.messages[0]


async def test_a_worker_that_ignores_its_end_is_killed(instead, caplog):
    instead(saying(encode(Done(())), "time.sleep(600)"))
    async with asyncio.timeout(300):
        assert await observed(grace_s=0.5) == []
    assert caplog.messages == []


async def test_workers_run_this_very_feedbot_and_nothing_from_the_current_folder(monkeypatch, tmp_path):
    for name in ("feedbot", "random", "asyncio", "msgspec"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('taken from the current folder')", encoding="utf-8")
    # As where `python -m feedbot` is given in the folder of a clone, which is then first on the path.
    clone = Path(sys.modules["feedbot"].__file__).parent.parent
    monkeypatch.setattr(sys, "path", [str(clone), *(one for one in sys.path if one not in ("", str(clone)))])
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    async with hosts(2) as found, opened(2) as wire:
        assert len([one async for one in wire.observe(one_portion(plan(found, "/ok")))]) == 2


@pytest.fixture
def printing(monkeypatch, tmp_path):
    """Workers find something that prints on its way, and no uvloop."""
    (tmp_path / "uvloop.py").write_text("import os; os.write(1, b'by mistake'); raise ImportError", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)


async def test_workers_do_without_uvloop_and_what_is_printed_by_mistake_harms_nothing(printing):
    async with hosts(2) as found, opened(2) as wire:
        assert len([one async for one in wire.observe(one_portion(plan(found, "/ok")))]) == 2


@asynccontextmanager
async def worker(stdin=PIPE, stderr=PIPE, start="import feedbot.wire.worker as it; it.main()"):
    """A worker by itself, with every warning an error; killed at the end where it still is there."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-c", start),
        stdin=stdin,
        stdout=PIPE,
        stderr=stderr,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def order(found, *paths):
    """What a worker is told: its order, a share of the plan, and that this was all."""
    told = [Order(config(), CONTACT, ()), Portion(tuple(plan(found, *paths))), Portion(())]
    return b"".join(map(encode, told))


async def test_a_worker_whose_order_never_comes_ends_without_a_word():
    async with worker(stdin=DEVNULL) as process:
        assert await process.communicate() == (b"", b"")
        assert process.returncode == 0


async def test_a_worker_without_standard_error_works(printing):
    closed = "import os, sys; os.close(2); sys.stderr = None; import feedbot.wire.worker as it; it.main()"
    async with hosts(1) as found, worker(start=closed) as process:
        process.stdin.write(order(found, "/ok"))
        assert isinstance(await read_word(process.stdout), Results)
        assert await read_word(process.stdout) == Done(())
        assert await process.wait() == 0


async def test_a_worker_whose_input_is_closed_tidies_up_and_ends():
    async with hosts(1) as found, worker() as process:
        process.stdin.write(order(found, "/held", "/ok"))
        word = await read_word(process.stdout)
        assert [one.url for one in word.results] == [found[0].url("/ok")]
        process.stdin.close()
        assert await process.communicate() == (b"", b"")
        assert process.returncode == 0


async def test_a_worker_that_nobody_listens_to_any_more_ends():
    async with hosts(1) as found, worker() as process:
        process.stdin.write(order(found, *(f"/ok{number}?{'x' * 4000}" for number in range(500))))
        await read_word(process.stdout)
        process._transport.get_pipe_transport(1).close()
        assert await process.wait() == 0
        assert await process.stderr.read() == b""


# Processes that load while their plan is made


async def test_processes_that_wait_are_the_first_to_be_given_work():
    async with hosts(2) as found, started(2) as ready:
        waiting = {process.pid for process in ready}
        at_work = set()
        async for one in Workers(config(), CONTACT, set(), 2, ready=ready).observe(one_portion(plan(found, "/ok"))):
            assert said(one) == "200"
            at_work.update(workers())
        assert (len(waiting), at_work, ready) == (2, waiting, [])


async def test_processes_that_are_not_needed_end():
    async with started(3) as ready:
        assert set(workers()) == {process.pid for process in ready}
    assert workers() == []


async def test_one_process_alone_is_not_started():
    async with started(1) as ready:
        assert (ready, workers()) == ([], [])


async def test_where_no_process_can_be_started_ahead_it_is_said_when_it_is_needed(monkeypatch, caplog):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with started(2) as ready:
        assert ready == []
        with pytest.raises(FeedbotError, match="no worker process"):
            await observed()
    assert "could not be started" in caplog.messages[0]


async def test_what_is_due_tells_how_many_processes_load_ahead(tmp_path):
    """Due by the database alone; the plan itself may turn out shorter."""
    config = Config.model_validate(
        {
            "site": {"title": "News", "url": "https://example.org/"},
            "feeds": {"url": "https://example.org/feeds/"},
            "checker": {"workers": 2, "canaries": []},
        },
        context={"root": tmp_path},
    )
    seen = []
    with open_state(tmp_path / "state.db", who="test") as state:
        targets.named(state, ["http://a.test/", "http://b.test/"], SystemClock().now())

        class Watching(SystemClock):
            def now(self):
                seen.append(len(workers()))
                return super().now()

        checking = await check_due(config, state, Watching())
    assert (max(seen), workers(), len(checking.results)) == (2, [], 0)
