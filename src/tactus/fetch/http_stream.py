"""HTTP response of a radio station as a blocking stream of bytes, for a decoder in a thread."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import aiohttp

from tactus.errors import SourceTimeoutError, SourceTruncatedError
from tactus.fetch.http_client import HttpLimits, open_url


class HttpStream:
    """Body of an HTTP response as a blocking stream, used by one thread as a context manager.

    Nothing runs between reads: bytes that are not read wait in the socket buffers, and the sender stops.

    Args:
        url: URL in the spelling of the client.
        limits: Timeouts, and the private addresses that are allowed.

    Raises:
        TactusError: An error of `open_url`.
    """

    def __init__(self, url: str, limits: HttpLimits) -> None:
        self._url = url
        self._limits = limits
        self._stack = contextlib.AsyncExitStack()
        self._runner = asyncio.Runner()
        self.is_finite = False
        """True if the response declares its length: it is a file, not a broadcast."""

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._open())
        except BaseException:
            self._runner.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        with self._runner as runner:
            runner.run(self._stack.aclose())

    def read(self, n_bytes: int, /) -> bytes:
        """Read the next bytes, at most `n_bytes`; none at the end.

        Raises:
            TactusError: The connection broke, or no byte came in time.
        """
        return self._runner.run(self._read(n_bytes))

    async def _open(self) -> None:
        response, _ = await self._stack.enter_async_context(open_url(self._url, self._limits))
        self._content = response.content
        self.is_finite = response.content_length is not None

    async def _read(self, n_bytes: int) -> bytes:
        try:
            async with asyncio.timeout(self._limits.idle_s):
                return await self._content.read(n_bytes)
        except TimeoutError as error:
            raise SourceTimeoutError("The stream sends nothing.") from error
        except aiohttp.ClientError as error:
            raise SourceTruncatedError("The stream broke off.") from error
