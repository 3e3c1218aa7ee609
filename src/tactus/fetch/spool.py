"""Private temporary file for untrusted bytes, written while they arrive."""

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
    """Writer of a new file in a private folder, which computes its hash and removes the file unless `keep` is called.

    The file has a random name, is created exclusively (never through a planted link) and is readable by this user only.
    Hashing and writing happen in a thread, one mebibyte at a time, so that a slow disk never blocks the event loop.

    Example:
        async with Spool(folder) as spool:
            async for chunk in chunks:
                await spool.write(chunk)
            await spool.keep()
        spool.path, spool.file_hash, spool.n_bytes

    Args:
        folder: Folder of the file, which must exist.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{secrets.token_hex(16)}.media"
        self.n_bytes = 0
        self._hash = hashlib.sha256()
        self._buffer = bytearray()
        self._descriptor = -1
        self._is_kept = False

    @property
    def file_hash(self) -> str:
        """SHA-256 of the bytes in the file, in hexadecimal."""
        return self._hash.hexdigest()

    async def __aenter__(self) -> Self:
        self._descriptor = await _run_in_thread(self._create)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        await _run_in_thread(self._close)

    async def write(self, chunk: bytes) -> None:
        """Append a chunk.

        Raises:
            InsufficientStorageError: The disk is full, or not writable.
        """
        self.n_bytes += len(chunk)
        self._buffer += chunk
        if len(self._buffer) >= _BUFFER_BYTES:
            await _run_in_thread(self._flush)

    async def keep(self) -> None:
        """Finish the file, so that it is not removed on exit.

        Raises:
            InsufficientStorageError: The disk is full, or not writable.
        """
        await _run_in_thread(self._flush)
        self._is_kept = True

    def _create(self) -> int:
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
            return os.open(self.path, flags, 0o600)
        except OSError as error:
            raise InsufficientStorageError from error

    def _flush(self) -> None:
        self._hash.update(self._buffer)
        unwritten = memoryview(self._buffer)
        try:
            while unwritten:
                unwritten = unwritten[os.write(self._descriptor, unwritten) :]
        except OSError as error:
            raise InsufficientStorageError from error
        self._buffer = bytearray()

    def _close(self) -> None:
        os.close(self._descriptor)
        if not self._is_kept:
            self.path.unlink(missing_ok=True)


async def _run_in_thread(step: Callable[[], _T]) -> _T:
    """Run a step in a thread. A cancelled caller waits for its end, so that no thread uses a closed file."""
    task = asyncio.ensure_future(asyncio.to_thread(step))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
