"""Public and reserved addresses: every range of the registries, and IPv4 addresses embedded in IPv6."""

from ipaddress import ip_address, ip_network

import pytest

from tactus.fetch.addresses import is_public, may_connect

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.255.255.254
168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:8.8.8.8
::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::7f00:1 64:ff9b:1::808:808 100::1 2001::1
2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808::
3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
2606:4700::5efe:7f00:1 2606:4700::200:5efe:10.0.0.1 2606:4700::1%eth0
"""
PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 168.63.129.15
169.253.255.255 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255
198.20.0.0 203.0.112.255 223.255.255.255 2001:200::1 2606:4700:4700::1111 2a00:1450:4001::1 64:ff9b::808:808
"""


@pytest.mark.parametrize("text", PRIVATE.split())
def test_reserved_addresses_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not may_connect(ip_address(text), ())


@pytest.mark.parametrize("text", PUBLIC.split())
def test_neighbouring_addresses_are_public(text: str) -> None:
    assert is_public(ip_address(text))
    assert may_connect(ip_address(text), (ip_network("10.0.0.0/8"),))


@pytest.mark.parametrize(
    ("text", "is_allowed"),
    [
        ("10.1.2.3", True),
        ("fd00::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("11.0.0.0", True),
        ("192.168.0.1", False),
        ("::ffff:10.1.2.3", False),
    ],
)
def test_an_allowed_range_includes_only_itself(text: str, is_allowed: bool) -> None:
    allowed = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert may_connect(ip_address(text), allowed) is is_allowed


def test_allowing_the_ipv4_loopback_range_includes_ipv6_loopback() -> None:
    allowed = (ip_network("127.0.0.0/8"),)
    assert may_connect(ip_address("127.0.0.1"), allowed)
    assert may_connect(ip_address("::1"), allowed)
    assert not may_connect(ip_address("::ffff:127.0.0.1"), allowed)
