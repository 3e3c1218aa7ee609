"""Uploads: one file per request, streamed to a private folder, hashed on the way, and removed after the request."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from tactus.errors import EmptyAudioError, InsufficientStorageError, OverloadedError
from tactus.web.body import stream_body
from tactus.web.tracks.multipart import SingleFileParser

WRITE_BYTES = 1 << 18
"""Number of received bytes that are written to the file at a time."""
_STORAGE_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits of uploads.

    Args:
        body_bytes: Maximum size of a request body [bytes].
        at_once: Maximum number of uploads that are received or analysed at the same time; further ones are refused.
    """

    body_bytes: int = 100 << 20
    at_once: int = 16


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file.

    Args:
        path: Path of the file, which exists until the request ends.
        file_hash: SHA-256 of its bytes, hexadecimal.
        n_bytes: Its size [bytes].
    """

    path: Path
    file_hash: str
    n_bytes: int


class Uploads:
    """Receives uploads.

    Args:
        folder: Folder for the files, private to this process (mode 0700).
        limits: Limits of uploads.
    """

    def __init__(self, folder: Path, limits: UploadLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._n_uploads = 0

    @contextlib.asynccontextmanager
    async def receive(self, request: Request) -> AsyncIterator[Upload]:
        """Receive the file of a `multipart/form-data` body; the file is removed at the end of the block.

        Raises:
            UnsupportedMediaError: The body has another media type.
            InvalidRequestError: The form is malformed.
            ValidationError: The form is not one file in the field `file`.
            EmptyAudioError: The file is empty.
            OverloadedError: As many uploads are in progress as may; nothing of this one has been read.
            InsufficientStorageError: The file could not be written.
        """
        parser = SingleFileParser(request.headers.get("content-type"))
        if self._n_uploads >= self._limits.at_once:
            raise OverloadedError("As many uploads are in progress as this service takes at once.", retry_after_s=2)
        self._n_uploads += 1
        path = self._folder / secrets.token_hex(16)
        try:
            yield await self._write(parser, stream_body(request, self._limits.body_bytes), path)
        finally:
            self._n_uploads -= 1
            path.unlink(missing_ok=True)

    async def _write(self, parser: SingleFileParser, body: AsyncIterator[bytes], path: Path) -> Upload:
        digest = hashlib.sha256()
        n_bytes = 0
        try:
            # Never follow a link or overwrite a file that another user may have created.
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise _storage_error(error) from error

        def hash_and_write(data: bytes) -> None:
            digest.update(data)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]

        try:
            async for chunk in body:
                parser.feed(chunk)
                if len(parser.data) >= WRITE_BYTES:
                    n_bytes += await _write_in_thread(hash_and_write, parser.take())
            parser.finish()
            n_bytes += await _write_in_thread(hash_and_write, parser.take())
        finally:
            os.close(descriptor)
        if not n_bytes:
            raise EmptyAudioError("The uploaded file is empty.")
        return Upload(path, digest.hexdigest(), n_bytes)


async def _write_in_thread(write: Callable[[bytes], None], data: bytes) -> int:
    try:
        await asyncio.to_thread(write, data)
    except OSError as error:
        raise _storage_error(error) from error
    return len(data)


def _storage_error(error: OSError) -> Exception:
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return OverloadedError("There are too many open files; try again later.", retry_after_s=5)
    if error.errno in _STORAGE_ERRNOS:
        return InsufficientStorageError("There is no room to receive the file.")
    return error
