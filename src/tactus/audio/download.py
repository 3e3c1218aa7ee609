"""Fetches a file from an address that a client named, without letting the client choose what is dialled.

Every name is looked up here, every answer is judged (one private answer among public ones refuses them all), and every
socket is judged again when it is made, for each redirect anew. What comes back is bounded in size and time, and taken
as it is: no compression, no cookies, no proxies. Nothing is remembered about an address: results are kept by content.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

import tactus
from tactus.audio.addresses import Network
from tactus.audio.gate import Gate
from tactus.audio.names import SystemNames
from tactus.audio.spool import Spool
from tactus.audio.urls import SourceUrl, canonical_url
from tactus.errors import (
    EmptyAudioError,
    InvalidUrlError,
    SourceBlockedError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceTooManyRedirectsError,
    SourceTruncatedError,
    SourceUnreachableError,
    TactusError,
)

_REDIRECTS = (301, 302, 303, 307, 308)
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa")
"""Names that never mean a public host (RFC 6761, 6762, 8375; `internal` is reserved by ICANN)."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may cost, and where it may go.

    Args:
        largest_bytes: Of the file [bytes].
        total_s: For everything, redirects included [s].
        connect_s: Until a connection stands: name, TCP and TLS [s].
        idle_s: Without a byte [s].
        most_redirects: That are followed.
        allow_private: Private ranges that may be dialled nevertheless.
    """

    largest_bytes: int = 100 << 20
    total_s: float = 30.0
    connect_s: float = 5.0
    idle_s: float = 10.0
    most_redirects: int = 5
    allow_private: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A fetched file. Whoever asked for it removes it.

    Args:
        path: Where it lies.
        file_hash: SHA-256 of its bytes, in hexadecimal.
        n_bytes: Its length [bytes].
        url: Where it came from in the end, in canonical form.
    """

    path: Path
    file_hash: str
    n_bytes: int
    url: str


class Fetcher:
    """Fetches files from addresses that clients name. Holds no connection between fetches.

    Args:
        limits: What a fetch may cost, and where it may go.
        resolver: Looks names up; by default the system does.
        ssl_context: Whom to trust; by default the system's authorities.
    """

    def __init__(
        self,
        limits: FetchLimits,
        *,
        resolver: AbstractResolver | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._resolver = resolver or SystemNames()
        self._ssl_context = ssl_context

    async def fetch(self, url: str, folder: Path) -> Downloaded:
        """Download a file into a private folder. Nothing is left there when it fails or is cancelled.

        Raises:
            InvalidUrlError: The URL is not plainly an http or https URL.
            SourceBlockedError: It, or a redirect, leads to a private address or from https to http.
            SourceUnreachableError, SourceTimeoutError: There is no connection, or nothing in time.
            SourceFailedError, SourceTooManyRedirectsError, SourceEncodingError: The answer is not a file.
            SourceTooLargeError, SourceTruncatedError, EmptyAudioError: The file is not of a usable length.
            InsufficientStorageError: There is no room for it here.
        """
        source = canonical_url(url)
        gate = Gate(self._resolver, self._limits.allow_private)
        try:
            async with asyncio.timeout(self._limits.total_s), self._session(gate) as session:
                return await self._follow(session, source, folder)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._blocked(source) if gate.refused else _public(error) from error

    @contextlib.asynccontextmanager
    async def _session(self, gate: Gate) -> AsyncIterator[aiohttp.ClientSession]:
        limits = self._limits
        connector = aiohttp.TCPConnector(
            resolver=gate,
            socket_factory=gate.make_socket,
            use_dns_cache=False,
            force_close=True,
            ssl=self._ssl_context or True,
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

    async def _follow(self, session: aiohttp.ClientSession, source: SourceUrl, folder: Path) -> Downloaded:
        for _ in range(self._limits.most_redirects + 1):
            if self._is_private_name(source):
                raise self._blocked(source)
            async with session.get(URL(source.text, encoded=True), allow_redirects=False) as response:
                if response.status not in _REDIRECTS:
                    return await self._received(response, source, folder)
                source = _redirected(source, response.headers.get("Location"))
        raise SourceTooManyRedirectsError(f"The address redirects more than {self._limits.most_redirects} times.")

    async def _received(self, response: aiohttp.ClientResponse, source: SourceUrl, folder: Path) -> Downloaded:
        largest_bytes = self._limits.largest_bytes
        if response.status != 200:
            raise SourceFailedError(
                f"The address answered with status {response.status}.", source_status=response.status
            )
        if not _is_plain(response):
            raise SourceEncodingError
        if (response.content_length or 0) > largest_bytes:
            raise _too_large(largest_bytes)
        async with Spool(folder) as spool:
            async for chunk in response.content.iter_any():
                if spool.n_bytes + len(chunk) > largest_bytes:
                    raise _too_large(largest_bytes)
                await spool.write(chunk)
            if spool.n_bytes == 0:
                raise EmptyAudioError("The file behind the address is empty (0 bytes).")
            await spool.keep()
        return Downloaded(spool.path, spool.file_hash, spool.n_bytes, source.text)

    def _is_private_name(self, source: SourceUrl) -> bool:
        """Whether the name itself says that it is private; where ranges are opened, its addresses decide."""
        return not self._limits.allow_private and f".{source.host}".endswith(_PRIVATE_SUFFIXES)

    def _blocked(self, source: SourceUrl) -> SourceBlockedError:
        """The refusal, with the setting that opens what the client itself named, and never what a name resolved to."""
        is_loopback = source.host == "localhost" or (source.address is not None and source.address.is_loopback)
        example = "127.0.0.0/8" if is_loopback else str(source.address or "192.168.0.0/16")
        return SourceBlockedError(
            f"Tactus does not fetch from private addresses. To allow this one, set TACTUS_ALLOW_PRIVATE={example} "
            f"{'' if source.address or is_loopback else '(or the range it is in) '}"
            "and start Tactus again, or upload the file instead.",
            setting="TACTUS_ALLOW_PRIVATE",
        )


def _is_plain(response: aiohttp.ClientResponse) -> bool:
    """Whether the body's bytes are the file's: compression hides how large a file is, and was not asked for."""
    content_codings = ",".join(response.headers.getall("Content-Encoding", ())).strip().lower()
    transfer_codings = ",".join(response.headers.getall("Transfer-Encoding", ())).strip().lower()
    return content_codings in ("", "identity") and transfer_codings in ("", "identity", "chunked")


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


def _too_large(largest_bytes: int) -> SourceTooLargeError:
    return SourceTooLargeError(
        f"The file is larger than {largest_bytes / (1 << 20):g} MiB, the most that is fetched.",
        largest_bytes=largest_bytes,
    )


def _public(error: Exception) -> TactusError:
    """What a failed connection or answer is to the client; says nothing of addresses."""
    if isinstance(error, TimeoutError):  # before its parents: aiohttp's timeouts are connection errors too
        return SourceTimeoutError()
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientSSLError):
        return SourceUnreachableError()
    if isinstance(error, aiohttp.ClientPayloadError):
        return SourceTruncatedError()
    return SourceFailedError()
