"""Where no socket may lead, every way to write it down and every way to be led there."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from itertools import count, cycle

from feedbot.core.url import InvalidUrl, canonical_url, split_url

HOP = "127.9.9.9"
"""Stands for the public internet: the servers that redirect live there, and it is all that tests allow."""

# The special-purpose registries of IANA and the multicast blocks, written down a second time on purpose.
V4_NETWORKS = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", "224.0.0.0/4", "240.0.0.0/4"),
)
# This machine, metadata services of clouds, its name server, a router: what an attacker asks for first.
WELL_KNOWN = ("127.0.0.1", "169.254.169.254", "127.0.0.53", "100.100.100.200", "192.0.0.192", "192.168.1.1", "0.0.0.0")
V6 = (
    *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "ff0e::1", "2001::1", "2001:db8::1"),
    *("2001:2::1", "2001:10::1", "2001:20::1", "3fff::1", "5f00::1", "100::1", "64:ff9b:1::1", "::ffff:0:7f00:1"),
    *("2620:4f:8000::1", "fe80::5efe:7f00:1", "1::1", "e000::1"),
)
# What a resolver may say that is no address, or one with a zone: refused even where every address is allowed.
NO_ADDRESSES = (
    *("fe80::1%lo", "::1%1", "127.1", "0x7f.0.0.1", "010.0.0.1", "2130706433", "localhost", "", " 127.0.0.1"),
    *("127.0.0.1 ", "127.0.0.1\0", "１２７.0.0.1", "127.0.0.1/8", "[::1]", "127.0.0.1:80", "127.0.0.1,10.0.0.1"),
)
SPECIAL_NAMES = (
    *(
        "localhost.",
        "a.localhost",
        "localhost.localdomain",
        "ip6-localhost",
        "broadcasthost",
        "metadata.google.internal",
    ),
    *("127.0.0.1.nip.io", "kubernetes.default.svc", "router.lan", "wpad", "under_score.test", "-dash.test"),
    *("xn--n3h.test", f"{'a' * 63}.test", "1.0.0.127.in-addr.arpa", "localtest.me", "instance-data"),
)
# Hosts to the URL standard that are none to libcurl.
ODD_NAMES = ("*", "*.test", "+plus.test", "a,b.test", "(a).test", "127.0.0.1..", "$home.test")
REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5

Routes = dict[str, tuple[int, dict[str, str]]]
"""The paths of the hop's server: a status and its headers."""


@dataclass(frozen=True)
class Case:
    """One target, as an article writes it, and what name servers and the servers on its way say.

    `leads_there` tells that a socket is opened to a non-public address where nothing is vetted;
    `is_refused` that the probe ends in POLICY_ADDRESS.
    """

    way: str
    start: str
    names: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    routes: Routes = field(default_factory=dict)
    leads_there: bool = True
    is_refused: bool = True


def cases(port: int) -> tuple[Case, ...]:
    """All of them; `port` is that of the hop's server."""
    found = (*literals(), *named(port), *redirected(port), *tricked(port), *suggested(port))
    return tuple({case.start: case for case in found}.values())


# Addresses


def hostile_v4() -> tuple[IPv4Address, ...]:
    """The edges and the inside of every network."""
    found = [IPv4Address(text) for text in WELL_KNOWN]
    for network in map(ipaddress.IPv4Network, V4_NETWORKS):
        found += [network[0], network[1], network[network.num_addresses // 3], network[-1]]
    return tuple(dict.fromkeys(found))


def around(address: IPv4Address) -> Iterator[IPv6Address]:
    """The IPv6 forms that carry an IPv4 address."""
    number, public = int(address), 0x0808_0808
    for prefix, bits in (
        ("::ffff:0:0", number),  # mapped (RFC 4291)
        ("::", number),  # compatible (RFC 4291)
        ("::ffff:0:0:0", number),  # translated (RFC 2765)
        ("64:ff9b::", number),  # NAT64 (RFC 6052)
        ("64:ff9b:1::", number),  # NAT64 of a network's own (RFC 8215)
        ("2002::", number << 80),  # 6to4 (RFC 3056)
        ("2002::", number << 80 | public),  # 6to4, and something public where others have theirs
        ("2001::", number << 64 | public ^ 0xFFFF_FFFF),  # Teredo (RFC 4380), its server
        ("2001::", public << 64 | number ^ 0xFFFF_FFFF),  # Teredo, its client
        ("fe80::5efe:0:0", number),  # ISATAP (RFC 5214)
    ):
        yield IPv6Address(int(IPv6Address(prefix)) | bits)


ADDRESSES = tuple(
    dict.fromkeys([*map(str, hostile_v4()), *V6, *(str(six) for four in hostile_v4() for six in around(four))])
)


# Ways to write them


def spellings(address: IPv4Address) -> Iterator[str]:
    """How the host of a URL may write an IPv4 address, and some ways in which it may not."""
    a, b, c, d = address.packed
    number, dotted = int(address), str(address)
    yield from (dotted, f"{dotted}.", f"user@{dotted}", f"user:pass@{dotted}", f"page.test@{dotted}")
    # Other bases, and parts that span bytes (WHATWG URL standard, IPv4 parser).
    yield from (f"{number}", f"{number:#x}", f"0{number:o}", f"0X{number:08X}", f"00000{number:o}", f"{number}.")
    yield from (f"{a:#x}.{b:#x}.{c:#x}.{d:#x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"0x{a:x}.{b}.0{c:o}.{d}")
    yield from (f"{a}.{(b << 16) + (c << 8) + d}", f"{a}.{b}.{(c << 8) + d}", f"{a:#x}.0{(b << 16) + (c << 8) + d:o}")
    yield from (f"{number + 2**32}", f"{a}.{b}.{c}.{d + 256}", f"{a}.{b}.{c}.{d}.0")
    # Characters that stand for others (UTS 46): full-width, mathematical and lower digits, those of
    # other scripts, circled ones; dots; and some that stand for nothing.
    yield from (_digits(dotted, zero) for zero in (0xFF10, 0x1D7CE, 0x2080, 0x0660, 0x0966))
    yield dotted.translate({ord(str(n)): 0x245F + n for n in range(1, 10)})
    yield from (dotted.replace(".", dot) for dot in "。．｡․")
    yield from (f"{dotted[0]}{nothing}{dotted[1:]}" for nothing in ("\u00ad", "\u200b", "\ufe0f", "\t", "%C2%AD"))
    # Percent-encoding, and what may be taken for the end of a host.
    yield from ("".join(f"%{ord(char):02x}" for char in dotted), dotted.replace(".", "%2E"))
    yield "".join(f"%{byte:02X}" for byte in _digits(dotted, 0xFF10).encode())
    yield from (f"{dotted}%00", f"{dotted}%00.page.test", f"page.test%00@{dotted}", f"{dotted}%20", f"[{dotted}]")


def _digits(text: str, zero: int) -> str:
    return text.translate({ord(str(n)): zero + n for n in range(10)})


def spellings_v6(address: IPv6Address) -> Iterator[str]:
    """How the host of a URL may write an IPv6 address."""
    front = ":".join(address.exploded.split(":")[:6])
    yield from (f"[{address}]", f"[{address.exploded.upper()}]", f"user:pass@[{address}]")
    yield f"[{front}:{IPv4Address(int(address) & 0xFFFF_FFFF)}]"


def no_hosts() -> Iterator[str]:
    """Hosts that are none; a lenient reader may find an address in them."""
    yield from ("[fe80::1%25lo]", "[fe80::1%lo]", "[::1%25]", "[::1]%25lo", "[::1", "::1", "[v1.127]", "[[::1]]")
    yield from ("[::1].page.test", "[::127.1]", "[::ffff:127.0.0.01]", "[%3a%3a1]", "%5b::1]", "[::ffff:0x7f.1]")


def tricks(hostile: str, page: str) -> Iterator[str]:
    """URLs that parsers read differently: is it the page's server that is asked, or the other one?"""
    yield from (f"http://{page}@{hostile}/", f"http://{page}#@{hostile}/", f"http://{page}?@{hostile}/")
    yield from (f"http://{page}\\@{hostile}/", f"http://{page}%2f@{hostile}/", f"http://{page}\t@{hostile}/")
    yield from (f"http://{hostile}@{page}/", f"http://{hostile}#@{page}/", f"http://{hostile}\\@{page}/")
    yield from (f"http://{hostile};@{page}/", f"http://{hostile}%23@{page}/", f"http://{hostile}:80@{page}/")
    yield from (f"http://a@{hostile}:80@{page}/", f"http://a@{page} @{hostile}/", f"http://{hostile},{page}/")
    yield from (f"http:\\\\{hostile}\\", f"http:/{hostile}/", f"http:{hostile}/", f"http:////{hostile}/")
    yield from (f"//{hostile}/", f"///{hostile}/", f"/\\{hostile}/", f"\\\\{hostile}\\", f" \t hTTp://{hostile} ")
    yield from (f"http://{page}/?url=http://{hostile}/", f"http://{page}/..//{hostile}/", f"http://{hostile}/@{page}")
    yield from (f"http://{page}/%0D%0AHost: {hostile}", f"http://unix:/run/docker.sock:/{hostile}/", f"{hostile}:80/")
    for port in (8080, 443, 65535, "", "00080", 22, 25, 6379, 11211, 99999, -1, "http"):
        yield f"http://{hostile}:{port}/"
    for scheme in (
        "https",
        "ws",
        "ftp",
        "gopher",
        "file",
        "dict",
        "ldap",
        "tftp",
        "smb",
        "jar:http",
        "view-source:http",
    ):
        yield f"{scheme}://{hostile}/"
    yield f"javascript:fetch('http://{hostile}/')"
    yield f"data:text/html,<meta http-equiv=refresh content=0;//{hostile}>"


def address_in(text: str) -> str | None:
    """The address that the URL standard finds in a URL's host, in its plain form."""
    try:
        return str(ipaddress.ip_address(split_url(canonical_url(text)).host.strip("[]")))
    except (InvalidUrl, ValueError):
        return None


# Ways to be led there


def literals() -> Iterator[Case]:
    """Addresses in the URL itself, and what only looks like one."""
    hosts = [text for four in hostile_v4() for text in spellings(four)]
    hosts += [text for address in ADDRESSES if ":" in address for text in spellings_v6(IPv6Address(address))]
    for url in (f"http://{host}/" for host in (*hosts, *no_hosts())):
        there = address_in(url) is not None
        yield Case("literal", url, leads_there=there, is_refused=there)


def named(port: int) -> Iterator[Case]:
    """Names that resolve to an address: alone, among public ones, and only at a later look-up."""
    for n, address in enumerate(ADDRESSES):
        yield Case("name", f"http://name{n}.test/", {f"name{n}.test": [(address,)]})
    for n, address in enumerate(ADDRESSES[::3]):
        answer = (address, HOP, address)
        yield Case("mixed answer", f"http://mixed{n}.test:{port}/", {f"mixed{n}.test": [answer]}, is_refused=False)
    # Of six exchanges, each of which looks the name up once or twice, one more is led there each time.
    for n, (address, before) in enumerate(zip(ADDRESSES[::4], cycle(range(1, 6)), strict=False)):
        answers = [*[(HOP,)] * before, (address,)] if n % 2 else [(HOP,), (address,)] * 10
        routes = {f"/flip{n}/{step}": (302, {"Location": f"/flip{n}/{step + 1}"}) for step in range(MAX_REDIRECTS)}
        yield Case("rebinding", f"http://flip{n}.test:{port}/flip{n}/0", {f"flip{n}.test": answers}, routes)
    for name, address in zip(SPECIAL_NAMES, ADDRESSES, strict=False):
        yield Case("special name", f"http://{name}/", {name: [(address,)]})
    for name, address in zip(ODD_NAMES, ADDRESSES, strict=False):
        yield Case("odd name", f"http://{name}/", {name: [(address,)]}, leads_there=False)
    for n, answer in enumerate(NO_ADDRESSES):
        yield Case("no address", f"http://none{n}.test/", {f"none{n}.test": [(answer,)]}, leads_there=False)
    # libcurl has a mind of its own about the first two; the third looks like an option of it.
    for name in ("localhost", "b.localhost", "-page.test"):
        yield Case("public for once", f"http://{name}:{port}/", {name: [(HOP,)]}, leads_there=False, is_refused=False)


def redirected(port: int) -> Iterator[Case]:
    """Redirects by every code, the last of one to five pointing at a literal or a name."""
    hosts: list[tuple[str, dict[str, list[tuple[str, ...]]]]] = []
    hosts += [(text, {}) for four in hostile_v4()[: len(WELL_KNOWN)] for text in spellings(four)]
    hosts += [(text, {}) for text in no_hosts()]
    hosts += [(f"[{address}]", {}) for address in ADDRESSES[::7] if ":" in address]
    hosts += [(f"led{n}.test", {f"led{n}.test": [(address,)]}) for n, address in enumerate(ADDRESSES[::5])]
    for n, (host, names) in enumerate(hosts):
        depth, code = 1 + n % MAX_REDIRECTS, REDIRECTS[n // MAX_REDIRECTS % len(REDIRECTS)]
        steps = [f"http://hop{n}-{step}.test:{port}/hop{n}/{step}" for step in range(depth)]
        steps.append(f"http://{host}/")
        routes = {f"/hop{n}/{step}": (code, {"Location": steps[step + 1]}) for step in range(depth)}
        there = bool(names) or address_in(steps[-1]) is not None
        yield Case(f"redirect {code} at depth {depth}", steps[0], names, routes, there, is_refused=there)


def tricked(port: int) -> Iterator[Case]:
    """What parsers differ over, in an article and in a Location; which server is asked is left open."""
    page, numbers = f"page.test:{port}", count()
    for hostile in ("127.0.0.1", "169.254.169.254", "10.0.0.1", "[::1]", "[::ffff:7f00:1]", "2130706433", "0"):
        for text in tricks(hostile, page):
            yield Case("trick", text, leads_there=False, is_refused=False)
            path = f"/trick/{next(numbers)}"
            routes = {path: (301, {"Location": text})}
            yield Case("trick in a Location", f"http://{page}{path}", {}, routes, leads_there=False, is_refused=False)


def suggested(port: int) -> Iterator[Case]:
    """Headers that name another server, with codes that are no redirects; each host is asked twice."""
    for n, address in enumerate(ADDRESSES[::80]):
        host = f"[{address}]" if ":" in address else address
        headers = {
            "Alt-Svc": f'h2="{host}:443"; ma=9, h3="{host}:443"',
            "Content-Location": f"http://{host}/",
            "Link": f"<http://{host}/>; rel=preload",
            "Location": f"http://{host}/",
            "Refresh": f"0; url=http://{host}/",
            "Strict-Transport-Security": "max-age=9",
        }
        for code in (200, 201, 202, 300, 304, 305, 306, 401, 407, 426, 511):
            for path in (f"/suggested/{n}/{code}", f"/suggested/{n}/{code}/again"):
                start = f"http://suggested{n}-{code}.test:{port}{path}"
                yield Case("suggestion", start, {}, {path: (code, headers)}, leads_there=False, is_refused=False)
