"""The links of chained Ogg: a station begins a new one with each song, a file may be several laid end to end.

A link has headers of its own, so rate, channels and even the codec may be others. FFmpeg reads on over a link only
where nothing changes; here each is cut out, to be opened by itself. What is no Ogg is one link.

Source:
    RFC 3533 section 4 (all pages that begin a stream come first in a link) and section 6 (the page).
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from tactus.audio.decoding.ffmpeg import Readable

_MARK = b"OggS"
_HEAD_BYTES = 27
_BEGINS = 2
_PIECE_BYTES = 1 << 14


class Link:
    """One link of a stream, read forward to its end.

    Args:
        first: Its first bytes.
        pieces: What follows, in this link and the next ones, and whether it begins a link.
    """

    def __init__(self, first: bytes, pieces: Iterator[tuple[bytes, bool]]) -> None:
        self._waiting = first
        self._pieces = pieces
        self._next: bytes | None = None
        self._is_over = not first

    def read(self, n_bytes: int, /) -> bytes:
        """The next bytes, at least one and at most `n_bytes`; none at the end."""
        while not self._waiting and not self._is_over:
            piece, begins = next(self._pieces, (None, True))
            if begins:
                self._next, self._is_over = piece, True
            else:
                self._waiting = piece or b""
        read, self._waiting = self._waiting[:n_bytes], self._waiting[n_bytes:]
        return read

    def next_link(self) -> "Link | None":
        """The link after this one, whose rest is passed over; None: there is none."""
        while self.read(_PIECE_BYTES):
            pass
        return None if self._next is None else Link(self._next, self._pieces)


class Part:
    """A part of a file as a file.

    Args:
        file: Opened for reading; its position moves.
        start: Where the part begins.
        end: Where it ends.
    """

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._at = 0
        self.size_bytes = end - start

    def read(self, n_bytes: int = -1, /) -> bytes:
        """The next bytes, at most `n_bytes`; none at the end."""
        rest = max(0, self.size_bytes - self._at)
        self._file.seek(self._start + self._at)
        read = self._file.read(rest if n_bytes < 0 else min(n_bytes, rest))
        self._at += len(read)
        return read

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; where that is, from the part's beginning."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size_bytes}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Where the next byte is read, from the part's beginning."""
        return self._at


def stream_links(stream: "Readable") -> Iterator[Link]:
    """The links of a stream, at least one; each is read, as far as it is wanted, before the next is asked for.

    Raises:
        TactusError: What reading raises.
    """
    pieces = _pieces(stream)
    link: Link | None = Link(next(pieces, (b"", True))[0], pieces)
    while link is not None:
        yield link
        link = link.next_link()


def file_links(file: BinaryIO, size_bytes: int) -> Iterator[Part]:
    """The links of a file, at least one; each is found when it is asked for.

    Args:
        file: Opened for reading; its position moves.
        size_bytes: Its length [bytes].
    """
    start, at, is_beginning = 0, 0, True
    while at < size_bytes:
        file.seek(at)
        head = file.read(_HEAD_BYTES + 255)
        n_bytes = _page_bytes(head)
        if n_bytes is None:  # damaged, or no Ogg: what follows belongs to this link
            break
        begins = bool(head[5] & _BEGINS)
        if begins and not is_beginning:
            yield Part(file, start, at)
            start = at
        is_beginning = begins
        at += n_bytes
    yield Part(file, start, size_bytes)


def _pieces(stream: "Readable") -> Iterator[tuple[bytes, bool]]:
    """Pages of a stream, and what lies between them as it is; and whether a link begins with it."""
    waiting = b""
    while len(waiting) < len(_MARK) and (read := stream.read(_PIECE_BYTES)):
        waiting += read
    if not waiting.startswith(_MARK):
        yield waiting, True
        yield from ((read, False) for read in iter(lambda: stream.read(_PIECE_BYTES), b""))
        return
    is_beginning = False
    while True:
        while n_bytes := _piece_bytes(waiting):
            begins = waiting.startswith(_MARK) and bool(waiting[5] & _BEGINS)
            yield waiting[:n_bytes], begins and not is_beginning
            is_beginning, waiting = begins, waiting[n_bytes:]
        if not (read := stream.read(_PIECE_BYTES)):
            break
        waiting += read
    if waiting:
        yield waiting, False


def _piece_bytes(waiting: bytes) -> int:
    """The length of the page that comes next, or of what lies before it; 0 where it is not all there."""
    if not _MARK.startswith(waiting[: len(_MARK)]):
        found = waiting.find(_MARK, 1)
        return found if found > 0 else max(1, len(waiting) - len(_MARK) + 1)
    n_bytes = _page_bytes(waiting)
    return n_bytes if n_bytes is not None and n_bytes <= len(waiting) else 0


def _page_bytes(head: bytes) -> int | None:
    """The length of the page that begins so; None where none does, or its head is not all there."""
    if len(head) < _HEAD_BYTES or not head.startswith(_MARK):
        return None
    n_segments = head[26]
    lacing = head[_HEAD_BYTES : _HEAD_BYTES + n_segments]
    return _HEAD_BYTES + n_segments + sum(lacing) if len(lacing) == n_segments else None
