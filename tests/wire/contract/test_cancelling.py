"""Cancelling: it passes through in every phase, leaves nothing behind, and the wire goes on."""

import asyncio
import socket
from contextlib import suppress

import pytest

from feedbot.wire.wire import Response
from tests.wire.contract.kits import eventually, get
from tests.wire.contract.raw import raw_server, silent
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import dripping, reply, serve


class SlowOnce(ScriptedResolver):
    """Never answers for slow.test."""

    async def resolve(self, host):
        found = await super().resolve(host)
        if host == "slow.test":
            await asyncio.sleep(3600)
        return found


async def never(reader, writer):
    await asyncio.sleep(3600)


async def cancelled(asking):
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


PHASES = ["resolving", "connecting", "handshake", "waiting", "head", "body", "kept connection"]


@pytest.mark.parametrize("phase", PHASES)
async def test_cancelling_leaves_nothing_behind(kit, phase):
    def script(asked):
        if asked.target == "/waiting":
            return dripping(b"HTTP/1.1 102 Processing\r\n\r\n", 0.01)
        if asked.target == "/head":
            return dripping(b"a: b\r\n", 0.01, b"HTTP/1.1 200 OK\r\n")
        if asked.target == "/body":
            return dripping(b"x", 0.01, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        return reply(200)

    resolver = SlowOnce()
    async with serve(script) as server, raw_server(never) as port, kit.wire(resolver) as wire:
        with silent() as closed:
            url = {
                "resolving": server.url("slow.test"),
                "connecting": f"http://a.test:{closed}/",
                "handshake": f"https://a.test:{port}/",
                "waiting": server.url(path="/waiting"),
                "head": server.url(path="/head"),
                "body": server.url(path="/body"),
                "kept connection": server.url(path="/waiting"),
            }[phase]
            if phase == "kept connection":
                assert (await wire.exchange(get(server.url()))).status == 200
            for _ in range(3):
                before = len(server.asked)
                asking = asyncio.create_task(wire.exchange(get(url)))
                if phase in {"resolving", "connecting", "handshake"}:
                    await asyncio.sleep(0.05)
                else:
                    assert await eventually(lambda before=before: len(server.asked) > before)
                    await asyncio.sleep(0.02)
                await cancelled(asking)
        # No connection is left half-way: the next exchange never sees the rest of a cancelled one.
        assert await eventually(lambda: len(server.tasks) <= (phase == "resolving"))
        assert (await wire.exchange(get(server.url()))).status == 200


async def test_cancelling_at_any_moment(kit):
    async with serve(lambda asked: reply(200, body=b"x" * 1000)) as server, kit.wire() as wire:
        for turns in range(60):
            asking = asyncio.create_task(wire.exchange(get(server.url(f"{turns % 3}.test"))))
            for _ in range(turns):
                await asyncio.sleep(0)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                assert isinstance(await asking, Response)
        answers = await asyncio.gather(*(wire.exchange(get(server.url(f"{n % 3}.test"))) for n in range(20)))
    assert all(isinstance(answer, Response) for answer in answers), answers


async def test_one_of_many_is_cancelled_and_the_others_are_answered(kit):
    go_on = asyncio.Event()

    async def held(asked):
        await go_on.wait()
        yield reply(200, body=asked.headers["host"].encode())

    async with serve(held) as server, kit.wire() as wire:
        asking = [asyncio.create_task(wire.exchange(get(server.url(f"{n}.test")))) for n in range(40)]
        assert await eventually(lambda: len(server.asked) == 40)
        for one in asking[::2]:
            one.cancel()
        await asyncio.sleep(0)
        go_on.set()
        answers = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 60)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
    assert all(isinstance(answer, Response) for answer in answers[1::2]), answers


async def test_cancelled_in_the_turn_of_the_loop_that_brings_the_answer(kit):
    """Word to cancel arrives just before the answer, and both are dealt with before the task runs."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)

    def script(asked):
        if asked.target == "/cancelled":
            theirs.send(b"!")
        return reply(200)

    loop = asyncio.get_running_loop()
    async with serve(script) as server, kit.wire() as wire:
        for _ in range(5):
            asking = asyncio.create_task(wire.exchange(get(server.url(path="/cancelled"))))
            loop.add_reader(ours, lambda asking=asking: (ours.recv(1), asking.cancel()))
            with suppress(asyncio.CancelledError):
                await asking
            loop.remove_reader(ours)
            answer = await asyncio.wait_for(wire.exchange(get(server.url())), 60)
            assert isinstance(answer, Response), answer
    ours.close()
    theirs.close()
