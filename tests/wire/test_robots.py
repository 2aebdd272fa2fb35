"""robots.txt over the wire: when it is asked for, and what it forbids."""

import pytest

from feedbot.config import CheckerConfig, PerHostConfig
from feedbot.core.checker import Pace
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.verdict import VerdictKind, judge
from feedbot.wire.executor import LocalExecutor, one_portion
from feedbot.wire.hosts import read_hosts
from feedbot.wire.local import open_local
from feedbot.wire.prober import Postponed, ProbeTarget
from feedbot.wire.wire import Response
from tests.wire.scripted import (
    LOOPBACK,
    TLS,
    ScriptedClock,
    ScriptedResolver,
    ScriptedWire,
    prober_over,
    response,
    said,
)
from tests.wire.servers import reply, serve

NAMED = b"User-agent: feedbot\nDisallow: /private\n"
EVERYBODY = b"User-agent: *\nDisallow: /private\nCrawl-delay: 30\n"


def file(body):
    return Response(200, {}, body, "127.0.0.1", "HTTP/1.1", 1)


class RobotsSite(ScriptedWire):
    """Answers robots.txt as told, by host or for all, and any page with 200 or as told."""

    def __init__(self, robots, pages=None, clock=None):
        super().__init__(self.answer, clock)
        self.robots = robots
        self.pages = pages or {}

    def answer(self, request):
        if request.url.endswith("/robots.txt"):
            return self.robots(request) if callable(self.robots) else self.robots
        return self.pages.get(request.url, response(200))

    @property
    def urls(self):
        return [request.url for request in self.asked]


async def look(site, *urls, robots=False, method="GET", clock=None, **policy):
    clock = clock or ScriptedClock()
    site.clock = clock
    prober = prober_over(site, clock, robots=robots, **policy)
    return [await prober.probe(ProbeTarget(url, method)) for url in urls]


@pytest.mark.parametrize(
    ("body", "robots", "outcome"),
    [
        (NAMED, False, "policy_robots"),
        (NAMED, True, "policy_robots"),
        (NAMED, "never", "200"),
        (EVERYBODY, False, "200"),
        (EVERYBODY, True, "policy_robots"),
        (EVERYBODY, "never", "200"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_whose_groups_are_obeyed(body, robots, outcome, method):
    site = RobotsSite(file(body))
    (observation,) = await look(site, "https://a.test/private", robots=robots, method=method)
    assert said(observation) == outcome
    asked = ["https://a.test/robots.txt"] if robots != "never" else []
    if outcome != "policy_robots":
        assert site.urls == [*asked, "https://a.test/private"]
        return
    assert (site.urls, observation.exchanges) == (asked, ())
    verdict = judge(observation)
    assert (verdict.kind, verdict.reason) == (VerdictKind.REFUSED, "not asked: robots.txt of a.test forbids it")


async def test_one_file_for_each_origin_and_run():
    site = RobotsSite(file(b""))
    await look(
        site, "http://a.test/1", "http://a.test/2", "https://a.test/", "http://a.test:8080/", "http://www.a.test/"
    )
    assert [url for url in site.urls if "robots" in url] == [
        "http://a.test/robots.txt",
        "https://a.test/robots.txt",
        "http://a.test:8080/robots.txt",
        "http://www.a.test/robots.txt",
    ]


async def test_lanes_of_a_host_wait_for_one_file():
    site = RobotsSite(file(NAMED))
    prober = prober_over(site, ScriptedClock(), robots=False)
    targets = [ProbeTarget(f"http://a.test/{n}") for n in range(8)]
    assert len([result async for result in LocalExecutor(prober, 10).observe(one_portion(targets))]) == 8
    assert site.urls.count("http://a.test/robots.txt") == 1
    assert site.urls[0] == "http://a.test/robots.txt"


async def test_every_hop_of_a_redirect_is_looked_up():
    pages = {"http://a.test/": response(302, location="http://b.test/private")}
    site = RobotsSite(lambda request: file(NAMED if "b.test" in request.url else b""), pages)
    (observation,) = await look(site, "http://a.test/")
    assert (said(observation), observation.outcome.final_url) == ("policy_robots", "http://b.test/private")
    assert site.urls == ["http://a.test/robots.txt", "http://a.test/", "http://b.test/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
@pytest.mark.parametrize("robots", [False, True])
async def test_a_file_that_is_not_there_forbids_nothing(status, robots):
    (observation,) = await look(RobotsSite(response(status)), "http://a.test/private", robots=robots)
    assert said(observation) == "200"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (response(500), "answers 500"),
        (response(503), "answers 503"),
        (response(429), "answers 429"),
        (Failure(FailureKind.TIMEOUT, "no full answer in 10 s"), "no full answer in 10 s"),
        (Failure(FailureKind.RESET, "connection reset"), "connection reset"),
    ],
)
async def test_a_file_that_cannot_be_read_forbids_everything_where_everybodys_groups_are_obeyed(answer, words):
    (observation,) = await look(RobotsSite(answer), "http://a.test/", robots=True)
    assert judge(observation).kind is VerdictKind.REFUSED
    assert judge(observation).reason == (
        f"not asked: robots.txt of a.test cannot be read ({words}), so nothing may be asked there for now"
    )
    # By name nobody has asked us for anything.
    (observation,) = await look(RobotsSite(answer), "http://a.test/")
    assert said(observation) == "200"


@pytest.mark.parametrize("kind", ["dns_nxdomain", "connect_refused", "connect_timeout", "tls", "policy_address"])
@pytest.mark.parametrize("robots", [False, True])
async def test_a_host_that_cannot_be_reached_is_unreachable_and_not_refused_by_robots(kind, robots):
    failure = Failure(FailureKind(kind), "in words")
    site = RobotsSite(failure, {"http://a.test/": failure})
    (observation,) = await look(site, "http://a.test/", robots=robots)
    assert said(observation) == kind


async def test_a_robots_txt_that_moved_is_followed_five_times():
    def moving(steps):
        def robots(request):
            step = int(request.url.rpartition("?")[2]) if "?" in request.url else 0
            return file(NAMED) if step == steps else response(301, location=f"?{step + 1}")

        site = RobotsSite(robots)
        site.script = lambda request: robots(request) if "/robots.txt" in request.url else response(200)
        return site

    (observation,) = await look(moving(5), "http://a.test/private")
    assert said(observation) == "policy_robots"
    (observation,) = await look(moving(6), "http://a.test/private")
    assert said(observation) == "200"


@pytest.mark.parametrize("location", ["ftp://b.test/", "http://out.test/robots.txt", "http://b.test:25/", "http://["])
async def test_a_robots_txt_that_moved_where_nothing_is_asked_forbids_nothing(location):
    site = RobotsSite(response(301, location=location))
    (observation,) = await look(site, "http://a.test/private", robots=True, optout=frozenset({"out.test"}))
    assert said(observation) == "200"
    assert site.urls == ["http://a.test/robots.txt", "http://a.test/private"]


async def test_a_host_that_asks_for_a_wait_gets_it_before_anything_else():
    site = RobotsSite(response(429, retry_after="120"))
    clock = ScriptedClock()
    (observation,) = await look(site, "http://a.test/", clock=clock)
    assert (said(observation), clock.t) == ("200", 1120)
    (postponed,) = await look(RobotsSite(response(503, retry_after="7200")), "http://a.test/", run_ends_at=1600)
    assert postponed == Postponed("http://a.test/", 7200)


@pytest.mark.parametrize(("robots", "delay_s"), [(False, 0), (True, 30)])
async def test_crawl_delay_is_kept_where_everybodys_groups_are_obeyed(robots, delay_s):
    site = RobotsSite(file(EVERYBODY))
    await look(site, "http://a.test/1", "http://a.test/2", robots=robots)
    pages = [at for url, at in zip(site.urls, site.at, strict=True) if "robots" not in url]
    assert pages[1] - pages[0] == delay_s


async def test_a_crawl_delay_is_at_most_an_hour():
    site = RobotsSite(file(b"User-agent: feedbot\nCrawl-delay: 99999999"))
    await look(site, "http://a.test/1", "http://a.test/2")
    assert site.at[-1] - site.at[-2] == 3600


async def test_robots_txt_is_asked_for_through_the_hosts_gate():
    clock = ScriptedClock()
    site = RobotsSite(file(b""), clock=clock)
    prober = prober_over(site, clock, per_host=Pace(delay_s=1), robots=False)
    await prober.probe(ProbeTarget("http://a.test/"))
    assert site.at == [1000, 1001]


async def test_robots_txt_is_asked_for_without_credentials_and_with_the_hosts_agent():
    told = {"a.test": {"bearer_env": "T", "user_agent": "Reader/1"}}
    site = RobotsSite(file(b""))
    await look(
        site,
        "https://a.test/",
        hosts=read_hosts(CheckerConfig(hosts=told).policy(), "https://me.test/", {"T": "secret"}),
    )
    robots, page = (dict(request.headers) for request in site.asked)
    assert (robots["User-Agent"], robots.get("Authorization")) == ("Reader/1", None)
    assert (page["User-Agent"], page["Authorization"]) == ("Reader/1", "Bearer secret")


@pytest.mark.parametrize(("robots", "asked"), [("never", 12), (False, 15), (True, 15)])
async def test_what_robots_txt_costs_over_real_sockets(robots, asked):
    """One request for each origin and run."""
    async with serve(lambda asked: reply(404) if asked.target == "/robots.txt" else reply(200)) as server:
        config = CheckerConfig(
            allow_addresses=tuple(str(network) for network in LOOPBACK),
            canaries=(),
            per_host=PerHostConfig(delay_s=0),
            robots=robots,
        ).policy()
        targets = [ProbeTarget(server.url(f"{host}.test", f"/{n}")) for host in "abc" for n in range(4)]
        async with open_local(config, "https://me.test/", ScriptedClock(), ScriptedResolver(), ssl_context=TLS) as wire:
            results = [result async for result in wire.observe(one_portion(targets))]
    assert [said(result) for result in results] == ["200"] * 12
    assert len(server.asked) == asked
