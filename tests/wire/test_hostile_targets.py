"""No socket to an address that is not public: thousands of hostile targets, counted where sockets are made."""

import asyncio
import re
import subprocess
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import httpx
import pycurl
import pytest

from feedbot.core.observation import FailureKind
from feedbot.wire.prober import ProbeTarget
from tests.wire.counted import EVERYTHING, ONLY_THE_HOP, WIRES, Sockets, hop_server, open_wire, probe
from tests.wire.hostile_targets import ADDRESSES, HOP, MAX_REDIRECTS, REDIRECTS, cases
from tests.wire.scripted import ScriptedClock, ScriptedResolver, prober_over, said

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="may be skipped: of 127.0.0.0/8 only Linux has more than one address"
)

# A proxy of the environment where one may be named, at addresses that a proxy is often at.
PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
PROXIES = ("http://127.0.0.1:3128", "10.0.0.1:8080", "http://u:p@[::1]:3128", "socks5h://169.254.169.254:1080")
EXCEPTIONS = ({}, {"no_proxy": ""}, {"NO_PROXY": "localhost"}, {"no_proxy": "other.test", "NO_PROXY": "*"})


async def probe_all(kind, allowed, at_once, share=1):
    sockets, routes = Sockets(), {}
    async with hop_server(routes) as server:
        todo = cases(server.port)[::share]
        for case in todo:
            routes |= case.routes
        return await probe(kind, todo, allowed, sockets, at_once), sockets


@pytest.fixture(scope="module", params=WIRES)
def probed(request):
    """All targets over a wire, fifty at once."""
    return asyncio.run(probe_all(request.param, ONLY_THE_HOP, at_once=50))


def test_no_socket_is_opened_to_any_of_them(probed):
    results, sockets = probed
    assert sockets.elsewhere == []
    assert len(results) > 9_000


def test_they_are_refused_by_their_address(probed):
    results, _ = probed
    wrong = [one for one in results if one.case.is_refused and said(one.result) != FailureKind.POLICY_ADDRESS]
    assert wrong == []
    assert sum(one.case.is_refused for one in results) > 7_000


def test_those_on_the_way_to_them_are_asked(probed):
    # Were the hop never reached, no redirect and no resolver that changes its mind would have been tried.
    results, sockets = probed
    assert sockets.to_hop > 2_000
    for one in results:
        if one.case.is_refused and one.case.way.startswith("redirect"):
            *_, depth = one.case.way.split(" ")
            assert one.result.exchanges[-1].hop == int(depth), one
    mixed = [one for one in results if one.case.way in ("mixed answer", "public for once")]
    assert {said(one.result) for one in mixed} == {"200"}


def test_every_way_is_tried():
    ways = Counter(case.way for case in cases(80))
    depths = {f"redirect {code} at depth {depth}" for code, depth in product(REDIRECTS, range(1, 1 + MAX_REDIRECTS))}
    assert depths | {"literal", "name", "mixed answer", "rebinding", "trick", "suggestion"} <= ways.keys()
    assert ways["literal"] > 5_000
    assert len(ADDRESSES) > 700


@pytest.mark.parametrize("kind", WIRES)
async def test_negative_control_without_vetting_they_are_all_connected(kind):
    results, _ = await probe_all(kind, EVERYTHING, at_once=1, share=4)
    leading = [one for one in results if one.case.leads_there]
    assert len(leading) > 1_500
    assert [one for one in leading if not one.elsewhere] == []


# The environment's proxies


def settings():
    for variable, proxy, exceptions in product(PROXY_VARIABLES, PROXIES, EXCEPTIONS):
        yield {variable: proxy} | exceptions
    yield dict.fromkeys(PROXY_VARIABLES, PROXIES[0])


@pytest.mark.parametrize("kind", WIRES)
async def test_no_proxy_of_the_environment_is_asked(kind, monkeypatch):
    sockets, asked = Sockets(), 0
    async with hop_server({}) as server:
        for setting in settings():
            with monkeypatch.context() as environment:
                for name, value in setting.items():
                    environment.setenv(name, value)
                wire = open_wire(kind, ScriptedResolver(default=HOP), ONLY_THE_HOP, sockets)
                observation = await prober_over(wire, ScriptedClock()).probe(ProbeTarget(server.url("page.test")))
                await wire.aclose()
            asked += 1
            assert said(observation) == "200", (setting, observation)
    assert sockets.elsewhere == []
    assert sockets.to_hop == asked > 90


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
async def test_negative_control_a_client_as_it_comes_asks_the_environments_proxy(variable, monkeypatch):
    async with hop_server({}) as server:
        monkeypatch.setenv(variable, f"http://{HOP}:{server.port}")
        async with httpx.AsyncClient() as client:
            assert (await client.get("http://elsewhere.test/")).status_code == 200
        assert server.connections == 1
        curl = pycurl.Curl()
        curl.setopt(pycurl.URL, "http://elsewhere.test/")
        curl.setopt(pycurl.WRITEFUNCTION, len)
        await asyncio.to_thread(curl.perform)
        curl.close()
        assert server.connections == 2


# Counted by the kernel, over sockets of every day


@pytest.mark.debian("strace")
@pytest.mark.parametrize("kind", WIRES)
def test_the_kernel_saw_no_such_connect(kind, project, tmp_path):
    seen = connects(kind, "vetted", project, tmp_path)
    assert set(seen) == {HOP}
    assert seen[HOP] > 500


@pytest.mark.debian("strace")
@pytest.mark.parametrize("kind", WIRES)
def test_negative_control_without_vetting_the_kernel_saw_them(kind, project, tmp_path):
    seen = connects(kind, "unvetted", project, tmp_path)
    assert {"127.0.0.1", "127.0.0.53", "127.255.255.255", "::1", "::ffff:127.0.0.1"} <= set(seen)


def connects(kind: str, mode: str, project: Path, folder: Path) -> Counter[str]:
    trace = folder / "trace"
    command = ("strace", "-f", "--seccomp-bpf", "-e", "trace=connect", "-o", trace)
    done = subprocess.run(
        [*command, sys.executable, "-m", "tests.wire.counted", kind, mode],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if "ptrace" in done.stderr and "not permitted" in done.stderr:
        pytest.skip("may be skipped: nothing may be traced here")
    assert (done.returncode, done.stderr) == (0, "")
    addresses = re.findall(r'connect\(.*?(?:inet_addr|inet_pton)\((?:AF_INET6, )?"([^"]+)"', trace.read_text())
    return Counter(addresses)
