"""Behind a proxy: it is the one peer, it is asked as proxies are, and what it cannot do is not the link's fault."""

import asyncio

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.proxy import Proxy
from feedbot.wire.wire import Request, Response, WireLimits
from tests.ports import closed_port
from tests.wire.contract.kits import Door, get
from tests.wire.contract.proxying import loopback_proxy
from tests.wire.contract.raw import raw_server, silent
from tests.wire.scripted import PUBLIC, ScriptedResolver
from tests.wire.servers import Close, reply, serve

NAME_OF_NOBODY = Failure(FailureKind.DNS_NXDOMAIN, "no such name")


def only_the_proxy():
    """A resolver that knows the proxy's name and no other."""
    return ScriptedResolver({"proxy.test": "127.0.0.1"}, default=NAME_OF_NOBODY)


@pytest.fixture(params=["http", "https"])
def scheme(request):
    return request.param


async def test_the_proxy_is_the_one_peer_and_names_are_its_to_look_up(kit, authority, scheme):
    resolver, door = only_the_proxy(), Door()
    tls = authority.server("a.test") if scheme == "https" else None
    async with loopback_proxy() as proxy, serve(lambda asked: reply(200, {"ETag": "own"}, b"hello"), ssl=tls) as server:
        # Not in `allowed`: the operator has named the proxy.
        async with kit.wire(resolver, allowed=(), door=door, proxy=proxy.at(), ca_bundle=authority.bundle) as wire:
            answer = await wire.exchange(get(server.url("a.test", "/p?q=1", scheme), ("User-Agent", "me")))
    assert isinstance(answer, Response), answer
    assert (answer.status, answer.body, answer.peer) == (200, b"hello", "127.0.0.1")
    assert answer.headers["etag"] == "own"
    assert "x-of" not in answer.headers
    assert set(resolver.asked) == {"proxy.test"}
    assert door.addresses == ["127.0.0.1"]
    assert server.trail == ["GET /p?q=1"]
    assert server.asked[0].headers == {"host": f"a.test:{server.port}", "user-agent": "me"}
    if scheme == "http":
        assert proxy.heads == [
            f"GET http://a.test:{server.port}/p?q=1 HTTP/1.1\r\nHost: a.test:{server.port}\r\nUser-Agent: me"
        ]
    else:
        assert proxy.heads == [f"CONNECT a.test:{server.port} HTTP/1.1\r\nHost: a.test:{server.port}"]
        assert answer.certificate_expires_at is not None


async def test_credentials_go_to_the_proxy_and_to_nobody_else(kit, authority, scheme):
    tls = authority.server("a.test") if scheme == "https" else None
    async with loopback_proxy(password="s:e c") as proxy, serve(lambda asked: reply(200), ssl=tls) as server:
        url = server.url("a.test", scheme=scheme)
        options = {"resolver": only_the_proxy(), "ca_bundle": authority.bundle}
        assert (await kit.ask(url, proxy=proxy.at("s:e c"), **options)).status == 200
        assert proxy.headers(0)["proxy-authorization"] == "Basic bWU6czplIGM="
        if scheme == "https":
            assert sorted(server.asked[0].headers) == ["host"]
        for wrong in (None, "wrong"):
            answer = await kit.ask(url, proxy=proxy.at(wrong), **options)
            assert answer == Failure(FailureKind.OURSELVES, "proxy answered 407 (it wants other credentials)")
    assert len(server.asked) == 1


# The host header, and what a URL's own port makes of it, can be seen for every port here.


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://a.test/", "a.test"),
        ("http://a.test:443/", "a.test:443"),
        ("http://a.test./", "a.test."),
        ("http://a.test:8080/x", "a.test:8080"),
        ("http://xn--i-7iq.ws/", "xn--i-7iq.ws"),
        ("http://93.184.216.34/", "93.184.216.34"),
        ("http://[2606:4700::1]:8080/", "[2606:4700::1]:8080"),
    ],
)
async def test_the_host_header_names_the_port_where_it_is_not_the_schemes_own(kit, url, host):
    async with loopback_proxy(answer=reply(200)) as proxy:
        assert (await kit.ask(url, proxy=proxy.at(), resolver=only_the_proxy())).status == 200
    assert proxy.heads == [f"GET {url} HTTP/1.1\r\nHost: {host}"]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://a.test/", "a.test:443"),
        ("https://a.test:80/", "a.test:80"),
        ("https://93.184.216.34/", "93.184.216.34:443"),
        ("https://[2606:4700::1]/", "[2606:4700::1]:443"),
    ],
)
async def test_a_tunnel_is_asked_for_by_host_and_port(kit, url, target):
    async with loopback_proxy(answer=b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        await kit.ask(url, proxy=proxy.at(), resolver=only_the_proxy())
    assert proxy.heads == [f"CONNECT {target} HTTP/1.1\r\nHost: {target}"]


# What it cannot do


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 502 Bad\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b""]
)
async def test_a_tunnel_that_is_refused_is_our_own_fault(kit, said):
    async with loopback_proxy(answer=said) as proxy:
        asking = kit.ask("https://a.test/", proxy=proxy.at(), resolver=only_the_proxy())
        answer = await asyncio.wait_for(asking, 60)
    assert isinstance(answer, Failure)
    assert answer.kind == FailureKind.OURSELVES, answer
    assert "proxy" in answer.text
    if said.startswith(b"HTTP"):
        assert answer.text == f"proxy answered {said[9:12].decode()}"


async def test_a_proxy_that_cannot_be_reached_is_our_own_fault(kit, scheme):
    url = f"{scheme}://a.test/"
    limits = WireLimits(connect_timeout_s=0.3)
    with silent() as port:
        for proxy in (Proxy("proxy.test", closed_port()), Proxy("nobody.test", 3128), Proxy("proxy.test", port)):
            answer = await kit.ask(url, proxy=proxy, resolver=only_the_proxy(), limits=limits)
            assert isinstance(answer, Failure)
            assert answer.kind == FailureKind.OURSELVES, answer
            assert answer.text.startswith("proxy "), answer


async def test_a_proxy_that_never_opens_the_tunnel_is_our_own_fault(kit):
    async with raw_server(lambda reader, writer: asyncio.sleep(3600)) as port:
        for more in ({"limits": WireLimits(connect_timeout_s=0.3)}, {"timeout_s": 0.3}):
            asking = kit.ask("https://a.test/", proxy=Proxy("proxy.test", port), resolver=only_the_proxy(), **more)
            answer = await asyncio.wait_for(asking, 60)
            assert answer.kind == FailureKind.OURSELVES, answer
            assert "proxy" in answer.text
            assert "TLS" not in answer.text


async def test_what_the_server_does_is_told_as_ever(kit, authority, scheme):
    other = authority.server("b.test")
    tls = authority.server("a.test") if scheme == "https" else None
    async with loopback_proxy() as proxy:
        options = {"proxy": proxy.at(), "resolver": only_the_proxy(), "ca_bundle": authority.bundle}
        async with serve(lambda asked: Close(reply(200, body=b"abc", length=100)), ssl=tls) as server:
            assert (await kit.ask(server.url(scheme=scheme), **options)).kind == FailureKind.RESET
        async with serve(lambda asked: Close(b"no http at all\r\n\r\n"), ssl=tls) as server:
            assert (await kit.ask(server.url(scheme=scheme), **options)).kind == FailureKind.PROTOCOL
        if scheme == "https":
            async with serve(lambda asked: reply(407), ssl=tls) as server:
                assert (await kit.ask(server.url(scheme=scheme), **options)).status == 407
            async with serve(lambda asked: reply(200), ssl=other) as server:
                answer = await kit.ask(server.url(scheme=scheme), **options)
                assert answer.kind == FailureKind.TLS
                assert "certificate is for another name" in answer.text


async def test_a_forwarded_answer_of_5xx_is_an_answer(kit):
    """Whether the server or the proxy for it says so cannot be told."""
    async with loopback_proxy(answer=b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy:
        assert (await kit.ask("http://a.test/", proxy=proxy.at(), resolver=only_the_proxy())).status == 502


# Safety


@pytest.mark.parametrize("host", ["10.0.0.1", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254"])
async def test_a_private_address_is_not_even_asked_of_the_proxy(kit, scheme, host):
    async with loopback_proxy(answer=reply(200)) as proxy:
        answer = await kit.ask(f"{scheme}://{host}/", proxy=proxy.at(), resolver=only_the_proxy(), allowed=())
    assert answer.kind == FailureKind.POLICY_ADDRESS
    assert proxy.connections == 0


async def test_of_many_addresses_of_the_proxy_one_that_answers_is_asked(kit, scheme):
    door = Door()
    resolver = ScriptedResolver({"proxy.test": ("127.0.0.2", "127.0.0.1")}, default=PUBLIC)
    async with loopback_proxy(answer=b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        await kit.ask(f"{scheme}://a.test/", proxy=proxy.at(), resolver=resolver, door=door, allowed=())
    assert door.addresses == ["127.0.0.2", "127.0.0.1"]
    assert proxy.connections == 1


async def test_a_connection_through_it_serves_its_own_name_only(kit, authority, scheme):
    tls = authority.server("a.test", "b.test") if scheme == "https" else None
    async with loopback_proxy() as proxy, serve(lambda asked: reply(200), ssl=tls) as server:
        async with kit.wire(only_the_proxy(), proxy=proxy.at(), ca_bundle=authority.bundle) as wire:
            for name in ("a.test", "b.test", "a.test", "b.test"):
                assert (await wire.exchange(get(server.url(name, scheme=scheme)))).status == 200
    names = [one.headers["host"].partition(":")[0] for one in server.asked]
    assert names == ["a.test", "b.test", "a.test", "b.test"]
    used_by = {
        one.connection: {other.headers["host"] for other in server.asked if other.connection == one.connection}
        for one in server.asked
    }
    assert all(len(hosts) == 1 for hosts in used_by.values())
    if scheme == "https":
        assert server.connections == 2


async def test_cancelling_behind_a_proxy_leaves_nothing_behind(kit, scheme):
    async with raw_server(lambda reader, writer: asyncio.sleep(3600)) as port:
        async with kit.wire(only_the_proxy(), proxy=Proxy("proxy.test", port)) as wire:
            asking = asyncio.create_task(wire.exchange(Request("GET", f"{scheme}://a.test/")))
            await asyncio.sleep(0.1)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking


async def test_the_environment_takes_nothing_from_the_proxy(kit, monkeypatch, scheme):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "*")
    async with loopback_proxy(answer=b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n") as proxy:
        await kit.ask(f"{scheme}://a.test/", proxy=proxy.at(), resolver=only_the_proxy())
    assert proxy.connections == 1
