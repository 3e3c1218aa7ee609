"""Network addresses to which connections are allowed: public ones, and private ranges that a setting allows.

An address is public only if no registry gives it another meaning. The ranges are listed here, because
`ipaddress.is_global` is true for multicast, embedded IPv4 and the control address of a cloud.

Source:
    IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 6890, 4291, 6052 (NAT64), 3056 (6to4), 4380 (Teredo),
    5214 section 6.1 (ISATAP). 168.63.129.16 is the control address of Azure, reachable from all its virtual machines.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NOT_PUBLIC_V6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP_INTERFACE_IDS = (0x0000_5EFE, 0x0200_5EFE)

_LOOPBACK_V4 = IPv4Network("127.0.0.0/8")
_LOOPBACK_V6 = IPv6Address("::1")


def is_public(address: Address) -> bool:
    """True if the address can only belong to a host of the public Internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    if address in _NAT64:  # how a network without IPv4 reaches the public IPv4 Internet
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return (
        address.scope_id is None
        and address in _GLOBAL_UNICAST_V6
        and not any(address in network for network in _NOT_PUBLIC_V6)
        and (int(address) >> 32) & 0xFFFF_FFFF not in _ISATAP_INTERFACE_IDS
    )


def may_connect(address: Address, allow_private: Sequence[Network]) -> bool:
    """True if the address is public or in an allowed private range.

    Args:
        address: Destination of a connection.
        allow_private: Allowed private ranges. 127.0.0.0/8 includes ::1, because `localhost` means both.
    """
    if address == _LOOPBACK_V6 and _LOOPBACK_V4 in allow_private:
        return True
    return is_public(address) or any(
        network.version == address.version and address in network for network in allow_private
    )


def parse_address(text: str) -> Address:
    """Parse an address as sockets and resolvers write it, with its scope.

    Raises:
        ValueError: The text is not an IP address.
    """
    return ip_address(text)
