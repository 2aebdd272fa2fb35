import ipaddress

import pytest

from feedbot.core.address import why_not_public

REFUSED = [
    ("0.0.0.0", "this network"),
    ("10.1.2.3", "private"),
    ("100.64.0.1", "shared"),
    ("100.127.255.255", "shared"),
    ("127.0.0.1", "127.0.0.1 is a loopback address"),
    ("127.255.255.254", "loopback"),
    ("169.254.169.254", "link-local"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.8", "IETF"),
    ("192.0.0.170", "IETF"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("192.168.255.255", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.19.255.255", "benchmarks"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.9", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.250", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "IPv4-compatible"),
    ("::8.8.8.8", "IPv4-compatible"),
    ("::ffff:127.0.0.1", "IPv4-mapped address, and 127.0.0.1 is a loopback"),
    ("::ffff:169.254.169.254", "link-local"),
    ("::ffff:0:127.0.0.1", "not a global unicast"),
    ("64:ff9b::a9fe:a9fe", "NAT64 address, and 169.254.169.254 is a link-local"),
    ("64:ff9b::7f00:1", "loopback"),
    ("64:ff9b:1::808:808", "local NAT64"),
    ("2002:7f00:1::", "6to4 address, and 127.0.0.1 is a loopback"),
    ("2002:c0a8:101::1", "private"),
    ("2001::1", "Teredo"),
    ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
    ("2001:2::1", "IETF"),
    ("2001:20::1", "IETF"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("5f00::1", "segment routing"),
    ("100::1", "discard"),
    ("fc00::1", "private"),
    ("fd00:ec2::254", "private"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "zone"),
    ("2606:4700::1%1", "zone"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("4000::1", "not a global unicast"),
    ("1::1", "not a global unicast"),
    ("", "not an address"),
    ("localhost", "not an address"),
    ("127.0.0.01", "not an address"),
    ("127.1", "not an address"),
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2001:200::1",
    "2a00:1450:4001:81b::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize(("address", "word"), REFUSED)
def test_says_why_an_address_is_not_public(address, word):
    assert word in why_not_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_lets_public_unicast_pass(address):
    assert why_not_public(address) is None


def test_takes_address_objects():
    assert why_not_public(ipaddress.ip_address("127.0.0.1")) == "127.0.0.1 is a loopback address"
    assert why_not_public(ipaddress.ip_address("2606:4700::1111")) is None


def test_opens_what_is_allowed_and_nothing_beside_it():
    allowed = [ipaddress.ip_network(text) for text in ("127.0.0.0/8", "fd00::/8")]
    assert why_not_public("127.0.0.1", allowed) is None
    assert why_not_public("::ffff:127.0.0.1", allowed) is None
    assert why_not_public("fd00::1", allowed) is None
    for address in ("10.0.0.1", "::1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "fe80::1%eth0"):
        assert why_not_public(address, allowed) is not None, address


def test_agrees_with_a_correct_is_global_on_the_edges_of_every_ipv4_network():
    # The library's private table is right for these; only is_global had the holes.
    for edge in range(0, 2**32, 2**20 - 1):
        address = ipaddress.IPv4Address(edge)
        if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
            assert why_not_public(address) is not None, address
