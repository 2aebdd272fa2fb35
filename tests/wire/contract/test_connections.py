"""Connections: kept for their own name, replaced where they are stale, and never more than there may be."""

import asyncio
import socket

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Request, Response, WireLimits
from tests.wire.contract.kits import eventually, get
from tests.wire.contract.raw import raw_server
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import Close, Reset, reply, serve


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_connection_is_used_again_by_its_name_only(kit, authority, scheme):
    names = ("a.test", "a.test", "b.test", "a.test", "b.test", "127.0.0.1", "a.test", "127.0.0.1", "b.test")
    tls = authority.server("a.test", "b.test", "127.0.0.1") if scheme == "https" else None
    async with serve(lambda asked: reply(200), ssl=tls) as server:
        async with kit.wire(ca_bundle=authority.bundle) as wire:
            for name in names:
                assert (await wire.exchange(get(server.url(name, scheme=scheme)))).status == 200
    # One address, one port, one certificate, and still one connection for each name.
    assert [one.connection for one in server.asked] == [1, 1, 2, 1, 2, 3, 1, 3, 2]
    assert [one.headers["host"].partition(":")[0] for one in server.asked] == list(names)


async def test_the_case_of_a_name_makes_no_difference_and_the_method_none(kit):
    async with serve(lambda asked: reply(200)) as server, kit.wire() as wire:
        for method, name in (("GET", "a.test"), ("HEAD", "A.test"), ("GET", "a.TEST"), ("HEAD", "a.test")):
            assert (await wire.exchange(Request(method, server.url(name)))).status == 200
    assert [one.connection for one in server.asked] == [1, 1, 1, 1]


async def test_another_port_or_scheme_is_another_connection(kit, authority):
    async with serve(lambda asked: reply(200)) as one, serve(lambda asked: reply(200)) as two:
        async with serve(lambda asked: reply(200), ssl=authority.server("a.test")) as three:
            async with kit.wire(ca_bundle=authority.bundle) as wire:
                for url in (one.url(), two.url(), three.url(scheme="https"), one.url()):
                    assert (await wire.exchange(get(url))).status == 200
    assert [server.connections for server in (one, two, three)] == [1, 1, 1]


@pytest.mark.parametrize("end", [Close(), Reset()], ids=["closed", "reset"])
async def test_a_kept_connection_that_ends_at_the_next_request_is_replaced_once(kit, end):
    def script(asked):
        return end if asked.connection == 1 and asked.nth == 2 else reply(200)

    async with serve(script) as server, kit.wire() as wire:
        answers = [await wire.exchange(get(server.url())) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert [one.connection for one in server.asked] == [1, 1, 2, 2]


async def test_a_connection_that_was_closed_while_it_was_kept_is_replaced(kit):
    async with serve(lambda asked: reply(200)) as server, kit.wire() as wire:
        assert (await wire.exchange(get(server.url()))).status == 200
        for task in list(server.tasks):
            task.cancel()
        await asyncio.gather(*server.tasks, return_exceptions=True)
        assert (await wire.exchange(get(server.url()))).status == 200
    assert [one.connection for one in server.asked] == [1, 2]


async def test_a_connection_that_waited_too_long_is_not_tried(kit):
    async with serve(lambda asked: reply(200)) as server, kit.wire(limits=WireLimits(keepalive_s=1)) as wire:
        for _ in range(2):
            assert (await wire.exchange(get(server.url()))).status == 200
        await asyncio.sleep(2.1)  # libcurl counts whole seconds
        assert (await wire.exchange(get(server.url()))).status == 200
    assert [one.connection for one in server.asked][-1] == 2


async def test_of_a_server_that_ends_every_connection_a_new_one_tells(kit):
    # Answered once, then every connection is closed without an answer.
    async with serve(lambda asked: reply(200) if asked.nth == 1 else Close()) as server, kit.wire() as wire:
        assert (await wire.exchange(get(server.url()))).status == 200
        assert (await wire.exchange(get(server.url()))).kind == FailureKind.RESET
    assert [one.connection for one in server.asked] == [1, 1, 2]


async def test_a_server_that_says_close_is_not_asked_again_on_it(kit):
    async with serve(lambda asked: reply(200, {"Connection": "close"})) as server, kit.wire() as wire:
        for _ in range(3):
            assert (await wire.exchange(get(server.url()))).status == 200
    assert [one.connection for one in server.asked] == [1, 2, 3]


async def test_http_1_0_is_not_asked_again_on_a_connection_that_stays_open(kit):
    async with serve(lambda asked: reply(200).replace(b"HTTP/1.1", b"HTTP/1.0")) as server, kit.wire() as wire:
        for _ in range(2):
            assert (await wire.exchange(get(server.url()))).status == 200
    assert [one.connection for one in server.asked] == [1, 2]


async def test_two_exchanges_at_once_have_a_connection_each(kit):
    both = asyncio.Event()

    async def when_both_have_come(asked):
        if len(server.asked) == 2:
            both.set()
        await both.wait()
        yield reply(200)

    async with serve(when_both_have_come) as server, kit.wire() as wire:
        answers = await asyncio.gather(*(wire.exchange(get(server.url())) for _ in range(2)))
    assert [answer.status for answer in answers] == [200, 200]
    assert server.connections == 2


async def test_many_exchanges_at_once_have_each_their_own_answer(kit):
    at_once = 500 if kit.name == "curl" else 120
    under_way = most = 0

    async def when_all_have_come(asked):
        nonlocal most, under_way
        under_way += 1
        most = max(most, under_way)
        await eventually(lambda: most >= (wire.most_at_once or at_once), 20)
        yield reply(200, body=asked.headers["host"].encode())
        under_way -= 1

    async with serve(when_all_have_come) as server, kit.wire() as wire:
        urls = [server.url(f"{n}.test") for n in range(at_once)]
        answers = await asyncio.gather(*(wire.exchange(get(url)) for url in urls))
        for url, answer in zip(urls, answers, strict=True):
            assert isinstance(answer, Response), answer
            assert f"http://{answer.body.decode()}/" == url
    assert most == (wire.most_at_once or at_once)


async def test_hosts_in_turn_keep_their_connections(kit):
    # As many as are in flight at once: none loses its connection to the others.
    hosts = 300 if kit.name == "curl" else 50
    more = {"connections": hosts} if kit.name == "curl" else {}
    async with serve(lambda asked: reply(200)) as server, kit.wire(**more) as wire:
        for _ in range(3):
            await asyncio.gather(*(wire.exchange(get(server.url(f"{n}.test"))) for n in range(hosts)))
    assert server.connections == hosts


async def test_no_more_connections_are_kept_than_may_be(kit):
    if kit.name != "curl":
        return  # 50 in all, whether kept or not
    async with serve(lambda asked: reply(200)) as server, kit.wire(connections=10) as wire:
        for n in range(40):
            assert (await wire.exchange(get(server.url(f"{n}.test")))).status == 200
        assert await eventually(lambda: len(server.tasks) <= 10)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no ::1 on this machine")
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_ipv6_literals_and_names(kit, authority, scheme):
    tls = authority.server("::1", "six.test") if scheme == "https" else None
    async with serve(lambda asked: reply(200), host="::1", ssl=tls) as server:
        async with kit.wire(ScriptedResolver({"six.test": "::1"}), ca_bundle=authority.bundle) as wire:
            for name in ("[::1]", "six.test", "[::1]"):
                answer = await wire.exchange(get(server.url(name, scheme=scheme)))
                assert isinstance(answer, Response), answer
                assert (answer.status, answer.peer) == (200, "::1")
    assert [one.headers["host"] for one in server.asked] == [
        f"{name}:{server.port}" for name in ("[::1]", "six.test", "[::1]")
    ]
    assert server.connections == 2


# The end


async def test_a_closed_wire_asks_nothing(kit):
    async with serve(lambda asked: reply(200)) as server:
        async with kit.wire() as wire:
            assert (await wire.exchange(get(server.url()))).status == 200
        answer = await asyncio.wait_for(wire.exchange(get(server.url())), 60)
        await wire.aclose()
    assert isinstance(answer, Failure)
    assert answer.kind == FailureKind.OURSELVES
    assert len(server.asked) == 1


async def test_closing_ends_what_is_under_way_in_every_phase(kit):
    class Never(ScriptedResolver):
        async def resolve(self, host):
            if host == "resolving.test":
                await asyncio.sleep(0.3)
            return await super().resolve(host)

    async def half(asked):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
        await asyncio.sleep(3600)

    async def silent(reader, writer):
        await asyncio.sleep(3600)

    async with serve(half) as server, raw_server(silent) as port:
        async with kit.wire(Never()) as wire:
            urls = [
                server.url("body.test"),
                f"http://waiting.test:{port}/",
                f"https://handshake.test:{port}/",
                server.url("resolving.test"),
            ]
            asking = [asyncio.create_task(wire.exchange(get(url))) for url in urls]
            assert await eventually(lambda: server.asked)
            await asyncio.sleep(0.1)
        answers = await asyncio.wait_for(asyncio.gather(*asking), 60)
    for answer in answers:
        assert isinstance(answer, Failure), answer
        assert answer.kind == FailureKind.OURSELVES, answer


async def test_a_wire_may_be_closed_that_was_never_used(kit):
    async with kit.wire(limits=WireLimits()) as wire:
        pass
    await wire.aclose()
