"""One exchange over real sockets on the loopback: every way in which it can end."""

import asyncio
import datetime
import gzip
import socket
import ssl
import time

import pytest
import trustme

from feedbot.core.observation import Failure, FailureKind
from feedbot.wire.wire import Request, Response, WireLimits
from tests.wire.scripted import PUBLIC, RecordingBackend, ScriptedResolver, loopback_wire
from tests.wire.servers import Close, Reset, closed_port, dripping, reply, serve

QUICK = WireLimits(connect_timeout_s=0.3, exchange_timeout_s=0.3)


async def ask(server, path="/", method="GET", headers=(), name="a.test", scheme="http", **options):
    wire = loopback_wire(**options)
    try:
        return await wire.exchange(Request(method=method, url=server.url(name, path, scheme), headers=headers))
    finally:
        await wire.aclose()


@pytest.mark.parametrize("status", [200, 204, 301, 304, 404, 410, 429, 451, 500, 599, 600, 999])
async def test_any_status_is_an_answer(status):
    async with serve(lambda asked: reply(status, body=b"" if status in (204, 304) else b"hello")) as server:
        answer = await ask(server)
    assert isinstance(answer, Response)
    assert (answer.status, answer.peer, answer.http_version) == (status, "127.0.0.1", "HTTP/1.1")
    assert answer.body == (b"" if status in (204, 304) else b"hello")


async def test_sends_what_it_is_told_and_nothing_else():
    async with serve(lambda asked: reply(200, {"Set-Cookie": "a=b"})) as server:
        wire = loopback_wire()
        for _ in range(2):
            await wire.exchange(Request("GET", server.url(path="/p{}|^?q={x}|'%zz"), (("User-Agent", "me"),)))
        await wire.aclose()
    for asked in server.asked:
        assert asked.headers == {"host": f"a.test:{server.port}", "user-agent": "me"}
        # As the URL standard writes it; httpx would quote the query once more.
        assert asked.target == "/p%7B%7D|%5E?q={x}|%27%zz"


async def test_does_not_follow_redirects_and_joins_lists_but_not_locations():
    raw = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nLocation: /c\r\nVia: x\r\nVia: y\r\nContent-Length: 0\r\n\r\n"
    async with serve(lambda asked: raw) as server:
        answer = await ask(server)
    assert answer.headers["location"] == "/b"
    assert answer.headers["via"] == "x, y"
    assert len(server.asked) == 1


async def test_ignores_the_environments_proxies(monkeypatch):
    async with serve(lambda asked: reply(418)) as proxy, serve(lambda asked: reply(200)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        answer = await ask(server)
    assert answer.status == 200
    assert proxy.connections == 0


# A heart and a snowman, which IDNA 2003 allowed and registries gave out.
@pytest.mark.parametrize("name", ["xn--i-7iq.ws", "xn--n3h.net", "www.xn--n3h.net"])
async def test_a_name_that_idna_2008_refuses_is_asked_as_it_stands(name):
    resolver = ScriptedResolver()
    async with serve(lambda asked: reply(200)) as server:
        answer = await ask(server, name=name, resolver=resolver)
    assert isinstance(answer, Response), answer
    assert server.asked[0].headers == {"host": f"{name}:{server.port}"}
    assert set(resolver.asked) == {name}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.test/", "a.test"),
        ("https://a.test/", "a.test"),
        ("http://a.test:443/", "a.test:443"),
        ("https://a.test:80/", "a.test:80"),
        ("http://a.test./", "a.test."),
        ("http://xn--i-7iq.ws/", "xn--i-7iq.ws"),
        ("http://[2606:4700::1]:8080/", "[2606:4700::1]:8080"),
    ],
)
async def test_the_host_header_names_the_port_where_it_is_not_the_schemes_own(url, host):
    requests = []

    def script(address, request):
        requests.append(request)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

    wire = loopback_wire(ScriptedResolver(default=PUBLIC), backend=RecordingBackend(script))
    assert (await wire.exchange(Request("GET", url, (("User-Agent", "me"),)))).status == 200
    await wire.aclose()
    assert requests == [f"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: me\r\n\r\n".encode()]


# Bodies


async def test_cuts_a_body_at_the_limit_without_failing():
    async with serve(lambda asked: reply(200, body=b"x" * 200_000)) as server:
        answer = await ask(server)
    assert len(answer.body) == 64 * 1024


async def test_cuts_a_body_that_never_ends():
    start = b"HTTP/1.1 200 OK\r\n\r\n"
    async with serve(lambda asked: dripping(b"x" * 8192, 0, start)) as server:
        answer = await ask(server)
    assert len(answer.body) == 64 * 1024


async def test_never_decodes_a_body():
    bomb = gzip.compress(b"\0" * 10_000_000)
    async with serve(lambda asked: reply(200, {"Content-Encoding": "gzip"}, bomb)) as server:
        answer = await ask(server)
    assert answer.body == bomb[: 64 * 1024]


BROKEN_BODIES = {
    "cut short": (Close(reply(200, body=b"abc", length=100)), FailureKind.RESET),
    "cut short in a chunk": (
        Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
        FailureKind.RESET,
    ),
    "chunk size is garbage": (
        Close(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"),
        FailureKind.PROTOCOL,
    ),
    "reset in the body": (Reset(reply(200, body=b"abc", length=100)), FailureKind.RESET),
}


@pytest.mark.parametrize("name", BROKEN_BODIES)
async def test_a_broken_body_fails_a_2xx_but_not_another_status(name):
    answer, kind = BROKEN_BODIES[name]
    async with serve(lambda asked: answer) as server:
        got = await ask(server)
    assert isinstance(got, Failure)
    assert got.kind == kind
    assert got.text.startswith("127.0.0.1: ")
    not_found = type(answer)(answer.said.replace(b"200", b"404"))
    async with serve(lambda asked: not_found) as server:
        assert (await ask(server)).status == 404


# Deadlines


STATUS = b"HTTP/1.1 200 OK\r\n"
ENDLESS = {
    "silence": lambda: dripping(b"", 0.01),
    "dripped status line": lambda: dripping(b"H", 0.01),
    "dripped headers": lambda: dripping(b"a: b\r\n", 0.01, STATUS),
    "endless 1xx": lambda: dripping(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "1xx as fast as it goes": lambda: dripping(b"HTTP/1.1 103 Early\r\n\r\n" * 1000, 0),
    "dripped body": lambda: dripping(b"x", 0.01, STATUS + b"Content-Length: 1000000\r\n\r\n"),
    "dripped chunks": lambda: dripping(b"1\r\nx\r\n", 0.01, STATUS + b"Transfer-Encoding: chunked\r\n\r\n"),
}


@pytest.mark.parametrize("name", ENDLESS)
async def test_the_deadline_ends_what_never_ends(name):
    started = time.monotonic()
    async with serve(lambda asked: ENDLESS[name]()) as server:
        answer = await ask(server, limits=QUICK)
    assert isinstance(answer, Failure)
    assert answer.kind == FailureKind.TIMEOUT
    assert time.monotonic() - started < 1.3


async def test_a_404_whose_body_never_ends_is_a_404():
    start = b"HTTP/1.1 404 No\r\nContent-Length: 1000000\r\n\r\n"
    async with serve(lambda asked: dripping(b"x", 0.01, start)) as server:
        assert (await ask(server, limits=QUICK)).status == 404


async def test_resolving_does_not_count_towards_the_deadline():
    class Slow(ScriptedResolver):
        async def resolve(self, host):
            if not self.asked:
                await asyncio.sleep(0.4)
            return await super().resolve(host)

    async with serve(lambda asked: reply(200)) as server:
        assert (await ask(server, limits=QUICK, resolver=Slow())).status == 200


async def test_cancellation_passes_through():
    async with serve(lambda asked: dripping(b"", 0.01)) as server:
        wire = loopback_wire()
        asking = asyncio.create_task(wire.exchange(Request("GET", server.url())))
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await wire.aclose()


async def test_a_deadline_gives_its_connection_back():
    async with serve(lambda asked: dripping(b"", 0.01) if asked.target == "/slow" else reply(200)) as server:
        wire = loopback_wire(limits=WireLimits(connect_timeout_s=0.2, exchange_timeout_s=0.1))
        for _ in range(3):
            slow = [wire.exchange(Request("GET", server.url(f"{n}.test", "/slow"))) for n in range(50)]
            assert {answer.kind for answer in await asyncio.gather(*slow)} == {FailureKind.TIMEOUT}
        assert (await wire.exchange(Request("GET", server.url()))).status == 200
        await wire.aclose()


# Protocol


HOSTILE = {
    "empty reply": (Close(), FailureKind.RESET),
    "reset at once": (Reset(), FailureKind.RESET),
    "garbage": (Close(b"\x00\xff\xfe garbage\r\n\r\n"), FailureKind.PROTOCOL),
    "status line of words": (Close(b"HTTP/1.1 OK fine\r\n\r\n"), FailureKind.PROTOCOL),
    "status 099": (Close(b"HTTP/1.1 099 Odd\r\n\r\n"), FailureKind.PROTOCOL),
    "status of four digits": (Close(b"HTTP/1.1 2000 OK\r\n\r\n"), FailureKind.PROTOCOL),
    "switching protocols unasked": (Close(b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n"), FailureKind.PROTOCOL),
    "one header of 300 kB": (Close(STATUS + b"a: " + b"x" * 300_000 + b"\r\n\r\n"), FailureKind.PROTOCOL),
    "20,000 headers": (Close(STATUS + b"a: bcdefghij\r\n" * 20_000 + b"\r\n"), FailureKind.PROTOCOL),
    "header without end": (Close(STATUS + b"a: b\r\n"), FailureKind.RESET),
    "bad content-length": (Close(STATUS + b"Content-Length: -5\r\n\r\n"), FailureKind.PROTOCOL),
    "two content-lengths": (
        Close(STATUS + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"),
        FailureKind.PROTOCOL,
    ),
    "NUL in a header": (Close(STATUS + b"a: \x00\r\n\r\n"), FailureKind.PROTOCOL),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_answers_end_in_a_failure(name):
    answer, kind = HOSTILE[name]
    async with serve(lambda asked: answer) as server:
        got = await ask(server)
    assert isinstance(got, Failure), got
    assert got.kind == kind, got
    assert len(got.text) <= 300


# Connecting


async def test_refused_is_told_with_the_address():
    wire = loopback_wire()
    answer = await wire.exchange(Request("GET", f"http://a.test:{closed_port()}/"))
    await wire.aclose()
    assert answer == Failure(FailureKind.CONNECT_REFUSED, "127.0.0.1: connection refused")


async def test_the_next_address_is_tried_families_in_turn():
    async with serve(lambda asked: reply(200)) as server:
        table = {"a.test": ("::1", "127.0.0.2", "127.0.0.1")}
        assert (await ask(server, resolver=ScriptedResolver(table))).status == 200
        # At most three addresses: the fourth is not reached.
        table = {"a.test": ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1")}
        assert (await ask(server, resolver=ScriptedResolver(table))).kind == FailureKind.CONNECT_REFUSED


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind.startswith("dns_")])
async def test_dns_failures_pass_through(kind):
    wire = loopback_wire(ScriptedResolver(default=Failure(kind, "words")))
    assert await wire.exchange(Request("GET", "http://a.test/")) == Failure(kind, "words")
    await wire.aclose()


async def test_a_silent_connect_is_a_connect_timeout():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        blockers = []
        for _ in range(4):
            blocker = socket.socket()
            blocker.setblocking(False)
            blocker.connect_ex(("127.0.0.1", port))
            blockers.append(blocker)
        wire = loopback_wire(limits=WireLimits(connect_timeout_s=0.2, exchange_timeout_s=3.0))
        answer = await wire.exchange(Request("GET", f"http://a.test:{port}/"))
        await wire.aclose()
        for blocker in blockers:
            blocker.close()
    assert answer.kind == FailureKind.CONNECT_TIMEOUT


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="no ::1 on this machine")
async def test_ipv6_literals_and_names():
    async with serve(lambda asked: reply(200), host="::1") as server:
        for name, table in (("[::1]", {}), ("six.test", {"six.test": "::1"})):
            answer = await ask(server, name=name, resolver=ScriptedResolver(table))
            assert (answer.status, answer.peer) == (200, "::1")


# Connections


async def test_a_connection_is_used_again_by_its_name_only():
    async with serve(lambda asked: reply(200)) as server:
        wire = loopback_wire()
        for name in ("a.test", "a.test", "a.test", "b.test", "b.test"):
            await wire.exchange(Request("GET", server.url(name)))
        await wire.aclose()
    assert [one.connection for one in server.asked] == [1, 1, 1, 2, 2]


async def test_a_kept_connection_that_was_closed_is_no_failure():
    # The second request on each connection is met with a close, as by a server that is tired of waiting.
    def script(asked):
        return Close() if asked.connection == 1 and asked.nth == 2 else reply(200)

    async with serve(script) as server:
        wire = loopback_wire()
        answers = [await wire.exchange(Request("GET", server.url())) for _ in range(2)]
        await wire.aclose()
    assert [answer.status for answer in answers] == [200, 200]
    assert [one.connection for one in server.asked] == [1, 1, 2]


async def test_bytes_left_over_from_an_earlier_answer_are_no_failure_of_the_next():
    # A body where there may be none (RFC 9110, 15.3.5): the client stops before it, the bytes stay.
    async with serve(lambda asked: b"HTTP/1.1 204 None\r\n\r\n<title>not expected</title>") as server:
        wire = loopback_wire()
        answers = [await wire.exchange(Request("GET", server.url())) for _ in range(2)]
        await wire.aclose()
    assert [answer.status for answer in answers] == [204, 204]


async def test_a_new_connection_that_is_closed_is_a_failure_after_one_request():
    async with serve(lambda asked: Close()) as server:
        assert (await ask(server)).kind == FailureKind.RESET
    assert len(server.asked) == 1


async def test_no_more_than_fifty_connections():
    most = 0
    open_now = 0

    async def slowly(asked):
        nonlocal most, open_now
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.05)
        open_now -= 1
        yield reply(200)

    async with serve(slowly) as server:
        wire = loopback_wire()
        answers = await asyncio.gather(*(wire.exchange(Request("GET", server.url(f"{n}.test"))) for n in range(120)))
        await wire.aclose()
    assert {answer.status for answer in answers} == {200}
    assert most == 50


# TLS


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def contexts(authority, certificate):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def ask_tls(server_context, client_context, name="good.test"):
    async with serve(lambda asked: reply(200), ssl=server_context) as server:
        return await ask(server, name=name, scheme="https", ssl_context=client_context)


async def test_tls_verifies_the_name_though_an_address_is_connected(authority):
    server, client = contexts(authority, authority.issue_cert("good.test"))
    assert (await ask_tls(server, client)).status == 200
    assert (await ask_tls(server, client, "good.test.")).status == 200
    wrong = await ask_tls(server, client, "other.test")
    assert wrong.kind == FailureKind.TLS
    assert "certificate is for another name" in wrong.text


async def test_tls_names_and_verifies_a_name_that_idna_2008_refuses(authority):
    asked_for = []
    # A wildcard, as trustme would not write the name itself.
    server, client = contexts(authority, authority.issue_cert("*.good.test"))
    server.sni_callback = lambda connection, name, context: asked_for.append(name)
    assert (await ask_tls(server, client, "xn--i-7iq.good.test")).status == 200
    wrong = await ask_tls(server, client, "xn--i-7iq.other.test")
    assert "certificate is for another name" in wrong.text
    assert asked_for == ["xn--i-7iq.good.test", "xn--i-7iq.other.test"]


async def test_tls_expired(authority):
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = authority.issue_cert("good.test", not_before=past, not_after=past + datetime.timedelta(days=1))
    answer = await ask_tls(*contexts(authority, certificate))
    assert answer.kind == FailureKind.TLS
    assert "certificate has expired" in answer.text


async def test_tls_unknown_authority(authority):
    server, _ = contexts(authority, trustme.CA().issue_cert("good.test"))
    _, client = contexts(authority, authority.issue_cert("good.test"))
    answer = await ask_tls(server, client)
    assert answer.kind == FailureKind.TLS
    assert "unknown authority" in answer.text


async def test_tls_self_signed(authority, tmp_path):
    own = trustme.CA()
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    key.write_bytes(own.private_key_pem.bytes())
    certificate.write_bytes(own.cert_pem.bytes())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    _, client = contexts(authority, authority.issue_cert("good.test"))
    answer = await ask_tls(server, client)
    assert answer.kind == FailureKind.TLS
    assert "self-signed" in answer.text


async def test_https_asked_of_a_server_without_tls():
    async with serve(lambda asked: reply(200)) as server:

        async def plain(reader, writer):
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad\r\n\r\n")
            await writer.drain()
            writer.transport.abort()

        server.connected = plain
        listening = await asyncio.start_server(plain, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        answer = await ask(server, scheme="https")
        listening.close()
    assert answer.kind in (FailureKind.TLS, FailureKind.RESET)


async def test_a_url_that_is_none_is_our_own_fault():
    wire = loopback_wire()
    answer = await wire.exchange(Request("GET", "not a url"))
    await wire.aclose()
    assert answer.kind == FailureKind.OURSELVES
