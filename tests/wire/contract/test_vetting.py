"""No socket to a non-public address: counted where sockets are made, not by exceptions."""

import ipaddress

import pytest

from feedbot.core.address import why_not_public
from feedbot.core.observation import Failure, FailureKind
from feedbot.core.url import InvalidUrl, canonical_url, split_url, why_never_asked
from feedbot.wire.prober import ProbeTarget
from feedbot.wire.wire import Response
from tests.wire.contract.kits import EVERYTHING, Door, get
from tests.wire.scripted import PUBLIC, ScriptedClock, ScriptedResolver, prober_over
from tests.wire.servers import Close, reply, serve

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


class Table(ScriptedResolver):
    """A name for each hostile address: alone, among public ones, and as a second thought."""

    def __init__(self):
        super().__init__(default=PUBLIC)
        for n, address in enumerate(ADDRESSES):
            self.table[f"alone{n}.test"] = address
            self.table[f"mixed{n}.test"] = (address, PUBLIC, address)
            self.table[f"flips{n}.test"] = [PUBLIC, address]


NAMES = {way: tuple(f"http://{way}{n}.test/" for n in range(len(ADDRESSES))) for way in ("alone", "mixed", "flips")}


def test_there_are_enough_hostile_targets():
    assert len(LITERALS) + 3 * len(ADDRESSES) > 1000
    assert len(LITERALS) > 200
    assert all(why_not_public(address) for address in ADDRESSES)


async def asked(kit, urls, allowed):
    """What each URL brought, and which addresses sockets were wanted for besides the public one."""
    door = Door(leads_to=())
    answers = []
    wanted = {}
    async with kit.wire(Table(), allowed=allowed, door=door) as wire:
        for url in urls:
            before = len(door.addresses)
            answers.append(await wire.exchange(get(url)))
            wanted[url] = [address for address in door.addresses[before:] if address != PUBLIC]
    return answers, wanted


@pytest.mark.parametrize("way", ["literal", "alone"])
async def test_no_socket_to_a_hostile_address(kit, way):
    urls = LITERALS if way == "literal" else NAMES[way]
    answers, wanted = await asked(kit, urls, ())
    for url, answer in zip(urls, answers, strict=True):
        assert wanted[url] == []
        assert isinstance(answer, Failure)
        assert answer.kind == FailureKind.POLICY_ADDRESS, (url, answer)


async def test_of_a_mixed_answer_only_the_public_address_is_asked(kit):
    answers, wanted = await asked(kit, NAMES["mixed"], ())
    assert not any(wanted.values())
    assert {answer.kind for answer in answers} == {FailureKind.CONNECT_REFUSED}  # as the door says


async def test_a_name_that_changes_its_mind_gains_nothing(kit):
    urls = [url for url in NAMES["flips"] for _ in range(2)]
    answers, wanted = await asked(kit, urls, ())
    assert not any(wanted.values())
    # Between two look-ups of one exchange or between two exchanges.
    assert all(
        FailureKind.POLICY_ADDRESS in {one.kind, two.kind} for one, two in zip(answers[::2], answers[1::2], strict=True)
    )


@pytest.mark.parametrize("way", ["literal", *NAMES])
async def test_negative_control_without_vetting_a_socket_is_wanted_for_every_one(kit, way):
    urls = LITERALS if way == "literal" else NAMES[way]
    _, first = await asked(kit, urls, EVERYTHING)
    wanted = {url for url in urls if first[url]}
    if way == "flips":
        # A wire that looks once an exchange is told the hostile address in the second.
        _, second = await asked(kit, [url for url in urls for _ in range(2)], EVERYTHING)
        wanted |= {url for url in urls if second[url]}
    # In a mixed answer at most three addresses are tried, of which the public one is one.
    assert wanted == set(urls)


async def test_an_allowed_network_is_asked_and_nothing_beside_it(kit):
    door = Door(leads_to=())
    allowed = (ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00::/8"))
    resolver = ScriptedResolver(
        {"in.test": "10.1.2.3", "out.test": "10.2.0.1", "six.test": "fd00::1", "both.test": ("10.2.0.1", "10.1.0.9")}
    )
    async with kit.wire(resolver, allowed=allowed, door=door) as wire:
        for url in ("http://in.test/", "http://six.test/", "http://both.test/", "http://10.1.2.4/"):
            assert (await wire.exchange(get(url))).kind == FailureKind.CONNECT_REFUSED
        for url in ("http://out.test/", "http://10.2.0.1/", "http://[fe80::1]/", "http://127.0.0.1/"):
            assert (await wire.exchange(get(url))).kind == FailureKind.POLICY_ADDRESS
    assert door.addresses == ["10.1.2.3", "fd00::1", "10.1.0.9", "10.1.2.4"]


async def test_addresses_with_a_zone_are_refused_always(kit):
    door = Door(leads_to=())
    resolver = ScriptedResolver(default="fe80::1%lo")
    assert (await kit.ask("http://a.test/", resolver=resolver, allowed=EVERYTHING, door=door)).kind == (
        FailureKind.POLICY_ADDRESS
    )
    assert door.addresses == []


async def test_a_kept_connection_is_no_way_round(kit):
    """A name that was public and is no longer: its open connection is not used either."""
    async with serve(lambda asked: reply(200)) as server:
        resolver = ScriptedResolver({"a.test": ["127.0.0.1", "127.0.0.1", "10.0.0.1"]})
        async with kit.wire(resolver, allowed=(ipaddress.ip_network("127.0.0.1/32"),)) as wire:
            answers = [await wire.exchange(get(server.url())) for _ in range(4)]
    assert isinstance(answers[0], Response)
    assert answers[-1].kind == FailureKind.POLICY_ADDRESS


async def test_a_name_that_moved_is_asked_where_it_is_now(kit):
    door = Door(leads_to=("127.0.0.1",))
    async with serve(lambda asked: Close(reply(200))) as server:
        resolver = ScriptedResolver({"a.test": "127.0.0.1"})
        async with kit.wire(resolver, door=door) as wire:
            assert (await wire.exchange(get(server.url()))).status == 200
            resolver.table["a.test"] = "127.0.0.9"
            assert (await wire.exchange(get(server.url()))).kind == FailureKind.CONNECT_REFUSED
    assert door.addresses[-1] == "127.0.0.9"


# URLs that two parsers read in two ways. None is canonical, so none should come here.
CONFUSING = [
    "http://a.test\\@10.0.0.1/",
    "http://a.test\\@evil.test/",
    "http://1.2.3.4\\@evil.test/",
    "http://a.test\\@10.0.0.1:80@b.test/",
    "http://a.test#@10.0.0.1/",
    "http://a.test?@10.0.0.1/",
    "http://a.test:80\\@10.0.0.1:8080/",
    "http://[::ffff:1.2.3.4]\\@10.0.0.1/",
]


@pytest.mark.parametrize("url", CONFUSING)
async def test_a_url_that_can_be_read_in_two_ways_is_read_in_one(kit, url):
    door = Door(leads_to=())
    resolver = ScriptedResolver({"evil.test": "10.0.0.1", "b.test": "10.0.0.2"}, default=PUBLIC)
    answer = await kit.ask(url, resolver=resolver, allowed=EVERYTHING, door=door)
    assert isinstance(answer, Failure)
    # Where it leads is where the URL standard reads it to lead, whatever a library's own parser says.
    host = split_url(url).host.strip("[]")
    expected = ipaddress.ip_address(PUBLIC if host == "a.test" else host)
    assert [ipaddress.ip_address(address) for address in door.addresses] == [expected], answer


@pytest.mark.parametrize("host", ["[::ffff:102:304]", "[::ffff:5db8:d822]", "[2606:4700::1]", "[2606:4700:0:0:1::]"])
async def test_an_address_in_any_form_is_asked(kit, host):
    door = Door(leads_to=())
    assert (await kit.ask(f"http://{host}/", allowed=(), door=door)).kind == FailureKind.CONNECT_REFUSED
    assert [ipaddress.ip_address(address) for address in door.addresses] == [ipaddress.ip_address(host[1:-1])]


@pytest.mark.parametrize("depth", range(6))
@pytest.mark.parametrize("allowed", [(ipaddress.ip_network("127.0.0.1/32"),), EVERYTHING], ids=["vetted", "control"])
async def test_no_redirect_gets_past_it_at_any_depth(kit, depth, allowed):
    # 127.0.0.1 stands in for the public internet.
    hostile = [n for n, address in enumerate(ADDRESSES) if why_not_public(address, allowed[:1])]
    targets = [*(url for url in LITERALS if "127.0.0.1" not in url and "7f00:1" not in url)][::23]
    targets += [f"http://evil{n}.test/" for n in hostile[::23]]
    table = {f"evil{n}.test": address for n, address in enumerate(ADDRESSES)}
    place = ""

    def script(asked):
        step = int(asked.target[1:])
        return reply(
            302, {"Location": place if step >= depth - 1 else server.url(f"hop{step + 1}.test", f"/{step + 1}")}
        )

    door = Door()
    async with serve(script) as server, kit.wire(ScriptedResolver(table), allowed=allowed, door=door) as wire:
        for place in targets:
            before = len(server.asked)
            door.addresses.clear()
            first = place if depth == 0 else server.url("hop0.test", "/0")
            observation = await prober_over(wire, ScriptedClock()).probe(ProbeTarget(first))
            assert len(server.asked) - before == depth
            if allowed == EVERYTHING:
                assert door.elsewhere, place
            else:
                assert door.elsewhere == [], place
                assert observation.outcome.failure.kind == FailureKind.POLICY_ADDRESS, place
                assert observation.exchanges[-1].hop == depth


async def test_what_is_public_is_asked(kit):
    door = Door(leads_to=())
    await kit.ask("http://a.test/", resolver=ScriptedResolver(default=PUBLIC), allowed=(), door=door)
    assert door.addresses == [PUBLIC]
    async with serve(lambda asked: reply(200)) as server:
        assert isinstance(await kit.ask(server.url(), door=Door()), Response)
