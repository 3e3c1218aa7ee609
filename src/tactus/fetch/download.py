"""Fetches a file from an address that a client named; bounded in size and time.

How the address is asked is `dial`'s business. Nothing is remembered about it: results are kept by content.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver

from tactus.errors import EmptyAudioError, SourceTooLargeError
from tactus.fetch.http_client import HttpLimits, answer_of
from tactus.fetch.spool import Spool
from tactus.fetch.urls import SourceUrl


@dataclass(frozen=True, slots=True)
class FetchLimits(HttpLimits):
    """What a fetch may cost, and where it may go.

    Args:
        max_bytes: Of the file [bytes].
    """

    max_bytes: int = 100 << 20


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
        self._resolver = resolver
        self._ssl_context = ssl_context

    async def fetch(self, url: str, folder: Path) -> Downloaded:
        """Download a file into a private folder. Nothing is left there when it fails or is cancelled.

        Raises:
            TactusError: What `answer_of` raises.
            SourceTooLargeError, EmptyAudioError: The file is not of a usable length.
            InsufficientStorageError: There is no room for it here.
        """
        asked = answer_of(url, self._limits, resolver=self._resolver, ssl_context=self._ssl_context)
        async with asked as (response, source):
            return await self._received(response, source, folder)

    async def _received(self, response: aiohttp.ClientResponse, source: SourceUrl, folder: Path) -> Downloaded:
        max_bytes = self._limits.max_bytes
        if (response.content_length or 0) > max_bytes:
            raise _too_large(max_bytes)
        async with Spool(folder) as spool:
            async for chunk in response.content.iter_any():
                if spool.n_bytes + len(chunk) > max_bytes:
                    raise _too_large(max_bytes)
                await spool.write(chunk)
            if spool.n_bytes == 0:
                raise EmptyAudioError("The file behind the address is empty (0 bytes).")
            await spool.keep()
        return Downloaded(spool.path, spool.file_hash, spool.n_bytes, source.text)


def _too_large(max_bytes: int) -> SourceTooLargeError:
    return SourceTooLargeError(
        f"The file is larger than {max_bytes / (1 << 20):g} MiB, the most that is fetched.",
        max_bytes=max_bytes,
    )
