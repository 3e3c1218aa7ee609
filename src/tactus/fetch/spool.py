"""A private file that untrusted bytes are written to while they arrive."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from tactus.errors import InsufficientStorageError

_T = TypeVar("_T")
_BUFFER_BYTES = 1 << 20


class Spool:
    """Fills a new file in a private folder, with its hash; removes it unless it is kept.

    The file has a name that cannot be guessed, is created anew (never through a link that someone planted) and is
    readable by this user only. Hashing and writing happen in a thread, a mebibyte at a time, so that a slow disk never
    holds up the event loop.

    Example:
        async with Spool(folder) as spool:
            async for chunk in chunks:
                await spool.write(chunk)
            await spool.keep()
        spool.path, spool.file_hash, spool.n_bytes

    Args:
        folder: Where; must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.media"
        self.n_bytes = 0
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._descriptor = -1
        self._kept = False

    @property
    def file_hash(self) -> str:
        """SHA-256 of what is in the file, in hexadecimal."""
        return self._hash.hexdigest()

    async def __aenter__(self) -> Self:
        self._descriptor = await _finished(self._create)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        await _finished(self._close)

    async def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises:
            InsufficientStorageError: The disk is full, or not writable.
        """
        self.n_bytes += len(chunk)
        self._buffer += chunk
        if len(self._buffer) >= _BUFFER_BYTES:
            await _finished(self._flush)

    async def keep(self) -> None:
        """Say that the file is whole: it stays when the spool is left.

        Raises:
            InsufficientStorageError: The disk is full, or not writable.
        """
        await _finished(self._flush)
        self._kept = True

    def _create(self) -> int:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            return os.open(self.path, flags, 0o600)
        except OSError as error:
            raise InsufficientStorageError from error

    def _flush(self) -> None:
        self._hash.update(self._buffer)
        rest = memoryview(self._buffer)
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError as error:
            raise InsufficientStorageError from error
        self._buffer = bytearray()

    def _close(self) -> None:
        os.close(self._descriptor)
        if not self._kept:
            self.path.unlink(missing_ok=True)


async def _finished(step: Callable[[], _T]) -> _T:
    """Run a step in a thread; a cancelled caller waits until it is done, so that no thread uses a closed file."""
    task = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
