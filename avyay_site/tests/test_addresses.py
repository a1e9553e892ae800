"""Which addresses may be reached."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avyay_site.addresses import Allowance, is_public

INTERNAL = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",  # noqa: S104 - never bound
    "168.63.129.16", "169.254.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192",
    "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:db8::1",
    "2002:7f00:1::1", "2002:a9fe:a9fe::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "99.255.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "2606:4700::1111",
    "2a00:1450::1",
]


@pytest.mark.parametrize("text", INTERNAL)
def test_an_address_inside_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_outside_is_public(text):
    assert is_public(ip_address(text))


@given(st.ip_addresses(v=4))
def test_no_way_of_writing_an_ipv4_address_in_ipv6_makes_it_reachable(address: IPv4Address):
    number = int(address)
    written = [
        number,  # ::a.b.c.d
        0xFFFF << 32 | number,  # ::ffff:a.b.c.d
        0x64FF9B << 96 | number,  # NAT64
        0x2002 << 112 | number << 80,  # 6to4
        0x20010000 << 96 | (number ^ 0xFFFFFFFF),  # Teredo
    ]

    assert not any(is_public(IPv6Address(value)) for value in written)


def test_the_operator_may_allow_names_and_networks():
    allowance = Allowance.parse(["Hooks.Internal", "10.1.0.0/16", "fd00::/8"])

    assert allowance.covers("hooks.internal", ip_address("192.168.1.1"))
    assert allowance.covers("other", ip_address("10.1.2.3"))
    assert allowance.covers("other", ip_address("fd00::1"))
    assert not allowance.covers("other", ip_address("10.2.0.1"))
