"""Heads and deadlines: nothing that a server does takes more bytes or time than it may."""

import asyncio
import time

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Response, WireLimits
from tests.wire.contract.kits import AMPLE, get
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import Close, dripping, reply, serve

STATUS = b"HTTP/1.1 200 OK\r\n"
END = b"Content-Length: 0\r\n\r\n"


def head_of(size):
    """A head of exactly so many bytes, in lines of 1,000."""
    lines = b"".join(b"a%03d: " % n + b"x" * 992 + b"\r\n" for n in range((size - len(STATUS + END)) // 1000))
    rest = size - len(STATUS + lines + END)
    padding = b"b: " + b"y" * (rest - 5) + b"\r\n" if rest >= 5 else b""
    return STATUS + lines + padding + END


@pytest.mark.parametrize("size", [50_000, 70_000, 99_000, 100_000])
async def test_a_head_may_be_as_long_as_the_limit_whatever_its_body(kit, size):
    head = head_of(size)
    assert len(head) == size
    body = b"z" * 60_000
    async with serve(lambda asked: Close(head.replace(END, b"Content-Length: 60000\r\n\r\n") + body)) as server:
        limits = WireLimits(max_header_bytes=size + 4)  # the digits of the length
        answer = await kit.ask(server.url(), limits=limits)
    assert isinstance(answer, Response), answer
    assert len(answer.body) == 60_000


TOO_LONG = {
    "just": lambda: Close(head_of(100_050)),
    "one header of 300 kB": lambda: Close(STATUS + b"a: " + b"x" * 300_000 + b"\r\n\r\n"),
    "20,000 headers": lambda: Close(STATUS + b"a: bcdefghij\r\n" * 20_000 + b"\r\n"),
    "headers without end": lambda: dripping(b"a: bcdefghij\r\n" * 1000, 0, STATUS),
    "a status line without end": lambda: dripping(b"x" * 10_000, 0, STATUS.strip()),
    "1xx without end": lambda: dripping(b"HTTP/1.1 103 Early\r\nLink: </style.css>\r\n\r\n" * 1000, 0),
    "one 1xx of 200 kB": lambda: Close(b"HTTP/1.1 103 Early\r\na: " + b"x" * 200_000 + b"\r\n\r\n" + reply(200)),
}


@pytest.mark.parametrize("name", TOO_LONG)
async def test_a_head_over_the_limit_is_no_http(kit, name):
    async with serve(lambda asked: TOO_LONG[name]()) as server:
        answer = await asyncio.wait_for(kit.ask(server.url()), 60)
    assert isinstance(answer, Failure), answer
    assert answer.kind == FailureKind.PROTOCOL, answer


ENDLESS = {
    "silence": lambda: dripping(b"", 0.01),
    "dripped status line": lambda: dripping(b"O", 0.01, b"HTTP/1.1 200 O"),
    "dripped headers": lambda: dripping(b"a: b\r\n", 0.01, STATUS),
    "dripped header": lambda: dripping(b"a", 0.01, STATUS),
    "endless 1xx": lambda: dripping(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "dripped body": lambda: dripping(b"x", 0.01, STATUS + b"Content-Length: 1000000\r\n\r\n"),
    "dripped chunks": lambda: dripping(b"1\r\nx\r\n", 0.01, STATUS + b"Transfer-Encoding: chunked\r\n\r\n"),
    "dripped chunk head": lambda: dripping(b"b", 0.01, STATUS + b"Transfer-Encoding: chunked\r\n\r\n1;a="),
    "nothing after the head": lambda: dripping(b"", 0.01, STATUS + b"Content-Length: 5\r\n\r\n"),
}


@pytest.mark.parametrize("whose", ["request's", "wire's"])
async def test_the_deadline_ends_what_never_ends(kit, whose):
    # On a busy machine the connecting may take as long as the first of them.
    for within_s in (0.5, 5.0, 20.0):
        answers = await ended_within(kit, within_s, whose)
        if FailureKind.CONNECT_TIMEOUT not in {answer.kind for answer in answers.values()}:
            break
    for name, answer in answers.items():
        assert answer == Failure(FailureKind.TIMEOUT, f"127.0.0.1: no full answer in {within_s:g} s"), name


async def ended_within(kit, within_s, whose):
    limits = AMPLE if whose == "request's" else WireLimits(exchange_timeout_s=within_s)
    timeout_s = within_s if whose == "request's" else 99.0
    names = list(ENDLESS)
    async with serve(lambda asked: ENDLESS[names[int(asked.target[1:])]]()) as server, kit.wire(limits=limits) as wire:
        asking = (wire.exchange(get(server.url(path=f"/{n}"), timeout_s=timeout_s)) for n in range(len(names)))
        answers = await asyncio.wait_for(asyncio.gather(*asking), 60)
    return dict(zip(names, answers, strict=True))


async def test_a_deadline_gives_its_connection_back(kit):
    async with serve(lambda asked: dripping(b"", 0.01) if asked.target == "/slow" else reply(200)) as server:
        async with kit.wire() as wire:
            for _ in range(3):
                slow = [wire.exchange(get(server.url(f"{n}.test", "/slow"), timeout_s=0.2)) for n in range(50)]
                kinds = {answer.kind for answer in await asyncio.gather(*slow)}
                assert kinds <= {FailureKind.TIMEOUT, FailureKind.CONNECT_TIMEOUT}
            assert (await wire.exchange(get(server.url()))).status == 200


async def test_a_kept_connection_has_its_deadline_too(kit):
    async with serve(lambda asked: dripping(b"", 0.01) if asked.nth == 2 else reply(200)) as server:
        async with kit.wire() as wire:
            assert (await wire.exchange(get(server.url()))).status == 200
            assert (await wire.exchange(get(server.url(), timeout_s=0.3))).kind == FailureKind.TIMEOUT
            assert (await wire.exchange(get(server.url()))).status == 200
    assert [asked.connection for asked in server.asked] == [1, 1, 2]


async def test_the_deadline_starts_when_the_name_is_resolved(kit):
    class Slow(ScriptedResolver):
        async def resolve(self, host):
            if not self.asked:
                await asyncio.sleep(2.5)
            return await super().resolve(host)

    limits = WireLimits(connect_timeout_s=2.0, exchange_timeout_s=2.0)
    async with serve(lambda asked: reply(200)) as server:
        started = time.monotonic()
        answer = await kit.ask(server.url(), limits=limits, resolver=Slow())
    assert answer.status == 200
    assert time.monotonic() - started >= 2.5
    assert answer.elapsed_ms < 2500


@pytest.mark.parametrize("timeout_s", [0.0, 1e-9])
async def test_no_time_at_all_is_a_timeout_and_not_for_ever(kit, timeout_s):
    async with serve(lambda asked: dripping(b"", 0.01)) as server:
        answer = await asyncio.wait_for(kit.ask(server.url(), timeout_s=timeout_s), 60)
    assert answer.kind in {FailureKind.TIMEOUT, FailureKind.CONNECT_TIMEOUT}
