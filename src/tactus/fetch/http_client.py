"""Asks an address that a client named, without letting the client choose what is dialled.

Every name is looked up here, every answer is judged (one private answer among public ones refuses them all), and every
socket is judged again when it is made, for each redirect anew. The answer is taken as it is: no compression, no
cookies, no proxies. Old SHOUTcast servers are understood (`shoutcast`), under the same guards.
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
from tactus.fetch.urls import SourceUrl, canonical_url

_REDIRECTS = (301, 302, 303, 307, 308)
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")
"""Names that never mean a public host (RFC 6761, 6762, 8375; `internal` is reserved by ICANN)."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How long an address may take, and where it may be.

    Args:
        total_s: For everything, redirects and body included [s]; None: without end.
        connect_s: Until a connection stands: name, TCP and TLS [s].
        idle_s: Without a byte [s].
        max_redirects: That are followed.
        allow_private: Private ranges that may be dialled nevertheless.
    """

    total_s: float | None = 30.0
    connect_s: float = 5.0
    idle_s: float = 10.0
    max_redirects: int = 5
    allow_private: tuple[Network, ...] = ()


@contextlib.asynccontextmanager
async def answer_of(
    url: str,
    limits: HttpLimits,
    *,
    resolver: AbstractResolver | None = None,
    ssl_context: ssl.SSLContext | None = None,
) -> AsyncIterator[tuple[aiohttp.ClientResponse, SourceUrl]]:
    """The answer of an address once redirects have been followed, its body unread, and where it came from in the end.

    What goes wrong with the connection while the block lasts is raised as what it means to the client, too.

    Args:
        url: As the client wrote it.
        limits: How long it may take, and where it may be.
        resolver: Looks names up; by default the system does.
        ssl_context: Whom to trust; by default the system's authorities.

    Raises:
        InvalidUrlError: The URL is not plainly an http or https URL.
        SourceBlockedError: It, or a redirect, leads to a private address or from https to http.
        SourceUnreachableError, SourceTimeoutError: There is no connection, or nothing in time.
        SourceFailedError, SourceTooManyRedirectsError, SourceEncodingError: The answer is not a file.
        SourceTruncatedError: It ended before its end.
    """
    source = canonical_url(url)
    gate = ConnectionGuard(resolver or SystemResolver(), limits.allow_private)
    try:
        async with asyncio.timeout(limits.total_s), contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(_session(gate, limits, ssl_context))
            yield await _followed(session, source, limits, stack)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise _blocked(source) if gate.refused else _public(error) from error


@contextlib.asynccontextmanager
async def _session(
    gate: ConnectionGuard, limits: HttpLimits, ssl_context: ssl.SSLContext | None
) -> AsyncIterator[aiohttp.ClientSession]:
    connector = ShoutcastConnector(
        resolver=gate,
        socket_factory=gate.make_socket,
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


async def _followed(
    session: aiohttp.ClientSession, source: SourceUrl, limits: HttpLimits, stack: contextlib.AsyncExitStack
) -> tuple[aiohttp.ClientResponse, SourceUrl]:
    for _ in range(limits.max_redirects + 1):
        if _is_private_name(source, limits):
            raise _blocked(source)
        response = await session.get(URL(source.text, encoded=True), allow_redirects=False)
        if response.status not in _REDIRECTS:
            stack.callback(response.close)
            _check(response)
            return response, source
        response.close()
        source = _redirected(source, response.headers.get("Location"))
    raise SourceTooManyRedirectsError(f"The address redirects more than {limits.max_redirects} times.")


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status != 200:
        raise SourceFailedError(f"The address answered with status {response.status}.", source_status=response.status)
    if not _is_plain(response):
        raise SourceEncodingError


def _is_plain(response: aiohttp.ClientResponse) -> bool:
    """Whether the body's bytes are the file's: compression hides how large a file is, and was not asked for."""
    content_codings = ",".join(response.headers.getall("Content-Encoding", ())).strip().lower()
    transfer_codings = ",".join(response.headers.getall("Transfer-Encoding", ())).strip().lower()
    return content_codings in ("", "identity") and transfer_codings in ("", "identity", "chunked")


def _is_private_name(source: SourceUrl, limits: HttpLimits) -> bool:
    """Whether the name itself says that it is private; where ranges are opened, its addresses decide."""
    return not limits.allow_private and f".{source.host}".endswith(_PRIVATE_SUFFIXES)


def _blocked(source: SourceUrl) -> SourceBlockedError:
    """The refusal, with the setting that opens what the client itself named, and never what a name resolved to."""
    is_loopback = source.host == "localhost" or (source.address is not None and source.address.is_loopback)
    example = "127.0.0.0/8" if is_loopback else str(source.address or "192.168.0.0/16")
    return SourceBlockedError(
        f"Tactus does not fetch from private addresses. To allow this one, set TACTUS_ALLOW_PRIVATE={example} "
        f"{'' if source.address or is_loopback else '(or the range it is in) '}"
        "and start Tactus again, or upload the file instead.",
        setting="TACTUS_ALLOW_PRIVATE",
    )


def _redirected(source: SourceUrl, location: str | None) -> SourceUrl:
    if location is None:
        raise SourceFailedError("The address redirects without saying where to.")
    try:
        target = canonical_url(urljoin(source.text, location))
    except (InvalidUrlError, ValueError) as error:
        raise SourceBlockedError("The address redirects to one that is not fetched.") from error
    if source.scheme == "https" and target.scheme == "http":
        raise SourceBlockedError("The address redirects from https to http; use its http address if that is meant.")
    return target


def _public(error: Exception) -> TactusError:
    """What a failed connection or answer is to the client; says nothing of addresses."""
    if isinstance(error, TimeoutError):  # before its parents: aiohttp's timeouts are connection errors too
        return SourceTimeoutError()
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientSSLError):
        return SourceUnreachableError()
    if isinstance(error, aiohttp.ClientPayloadError):
        return SourceTruncatedError()
    return SourceFailedError()
