"""Access policy: decisions about a request from its headers and its peer address; pure functions.

Any web page in the user's browser can send requests to localhost. Therefore every request, HTTP or WebSocket, must name
a served *Host* (against DNS rebinding) and come from an allowed *Origin* (against pages that would open the
microphone), and its *peer* must be this machine or send the API token.
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
"""WebSocket subprotocol of this service. Browsers, which cannot set headers, add `bearer.TOKEN` as another one."""

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?")
_FORWARDED_FOR = re.compile(r"(?:^|[;,])\s*for=\"?(?P<node>\[[^\]\"]*\]|[^;,:\"\s]+)", re.IGNORECASE)


@dataclass(frozen=True)
class AccessPolicy:
    """Rules for access to the service.

    Args:
        hosts: Served host names beside the loopback ones, lower case, without port.
        origins: Allowed web origins beside the service's own, such as `http://localhost:3000`.
        token: API token; None: none is required.
        trusted_proxies: Networks of proxies whose forwarding headers are trusted.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    token: str | None = None
    trusted_proxies: tuple[Network, ...] = ()

    @cached_property
    def served_hosts(self) -> frozenset[str]:
        """All served host names, lower case."""
        return LOOPBACK_HOSTS | self.hosts

    def check_host(self, headers: Headers) -> None:
        """Check that the request names a served host.

        Raises:
            InvalidRequestError: There is no Host header, or several.
            HostNotAllowedError: The host is not served.
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
        """Check that the request comes from a program, from the service's own pages or from an allowed origin.

        Args:
            headers: Request headers, with a valid Host.
            method: Request method.
            scheme: "http" or "https", as the browser sees it.

        Returns:
            The allowed origin, if it is a foreign one that CORS response headers must name; otherwise None.

        Raises:
            OriginNotAllowedError: The request comes from a page of another origin.
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
        is_cross_site = {"cross-site", "same-site"} & set(headers.getlist("sec-fetch-site"))
        if is_cross_site and not _is_navigation(headers, method):
            raise OriginNotAllowedError(
                "A page of another site may link to this service but not use it; the setting TACTUS_ALLOWED_ORIGINS "
                "adds origins, and the page must then ask in CORS mode."
            )
        return None

    def has_token(self, headers: Headers) -> bool:
        """True if a token is configured and the request carries it; compared in constant time."""
        if self.token is None:
            return False
        offered = [value[7:].strip() for value in headers.getlist("authorization") if value[:7].lower() == "bearer "]
        for value in headers.getlist("sec-websocket-protocol"):
            offered += [p.strip()[7:] for p in value.split(",") if p.strip().startswith("bearer.")]
        expected = self.token.encode()
        return len(offered) == 1 and hmac.compare_digest(offered[0].encode("utf-8", "replace"), expected)

    def check_token(self, headers: Headers) -> None:
        """Check that the request carries the token, if one is configured.

        Raises:
            UnauthorizedError: The token is missing or wrong.
        """
        if self.token is not None and not self.has_token(headers):
            raise UnauthorizedError("Send the value of TACTUS_API_TOKEN as `Authorization: Bearer TOKEN`.")

    def is_trusted_proxy(self, peer: str | None) -> bool:
        """True if the forwarding headers of this peer are trusted."""
        address = _address(peer)
        return address is not None and any(address in network for network in self.trusted_proxies)

    def is_loopback(self, headers: Headers, peer: str | None) -> bool:
        """True if the request was sent from this machine.

        A forwarded request counts as remote, unless a trusted proxy names a loopback address as its client.
        """
        forwarded = [name for name in headers if name == "forwarded" or name.startswith("x-forwarded-")]
        if forwarded:
            if not self.is_trusted_proxy(peer):
                return False
            peer = self._forwarded_peer(headers)
        address = _address(peer)
        return address is not None and address.is_loopback

    def scheme(self, headers: Headers, *, peer: str | None, scheme: str) -> str:
        """Scheme that the browser sees, "http" or "https": that of a trusted proxy, or of the connection."""
        forwarded = headers.get("x-forwarded-proto", "").lower()
        if forwarded in {"http", "https"} and self.is_trusted_proxy(peer):
            return forwarded
        return {"ws": "http", "wss": "https"}.get(scheme, scheme)

    def _forwarded_peer(self, headers: Headers) -> str | None:
        """Address of the nearest hop that is not a trusted proxy, from X-Forwarded-For and Forwarded (RFC 7239)."""
        hops = [hop.strip() for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]
        for value in headers.getlist("forwarded"):
            nodes = [match["node"].strip("[]") for match in _FORWARDED_FOR.finditer(value)]
            hops += nodes or ["unknown"]
        for hop in reversed(hops):
            if not self.is_trusted_proxy(hop):
                return hop
        return hops[0] if hops else None


def _is_navigation(headers: Headers, method: str) -> bool:
    """True if the browser follows a link to a page (Fetch Metadata)."""
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
