"""Receives one uploaded file: streamed to a private folder, hashed on the way, and gone when the request is."""

import asyncio
import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from tactus.errors import (
    EmptyAudioError,
    InsufficientStorageError,
    InvalidRequestError,
    OverloadedError,
    UnsupportedMediaError,
    ValidationError,
)
from tactus.web.body import body_pieces

FIELD = "file"
WRITE_BYTES = 1 << 18
MAX_EPILOGUE_BYTES = 4096
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.ENOENT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """What uploads may use.

    Args:
        body_bytes: The most that a request body may have [bytes].
        at_once: How many are received or analysed at the same time; more are told to come back.
    """

    body_bytes: int = 100 << 20
    at_once: int = 16


@dataclass(frozen=True, slots=True)
class Upload:
    """A received file.

    Args:
        path: Where it lies until the request ends.
        file_hash: SHA-256 of its bytes, in hexadecimal.
        n_bytes: Its size [bytes].
    """

    path: Path
    file_hash: str
    n_bytes: int


class Uploads:
    """Where uploads arrive.

    Args:
        folder: A folder of our own, mode 0700.
        limits: What they may use.
    """

    def __init__(self, folder: Path, limits: UploadLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._n_now = 0

    @contextlib.asynccontextmanager
    async def received(self, request: Request) -> AsyncIterator[Upload]:
        """The one file of a `multipart/form-data` body, in its field `file`; it is gone when the block ends.

        Raises:
            UnsupportedMediaError: The body is something else.
            InvalidRequestError: The form cannot be read.
            ValidationError: It holds something else than one file.
            EmptyAudioError: The file is empty.
            OverloadedError: Too many uploads at once; nothing of this one has been read.
            InsufficientStorageError: The disk is full.
        """
        media_type, options = parse_options_header(request.headers.get("content-type"))
        if media_type != b"multipart/form-data":
            raise UnsupportedMediaError(f"Send the file as multipart/form-data, in the field `{FIELD}`.")
        if self._n_now >= self._limits.at_once:
            raise OverloadedError("As many uploads as this service takes at once are under way.", retry_after_s=2)
        self._n_now += 1
        path = self._folder / secrets.token_hex(16)
        try:
            form = _Form(options.get(b"boundary", b""))
            yield await self._written(form, body_pieces(request, self._limits.body_bytes), path)
        finally:
            self._n_now -= 1
            path.unlink(missing_ok=True)

    async def _written(self, form: "_Form", pieces: AsyncIterator[bytes], path: Path) -> Upload:
        digest = hashlib.sha256()
        n_bytes = 0
        try:
            # Never follow or overwrite what somebody else may have put there.
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), 0o600)
        except OSError as error:
            raise _storage_error(error) from error

        def keep(data: bytes) -> None:
            digest.update(data)
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]

        try:
            async for piece in pieces:
                form.feed(piece)
                if len(form.data) >= WRITE_BYTES:
                    n_bytes += await _kept(keep, form.taken())
            form.end()
            n_bytes += await _kept(keep, form.taken())
        finally:
            os.close(descriptor)
        if not n_bytes:
            raise EmptyAudioError("The uploaded file is empty.")
        return Upload(path, digest.hexdigest(), n_bytes)


async def _kept(keep: Callable[[bytes], None], data: bytes) -> int:
    try:
        await asyncio.to_thread(keep, data)
    except OSError as error:
        raise _storage_error(error) from error
    return len(data)


def _storage_error(error: OSError) -> Exception:
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return OverloadedError("There are too many open files; try again later.", retry_after_s=5)
    return InsufficientStorageError("There is no room to receive the file.") if error.errno in _FULL else error


class _Form:
    """What a multipart parser has found so far; `data` holds bytes of the file that nobody has taken yet."""

    def __init__(self, boundary: bytes) -> None:
        if not 1 <= len(boundary) <= 70:  # RFC 2046
            raise InvalidRequestError("The form's boundary is missing or too long.")
        self.data = bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._n_files = 0
        self._n_epilogue = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_part_data": self._on_data,
                "on_header_begin": self._on_header_begin,
                "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_end": self._on_end,
            },
            max_header_count=8,
            max_header_size=4096,
        )

    def feed(self, piece: bytes) -> None:
        """Read on."""
        if self._ended:
            self._n_epilogue += len(piece)
            if self._n_epilogue > MAX_EPILOGUE_BYTES:
                raise InvalidRequestError("Something follows the end of the form.")
            return
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise InvalidRequestError("The form is not multipart/form-data as RFC 7578 has it.") from error

    def end(self) -> None:
        """The body has ended.

        Raises:
            InvalidRequestError: In the middle of the form.
            ValidationError: The form held no file.
        """
        if not self._ended:
            raise InvalidRequestError("The body ends before the form does.")
        if not self._n_files:
            raise _not_one_file(FIELD, "The form has no such field.")

    def taken(self) -> bytes:
        """The bytes that nobody has taken yet."""
        data = bytes(self.data)
        self.data.clear()
        return data

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self.data += memoryview(data)[start:end]

    def _on_header_begin(self) -> None:
        self._name.clear()
        self._value.clear()

    def _on_header_end(self) -> None:
        name = bytes(self._name).lower()
        if name in self._headers:
            raise InvalidRequestError("A part of the form has a header twice.")
        self._headers[name] = bytes(self._value)

    def _on_headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")[:100]
        if disposition != b"form-data" or not name:
            raise InvalidRequestError("A part of the form has no name.")
        if name != FIELD:
            raise _not_one_file(name, f"Send one file, in the field `{FIELD}`, and nothing else.")
        if b"filename" not in options:
            raise _not_one_file(FIELD, "This is a text, not a file.")
        self._n_files += 1
        if self._n_files > 1:
            raise _not_one_file(FIELD, "Send one file only.")

    def _on_end(self) -> None:
        self._ended = True


def _not_one_file(field: str, message: str) -> ValidationError:
    return ValidationError(message, errors=[{"field": field, "message": message}])
