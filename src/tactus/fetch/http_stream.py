"""The bytes of an address as a blocking file without an end."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import aiohttp

from tactus.errors import SourceTimeoutError, SourceTruncatedError
from tactus.fetch.http_client import HttpLimits, answer_of


class ByteStream:
    """What an address sends, read forward; for one thread, as a context manager.

    Between reads nothing runs: what is not read stays with the sender, who waits.

    Args:
        url: As the client wrote it.
        limits: How long it may take, and where it may be.

    Raises:
        TactusError: What `answer_of` raises.
    """

    def __init__(self, url: str, limits: HttpLimits) -> None:
        self._url = url
        self._limits = limits
        self._stack = contextlib.AsyncExitStack()
        self._runner = asyncio.Runner()
        self.is_finite = False
        """Whether the sender has said how long it is: a file, then, and no broadcast."""

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
        """The next bytes, at most `n_bytes`; none at the end.

        Raises:
            TactusError: The connection broke, or nothing came in time.
        """
        return self._runner.run(self._read(n_bytes))

    async def _open(self) -> None:
        response, _ = await self._stack.enter_async_context(answer_of(self._url, self._limits))
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
