"""An answer as it came: status, headers, who gave it, over what; and the request as it was told."""

import asyncio

import pytest

from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import split_url
from feedbot.wire.wire import Request, Response
from tests.wire.contract.kits import get
from tests.wire.scripted import ScriptedResolver
from tests.wire.servers import Close, Raw, reply, serve

STATUSES = [200, 201, 204, 206, 299, 300, 301, 304, 400, 401, 404, 407, 410, 418, 429, 451, 500, 503, 599, 600, 999]


async def test_any_status_is_an_answer(kit):
    def script(asked):
        status = int(asked.target[1:])
        return reply(status, body=b"" if status in (204, 304) else b"hello")

    async with serve(script) as server, kit.wire() as wire:
        for method in ("GET", "HEAD"):
            for status in STATUSES:
                answer = await wire.exchange(Request(method, server.url(path=f"/{status}")))
                assert isinstance(answer, Response), (method, status, answer)
                assert (answer.status, answer.peer, answer.http_version) == (status, "127.0.0.1", "HTTP/1.1")
                assert answer.body == (b"" if method == "HEAD" or status in (204, 304) else b"hello")
                assert answer.certificate_expires_at is None
    assert server.connections == 1


async def test_http_1_0_and_an_answer_without_a_reason(kit):
    async with serve(lambda asked: Close(b"HTTP/1.0 200\r\n\r\nuntil the end")) as server:
        answer = await kit.ask(server.url())
    assert (answer.status, answer.http_version, answer.body) == (200, "HTTP/1.0", b"until the end")


async def test_a_head_has_no_body_whatever_it_says_of_its_length(kit):
    async with serve(lambda asked: reply(200, length=12345)) as server, kit.wire() as wire:
        for _ in range(2):
            answer = await wire.exchange(Request("HEAD", server.url()))
            assert (answer.status, answer.body) == (200, b"")
            assert answer.headers["content-length"] == "12345"
    assert server.connections == 1


@pytest.mark.parametrize(
    "interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nEtag: x\r\n\r\n" * 3]
)
async def test_interim_answers_are_passed_over(kit, interim):
    async with serve(lambda asked: Raw(interim + reply(200, {"Etag": '"final"'}, b"hello"))) as server:
        answer = await kit.ask(server.url())
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"hello", '"final"')
    assert "link" not in answer.headers


# Headers


async def test_redirects_are_not_followed_and_lists_are_joined_but_not_locations(kit):
    raw = b"HTTP/1.1 302 Found\r\nLocation: /b\r\nLocation: /b\r\nVia: x\r\nvia: y\r\nContent-Length: 0\r\n\r\n"
    async with serve(lambda asked: Raw(raw)) as server:
        answer = await kit.ask(server.url())
    assert answer.headers["location"] == "/b"
    assert answer.headers["via"] == "x, y"
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", ["Retry-After", "ETag", "Last-Modified", "Content-Type"])
async def test_of_a_header_with_one_value_the_first_counts(kit, name):
    raw = f"HTTP/1.1 200 OK\r\n{name}: first\r\n{name}: second\r\nContent-Length: 0\r\n\r\n".encode()
    async with serve(lambda asked: Raw(raw)) as server:
        assert (await kit.ask(server.url())).headers[name.lower()] == "first"


@pytest.mark.parametrize("status", [200, 302])
async def test_two_locations_that_differ_are_no_answer_as_in_browsers(kit, status):
    raw = f"HTTP/1.1 {status} Word\r\nLocation: /b\r\nLocation: /c\r\nContent-Length: 0\r\n\r\n".encode()
    async with serve(lambda asked: Raw(raw)) as server:
        answer = await kit.ask(server.url())
    assert isinstance(answer, Failure)
    assert answer.kind == FailureKind.PROTOCOL
    assert "Location" in answer.text


async def test_values_come_without_the_space_around_them_and_folded_lines_in_one(kit):
    raw = b"HTTP/1.1 200 OK\r\nA:  b c \t\r\nEmpty:\r\nFolded: one\r\n two\r\n\tthree\r\nContent-Length: 0\r\n\r\n"
    async with serve(lambda asked: Raw(raw)) as server:
        headers = (await kit.ask(server.url())).headers
    assert (headers["a"], headers["empty"], headers["folded"]) == ("b c", "", "one two three")


async def test_bytes_of_a_value_are_kept_and_a_location_is_read_as_utf_8(kit):
    place, latin = "/straße".encode(), b"/stra\xdfe"
    raw = b'HTTP/1.1 200 OK\r\nETag: "\xe9"\r\nX: \xc3\x9f\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n'
    async with (
        serve(lambda asked: Raw(raw % (place if asked.target == "/utf8" else latin))) as server,
        kit.wire() as wire,
    ):
        answer = await wire.exchange(get(server.url(path="/utf8")))
        assert answer.headers["etag"].encode("latin-1") == b'"\xe9"'
        assert answer.headers["x"].encode("latin-1") == b"\xc3\x9f"
        assert answer.headers["location"] == "/straße"
        answer = await wire.exchange(get(server.url(path="/latin")))
        assert answer.headers["location"] == "/straße"


async def test_trailers_are_not_headers(kit):
    body = b"3\r\nabc\r\n0\r\nETag: late\r\nHTTP/1.1 404 No: x\r\n\r\n"
    async with serve(lambda asked: Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)) as server:
        answer = await kit.ask(server.url())
    if kit.name == "httpx" and isinstance(answer, Failure):  # h11 refuses a space in a name
        assert answer.kind == FailureKind.PROTOCOL
        return
    assert (answer.status, answer.body) == (200, b"abc")
    assert "etag" not in answer.headers


async def test_cookies_are_not_kept(kit):
    async with serve(lambda asked: reply(200, {"Set-Cookie": "a=b"})) as server, kit.wire() as wire:
        for _ in range(2):
            await wire.exchange(get(server.url()))
    assert all("cookie" not in asked.headers for asked in server.asked)


# The request


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_what_is_sent_is_what_was_told_and_nothing_else(kit, method):
    async with serve(lambda asked: reply(200)) as server, kit.wire() as wire:
        for headers in ((), (("User-Agent", "me"), ("X-Empty", ""), ("Accept", "text/html")), ()):
            await wire.exchange(Request(method, server.url(), headers))
    host = f"a.test:{server.port}"
    assert [asked.method for asked in server.asked] == [method] * 3
    assert [asked.headers for asked in server.asked] == [
        {"host": host},
        {"host": host, "user-agent": "me", "x-empty": "", "accept": "text/html"},
        {"host": host},
    ]


async def test_a_post_sends_its_body_between_requests_of_other_methods(kit):
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    async with serve(lambda asked: reply(204 if asked.method == "POST" else 200)) as server, kit.wire() as wire:
        for method, headers, body in [
            ("GET", (), b""),
            ("POST", form, b"a=1&b=%20"),
            ("HEAD", (), b""),
            ("POST", form, b"c=2"),
            ("POST", (), b""),
            ("GET", (), b""),
        ]:
            answer = await wire.exchange(Request(method, server.url(), headers, body=body))
            assert answer.status == (204 if method == "POST" else 200)
    host = f"a.test:{server.port}"
    typed = {"host": host, "content-type": form[0][1]}
    assert [(one.method, one.headers, one.body) for one in server.asked] == [
        ("GET", {"host": host}, b""),
        ("POST", typed | {"content-length": "9"}, b"a=1&b=%20"),
        ("HEAD", {"host": host}, b""),
        ("POST", typed | {"content-length": "3"}, b"c=2"),
        ("POST", {"host": host, "content-length": "0"}, b""),
        ("GET", {"host": host}, b""),
    ]
    assert server.connections == 1


async def test_a_post_on_a_connection_that_ends_is_sent_once_more(kit):
    def script(asked):
        return Close() if asked.connection == 1 and asked.nth == 2 else reply(202)

    async with serve(script) as server, kit.wire() as wire:
        answers = [await wire.exchange(Request("POST", server.url(), body=b"a=1")) for _ in range(2)]
    assert [answer.status for answer in answers] == [202, 202]
    assert [(one.connection, one.body) for one in server.asked] == [(1, b"a=1"), (1, b"a=1"), (2, b"a=1")]


TARGETS = [
    "/",
    "/a%20b/../%2e%2e/c",
    "/p%7B%7D|%5E?q={x}|'%zz",
    "/?",
    "/a//b/./c;d=e,f",
    "/%ff%00",
    "/?a=b&c=%2F#",
    "/" + "x" * 8000,
]


async def test_the_target_is_sent_as_it_stands_in_the_url(kit):
    async with serve(lambda asked: reply(200)) as server, kit.wire() as wire:
        for target in TARGETS:
            assert isinstance(await wire.exchange(get(server.url(path=target))), Response), target
    assert [asked.target for asked in server.asked] == [split_url(server.url(path=target)).path for target in TARGETS]


# A heart and a snowman, which IDNA 2003 allowed and registries gave out; a hyphen in front, as blogs
# have; an underscore; a name that is nearly an address.
@pytest.mark.parametrize("name", ["xn--i-7iq.ws", "www.xn--n3h.net", "-a-.test", "_b_.test", "1.2.3.4.test", "a.test."])
async def test_an_odd_name_is_asked_as_it_stands(kit, name):
    resolver = ScriptedResolver()
    async with serve(lambda asked: reply(200)) as server:
        answer = await kit.ask(server.url(name), resolver=resolver)
    assert isinstance(answer, Response), answer
    assert server.asked[0].headers == {"host": f"{name}:{server.port}"}
    assert set(resolver.asked) == {name}


@pytest.mark.parametrize("header", [("A", "b\r\nC: d"), ("A\r\nB", "c"), ("A", "b\nc"), ("A", "\x00"), ("", "b")])
async def test_a_header_that_would_break_the_request_is_our_own_fault(kit, header):
    async with serve(lambda asked: reply(200)) as server, kit.wire() as wire:
        answer = await wire.exchange(get(server.url(), header))
        assert isinstance(answer, Failure)
        assert answer.kind == FailureKind.OURSELVES
        assert (await wire.exchange(get(server.url()))).status == 200
    assert [sorted(asked.headers) for asked in server.asked] == [["host"]]


@pytest.mark.parametrize("url", ["not a url", "http://", "", "mailto:a@b.test", "file:///etc/passwd", "ftp://a.test/"])
async def test_what_is_no_http_url_is_our_own_fault(kit, url):
    resolver = ScriptedResolver()
    assert (await kit.ask(url, resolver=resolver)).kind == FailureKind.OURSELVES
    assert resolver.asked == []


# How long it took


async def test_phases_tell_where_the_time_went(kit):
    class Slow(ScriptedResolver):
        async def resolve(self, host):
            await asyncio.sleep(0.11)
            return await super().resolve(host)

    async def slowly(asked):
        await asyncio.sleep(0.21)
        yield reply(200, body=b"hello")

    async with serve(lambda asked: reply(200) if asked.target == "/quick" else slowly(asked)) as server:
        async with kit.wire(Slow()) as wire:
            first = await wire.exchange(get(server.url(path="/quick")))
            answer = await wire.exchange(get(server.url(path="/slow")))
    assert first.phases.resolve >= 100
    assert first.phases.tls == 0
    assert answer.phases.resolve >= 100
    assert answer.phases.first_byte >= 200
    assert answer.elapsed_ms >= 200
    # A kept connection.
    assert (answer.phases.connect, answer.phases.tls) == (0, 0)
