"""Every way in which an exchange brings no answer, each under its own name."""

import asyncio
import errno

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Response, WireLimits
from tests.ports import closed_port
from tests.wire.contract.kits import Door, get
from tests.wire.contract.raw import raw_server, silent
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import Close, Reset, reply, serve

STATUS = b"HTTP/1.1 200 OK\r\n"


# Names


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.startswith("dns_")] + [FailureKind.OURSELVES])
async def test_what_became_of_the_look_up_is_told_as_it_is(kit, kind):
    door = Door()
    resolver = ScriptedResolver(default=Failure(kind, "words"))
    assert await kit.ask("http://a.test/", resolver=resolver, door=door) == Failure(kind, "words")
    assert door.addresses == []


async def test_a_look_up_that_raises_is_our_own_fault(kit):
    class Broken(ScriptedResolver):
        async def resolve(self, host):
            raise RuntimeError("odd")

    answer = await kit.ask("http://a.test/", resolver=Broken())
    assert answer.kind == FailureKind.OURSELVES
    assert "odd" in answer.text


# Connecting


async def test_refused_is_told_with_the_address(kit):
    for scheme in ("http", "https"):
        answer = await kit.ask(f"{scheme}://a.test:{closed_port()}/")
        assert answer.kind == FailureKind.CONNECT_REFUSED
        assert answer.text.startswith("127.0.0.1: connection refused")


async def test_the_next_address_is_tried_families_in_turn(kit):
    async with serve(lambda asked: reply(200)) as server:
        for addresses in (("127.0.0.2", "127.0.0.1"), ("::1", "127.0.0.1"), ("::1", "127.0.0.2", "127.0.0.1")):
            answer = await kit.ask(server.url(), resolver=ScriptedResolver({"a.test": addresses}))
            assert isinstance(answer, Response), answer
            assert answer.peer == "127.0.0.1"
        # At most three addresses: the fourth is not reached.
        table = {"a.test": ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1")}
        answer = await kit.ask(server.url(), resolver=ScriptedResolver(table))
        assert answer.kind == FailureKind.CONNECT_REFUSED


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_silent_connect_is_a_connect_timeout(kit, scheme):
    with silent() as port:
        answer = await kit.ask(f"{scheme}://a.test:{port}/", limits=WireLimits(connect_timeout_s=0.2))
    assert answer.kind == FailureKind.CONNECT_TIMEOUT


async def test_a_deadline_that_ends_the_connecting_is_a_connect_timeout(kit):
    with silent() as port:
        answer = await kit.ask(f"http://a.test:{port}/", timeout_s=0.2)
    assert answer.kind == FailureKind.CONNECT_TIMEOUT


async def test_an_address_that_is_silent_leaves_time_for_the_next(kit):
    async with serve(lambda asked: reply(200)) as server:
        with silent("127.0.0.2", server.port):
            table = {"a.test": ("127.0.0.2", "127.0.0.1")}
            limits = WireLimits(connect_timeout_s=6.0)
            answer = await kit.ask(server.url(), resolver=ScriptedResolver(table), limits=limits)
    assert isinstance(answer, Response), answer
    assert answer.peer == "127.0.0.1"


async def test_tls_that_is_silent_is_a_connect_timeout(kit):
    async with raw_server(lambda reader, writer: asyncio.sleep(3600)) as port:
        limits = WireLimits(connect_timeout_s=0.3)
        answer = await asyncio.wait_for(kit.ask(f"https://a.test:{port}/", limits=limits), 60)
    assert answer.kind == FailureKind.CONNECT_TIMEOUT
    assert "TLS handshake timed out" in answer.text


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EMFILE, FailureKind.OURSELVES),
        (errno.ENFILE, FailureKind.OURSELVES),
        (errno.ENOBUFS, FailureKind.OURSELVES),
        (errno.EAFNOSUPPORT, FailureKind.OURSELVES),
        (errno.EACCES, FailureKind.OURSELVES),
        (errno.ENETUNREACH, FailureKind.CONNECT_UNREACHABLE),
    ],
)
async def test_no_socket_to_be_had_is_seldom_the_links_fault(kit, number, kind):
    door = Door(errors={"127.0.0.1": OSError(number, "words")})
    answer = await kit.ask("http://a.test/", door=door)
    assert answer.kind == kind, answer
    assert door.addresses == ["127.0.0.1"]


async def test_what_a_server_did_says_more_than_what_this_machine_lacks(kit):
    door = Door(errors={"::1": OSError(errno.EAFNOSUPPORT, "words")})
    port = closed_port()
    for addresses in (("::1", "127.0.0.1"), ("127.0.0.1", "::1")):
        resolver = ScriptedResolver({"a.test": addresses})
        answer = await kit.ask(f"http://a.test:{port}/", door=door, resolver=resolver)
        assert answer.kind == FailureKind.CONNECT_REFUSED, answer


# What is no HTTP, or breaks off


HOSTILE = {
    "nothing": (Close(), FailureKind.RESET),
    "reset at once": (Reset(), FailureKind.RESET),
    "reset in the status line": (Reset(b"HTTP/1.1 2"), FailureKind.RESET),
    "reset in the head": (Reset(STATUS + b"a: b\r\n"), FailureKind.RESET),
    "head without end": (Close(STATUS + b"a: b\r\n"), FailureKind.RESET),
    "1xx and nothing more": (Close(b"HTTP/1.1 100 Continue\r\n\r\n"), FailureKind.RESET),
    "garbage": (Close(b"\x00\xff\xfe garbage\r\n\r\n"), FailureKind.PROTOCOL),
    "another protocol": (Close(b"SSH-2.0-OpenSSH_9.2\r\n"), FailureKind.PROTOCOL),
    "a page without a head (HTTP/0.9)": (Close(b"<!doctype html><title>x</title>\r\n\r\n"), FailureKind.PROTOCOL),
    "status line of words": (Close(b"HTTP/1.1 OK fine\r\n\r\n"), FailureKind.PROTOCOL),
    "status 099": (Close(b"HTTP/1.1 099 Odd\r\n\r\n"), FailureKind.PROTOCOL),
    "status of four digits": (Close(b"HTTP/1.1 2000 OK\r\n\r\n"), FailureKind.PROTOCOL),
    "switching protocols unasked": (Close(b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n"), FailureKind.PROTOCOL),
    "a head of HTTP/2": (Close(b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n"), FailureKind.PROTOCOL),
    "bad content-length": (Close(STATUS + b"Content-Length: -5\r\n\r\n"), FailureKind.PROTOCOL),
    "content-length of words": (Close(STATUS + b"Content-Length: many\r\n\r\n"), FailureKind.PROTOCOL),
    "two content-lengths": (
        Close(STATUS + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"),
        FailureKind.PROTOCOL,
    ),
    "NUL in a header": (Close(STATUS + b"a: \x00\r\n\r\n"), FailureKind.PROTOCOL),
    "a header without a colon": (Close(STATUS + b"abc\r\n\r\n"), FailureKind.PROTOCOL),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_no_answer_has_its_name(kit, name):
    answer, kind = HOSTILE[name]
    async with serve(lambda asked: answer) as server:
        got = await asyncio.wait_for(kit.ask(server.url()), 60)
    assert isinstance(got, Failure), got
    assert got.kind == kind, got
    assert len(got.text) <= 300
    assert got.text.isprintable()


async def test_a_new_connection_that_is_closed_is_a_failure_after_one_request(kit):
    async with serve(lambda asked: Close()) as server:
        assert (await kit.ask(server.url())).kind == FailureKind.RESET
    assert len(server.asked) == 1


async def test_after_failures_of_every_kind_the_wire_goes_on(kit):
    names = list(HOSTILE)
    async with serve(
        lambda asked: HOSTILE[names[int(asked.target[1:])]][0] if asked.target != "/" else reply(200)
    ) as server:
        async with kit.wire(limits=WireLimits(connect_timeout_s=5.0)) as wire:
            for n in range(len(names)):
                assert isinstance(await wire.exchange(get(server.url(path=f"/{n}"))), Failure)
                assert (await wire.exchange(get(server.url()))).status == 200
            assert isinstance(await wire.exchange(get(f"http://a.test:{closed_port()}/")), Failure)
            assert isinstance(await wire.exchange(get("nonsense")), Failure)
            assert (await wire.exchange(get(server.url()))).status == 200
