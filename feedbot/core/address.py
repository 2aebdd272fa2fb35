"""Which addresses are public unicast: the only ones that feedbot opens a socket to.

The ranges are those of the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890) and
the multicast registries. `ipaddress.is_global` is not asked: before Python 3.11.10 it says yes to
224.0.0.1, 192.0.0.8, ::127.0.0.1, 64:ff9b::a9fe:a9fe, 2002:7f00:1:: and fec0::1.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

_SPECIAL_V4 = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an address of this network (RFC 791)"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a shared address of a provider (RFC 6598)"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "an address for IETF protocols (RFC 6890)"),
        ("192.0.2.0/24", "an address for documentation"),
        ("192.31.196.0/24", "an AS112 address (RFC 7535)"),
        ("192.52.193.0/24", "an AMT address (RFC 7450)"),
        ("192.88.99.0/24", "a 6to4 relay address (RFC 7526)"),
        ("192.168.0.0/16", "a private address"),
        ("192.175.48.0/24", "an AS112 address (RFC 7534)"),
        ("198.18.0.0/15", "an address for benchmarks (RFC 2544)"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("224.0.0.0/4", "a multicast address"),
        ("255.255.255.255/32", "the broadcast address"),
        ("240.0.0.0/4", "a reserved address (RFC 1112)"),
    )
)

# Outside 2000::/3 nothing is public; these rows say what an address is instead.
_SPECIAL_V6 = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::/128", "the unspecified address"),
        ("::1/128", "a loopback address"),
        ("64:ff9b:1::/48", "a local NAT64 address (RFC 8215)"),
        ("100::/64", "a discard address (RFC 6666)"),
        ("2001::/32", "a Teredo address (RFC 4380)"),
        ("2001::/23", "an address for IETF protocols (RFC 2928)"),
        ("2001:db8::/32", "an address for documentation"),
        ("2620:4f:8000::/48", "an AS112 address (RFC 7534)"),
        ("3fff::/20", "an address for documentation"),
        ("5f00::/16", "a segment routing address (RFC 9602)"),
        ("fc00::/7", "a private address (RFC 4193)"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a site-local address (RFC 3879)"),
        ("ff00::/8", "a multicast address"),
    )
)

_PUBLIC_V6 = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")


def why_not_public(address: str | IPv4Address | IPv6Address, allowed: Sequence[Network] = ()) -> str | None:
    """Why no socket may be opened to an address, in words; None where it is public unicast or in `allowed`.

    IPv4-mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056) forms are judged by the IPv4 address inside.
    `allowed` speaks of an address as it is written; of the address inside only for the mapped form,
    which reaches it directly. Scoped addresses (zone ids) and what is no address are refused always.
    """
    try:
        known = ip_address(address)
    except ValueError:
        return f"{str(address)[:100]!r} is not an address"
    if isinstance(known, IPv6Address) and known.scope_id is not None:
        return f"{known} is an address with a zone (RFC 4007)"
    if any(known in network for network in allowed if network.version == known.version):
        return None
    what = _what_v4(known) if isinstance(known, IPv4Address) else _what_v6(known, allowed)
    return None if what is None else f"{known} is {what}"


def _what_v4(address: IPv4Address) -> str | None:
    return next((what for network, what in _SPECIAL_V4 if address in network), None)


def _what_v6(address: IPv6Address, allowed: Sequence[Network]) -> str | None:
    for network, what in _SPECIAL_V6:
        if address in network:
            return what
    if address in _MAPPED:
        return _what_inside("an IPv4-mapped", _embedded(address, 0), allowed)
    if address in _NAT64:
        return _what_inside("a NAT64", _embedded(address, 0), ())
    if address in _6TO4:
        return _what_inside("a 6to4", _embedded(address, 80), ())
    if address in _COMPATIBLE:
        # Deprecated by RFC 4291, 2.5.5.1: no such address is routed, whatever is inside.
        inside = _what_inside("an IPv4-compatible", _embedded(address, 0), ())
        return inside or "an IPv4-compatible address (RFC 4291)"
    return None if address in _PUBLIC_V6 else "not a global unicast address (RFC 4291)"


def _embedded(address: IPv6Address, shift: int) -> IPv4Address:
    return IPv4Address(int(address) >> shift & 0xFFFF_FFFF)


def _what_inside(form: str, inside: IPv4Address, allowed: Sequence[Network]) -> str | None:
    why = why_not_public(inside, allowed)
    return None if why is None else f"{form} address, and {why}"
