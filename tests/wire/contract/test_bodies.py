"""Bodies: cut at the limit, never decoded, judged by what they break off from."""

import asyncio
import gzip

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Request, Response, WireLimits
from tests.wire.contract.kits import eventually, get
from tests.wire.servers import Close, Raw, Reset, dripping, reply, serve

LIMIT = 64 * 1024
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("size", [0, 1, LIMIT - 1, LIMIT, LIMIT + 1, 500_000])
async def test_a_body_is_cut_at_the_limit_without_failing(kit, size):
    async with serve(lambda asked: reply(200, body=b"x" * size)) as server:
        answer = await kit.ask(server.url())
    assert answer.body == b"x" * min(size, LIMIT)


ENDLESS = {
    "until the connection closes": lambda: dripping(b"x" * 8192, 0, OK + b"\r\n"),
    "in chunks": lambda: dripping(b"2000\r\n" + b"x" * 8192 + b"\r\n", 0, CHUNKED),
    "in chunks of one byte": lambda: dripping(b"1\r\nx\r\n" * 1000, 0, CHUNKED),
    "of a length in petabytes": lambda: dripping(b"x" * 8192, 0, OK + b"Content-Length: 9007199254740991\r\n\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_a_body_that_never_ends_is_cut_and_its_connection_closed(kit, name):
    async with serve(lambda asked: ENDLESS[name]()) as server, kit.wire() as wire:
        answer = await wire.exchange(get(server.url()))
        assert isinstance(answer, Response), answer
        assert len(answer.body) == LIMIT
        assert await eventually(lambda: not server.tasks)


async def test_a_connection_is_not_used_again_where_a_body_was_cut(kit):
    async with serve(lambda asked: reply(200, body=b"x" * 500_000)) as server, kit.wire() as wire:
        for _ in range(3):
            assert len((await wire.exchange(get(server.url()))).body) == LIMIT
    assert [asked.connection for asked in server.asked] == [1, 2, 3]


async def test_other_limits_may_be_set(kit):
    async with serve(lambda asked: reply(200, body=b"hello")) as server:
        answer = await kit.ask(server.url(), limits=WireLimits(max_body_bytes=3))
    assert answer.body == b"hel"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-unknown"])
async def test_a_body_is_never_decoded(kit, encoding):
    bomb = gzip.compress(b"\0" * 10_000_000)
    async with serve(lambda asked: reply(200, {"Content-Encoding": encoding}, bomb)) as server:
        answer = await kit.ask(server.url())
    assert answer.body == bomb[:LIMIT]


BROKEN = {
    "cut short": (Close(reply(200, body=b"abc", length=100)), FailureKind.RESET),
    "cut short before its first byte": (Close(reply(200, length=100)), FailureKind.RESET),
    "cut short in a chunk": (Close(CHUNKED + b"ff\r\nabc"), FailureKind.RESET),
    "cut short between chunks": (Close(CHUNKED + b"3\r\nabc\r\n"), FailureKind.RESET),
    "chunk size is garbage": (Close(CHUNKED + b"zz\r\nabc"), FailureKind.PROTOCOL),
    "chunk size has no end": (Close(CHUNKED + b"0" * 5000), FailureKind.PROTOCOL),
    "reset in the body": (Reset(reply(200, body=b"abc", length=100)), FailureKind.RESET),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_body_fails_a_2xx_but_not_another_status(kit, name):
    answer, kind = BROKEN[name]
    async with serve(lambda asked: answer) as server:
        got = await kit.ask(server.url())
    assert isinstance(got, Failure), got
    assert got.kind == kind, got
    assert got.text.startswith("127.0.0.1: ")
    not_found = type(answer)(answer.said.replace(b"200", b"404"))
    async with serve(lambda asked: not_found) as server:
        assert (await kit.ask(server.url())).status == 404


async def test_a_404_whose_body_never_ends_is_a_404(kit):
    start = b"HTTP/1.1 404 No\r\nContent-Length: 1000000\r\n\r\n"
    async with serve(lambda asked: dripping(b"x", 0.01, start)) as server:
        answer = await kit.ask(server.url(), timeout_s=1.0)
    assert answer.status == 404
    assert answer.body.strip(b"x") == b""


# What is left on a connection after an answer


LEFT_OVER = {
    "a body with 204": ("GET", b"HTTP/1.1 204 None\r\n\r\n<title>not expected</title>"),
    "a body with 304": ("GET", b"HTTP/1.1 304 Same\r\n\r\nnot expected"),
    "a body with HEAD": ("HEAD", reply(200, body=b"<title>not expected</title>")),
    "more than its length": ("GET", reply(200, body=b"hello and more", length=5)),
}


@pytest.mark.parametrize("name", LEFT_OVER)
@pytest.mark.parametrize("is_late", [False, True], ids=["at once", "late"])
async def test_bytes_too_many_are_no_failure_of_the_next_exchange(kit, name, is_late):
    method, said = LEFT_OVER[name]
    head, _, rest = said.partition(b"\r\n\r\n")

    async def late(asked):
        # By then the next request is on its way, and is answered after the rest of this answer.
        yield head + b"\r\n\r\n" + (b"hello" if "length" in name else b"")
        await asyncio.sleep(0.1)
        yield rest + head + b"\r\n\r\n"
        await asyncio.sleep(3600)

    async with serve(lambda asked: late(asked) if is_late and asked.connection == 1 else Raw(said)) as server:
        async with kit.wire() as wire:
            answers = [await wire.exchange(Request(method, server.url())) for _ in range(3)]
    assert len({answer.status for answer in answers if isinstance(answer, Response)}) == 1, answers
    assert all(isinstance(answer, Response) for answer in answers), answers
