"""Nothing that a server answers takes long, much memory or the process: each ends in a named outcome."""

import asyncio
import json
import subprocess
import sys

import msgspec
import pytest

from feedbot.core.observation import FailureKind, Observation
from feedbot.core.verdict import VerdictKind, judge
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.wire import Request
from tests.wire.hostile_answers import ANSWERS, CHUNKED, LOCATIONS
from tests.wire.hostile_probes import DEADLINE_S, NO_LIMITS, open_wire, probe, probe_all
from tests.wire.scripted import PUBLIC, TLS, RecordingBackend, ScriptedResolver, said

WIRES = ("curl", "httpx")
MIB = 1024  # in kilobytes


@pytest.fixture(scope="module")
def ports(request):
    """The port of every answer; they are served by a process that ends with this one."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.wire.hostile_server"],
        cwd=request.config.rootpath,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with server:
        yield json.loads(server.stdout.readline())
        server.stdin.close()


@pytest.fixture(scope="module", params=WIRES)
def probed(request, ports):
    """Every answer over a wire, and what the event loop had to complain of."""
    complaints = []

    async def all_of_them():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        wire = open_wire(request.param)
        ended = await probe_all(wire, ports)
        # On a machine that is busy elsewhere time may run out by no fault of the wire: again, alone.
        for _ in range(5):
            for name in [name for name, one in ended.items() if ran_out_of_time(request.param, name, one)]:
                ended[name] = await probe(wire, name, ports[name])
        await wire.aclose()
        return ended

    return request.param, asyncio.run(all_of_them()), complaints


def expected(kind, name):
    """The outcomes that the table has for a wire."""
    raw = ANSWERS[name]
    return (raw.httpx if kind == "httpx" and raw.httpx else raw.ends).split(" or ")


def ran_out_of_time(kind, name, one):
    return one.seconds > DEADLINE_S + 1 or (
        "timeout" in said(one.result) and said(one.result) not in expected(kind, name)
    )


def test_there_are_enough_of_them():
    assert len(ANSWERS) > 250
    assert len(LOCATIONS) > 50


@pytest.mark.parametrize("name", ANSWERS)
def test_ends_in_the_named_outcome(probed, name):
    kind, ended, _ = probed
    raw, result = ANSWERS[name], ended[name].result
    assert said(result) in expected(kind, name), result
    assert said(result).isdigit() or said(result) in set(FailureKind) - {FailureKind.OURSELVES}
    assert not raw.httpx or raw.why, "a difference without a reason"


def test_each_within_its_deadline_and_a_second(probed):
    _, ended, _ = probed
    late = {name: one.seconds for name, one in ended.items() if one.seconds > DEADLINE_S + 1}
    assert late == {}


def test_each_has_a_verdict(probed):
    _, ended, _ = probed
    for name, one in ended.items():
        verdict = judge(one.result)
        assert verdict.reason, name
        # Whatever a server does, it is not taken for a fault of ours.
        assert verdict.kind is not VerdictKind.UNKNOWN, (name, verdict)
        if not said(one.result).isdigit():
            assert verdict.kind in (VerdictKind.UNREACHABLE, VerdictKind.REFUSED), (name, verdict)


def test_what_is_recorded_can_be_kept_and_is_bounded(probed):
    _, ended, _ = probed
    for name, one in ended.items():
        kept = msgspec.json.encode(one.result)
        assert msgspec.json.decode(kept, type=Observation) == one.result, name
        assert len(kept) < 64_000, name


def test_nothing_is_raised_where_nobody_listens(probed):
    _, _, complaints = probed
    assert complaints == []


@pytest.mark.parametrize("kind", WIRES)
async def test_what_an_answer_had_too_much_is_not_taken_for_the_next(kind, ports):
    wire = open_wire(kind)
    for name in (
        "connection: two answers",
        "connection: an answer and a forged second",
        "connection: a page and 200 kB of nothing",
    ):
        for _ in range(3):
            assert said((await probe(wire, name, ports[name])).result) == "200", name
    await wire.aclose()


async def test_a_body_in_thousands_of_chunks_leaves_the_others_their_turn():
    turns, chunks = 0, 20_000

    async def others():
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    # All of it in one read, so that nothing but the reading itself gives way.
    body = b"1\r\nx\r\n" * chunks + b"0\r\n\r\n"
    backend = RecordingBackend(lambda address, request: CHUNKED + body)
    wire = HttpxWire(ScriptedResolver(default=PUBLIC), backend=backend, ssl_context=TLS)
    waiting = asyncio.create_task(others())
    answer = await wire.exchange(Request("GET", "http://a.test/"))
    waiting.cancel()
    await wire.aclose()
    assert len(answer.body) == chunks
    assert turns > chunks / 200


# Memory


@pytest.mark.skipif(sys.platform != "linux", reason="may be skipped: only Linux tells the peak of a process anew")
@pytest.mark.parametrize("kind", WIRES)
def test_memory_grows_by_less_than_32_mib(kind, project, ports):
    assert growth(kind, "bounded", project, ports) < 32 * MIB


@pytest.mark.skipif(sys.platform != "linux", reason="may be skipped: only Linux tells the peak of a process anew")
@pytest.mark.parametrize(("kind", "mode"), [("curl", "unbounded"), ("httpx", "unbounded"), ("httpx", "decoding")])
def test_negative_control_without_bounds_or_where_bodies_are_decoded_it_grows(kind, mode, project, ports):
    assert growth(kind, mode, project, ports) > 32 * MIB


def growth(kind, mode, project, ports):
    """Kilobytes by which a process grew at its peak."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.wire.hostile_probes", kind, mode],
        cwd=project,
        input=json.dumps(ports),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    # What libcurl's callbacks raise is printed and lost.
    assert (done.returncode, done.stderr) == (0, "")
    return int(done.stdout)


# Negative controls of the other bounds


async def test_negative_control_without_a_deadline_they_go_on(ports):
    wires = [open_wire(kind, NO_LIMITS) for kind in WIRES]
    tasks = [
        asyncio.create_task(probe(wire, name, ports[name], probe_timeout_s=60))
        for wire in wires
        for name in ("connection: silence", "headers: dripped", "body: dripped")
    ]
    done, going_on = await asyncio.wait(tasks, timeout=DEADLINE_S + 1)
    assert done == set()
    for task in going_on:
        task.cancel()
    await asyncio.wait(going_on)
    for wire in wires:
        await wire.aclose()


async def test_negative_control_without_our_bound_libcurl_takes_more_headers(ports):
    wire = open_wire("curl", NO_LIMITS)
    ended = await probe(wire, "headers: 200 kB of them", ports["headers: 200 kB of them"])
    await wire.aclose()
    assert said(ended.result) == "200"


@pytest.mark.parametrize("kind", WIRES)
async def test_negative_control_with_more_redirects_the_end_is_reached(kind, ports):
    wire = open_wire(kind)
    ended = await probe(wire, "Location: six of them", ports["Location: six of them"], max_redirects=20)
    await wire.aclose()
    assert said(ended.result) == "200"
