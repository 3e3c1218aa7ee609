"""HTTP client for URLs of clients, protected against requests to private addresses (SSRF).

Every name is looked up here, every address of it is checked (one private address among public ones refuses them all),
and every socket is checked again when it is created, again for each redirect. Bodies are read as sent: no compression,
no cookies, no proxies. Old SHOUTcast servers are supported (`shoutcast`), with the same checks.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

import tactus
from tactus.errors import (
    InvalidUrlError,
    SourceBlockedError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooManyRedirectsError,
    SourceTruncatedError,
    SourceUnreachableError,
    TactusError,
)
from tactus.fetch.addresses import Network
from tactus.fetch.connection_guard import ConnectionGuard
from tactus.fetch.resolver import SystemResolver
from tactus.fetch.shoutcast import ShoutcastConnector
from tactus.fetch.urls import CanonicalUrl, canonical_url

_REDIRECT_STATUSES = (301, 302, 303, 307, 308)
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")
"""Suffixes of names that never belong to a public host (RFC 6761, 6762, 8375; `internal` is reserved by ICANN)."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Timeouts of a request, and the private addresses that are allowed.

    Args:
        total_s: Timeout of everything, redirects and body included [s]; None: no timeout.
        connect_s: Timeout of a connection: name, TCP and TLS [s].
        idle_s: Longest time without a byte [s].
        max_redirects: Largest number of redirects that are followed.
        allow_private: Private ranges to which connections are allowed.
    """

    total_s: float | None = 30.0
    connect_s: float = 5.0
    idle_s: float = 10.0
    max_redirects: int = 5
    allow_private: tuple[Network, ...] = ()


@contextlib.asynccontextmanager
async def open_url(
    url: str,
    limits: HttpLimits,
    *,
    resolver: AbstractResolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[aiohttp.ClientResponse, CanonicalUrl]]:
    """Request a URL and follow redirects; yields the response, its body unread, and the canonical URL it came from.

    Connection errors inside the `async with` block are raised as errors of Tactus, too.

    Args:
        url: URL in the spelling of the client.
        limits: Timeouts, and the private addresses that are allowed.
        resolver: Resolver of host names; by default the one of the operating system.
        ssl_context: TLS settings; by default with the certificate authorities of the system.

    Raises:
        InvalidUrlError: The URL is not an unambiguous http or https URL.
        SourceBlockedError: The URL, or a redirect, leads to a private address or from https to http.
        SourceUnreachableError: No connection could be made.
        SourceTimeoutError: The server took too long.
        SourceFailedError, SourceTooManyRedirectsError, SourceEncodingError: The response is not a file.
        SourceTruncatedError: The body ended early.
    """
    requested = canonical_url(url)
    guard = ConnectionGuard(resolver or SystemResolver(), limits.allow_private)
    try:
        async with asyncio.timeout(limits.total_s), contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(_open_session(guard, limits, ssl_context))
            yield await _follow_redirects(session, requested, limits, stack)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _blocked_error(requested) if guard.has_refused else _public_error(error) from error


@contextlib.asynccontextmanager
async def _open_session(
    guard: ConnectionGuard, limits: HttpLimits, ssl_context: ssl.SSLContext | None
) -> AsyncIterator[aiohttp.ClientSession]:
    connector = ShoutcastConnector(
        resolver=guard,
        socket_factory=guard.make_socket,
        use_dns_cache=False,
        force_close=True,
        ssl=ssl_context or True,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(
            total=None, connect=limits.connect_s, sock_connect=limits.connect_s, sock_read=limits.idle_s
        ),
        headers={"User-Agent": f"Tactus/{tactus.__version__}", "Accept-Encoding": "identity"},
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    ) as session:
        yield session


async def _follow_redirects(
    session: aiohttp.ClientSession, url: CanonicalUrl, limits: HttpLimits, stack: contextlib.AsyncExitStack
) -> tuple[aiohttp.ClientResponse, CanonicalUrl]:
    for _ in range(limits.max_redirects + 1):
        if _is_private_name(url, limits):
            raise _blocked_error(url)
        response = await session.get(URL(url.text, encoded=True), allow_redirects=False)
        if response.status not in _REDIRECT_STATUSES:
            stack.callback(response.close)
            _check(response)
            return response, url
        response.close()
        url = _redirect_target(url, response.headers.get("Location"))
    raise SourceTooManyRedirectsError(f"The address redirects more than {limits.max_redirects} times.")


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise SourceFailedError(f"The address answered with status {response.status}.", source_status=response.status)
    if not _is_plain(response):
        raise SourceEncodingError


def _is_plain(response: aiohttp.ClientResponse) -> bool:
    """True if the body is not compressed: compression hides the size of a file, and was not requested."""
    content_codings = ",".join(response.headers.getall("Content-Encoding", ())).strip().lower()
    transfer_codings = ",".join(response.headers.getall("Transfer-Encoding", ())).strip().lower()
    return content_codings in ("", "identity") and transfer_codings in ("", "identity", "chunked")


def _is_private_name(url: CanonicalUrl, limits: HttpLimits) -> bool:
    """True if the suffix of the host name is a private one; if private ranges are allowed, its addresses decide."""
    return not limits.allow_private and f".{url.host}".endswith(_PRIVATE_SUFFIXES)


def _blocked_error(url: CanonicalUrl) -> SourceBlockedError:
    """The error, with the setting that allows the address in the URL, and never an address that was looked up."""
    is_loopback = url.host == "localhost" or (url.address is not None and url.address.is_loopback)
    example = "127.0.0.0/8" if is_loopback else str(url.address or "192.168.0.0/16")
    return SourceBlockedError(
        f"Tactus does not fetch from private addresses. To allow this one, set TACTUS_ALLOW_PRIVATE={example} "
        f"{'' if url.address or is_loopback else '(or the range it is in) '}"
        "and start Tactus again, or upload the file instead.",
        setting="TACTUS_ALLOW_PRIVATE",
    )


def _redirect_target(url: CanonicalUrl, location: str | None) -> CanonicalUrl:
    if location is None:
        raise SourceFailedError("The address redirects without a target.")
    try:
        target = canonical_url(urljoin(url.text, location))
    except (InvalidUrlError, ValueError) as error:
        raise SourceBlockedError("The address redirects to one that is not fetched.") from error
    if url.scheme == "https" and target.scheme == "http":
        raise SourceBlockedError("The address redirects from https to http; use its http address if that is meant.")
    return target


def _public_error(error: Exception) -> TactusError:
    """The error of Tactus for a failed connection or response; it contains no addresses."""
    if isinstance(error, TimeoutError):  # first, because timeouts of aiohttp are connection errors too
        return SourceTimeoutError()
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientSSLError):
        return SourceUnreachableError()
    if isinstance(error, aiohttp.ClientPayloadError):
        return SourceTruncatedError()
    return SourceFailedError()
