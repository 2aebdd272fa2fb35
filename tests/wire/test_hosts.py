"""What the config says of single hosts: what is sent to whom, how fast, and what counts as alive."""

import base64
import logging
import ssl
from itertools import pairwise

import msgspec
import pytest
import trustme

from feedbot.config import CheckerConfig
from feedbot.core.checker import HostPolicy, Pace
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.verdict import VerdictKind, judge
from feedbot.errors import ConfigError
from feedbot.wire.executor import LocalExecutor, one_portion
from feedbot.wire.hosts import covering, read_hosts
from feedbot.wire.local import open_local
from feedbot.wire.politeness import HostGates
from feedbot.wire.prober import ProbePolicy, Prober, ProbeTarget
from tests.wire.scripted import (
    LOOPBACK,
    ScriptedClock,
    ScriptedResolver,
    ScriptedWire,
    prober_over,
    response,
    said,
)
from tests.wire.servers import reply, serve

TOKEN = "canary-5d41402abc4b2a76"
CONTACT = "https://me.test/"


def rules(environment=None, **hosts):
    config = CheckerConfig(hosts={name.replace("_", "."): told for name, told in hosts.items()})
    return read_hosts(config.policy(), CONTACT, environment or {})


def prober_with(wire, environment=None, clock=None, **hosts):
    return prober_over(wire, clock or ScriptedClock(), hosts=rules(environment, **hosts))


def header(request, name):
    return dict(request.headers).get(name)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("news.example", "news.example"),
        ("www.news.example", "news.example"),
        ("a.b.paid.news.example.", "paid.news.example"),
        ("oldnews.example", None),
        ("example", None),
        ("203.0.113.7", "203.0.113.7"),
        ("[2001:db8::1]", None),
    ],
)
def test_a_name_covers_its_subdomains_and_the_longest_counts(host, name):
    assert covering({"news.example", "paid.news.example", "203.0.113.7"}, host) == name


# Credentials


BEARER = {"headers": {"X-Member": "yes", "accept-language": "de"}, "bearer_env": "NEWS_TOKEN"}
ENVIRONMENT = {"NEWS_TOKEN": TOKEN, "NEWS_LOGIN": f"me:{TOKEN}"}


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://news.example/", True),
        ("https://news.example:443/a", True),
        ("http://news.example/", False),
        ("http://news.example:443/", False),
        ("https://news.example:8443/", False),
        ("https://www.news.example/", False),
        ("https://news.example./", False),
        ("https://example/", False),
    ],
)
async def test_credentials_go_to_the_very_https_origin(url, sent):
    wire = ScriptedWire(lambda request: response(200))
    await prober_with(wire, ENVIRONMENT, news_example=BEARER).probe(ProbeTarget(url))
    (request,) = wire.asked
    assert header(request, "Authorization") == (f"Bearer {TOKEN}" if sent else None)
    assert header(request, "X-Member") == ("yes" if sent else None)
    languages = [value for name, value in request.headers if name.lower() == "accept-language"]
    assert languages == (["de"] if sent else ["en;q=0.9,*;q=0.5"])


async def test_the_origin_may_have_a_port_of_its_own():
    wire = ScriptedWire(lambda request: response(200))
    prober = prober_with(wire, ENVIRONMENT, news_example={**BEARER, "port": 8443})
    for url in ("https://news.example:8443/", "https://news.example/"):
        await prober.probe(ProbeTarget(url))
    assert [header(request, "Authorization") for request in wire.asked] == [f"Bearer {TOKEN}", None]


async def test_basic_credentials_are_encoded():
    wire = ScriptedWire(lambda request: response(200))
    await prober_with(wire, ENVIRONMENT, news_example={"basic_auth_env": "NEWS_LOGIN"}).probe(
        ProbeTarget("https://news.example/")
    )
    scheme, _, sent = header(wire.asked[0], "Authorization").partition(" ")
    assert (scheme, base64.b64decode(sent).decode()) == ("Basic", f"me:{TOKEN}")


@pytest.mark.parametrize(
    ("way", "sent"),
    [
        (["https://news.example/a", "https://news.example/b"], [True, True]),
        (["https://news.example/a", "http://news.example/b"], [True, False]),
        (["https://news.example/a", "https://other.example/"], [True, False]),
        (["https://other.example/", "https://news.example/a"], [False, False]),
        (["https://news.example/a", "https://other.example/", "https://news.example/b"], [True, False, False]),
    ],
)
async def test_a_redirect_carries_credentials_only_within_the_origin_that_the_link_names(way, sent):
    onward = dict(pairwise(way))
    wire = ScriptedWire(
        lambda request: response(302, location=onward[request.url]) if request.url in onward else response(200)
    )
    await prober_with(wire, ENVIRONMENT, news_example=BEARER).probe(ProbeTarget(way[0]))
    assert [request.url for request in wire.asked] == way
    assert [header(request, "Authorization") is not None for request in wire.asked] == sent
    assert [header(request, "X-Member") is not None for request in wire.asked] == sent


def test_every_missing_credential_is_told_by_its_name_and_never_by_its_value():
    with pytest.raises(ConfigError) as caught:
        rules(
            {"EMPTY": " ", "NO_COLON": TOKEN, "TWO_LINES": f"{TOKEN}\nX-Evil: 1"},
            a_example={"bearer_env": "ABSENT"},
            b_example={"basic_auth_env": "EMPTY"},
            c_example={"basic_auth_env": "NO_COLON"},
            d_example={"bearer_env": "TWO_LINES"},
        )
    assert str(caught.value).splitlines() == [
        "checker.hosts.a.example.bearer_env: the environment variable ABSENT is not set",
        "checker.hosts.b.example.basic_auth_env: the environment variable EMPTY is not set",
        "checker.hosts.c.example.basic_auth_env: the environment variable NO_COLON must hold NAME:PASSWORD",
        "checker.hosts.d.example.bearer_env: the environment variable TWO_LINES holds characters that no header may",
    ]
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("scheme", ["Bearer", "Basic"])
async def test_a_server_that_says_the_secret_back_does_not_get_it_recorded(scheme, monkeypatch, caplog):
    """A real exchange, with everything that is stored or logged of it."""
    caplog.set_level(logging.DEBUG, logger="feedbot")
    monkeypatch.setenv("NEWS_TOKEN", TOKEN)
    monkeypatch.setenv("NEWS_LOGIN", f"me:{TOKEN}")
    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("news.test").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)

    def echo(asked):
        said_back = asked.headers.get("authorization", "nothing")
        if asked.target == "/":
            return reply(302, {"Location": f"/b?{said_back}&{TOKEN}", "ETag": f'"{said_back}"'})
        return reply(403, {"cf-mitigated": said_back, "ETag": f'"{TOKEN}"', "Last-Modified": said_back}, b"page")

    async with serve(echo, ssl=server_side) as server:
        told = {"port": server.port}
        told |= {"bearer_env": "NEWS_TOKEN"} if scheme == "Bearer" else {"basic_auth_env": "NEWS_LOGIN"}
        allowed = tuple(str(network) for network in LOOPBACK)
        config = CheckerConfig(allow_addresses=allowed, canaries=(), robots="never", hosts={"news.test": told}).policy()
        async with open_local(config, CONTACT, ScriptedClock(), ScriptedResolver(), ssl_context=client_side) as wire:
            target = ProbeTarget(server.url("news.test", scheme="https"))
            (observation,) = [result async for result in wire.observe(one_portion([target]))]
    assert all(asked.headers["authorization"].startswith(f"{scheme} ") for asked in server.asked)
    assert len(server.asked) == 2
    assert said(observation) == "403"
    encoded = base64.b64encode(f"me:{TOKEN}".encode()).decode()
    stored = msgspec.json.encode(observation).decode() + repr(judge(observation)) + caplog.text
    assert "***" in stored
    for secret in (TOKEN, encoded):
        assert secret not in stored


async def test_what_a_failure_says_is_scrubbed_too():
    wire = ScriptedWire(lambda request: Failure(FailureKind.PROTOCOL, f"not HTTP: {TOKEN}"))
    prober = prober_with(wire, ENVIRONMENT, news_example=BEARER)
    observation = await prober.probe(ProbeTarget("https://news.example/"))
    assert observation.outcome.failure.text == "not HTTP: ***"


def test_secrets_are_not_in_what_python_shows_of_the_rules():
    assert TOKEN not in repr(rules(ENVIRONMENT, news_example=BEARER))


def test_workers_are_told_names_of_variables_only(monkeypatch):
    monkeypatch.setenv("NEWS_TOKEN", TOKEN)
    policy = CheckerConfig(hosts={"news.example": BEARER}).policy()
    assert policy.hosts["news.example"].bearer_env == "NEWS_TOKEN"
    assert TOKEN not in msgspec.json.encode(policy).decode()


# What is asked, and what it means


async def test_an_agent_of_its_own_is_for_the_subdomains_as_well():
    wire = ScriptedWire(lambda request: response(200))
    prober = prober_with(wire, news_example={"user_agent": "Reader/1"})
    for host in ("news.example", "www.news.example", "other.example"):
        await prober.probe(ProbeTarget(f"http://{host}/"))
    agents = [header(request, "User-Agent") for request in wire.asked]
    assert agents[:2] == ["Reader/1", "Reader/1"]
    assert "feedbot" in agents[2]


async def test_a_host_of_get_is_never_asked_with_head_at_any_hop():
    wire = ScriptedWire(
        lambda request: response(302, location="http://news.example/") if "other" in request.url else response(200)
    )
    prober = prober_with(wire, news_example={"method": "GET"})
    await prober.probe(ProbeTarget("http://www.news.example/", "HEAD"))
    await prober.probe(ProbeTarget("http://other.example/", "HEAD"))
    assert [request.method for request in wire.asked] == ["GET", "HEAD", "GET"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("status", [403, 404, 429, 503, 999])
async def test_an_accepted_code_is_alive_after_one_request(status, method):
    wire = ScriptedWire(lambda request: response(status, retry_after="600", cf_mitigated="challenge"))
    clock = ScriptedClock()
    prober = prober_with(wire, clock=clock, news_example={"accepted": [status]})
    observation = await prober.probe(ProbeTarget("http://www.news.example/", method))
    verdict = judge(observation)
    assert (verdict.kind, verdict.by_get) == (VerdictKind.ALIVE, method == "GET")
    assert verdict.reason == f"{status} on {method}: accepted by the config"
    assert (len(wire.asked), clock.slept) == (1, [])
    # Judged again from what is stored, it is the same.
    stored = msgspec.json.decode(msgspec.json.encode(observation), type=type(observation))
    assert judge(stored) == verdict
    wire = ScriptedWire(lambda request: response(status))
    elsewhere = await prober_over(wire, ScriptedClock()).probe(ProbeTarget("http://b.test/"))
    assert judge(elsewhere).kind is not VerdictKind.ALIVE


async def test_an_accepted_redirect_is_not_followed_and_has_not_moved():
    wire = ScriptedWire(lambda request: response(301, location="http://login.example/"))
    prober = prober_with(wire, news_example={"accepted": [301]})
    observation = await prober.probe(ProbeTarget("http://news.example/"))
    assert (said(observation), judge(observation).kind, len(wire.asked)) == ("301", VerdictKind.ALIVE, 1)


# Pace


def paced(**hosts):
    clock = ScriptedClock()
    told = {name.replace("_", "."): HostPolicy(**one) for name, one in hosts.items()}
    gates = HostGates(Pace(), clock, hosts=told)
    wire = ScriptedWire(lambda request: response(200), clock)
    prober = Prober(wire, gates, clock, ProbePolicy(headers=()))

    async def starts(*urls):
        results = LocalExecutor(prober, 50).observe(one_portion([ProbeTarget(url) for url in urls]))
        assert len([result async for result in results]) == len(urls)
        return sorted((request.url, at - 1000) for request, at in zip(wire.asked, wire.at, strict=True))

    return starts


async def test_a_host_may_have_a_pace_of_its_own():
    starts = paced(example_com={"delay_s": 10})
    urls = [f"http://{host}/{n}" for host in ("example.com", "www.example.com", "other.test") for n in range(2)]
    told = await starts(*urls)
    assert sorted(at for url, at in told if "example" in url) == [0, 10, 20, 30]
    assert [at for url, at in told if "other" in url] == [0, 1]


async def test_a_subdomain_with_a_pace_of_its_own_has_a_gate_of_its_own():
    starts = paced(slow_example_com={"delay_s": 10}, example_com={"accepted": [403]})
    urls = [f"http://{host}/{n}" for host in ("slow.example.com", "www.example.com") for n in range(2)]
    assert [at for _, at in await starts(*urls)] == [0, 10, 0, 1]


async def test_no_delay_for_a_host_of_ones_own():
    starts = paced(example_com={"delay_s": 0, "concurrency": 4})
    assert [at for _, at in await starts(*(f"http://example.com/{n}" for n in range(4)))] == [0, 0, 0, 0]


def test_a_name_above_the_registrable_domain_gives_its_pace_and_no_common_gate():
    gates = HostGates(Pace(), ScriptedClock(), hosts={"com": HostPolicy(delay_s=7)})
    assert gates.key("www.a.com") == "a.com"
    assert [gates.delay_at(host) for host in ("a.com", "www.b.com", "c.org")] == [7, 7, 1]


def test_how_many_at_once_is_a_matter_of_the_host():
    gates = HostGates(Pace(), ScriptedClock(), hosts={"a.test": HostPolicy(concurrency=7)})
    assert [gates.concurrency_at(host) for host in ("a.test", "www.a.test", "b.test")] == [7, 7, 2]
