"""Who may call: the rules of the door, as pure decisions over a request's headers and its peer.

Any web page in the user's browser can send requests to localhost, so the door asks three things of every request,
HTTP and WebSocket alike: is the *Host* a name that this service answers to (against DNS rebinding), does it come from
an allowed *Origin* (against pages that would open the microphone), and is its *peer* this machine or a holder of the
token.
"""

import hmac
import re
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers

from tactus.errors import HostNotAllowedError, InvalidRequestError, OriginNotAllowedError, UnauthorizedError

Network = IPv4Network | IPv6Network

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SUBPROTOCOL = "tactus"
"""What a WebSocket client may ask for; beside it, `bearer.TOKEN` carries the token where headers cannot be set."""

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_FORWARDED_FOR = re.compile(r"(?:^|[;,])\s*for=\"?(?P<node>\[[^\]\"]*\]|[^;,:\"\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class AccessPolicy:
    """Who may call.

    Args:
        hosts: Host names beyond the loopback ones that this service answers to, lower case, without port.
        origins: Web origins beyond the service's own that may call it, such as `http://localhost:3000`.
        token: The API token; None: none is asked for.
        trusted_proxies: Peers whose forwarding headers are believed.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str | None = None
    trusted_proxies: tuple[Network, ...] = ()

    @cached_property
    def served_hosts(self) -> frozenset[str]:
        """Every host name that is answered, lower case."""
        return LOOPBACK_HOSTS | self.hosts

    def check_host(self, headers: Headers) -> None:
        """Pass requests to a served host name.

        Raises:
            InvalidRequestError: No Host, or several.
            HostNotAllowedError: Another host.
        """
        values = headers.getlist("host")
        if len(values) != 1:
            raise InvalidRequestError("A request needs exactly one Host header.")
        match = _HOST.fullmatch(values[0])
        if match is None or match["name"].lower() not in self.served_hosts or int(match["port"] or 0) > 65535:
            raise HostNotAllowedError(
                "This service does not answer to that host name; the setting TACTUS_ALLOWED_HOSTS adds names."
            )

    def check_origin(self, headers: Headers, *, method: str, scheme: str) -> str | None:
        """Pass requests of programs, of our own pages and of allowed origins.

        Args:
            headers: The request's; its Host has been checked.
            method: Of the request.
            scheme: "http" or "https", as the browser sees it.

        Returns:
            The foreign origin that was allowed, which CORS headers must name; None for all others.

        Raises:
            OriginNotAllowedError: A page of another origin calls.
        """
        origins = headers.getlist("origin")
        own = f"{scheme}://{headers['host']}".lower()
        for origin in origins:
            if origin != own and origin not in self.origins:
                raise OriginNotAllowedError(
                    "Pages from this origin may not call this service; the setting TACTUS_ALLOWED_ORIGINS adds origins."
                )
        if origins:
            return origins[0] if origins[0] != own else None
        from_elsewhere = {"cross-site", "same-site"} & set(headers.getlist("sec-fetch-site"))
        if from_elsewhere and not _is_followed_link(headers, method):
            raise OriginNotAllowedError(
                "A page of another site may link to this service but not use it; the setting TACTUS_ALLOWED_ORIGINS "
                "adds origins, and the page must then ask in CORS mode."
            )
        return None

    def has_token(self, headers: Headers) -> bool:
        """Whether the configured token comes with the request; compared in constant time. Never true without one."""
        if self.token is None:
            return False
        offered = [value[7:].strip() for value in headers.getlist("authorization") if value[:7].lower() == "bearer "]
        for value in headers.getlist("sec-websocket-protocol"):
            offered += [p.strip()[7:] for p in value.split(",") if p.strip().startswith("bearer.")]
        expected = self.token.encode()
        return len(offered) == 1 and hmac.compare_digest(offered[0].encode("utf-8", "replace"), expected)

    def check_token(self, headers: Headers) -> None:
        """Pass where no token is configured, or where it comes with the request.

        Raises:
            UnauthorizedError: It is missing or wrong.
        """
        if self.token is not None and not self.has_token(headers):
            raise UnauthorizedError("Send the token that TACTUS_API_TOKEN holds, as `Authorization: Bearer TOKEN`.")

    def is_trusted_proxy(self, peer: str | None) -> bool:
        """Whether this peer's forwarding headers are believed."""
        address = _address(peer)
        return address is not None and any(address in network for network in self.trusted_proxies)

    def is_loopback(self, headers: Headers, peer: str | None) -> bool:
        """Whether the request was made on this machine.

        A request that any proxy passed on was not, unless that proxy is trusted and says so.
        """
        forwarded = [name for name in headers if name == "forwarded" or name.startswith("x-forwarded-")]
        if forwarded:
            if not self.is_trusted_proxy(peer):
                return False
            peer = self._forwarded_peer(headers)
        address = _address(peer)
        return address is not None and address.is_loopback

    def scheme(self, headers: Headers, *, peer: str | None, scheme: str) -> str:
        """The scheme that the browser sees: what a trusted proxy says, else the connection's."""
        told = headers.get("x-forwarded-proto", "").lower()
        if told in {"http", "https"} and self.is_trusted_proxy(peer):
            return told
        return {"ws": "http", "wss": "https"}.get(scheme, scheme)

    def _forwarded_peer(self, headers: Headers) -> str | None:
        """The nearest hop that is no trusted proxy; of the two headers, whichever is there must be unambiguous."""
        hops = [hop.strip() for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]
        for value in headers.getlist("forwarded"):
            nodes = [match["node"].strip("[]") for match in _FORWARDED_FOR.finditer(value)]
            hops += nodes or ["unknown"]
        for hop in reversed(hops):
            if not self.is_trusted_proxy(hop):
                return hop
        return hops[0] if hops else None


def _is_followed_link(headers: Headers, method: str) -> bool:
    mode, destination = headers.getlist("sec-fetch-mode"), headers.getlist("sec-fetch-dest")
    return method == "GET" and mode == ["navigate"] and destination == ["document"]


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
