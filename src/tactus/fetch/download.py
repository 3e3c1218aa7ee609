"""Download of a file from a URL of a client, with limits on size and time.

The request itself is made by `http_client`. Nothing is cached by URL: results are stored by content.
"""

import ssl
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver

from tactus.errors import EmptyAudioError, SourceTooLargeError
from tactus.fetch.http_client import HttpLimits, open_url
from tactus.fetch.spool import Spool
from tactus.fetch.urls import CanonicalUrl


@dataclass(frozen=True, slots=True)
class FetchLimits(HttpLimits):
    """Limits of a download, and the private addresses that are allowed.

    Args:
        max_bytes: Largest file [bytes].
    """

    max_bytes: int = 100 << 20


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A downloaded file, to be removed by the caller.

    Args:
        path: Path of the file.
        file_hash: SHA-256 of its bytes, in hexadecimal.
        n_bytes: Its length [bytes].
        url: Canonical URL of the file, after redirects.
    """

    path: Path
    file_hash: str
    n_bytes: int
    url: str


class Fetcher:
    """Downloader of files from URLs of clients, without connections between downloads.

    Args:
        limits: Limits of a download, and the private addresses that are allowed.
        resolver: Resolver of host names; by default the one of the operating system.
        ssl_context: TLS settings; by default with the certificate authorities of the system.
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

    async def fetch(self, url: str, folder: Path) -> DownloadedFile:
        """Download a file into a private folder. Nothing is left there when it fails or is cancelled.

        Raises:
            TactusError: An error of `open_url`.
            SourceTooLargeError: The file is larger than `max_bytes`.
            EmptyAudioError: The file is empty.
            InsufficientStorageError: The file cannot be written: the disk is full, or not writable.
        """
        answer = open_url(url, self._limits, resolver=self._resolver, ssl_context=self._ssl_context)
        async with answer as (response, final_url):
            return await self._save(response, final_url, folder)

    async def _save(self, response: aiohttp.ClientResponse, final_url: CanonicalUrl, folder: Path) -> DownloadedFile:
        max_bytes = self._limits.max_bytes
        if (response.content_length or 0) > max_bytes:
            raise _too_large_error(max_bytes)
        async with Spool(folder) as spool:
            async for chunk in response.content.iter_any():
                if spool.n_bytes + len(chunk) > max_bytes:
                    raise _too_large_error(max_bytes)
                await spool.write(chunk)
            if spool.n_bytes == 0:
                raise EmptyAudioError("The file behind the address is empty (0 bytes).")
            await spool.keep()
        return DownloadedFile(spool.path, spool.file_hash, spool.n_bytes, final_url.text)


def _too_large_error(max_bytes: int) -> SourceTooLargeError:
    return SourceTooLargeError(
        f"The file is larger than {max_bytes / (1 << 20):g} MiB, the most that is fetched.",
        max_bytes=max_bytes,
    )
