import asyncio
import socket
import threading

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.resolver import SystemResolver, getaddrinfo_lookup, literal_address


@pytest.fixture
def made():
    resolvers = []

    def make(*args, **kwargs):
        resolvers.append(SystemResolver(*args, **kwargs))
        return resolvers[-1]

    yield make
    for resolver in resolvers:
        resolver.close()


class Lookups:
    """A look-up that counts, and waits for `release` where it is told to."""

    def __init__(self, answer=("1.2.3.4",), waits=False):
        self.answer = answer
        self.hosts = []
        self.release = threading.Event()
        if not waits:
            self.release.set()

    def __call__(self, host):
        self.hosts.append(host)
        self.release.wait(60)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_one_look_up_per_host_however_many_ask(made):
    lookups = Lookups(waits=True)
    resolver = made(lookup=lookups)
    asking = [asyncio.create_task(resolver.resolve(host)) for host in ["a.test", "A.test"] * 20]
    await asyncio.sleep(0.02)
    lookups.release.set()
    assert set(await asyncio.gather(*asking)) == {("1.2.3.4",)}
    assert await resolver.resolve("a.test") == ("1.2.3.4",)
    assert lookups.hosts == ["a.test"]


async def test_cancelling_one_asker_leaves_the_others(made):
    lookups = Lookups(waits=True)
    resolver = made(lookup=lookups)
    first, second = (asyncio.create_task(resolver.resolve("a.test")) for _ in range(2))
    await asyncio.sleep(0.02)
    first.cancel()
    lookups.release.set()
    assert await second == ("1.2.3.4",)
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_literals_are_answered_without_a_look_up(made):
    lookups = Lookups()
    resolver = made(lookup=lookups)
    assert await resolver.resolve("127.0.0.1") == ("127.0.0.1",)
    assert await resolver.resolve("[::1]") == ("::1",)
    assert await resolver.resolve("::1") == ("::1",)
    assert lookups.hosts == []
    assert literal_address("a.test") is None


async def test_a_silent_name_server_is_a_dns_timeout_and_delays_nobody(made):
    lookups = Lookups(waits=True)
    resolver = made(threads=2, timeout_s=0.1, lookup=lookups)
    assert (await resolver.resolve("slow.test")).kind == FailureKind.DNS_TIMEOUT
    lookups.release.set()
    # On a busy machine even the quick ones may take longer than that now and then.
    answers = [await resolver.resolve(f"quick{number}.test") for number in range(20)]
    assert ("1.2.3.4",) in answers
    # Remembered: the same host is not waited for twice in a run.
    assert (await resolver.resolve("slow.test")).kind == FailureKind.DNS_TIMEOUT


async def test_waiting_for_a_thread_is_our_fault_and_is_not_remembered(made):
    lookups = Lookups(waits=True)
    resolver = made(threads=1, timeout_s=0.05, lookup=lookups)
    slow = asyncio.create_task(resolver.resolve("slow.test"))
    await asyncio.sleep(0)
    queued = await resolver.resolve("queued.test")
    assert queued.kind == FailureKind.OURSELVES
    assert (await slow).kind == FailureKind.DNS_TIMEOUT
    lookups.release.set()
    async with asyncio.timeout(60):
        while (queued := await resolver.resolve("queued.test")) != ("1.2.3.4",):
            assert queued.kind == FailureKind.OURSELVES


async def test_threads_are_daemons_started_as_needed_and_end_with_close(made):
    before = set(threading.enumerate())
    lookups = Lookups(waits=True)
    resolver = made(threads=3, lookup=lookups)
    assert set(threading.enumerate()) == before
    asking = [asyncio.create_task(resolver.resolve(f"{n}.test")) for n in range(8)]
    await asyncio.sleep(0.02)
    started = set(threading.enumerate()) - before
    assert len(started) == 3
    assert all(thread.daemon for thread in started)
    lookups.release.set()
    await asyncio.gather(*asking)
    resolver.close()
    for thread in started:
        await asyncio.to_thread(thread.join, 60)
        assert not thread.is_alive()
    assert (await resolver.resolve("new.test")).kind == FailureKind.OURSELVES


async def test_close_answers_those_who_wait(made):
    lookups = Lookups(waits=True)
    resolver = made(lookup=lookups)
    asking = asyncio.create_task(resolver.resolve("a.test"))
    await asyncio.sleep(0.02)
    resolver.close()
    assert (await asking).kind == FailureKind.OURSELVES
    lookups.release.set()


async def test_a_look_up_that_raises_is_a_value(made):
    resolver = made(lookup=Lookups(answer=ValueError("odd")))
    assert await resolver.resolve("a.test") == Failure(FailureKind.OURSELVES, "ValueError: odd")


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), FailureKind.DNS_NXDOMAIN, "no such host: x"),
        (socket.gaierror(socket.EAI_NODATA, "x"), FailureKind.DNS_NO_ADDRESS, "the host has no address: x"),
        (socket.gaierror(socket.EAI_ADDRFAMILY, "x"), FailureKind.DNS_NO_ADDRESS, "the host has no address: x"),
        (socket.gaierror(socket.EAI_AGAIN, "x"), FailureKind.DNS_SERVFAIL, "name look-up failed: x"),
        (socket.gaierror(socket.EAI_FAIL, "x"), FailureKind.DNS_SERVFAIL, "name look-up failed: x"),
        (socket.gaierror(socket.EAI_BADFLAGS, "x"), FailureKind.DNS_SERVFAIL, "name look-up failed: x"),
        (OSError(24, "Too many open files"), FailureKind.OURSELVES, "too many open files"),
        (OSError(5, "I/O"), FailureKind.DNS_SERVFAIL, "name look-up failed: [Errno 5] I/O"),
    ],
)
def test_keeps_the_kinds_of_getaddrinfo_apart(monkeypatch, error, kind, text):
    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    assert getaddrinfo_lookup("a.test") == Failure(kind, text)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".test", ".".join(["abc"] * 80), ".test"])
def test_a_name_that_cannot_exist_is_nxdomain(host):
    # Refused before any name server hears of it.
    assert getaddrinfo_lookup(host).kind in (FailureKind.DNS_NXDOMAIN, FailureKind.DNS_SERVFAIL)


def test_the_system_knows_localhost():
    found = getaddrinfo_lookup("localhost")
    assert "127.0.0.1" in found or "::1" in found
