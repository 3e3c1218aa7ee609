"""Guard of the connections of a fetch: checks the addresses of each name, and of each socket when it is created."""

import socket
from collections.abc import Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from tactus.fetch.addresses import Network, may_connect, parse_address


class BlockedAddressError(OSError):
    """The address of a connection is not allowed. An OSError, as aiohttp expects of sockets."""


class ConnectionGuard(AbstractResolver):
    """Resolver and socket factory of one fetch, which refuse addresses that are not allowed.

    A name with one forbidden address is refused as a whole, so that neither the order of connection attempts nor a name
    server that changes its answer (DNS rebinding) matters. Addresses in a URL, which are never looked up, are checked
    when the socket is created.

    Args:
        resolver: Resolver of host names.
        allow_private: Private ranges to which connections are allowed.

    Attributes:
        has_refused: True once an address has been refused.
    """

    def __init__(self, resolver: AbstractResolver, allow_private: Sequence[Network]) -> None:
        self.has_refused = False
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look up all addresses of a host name.

        Raises:
            BlockedAddressError: One of them is not allowed.
            OSError: The name has no address.
        """
        answers = await self._resolver.resolve(host, port, family)
        for answer in answers:
            self._check(answer["host"])
        return answers

    async def close(self) -> None:
        """Do nothing: the resolver is not owned by this object."""

    def make_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        """Create the socket for an entry of `socket.getaddrinfo`.

        Raises:
            BlockedAddressError: The address of the entry is not allowed.
        """
        family, kind, protocol, _, socket_address = address_info
        self._check(socket_address[0])
        return socket.socket(family=family, type=kind, proto=protocol)

    def _check(self, text: str) -> None:
        try:
            is_allowed = may_connect(parse_address(text), self._allow_private)
        except ValueError:
            is_allowed = False
        if not is_allowed:
            self.has_refused = True
            raise BlockedAddressError("connections to this address are not allowed")
