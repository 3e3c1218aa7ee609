"""Links of chained Ogg streams: a radio station begins a new link with each song, a file may be several concatenated.

A link has headers of its own, so its sample rate, channels and even codec may differ. FFmpeg continues over a link
only where nothing changes; here each link is cut out, to be opened by itself. Bytes that are not Ogg form one link.

Source:
    RFC 3533 section 4 (all pages that begin a stream come first in a link) and section 6 (the page).
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tactus.audio.decoding.ffmpeg import Readable

_CAPTURE_PATTERN = b"OggS"
_HEADER_BYTES = 27
_MAX_SEGMENTS = 255
_FLAGS_AT = 5
_BEGINS_STREAM = 2
_READ_BYTES = 1 << 14


class Link:
    """One link of a stream, read forward to its end.

    Args:
        first: First bytes of the link.
        pieces: The bytes that follow, in this link and the next ones, each with a flag "begins a link".
    """

    def __init__(self, first: bytes, pieces: Iterator[tuple[bytes, bool]]) -> None:
        self._buffer = first
        self._pieces = pieces
        self._next: bytes | None = None
        self._is_over = not first

    def read(self, n_bytes: int, /) -> bytes:
        """Read the next bytes, at least one and at most `n_bytes`; none at the end of the link."""
        while not self._buffer and not self._is_over:
            piece, begins_link = next(self._pieces, (None, True))
            if begins_link:
                self._next, self._is_over = piece, True
            else:
                self._buffer = piece or b""
        data, self._buffer = self._buffer[:n_bytes], self._buffer[n_bytes:]
        return data

    def next_link(self) -> "Link | None":
        """Skip the rest of this link and return the next one; None at the end of the stream."""
        while self.read(_READ_BYTES):
            pass
        return None if self._next is None else Link(self._next, self._pieces)


class FilePart:
    """A byte range of a file, as a file of its own.

    Args:
        file: File open for reading; its position moves.
        start: Offset of the first byte.
        end: Offset after the last byte.
    """

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._position = 0
        self.size_bytes = end - start

    def read(self, n_bytes: int = -1, /) -> bytes:
        """Read the next bytes, at most `n_bytes`, all if it is negative; none at the end of the range."""
        n_left = max(0, self.size_bytes - self._position)
        self._file.seek(self._start + self._position)
        data = self._file.read(n_left if n_bytes < 0 else min(n_bytes, n_left))
        self._position += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Set the position, and return it [bytes from the start of the range]."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}[whence]
        self._position = max(0, origin + offset)
        return self._position

    def tell(self) -> int:
        """Position of the next byte [bytes from the start of the range]."""
        return self._position


def stream_links(stream: "Readable") -> Iterator[Link]:
    """The links of a stream, at least one; asking for the next link skips the rest of the one before.

    Raises:
        TactusError: An error of `stream.read`.
    """
    pieces = _pieces(stream)
    link: Link | None = Link(next(pieces, (b"", True))[0], pieces)
    while link is not None:
        yield link
        link = link.next_link()


def file_links(file: BinaryIO, size_bytes: int) -> Iterator[FilePart]:
    """The links of a file, at least one; the end of a link is searched when the iterator reaches it.

    Args:
        file: File open for reading; its position moves.
        size_bytes: Length of the file [bytes].
    """
    start, page_at, is_beginning = 0, 0, True
    while page_at < size_bytes:
        file.seek(page_at)
        header = file.read(_HEADER_BYTES + _MAX_SEGMENTS)
        page_bytes = _page_bytes(header)
        if page_bytes is None:  # damaged, or not Ogg: the rest belongs to this link
            break
        begins_stream = bool(header[_FLAGS_AT] & _BEGINS_STREAM)
        if begins_stream and not is_beginning:
            yield FilePart(file, start, page_at)
            start = page_at
        is_beginning = begins_stream
        page_at += page_bytes
    yield FilePart(file, start, size_bytes)


def _pieces(stream: "Readable") -> Iterator[tuple[bytes, bool]]:
    """Pages of a stream, and the bytes between damaged ones unchanged, each with a flag "begins a link"."""
    buffer = b""
    while len(buffer) < len(_CAPTURE_PATTERN) and (data := stream.read(_READ_BYTES)):
        buffer += data
    if not buffer.startswith(_CAPTURE_PATTERN):
        yield buffer, True
        yield from ((data, False) for data in iter(lambda: stream.read(_READ_BYTES), b""))
        return
    is_beginning = False
    while True:
        while n_bytes := _piece_bytes(buffer):
            begins_stream = buffer.startswith(_CAPTURE_PATTERN) and bool(buffer[_FLAGS_AT] & _BEGINS_STREAM)
            yield buffer[:n_bytes], begins_stream and not is_beginning
            is_beginning, buffer = begins_stream, buffer[n_bytes:]
        if not (data := stream.read(_READ_BYTES)):
            break
        buffer += data
    if buffer:
        yield buffer, False


def _piece_bytes(buffer: bytes) -> int:
    """Length of the page at the start of the buffer, or of the bytes before the next page; 0 if it is incomplete."""
    if not _CAPTURE_PATTERN.startswith(buffer[: len(_CAPTURE_PATTERN)]):
        next_page_at = buffer.find(_CAPTURE_PATTERN, 1)
        return next_page_at if next_page_at > 0 else max(1, len(buffer) - len(_CAPTURE_PATTERN) + 1)
    n_bytes = _page_bytes(buffer)
    return n_bytes if n_bytes is not None and n_bytes <= len(buffer) else 0


def _page_bytes(header: bytes) -> int | None:
    """Length of the page that begins with `header`; None if no page does, or the header is incomplete."""
    if len(header) < _HEADER_BYTES or not header.startswith(_CAPTURE_PATTERN):
        return None
    n_segments = header[26]
    lacing = header[_HEADER_BYTES : _HEADER_BYTES + n_segments]
    return _HEADER_BYTES + n_segments + sum(lacing) if len(lacing) == n_segments else None
