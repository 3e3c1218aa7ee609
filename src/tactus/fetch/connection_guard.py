"""Stands between a fetch and the network: judges each name's answers, and each socket as it is made."""

import socket
from collections.abc import Sequence
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from tactus.fetch.addresses import Network, may_connect, parsed_address


class BlockedAddressError(OSError):
    """A connection would have gone to an address that is not dialled. An OSError, as aiohttp expects of sockets."""


class ConnectionGuard(AbstractResolver):
    """Lets connections through to addresses that may be dialled.

    It is both the resolver and the maker of sockets of one fetch. A name with one forbidden answer is refused
    altogether, so that no order of tries and no change of mind of a name server matters; addresses that were never
    looked up, being written out in a URL, meet the same rule when the socket is made.

    Args:
        resolver: Looks names up.
        allow_private: Private ranges that may be dialled.

    Attributes:
        refused: Whether it ever refused.
    """

    def __init__(self, resolver: AbstractResolver, allow_private: Sequence[Network]) -> None:
        self.refused = False
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Every address of a name.

        Raises:
            BlockedAddressError: One of them may not be dialled.
            OSError: The name has none.
        """
        answers = await self._resolver.resolve(host, port, family)
        for answer in answers:
            self._judge(answer["host"])
        return answers

    async def close(self) -> None:
        """Nothing to let go of: the resolver belongs to someone else."""

    def make_socket(self, address_info: tuple[Any, ...]) -> socket.socket:
        """A socket for an entry as `socket.getaddrinfo` gives them.

        Raises:
            BlockedAddressError: It would be connected to an address that may not be dialled.
        """
        family, kind, protocol, _, socket_address = address_info
        self._judge(socket_address[0])
        return socket.socket(family=family, type=kind, proto=protocol)

    def _judge(self, text: str) -> None:
        try:
            allowed = may_connect(parsed_address(text), self._allow_private)
        except ValueError:
            allowed = False
        if not allowed:
            self.refused = True
            raise BlockedAddressError("this address is not dialled")
