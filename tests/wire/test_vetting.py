"""No socket to a non-public address: counted where sockets are opened, not by exceptions."""

import ipaddress
from itertools import product

import pytest

from feedbot.core.address import why_not_public
from feedbot.core.observation import FailureKind
from feedbot.core.url import InvalidUrl, canonical_url, split_url, why_never_asked
from feedbot.wire.failures import CarriedFailure
from feedbot.wire.httpx_wire import HttpxWire
from feedbot.wire.prober import ProbeTarget
from feedbot.wire.vetting import VettingBackend
from feedbot.wire.wire import Request
from tests.wire.scripted import PUBLIC, TLS, RecordingBackend, ScriptedClock, ScriptedResolver, prober_over

EVERYTHING = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

V4_NETWORKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4"),
    "240.0.0.0/4",
)
WELL_KNOWN = ("169.254.169.254", "127.0.0.53", "100.100.100.200", "192.0.0.192", "192.168.1.1", "255.255.255.255")
V6 = (
    *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "100::1"),
    *("2001:10::1", "2001:20::1", "3fff::1", "5f00::1", "64:ff9b:1::1", "::ffff:0:7f00:1", "1::1", "e000::1"),
)


def hostile_v4():
    for text in V4_NETWORKS:
        network = ipaddress.IPv4Network(text)
        yield from (network[0], network[1], network[network.num_addresses // 3], network[-1])
    yield from map(ipaddress.IPv4Address, WELL_KNOWN)


def around(address):
    """The IPv6 forms that reach an IPv4 address."""
    number = int(address)
    for prefix, shift in (("::ffff:0:0", 0), ("::", 0), ("64:ff9b::", 0), ("2002::", 80)):
        yield str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) | number << shift))


def spellings(address):
    """How a URL may write an IPv4 address (WHATWG URL standard, IPv4 parser and domain to ASCII)."""
    a, b, c, d = address.packed
    number = int(address)
    yield from (f"{a}.{b}.{c}.{d}", str(number), hex(number), oct(number).replace("o", ""))
    yield from (f"0x{a:x}.{b}.0{c:o}.{d}", f"{a}.{(b << 16) + (c << 8) + d}", f"{a}.{b}.{(c << 8) + d}")
    yield from (f"{a}。{b}。{c}。{d}", f"{a}.{b}.{c}.{d}.", f"user@{a}.{b}.{c}.{d}")
    yield f"{a}.{b}.{c}.{d}".translate({ord(str(n)): 0xFF10 + n for n in range(10)})


ADDRESSES = tuple(
    dict.fromkeys([*map(str, hostile_v4()), *V6, *(six for four in hostile_v4() for six in around(four))])
)
SPELLED = tuple(
    dict.fromkeys(
        [*(text for four in hostile_v4() for text in spellings(four))]
        + [f"[{address}]" for address in ADDRESSES if ":" in address]
    )
)


def askable(urls):
    """Those that the URL rules let through to the socket."""
    for url in urls:
        try:
            canonical = canonical_url(url)
        except InvalidUrl:
            continue
        if why_never_asked(split_url(canonical)) is None:
            yield canonical


LITERALS = tuple(dict.fromkeys(askable(f"http://{text}/" for text in SPELLED)))


class Flipping(ScriptedResolver):
    """Public when it is first asked, hostile when the socket is about to be opened."""

    def __init__(self, hostile):
        super().__init__({"flip.test": [PUBLIC, hostile]})


async def connects(way, target, allowed):
    backend = RecordingBackend()
    if way == "literal":
        resolver, url = ScriptedResolver(), target
    elif way == "resolver":
        resolver, url = ScriptedResolver(default=target), "http://named.test/"
    elif way == "mixed answer":
        resolver, url = ScriptedResolver({"named.test": (target, PUBLIC, target)}), "http://named.test/"
    else:
        resolver, url = Flipping(target), "http://flip.test/"
    wire = HttpxWire(resolver, allowed=allowed, backend=backend, ssl_context=TLS)
    answer = await wire.exchange(Request("GET", url))
    await wire.aclose()
    return [address for address in backend.connects if address != PUBLIC], answer


CASES = [("literal", url) for url in LITERALS] + list(product(("resolver", "mixed answer", "rebinding"), ADDRESSES))


def test_there_are_enough_hostile_targets():
    assert len(CASES) > 1000
    assert len(LITERALS) > 200
    assert all(why_not_public(address) for address in ADDRESSES)


async def test_no_connect_to_any_of_them():
    for way, target in CASES:
        connected, answer = await connects(way, target, ())
        assert connected == [], (way, target)
        if way != "mixed answer":
            assert answer.kind == FailureKind.POLICY_ADDRESS, (way, target, answer)


async def test_negative_control_without_vetting_every_one_is_connected():
    for way, target in CASES:
        connected, _ = await connects(way, target, EVERYTHING)
        assert connected, (way, target)


@pytest.mark.parametrize("depth", range(6))
@pytest.mark.parametrize("allowed", [(), EVERYTHING], ids=["vetted", "negative control"])
async def test_no_redirect_gets_past_it_at_any_depth(depth, allowed):
    targets = [*LITERALS[::11], *(f"http://evil{n}.test/" for n in range(0, len(ADDRESSES), 11))]
    table = {f"evil{n}.test": address for n, address in enumerate(ADDRESSES)}

    for target in targets:

        def script(address, request, target=target):
            step = int(request.split(b" ")[1][1:] or b"0") if address == PUBLIC else None
            if step is None:
                return b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
            place = target if step >= depth - 1 else f"http://hop{step + 1}.test/{step + 1}"
            return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()

        backend = RecordingBackend(script)
        wire = HttpxWire(ScriptedResolver(table, default=PUBLIC), allowed=allowed, backend=backend, ssl_context=TLS)
        prober = prober_over(wire, ScriptedClock())
        observation = await prober.probe(ProbeTarget(target if depth == 0 else "http://hop0.test/0"))
        await wire.aclose()
        elsewhere = [address for address in backend.connects if address != PUBLIC]
        assert len(backend.connects) - len(elsewhere) == depth
        if allowed:
            assert elsewhere, target
        else:
            assert elsewhere == [], target
            assert observation.outcome.failure.kind == FailureKind.POLICY_ADDRESS, target
            assert observation.exchanges[-1].hop == depth


async def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    backend = RecordingBackend()
    wire = HttpxWire(ScriptedResolver(default=PUBLIC), backend=backend, ssl_context=TLS)
    assert (await wire.exchange(Request("GET", "http://a.test/"))).status == 200
    await wire.aclose()
    assert backend.connects == [PUBLIC]


async def test_unix_sockets_and_zones_are_refused_always():
    backend = RecordingBackend()
    door = VettingBackend(ScriptedResolver(default="fe80::1%lo"), EVERYTHING, backend)
    with pytest.raises(CarriedFailure, match="unix socket"):
        await door.connect_unix_socket("/run/docker.sock")
    with pytest.raises(CarriedFailure, match="zone"):
        await door.connect_tcp("a.test", 80)
    assert backend.connects == []


async def test_of_a_mixed_answer_only_the_public_address_is_asked():
    backend = RecordingBackend()
    resolver = ScriptedResolver({"a.test": ("10.0.0.1", PUBLIC, "::1")})
    wire = HttpxWire(resolver, backend=backend, ssl_context=TLS)
    assert (await wire.exchange(Request("GET", "http://a.test/"))).peer == PUBLIC
    await wire.aclose()
    assert backend.connects == [PUBLIC]
