"""One probe over real sockets: which requests are sent, in which order, and what is recorded."""

from itertools import pairwise

import pytest

from feedbot import __version__
from feedbot.core.observation import Answered, Failure, FailureKind, Observation
from feedbot.core.verdict import VerdictKind, judge
from feedbot.wire.prober import Postponed, ProbeTarget
from feedbot.wire.wire import WireLimits
from tests.wire.scripted import (
    ScriptedClock,
    ScriptedResolver,
    ScriptedWire,
    loopback_wire,
    prober_over,
    response,
    said,
)
from tests.wire.servers import Close, Reset, dripping, reply, serve

OK = reply(200, body=b"hello")


async def look(server, path="/", first_method="GET", clock=None, wire=None, validators=None, resolver=None, **options):
    wire = wire or loopback_wire(resolver)
    prober = prober_over(wire, clock or ScriptedClock(), **options)
    target = ProbeTarget(server.url(path=path), first_method, **(validators or {}))
    try:
        return await prober.probe(target), prober
    finally:
        await wire.aclose()


def paths(routes):
    """A script by path: one answer for ever, or a list whose last stays; `METHOD /path` goes before `/path`."""

    def script(asked):
        found = routes.get(f"{asked.method} {asked.target}", routes.get(asked.target, reply(404)))
        return found[min(asked.nth, len(found)) - 1] if isinstance(found, list) else found

    return script


# The plain way


async def test_a_get_records_what_was_asked_and_answered():
    headers = {"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
    async with serve(lambda asked: reply(200, headers, b"hello")) as server:
        observation, prober = await look(server)
    assert observation.url == server.url()
    assert observation.outcome == Answered(200, server.url())
    assert observation.started_at == prober.clock.now()
    (exchange,) = observation.exchanges
    assert (exchange.hop, exchange.method, exchange.status, exchange.bytes_read) == (0, "GET", 200, 5)
    assert (exchange.etag, exchange.last_modified) == ('"v1"', headers["Last-Modified"])
    assert (exchange.peer, exchange.http_version, exchange.location) == ("127.0.0.1", "HTTP/1.1", None)
    (asked,) = server.asked
    assert asked.headers == {
        "host": f"a.test:{server.port}",
        "user-agent": f"Mozilla/5.0 (compatible; feedbot/{__version__}; +https://me.test/bot)",
        "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "accept-language": "en;q=0.9,*;q=0.5",
        "accept-encoding": "identity",
    }


async def test_head_carries_the_validators_and_get_does_not():
    validators = {"etag": '"v1"', "last_modified": "Sun, 22 Nov 2026 10:00:00 GMT"}
    async with serve(paths({"HEAD /": reply(304), "HEAD /b": reply(405), "/b": OK})) as server:
        unchanged, _ = await look(server, first_method="HEAD", validators=validators)
        await look(server, "/b", first_method="HEAD", validators=validators)
    assert said(unchanged) == "304"
    assert server.trail == ["HEAD /", "HEAD /b", "GET /b"]
    head, _, get = server.asked
    assert head.headers["if-none-match"] == '"v1"'
    assert head.headers["if-modified-since"] == validators["last_modified"]
    assert not {"if-none-match", "if-modified-since"} & get.headers.keys()


@pytest.mark.parametrize("bad", ["x" * 600, 'W/"\u20ac"', '"a\r\nX-Evil: 1"', ""])
async def test_a_validator_that_cannot_be_sent_is_left_out(bad):
    async with serve(lambda asked: OK) as server:
        observation, _ = await look(server, first_method="HEAD", validators={"etag": bad})
    assert said(observation) == "200"
    assert "if-none-match" not in server.asked[0].headers
    assert "x-evil" not in server.asked[0].headers


async def test_what_is_recorded_is_bounded():
    headers = {"ETag": "x" * 5000, "Last-Modified": "y" * 5000, "cf-mitigated": "z" * 5000}
    async with serve(lambda asked: reply(403, headers)) as server:
        observation, _ = await look(server)
    (exchange,) = observation.exchanges
    assert (exchange.etag, exchange.last_modified) == (None, None)
    assert len(exchange.challenge) < 120


@pytest.mark.parametrize("status", [200, 204, 300, 304, 400, 401, 403, 404, 410, 418, 451, 999])
async def test_these_end_a_get_at_once(status):
    async with serve(lambda asked: reply(status)) as server:
        observation, _ = await look(server)
    assert said(observation) == str(status)
    assert len(server.asked) == 1


# HEAD


@pytest.mark.parametrize(("status", "asked"), [(200, 1), (206, 1), (304, 1), (410, 1), (404, 2), (403, 2), (999, 2)])
async def test_head_is_believed_only_where_it_is_clear(status, asked):
    async with serve(lambda asked: reply(status)) as server:
        observation, prober = await look(server, first_method="HEAD")
    assert said(observation) == str(status)
    assert len(server.asked) == asked
    assert observation.last_method == ("HEAD" if asked == 1 else "GET")
    assert prober.head_refused == set()


BREAKS_HEAD = {
    **{str(status): reply(status) for status in (400, 403, 404, 405, 500, 501, 503)},
    "reset": Reset(),
    "empty": Close(),
    "garbage": Close(b"no\r\n\r\n"),
    "redirect to nowhere": reply(301),
    "challenge": reply(200, {"cf-mitigated": "challenge"}),
}


@pytest.mark.parametrize("name", BREAKS_HEAD)
async def test_a_host_that_breaks_head_is_asked_with_get_and_remembered(name):
    clock = ScriptedClock()
    async with serve(paths({"HEAD /": BREAKS_HEAD[name], "HEAD /b": BREAKS_HEAD[name], "/": OK, "/b": OK})) as server:
        observation, prober = await look(server, first_method="HEAD", clock=clock)
        assert said(observation) == "200"
        assert [e.hop for e in observation.exchanges] == [0, 0]
        assert server.trail == ["HEAD /", "GET /"]
        assert prober.head_refused == {"a.test"}
        assert clock.slept == []
        again, _ = await look(server, "/b", first_method="HEAD", head_refused=prober.head_refused)
        assert said(again) == "200"
        assert server.trail[2:] == ["GET /b"]


async def test_silence_on_head():
    # On a busy machine an answer may take longer than the first of them.
    for timeout_s in (0.2, 2.0, 20.0):
        wire = loopback_wire(limits=WireLimits(connect_timeout_s=20.0, exchange_timeout_s=timeout_s))
        async with serve(lambda asked: dripping(b"", 0.01) if asked.method == "HEAD" else OK) as server:
            observation, prober = await look(server, first_method="HEAD", wire=wire)
        if said(observation) == "200":
            break
    assert said(observation) == "200"
    assert observation.exchanges[0].failure.kind == FailureKind.TIMEOUT
    assert prober.head_refused == {"a.test"}


async def test_a_failure_before_the_method_is_sent_is_not_heads_fault():
    for kind in (FailureKind.DNS_NXDOMAIN, FailureKind.TLS, FailureKind.POLICY_ADDRESS, FailureKind.OURSELVES):
        wire = ScriptedWire(lambda request, kind=kind: Failure(kind, "words"))
        observation = await prober_over(wire, ScriptedClock()).probe(ProbeTarget("http://a.test/", "HEAD"))
        assert said(observation) == kind
        assert [request.method for request in wire.asked] == ["HEAD"]


KNOWN = {"etag": '"v1"', "last_modified": "Sun, 22 Nov 2026 10:00:00 GMT", "length": 1000}


@pytest.mark.parametrize(
    ("known", "told", "asked"),
    [
        (KNOWN, {"ETag": '"v1"', "Last-Modified": KNOWN["last_modified"], "Content-Length": "1000"}, 1),
        (KNOWN, {"ETag": 'W/"v1"'}, 1),
        (KNOWN, {"Content-Length": "0"}, 1),
        (KNOWN, {"Content-Length": "many"}, 1),
        ({}, {"ETag": '"v2"', "Last-Modified": "today", "Content-Length": "1"}, 1),
        (KNOWN, {"ETag": '"v2"'}, 2),
        (KNOWN, {"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 11:00:00 GMT"}, 2),
        (KNOWN, {"Content-Length": "1001"}, 2),
    ],
)
async def test_a_page_that_head_tells_has_changed_is_read(known, told, asked):
    headers = {name.lower().replace("-", "_"): value for name, value in told.items()}
    wire = ScriptedWire(lambda request: response(200, **headers))
    prober = prober_over(wire, ScriptedClock())
    observation = await prober.probe(ProbeTarget("http://a.test/", "HEAD", **known))
    assert said(observation) == "200"
    assert [request.method for request in wire.asked] == ["HEAD", "GET"][:asked]
    assert prober.head_refused == set()


async def test_the_signs_of_a_page_are_not_those_of_where_it_leads():
    wire = ScriptedWire(
        lambda request: response(302, location="/b", content_length="9") if request.url.endswith("t/") else response(
            200, etag='"other"', content_length="7"
        )
    )  # fmt: skip
    await prober_over(wire, ScriptedClock()).probe(ProbeTarget("http://a.test/", "HEAD", **KNOWN))
    assert [request.method for request in wire.asked] == ["HEAD", "HEAD"]


async def test_the_length_that_a_server_tells_is_recorded():
    async with serve(lambda asked: reply(200, {}, b"x" * 70_000)) as server:
        observation, _ = await look(server)
    (exchange,) = observation.exchanges
    assert (exchange.length, exchange.bytes_read) == (70_000, 65_536)


# Retries


@pytest.mark.parametrize("first", [reply(500), reply(502), reply(503), reply(429), Reset(), Close()], ids=repr)
async def test_a_passing_trouble_is_retried(first):
    clock = ScriptedClock()
    async with serve(paths({"/": [first, OK]})) as server:
        observation, _ = await look(server, clock=clock)
    assert said(observation) == "200"
    assert len(observation.exchanges) == 2
    assert clock.slept == [2.0]


async def test_at_most_two_retries_and_four_requests():
    clock = ScriptedClock()
    async with serve(lambda asked: reply(500)) as server:
        observation, _ = await look(server, clock=clock)
        assert (said(observation), len(server.asked), clock.slept) == ("500", 3, [2.0, 8.0])
        server.asked.clear()
        observation, _ = await look(server, first_method="HEAD")
        assert (said(observation), server.trail) == ("500", ["HEAD /", "GET /", "GET /", "GET /"])


@pytest.mark.parametrize(
    ("kind", "times"),
    [
        *((kind, 3) for kind in ("reset", "connect_refused", "connect_timeout", "connect_unreachable", "timeout")),
        *((kind, 1) for kind in ("tls", "dns_nxdomain", "dns_servfail", "protocol", "policy_address", "ourselves")),
    ],
)
async def test_which_failures_are_retried(kind, times):
    wire = ScriptedWire(lambda request: Failure(FailureKind(kind), "words " * 1000))
    observation = await prober_over(wire, ScriptedClock()).probe(ProbeTarget("http://a.test/"))
    assert said(observation) == kind
    assert len(wire.asked) == times
    assert all(len(exchange.failure.text) <= 300 for exchange in observation.exchanges)


async def test_a_wall_is_not_asked_again():
    async with serve(lambda asked: reply(503, {"cf-mitigated": "challenge"})) as server:
        observation, _ = await look(server)
    assert observation.exchanges[-1].challenge == "Cloudflare: header cf-mitigated: challenge"
    assert len(server.asked) == 1


async def test_what_a_guarded_site_sends_with_its_pages_is_no_wall():
    async with serve(lambda asked: reply(200, {"X-DataDome": "protected"})) as server:
        observation, _ = await look(server)
    assert observation.exchanges[-1].challenge is None


async def test_the_budget_ends_the_retries():
    clock = ScriptedClock()

    def slow(request):
        clock.t += 25
        return Failure(FailureKind.TIMEOUT, "slow")

    wire = ScriptedWire(slow)
    observation = await prober_over(wire, clock).probe(ProbeTarget("http://a.test/"))
    assert said(observation) == "timeout"
    # 25 s + 2 s + 25 s leave no room for another 8 s.
    assert len(wire.asked) == 2


async def test_a_request_is_given_what_is_left_of_the_budget():
    clock = ScriptedClock()

    def slow(request):
        clock.t += 10
        return Failure(FailureKind.RESET, "slow")

    wire = ScriptedWire(slow)
    await prober_over(wire, clock, probe_timeout_s=45).probe(ProbeTarget("http://a.test/"))
    # 10 s each, with 2 s and 8 s between.
    assert [request.timeout_s for request in wire.asked] == [45, 33, 15]


async def test_the_budget_ends_a_long_chain():
    clock = ScriptedClock()

    def slow(request):
        clock.t += 25
        step = int(request.url.rpartition("/")[2] or 0)
        return response(302, location=f"/{step + 1}")

    observation = await prober_over(ScriptedWire(slow), clock).probe(ProbeTarget("http://a.test/"))
    assert said(observation) == "timeout"
    assert len(observation.exchanges) == 3


# Too many requests


async def test_a_host_that_asks_for_a_wait_gets_it():
    clock = ScriptedClock()
    async with serve(paths({"/": [reply(429, {"Retry-After": "90"}), OK]})) as server:
        observation, prober = await look(server, clock=clock, run_ends_at=2000)
    assert said(observation) == "200"
    assert observation.exchanges[0].retry_after_s == 90
    assert clock.t == 1090
    assert prober.head_refused == set()


@pytest.mark.parametrize("headers", [{}, {"retry_after": "soon"}])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_host_that_does_not_say_how_long_is_asked_more_slowly_by_all(status, headers):
    clock = ScriptedClock()
    wire = ScriptedWire(lambda request: response(status, **headers) if "bad" in request.url else response(200), clock)
    prober = prober_over(wire, clock)
    for url in ("bad/1", "bad/2", "well/1", "well/2"):
        await prober.probe(ProbeTarget(f"http://a.test/{url}"))
    # Each of the two is asked three times and slows the host once.
    assert prober.gates.delay_at("a.test") == 2
    assert [later - before for before, later in pairwise(wire.at)][-2:] == [2, 2]
    assert len(wire.asked) == 8


@pytest.mark.parametrize("status", [500, 502, 504])
async def test_other_troubles_slow_nothing(status):
    prober = prober_over(ScriptedWire(lambda request: response(status)), ScriptedClock())
    await prober.probe(ProbeTarget("http://a.test/"))
    assert prober.gates.delay_at("a.test") == 0


@pytest.mark.parametrize(("asked", "waited"), [("0", 60), ("59", 60), ("90", 90), ("999999", 86400)])
async def test_a_wait_is_at_least_a_minute_and_at_most_a_day_and_slows_nothing_after_it(asked, waited):
    clock = ScriptedClock()
    wire = ScriptedWire(
        lambda request: response(429, retry_after=asked) if len(wire.asked) == 1 else response(200), clock
    )
    prober = prober_over(wire, clock)
    await prober.probe(ProbeTarget("http://www.example.com/"))
    assert [at - 1000 for at in wire.at] == [0, waited]
    assert prober.gates.delay_at("example.com") == 0


async def test_head_is_not_blamed_for_too_many_requests():
    clock = ScriptedClock()
    async with serve(paths({"HEAD /": reply(429), "/": OK})) as server:
        observation, prober = await look(server, first_method="HEAD", clock=clock)
    assert said(observation) == "200"
    assert (server.trail, clock.slept, prober.head_refused) == (["HEAD /", "GET /"], [2.0], set())


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "90"}, {"Retry-After": "0"}, {"Retry-After": "soon"}])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [429, 503])
async def test_an_endless_429_ends(headers, method, status):
    async with serve(lambda asked: reply(status, headers)) as server:
        observation, _ = await look(server, first_method=method)
    assert said(observation) == str(status)
    assert 2 <= len(server.asked) <= 4


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_beyond_the_run_is_observed_and_the_rest_of_the_host_postponed(status, method):
    clock = ScriptedClock()
    async with serve(paths({"/": reply(status, {"Retry-After": "7200"}), "/b": OK})) as server:
        observation, prober = await look(server, first_method=method, clock=clock, run_ends_at=1600)
        assert observation.outcome == Answered(status, server.url())
        (exchange,) = observation.exchanges
        assert exchange.retry_after_s == 7200
        assert await prober.probe(ProbeTarget(server.url(path="/b"))) == Postponed(server.url(path="/b"), 7200)
        assert server.trail == [f"{method} /"]
        assert clock.t == 1000


async def test_a_redirect_to_a_held_host_is_observed_as_far_as_it_was_followed():
    wire = ScriptedWire(lambda request: response(301, location="http://b.test/"))
    prober = prober_over(wire, ScriptedClock(), run_ends_at=1600)
    prober.gates.hold("b.test", 3600)
    observation = await prober.probe(ProbeTarget("http://a.test/"))
    assert observation.outcome == Answered(301, "http://a.test/")
    assert observation.exchanges[-1].location == "http://b.test/"
    assert judge(observation).kind is VerdictKind.BLOCKED


class Held:
    """A script after whose answer another target of the host has made it ask for an hour."""

    def __init__(self, answer):
        self.prober = prober_over(ScriptedWire(self), ScriptedClock(), run_ends_at=1600)
        self.answer = answer

    def __call__(self, request):
        self.prober.gates.hold("a.test", 3600)
        return self.answer


async def test_a_retry_that_the_host_no_longer_allows_leaves_the_answer():
    observation = await Held(response(500)).prober.probe(ProbeTarget("http://a.test/"))
    assert said(observation) == "500"
    observation = await Held(Failure(FailureKind.RESET, "x")).prober.probe(ProbeTarget("http://a.test/"))
    assert said(observation) == "reset"


@pytest.mark.parametrize("answer", [response(404), response(405), response(503), Failure(FailureKind.RESET, "x")])
async def test_head_alone_condemns_nothing_where_get_may_not_follow(answer):
    assert isinstance(await Held(answer).prober.probe(ProbeTarget("http://a.test/", "HEAD")), Postponed)


# Redirects


async def test_a_chain_is_followed_and_recorded():
    routes = {
        "/": reply(301, {"Location": "/b#part"}),
        "/b": reply(308, {"Location": "../c?x=1"}),
        "/c?x=1": reply(302, {"Location": "d e"}),
        "/d%20e": reply(303, {"Location": "//A.TEST:{port}/f"}),
        "/f": reply(307, {"Location": "/end"}),
        "/end": OK,
    }
    async with serve(lambda asked: paths(routes)(asked).replace(b"{port}", str(server.port).encode())) as server:
        observation, _ = await look(server)
    assert observation.outcome == Answered(200, server.url(path="/end"))
    assert [e.hop for e in observation.exchanges] == [0, 1, 2, 3, 4, 5]
    for here, there in pairwise(observation.exchanges):
        assert here.location == there.url


async def test_head_follows_with_head_and_falls_back_at_the_hop():
    routes = {"/": reply(301, {"Location": "/b"}), "HEAD /b": reply(405), "/b": OK}
    async with serve(paths(routes)) as server:
        observation, _ = await look(server, first_method="HEAD", validators={"etag": '"v"'})
    assert server.trail == ["HEAD /", "HEAD /b", "GET /b"]
    assert [e.hop for e in observation.exchanges] == [0, 1, 1]
    assert "if-none-match" not in server.asked[1].headers


async def test_a_loop_is_told():
    async with serve(paths({"/": reply(302, {"Location": "/b"}), "/b": reply(302, {"Location": "/"})})) as server:
        observation, _ = await look(server)
        assert said(observation) == "redirect_loop"
        assert server.trail == ["GET /", "GET /b"]
        observation, _ = await look(server, first_method="HEAD")
        assert said(observation) == "redirect_loop"


async def test_a_loop_that_only_head_is_led_into_is_left_with_get():
    async with serve(paths({"HEAD /": reply(302, {"Location": "/"}), "/": OK})) as server:
        observation, _ = await look(server, first_method="HEAD")
    assert said(observation) == "200"


@pytest.mark.parametrize("most", [0, 1, 5])
async def test_more_redirects_than_allowed(most):
    async with serve(lambda asked: reply(302, {"Location": f"/{len(server.asked)}"})) as server:
        observation, _ = await look(server, max_redirects=most)
    assert said(observation) == "redirect_limit"
    assert len(server.asked) == most + 1
    assert observation.outcome.final_url == server.url(path=f"/{most + 1}")


NOWHERE = {
    "": "redirect_invalid",
    "   ": "redirect_invalid",
    "http://": "redirect_invalid",
    "http://[": "redirect_invalid",
    "http://[::1": "redirect_invalid",
    "http://a b/": "redirect_invalid",
    "http://1.2.3.4.5/": "redirect_invalid",
    "http://999.999.999.999/": "redirect_invalid",
    "http://a.test:99999/": "redirect_invalid",
    "http://a.test:port/": "redirect_invalid",
    "http://%00/": "redirect_invalid",
    "https://": "redirect_invalid",
    "//": "redirect_invalid",
    "/" + "x" * 9000: "redirect_invalid",
    "/" + "\xe9" * 3000: "redirect_invalid",
    "javascript:alert(1)": "policy_scheme",
    "data:text/html,x": "policy_scheme",
    "file:///etc/passwd": "policy_scheme",
    "ftp://a.test/": "policy_scheme",
    "mailto:me@a.test": "policy_scheme",
    "gopher://a.test:6379/_x": "policy_scheme",
    "http://a.test:22/": "policy_port",
    "http://a.test:6667/": "policy_port",
    "http://10.0.0.1/": "policy_address",
    "http://1.0x7f.08/": "redirect_invalid",
    "http://[fe80::1]/": "policy_address",
    "http://169.254.169.254/latest/meta-data": "policy_address",
}


@pytest.mark.parametrize("location", NOWHERE, ids=lambda text: repr(text)[:40])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_location_that_leads_nowhere(location, method):
    async with serve(lambda asked: reply(302, {"Location": location})) as server:
        observation, _ = await look(server, first_method=method, resolver=ScriptedResolver())
    assert said(observation) == NOWHERE[location], observation.outcome
    assert len(observation.outcome.failure.text) <= 300
    assert all(len(exchange.location or "") <= 8192 for exchange in observation.exchanges)
    assert len(server.asked) <= 2


async def test_no_location_at_all():
    async with serve(lambda asked: reply(301)) as server:
        observation, _ = await look(server)
    assert said(observation) == "redirect_invalid"
    assert observation.outcome.final_url == server.url()


async def test_a_redirect_carries_no_credentials():
    async with serve(paths({"/": reply(302, {"Location": "http://u:p@a.test:{}/b"}), "/b": OK})) as server:
        inner = server.script
        server.script = lambda asked: inner(asked).replace(b"{}", str(server.port).encode())
        observation, _ = await look(server)
    assert said(observation) == "200"
    assert observation.exchanges[0].location == server.url(path="/b")
    assert "authorization" not in server.asked[1].headers
    assert "referer" not in server.asked[1].headers


# Policy


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://a.test/", "policy_scheme"),
        ("javascript:x", "policy_scheme"),
        ("not a url", "policy_scheme"),
        ("http://a.test:25/", "policy_port"),
        ("https://a.test:6000/", "policy_port"),
    ],
)
async def test_what_policy_refuses_is_not_asked(url, kind):
    wire = ScriptedWire(lambda request: response(200))
    observation = await prober_over(wire, ScriptedClock()).probe(ProbeTarget(url))
    assert isinstance(observation, Observation)
    assert said(observation) == kind
    assert observation.exchanges == ()
    assert wire.asked == []


OPTED_OUT = {"optout": frozenset({"out.test", "203.0.113.7"})}


@pytest.mark.parametrize("host", ["out.test", "www.out.test", "out.test.", "203.0.113.7"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_host_that_opted_out_is_never_asked(host, method):
    wire = ScriptedWire(lambda request: response(302, location=f"http://{host}/there"))
    prober = prober_over(wire, ScriptedClock(), **OPTED_OUT)
    directly = await prober.probe(ProbeTarget(f"http://{host}/", method))
    assert (said(directly), directly.exchanges) == ("policy_optout", ())
    assert judge(directly).kind is VerdictKind.REFUSED
    assert judge(directly).reason == f"not asked: {host} asks not to be checked"
    led_there = await prober.probe(ProbeTarget("http://a.test/", method))
    assert (said(led_there), led_there.outcome.final_url) == ("policy_optout", f"http://{host}/there")
    assert [request.url for request in wire.asked] == ["http://a.test/"]


@pytest.mark.parametrize("host", ["about.test", "out.test.example", "ut.test", "test", "7"])
async def test_only_the_host_that_opted_out_and_its_subdomains_are_left_alone(host):
    wire = ScriptedWire(lambda request: response(200))
    assert said(await prober_over(wire, ScriptedClock(), **OPTED_OUT).probe(ProbeTarget(f"http://{host}/"))) == "200"


async def test_waiting_for_a_slot_is_not_part_of_the_budget():
    clock = ScriptedClock()
    wire = ScriptedWire(lambda request: response(200))
    prober = prober_over(wire, clock, probe_timeout_s=5)
    prober.gates.hold("a.test", 300)
    assert said(await prober.probe(ProbeTarget("http://a.test/"))) == "200"
    assert clock.t == 1300
