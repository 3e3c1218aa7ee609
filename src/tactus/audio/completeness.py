"""Whether a file ends where its container says, for the containers whose decoder does not tell."""

from typing import BinaryIO

_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
"""What programs write that do not know the length in advance."""

_LAST_PAGE_BYTES = 27 + 255 + 255 * 255


def ends_early(file: BinaryIO, size_bytes: int) -> bool:
    """Whether the file is cut off: a RIFF or FORM chunk longer than the file, an Ogg stream without its last page.

    Args:
        file: Opened for reading; its position moves.
        size_bytes: Its length [bytes].
    """
    file.seek(0)
    head = file.read(12)
    if head[:4] in (b"RIFF", b"FORM"):
        declared_bytes = int.from_bytes(head[4:8], "little" if head[:4] == b"RIFF" else "big")
        return declared_bytes not in _UNKNOWN_SIZES and declared_bytes + 8 > size_bytes + 1  # a pad byte may lack
    if head[:4] == b"OggS":
        file.seek(max(0, size_bytes - _LAST_PAGE_BYTES))
        return not _ends_with_last_page(file.read())
    return False


def _ends_with_last_page(tail: bytes) -> bool:
    """Whether the bytes end with a whole Ogg page that is marked as the last of its stream (RFC 3533 section 6)."""
    start = len(tail)
    while (start := tail.rfind(b"OggS", 0, start)) >= 0:
        n_segments = tail[start + 26] if start + 26 < len(tail) else 0
        lacing = tail[start + 27 : start + 27 + n_segments]
        if start + 27 + n_segments + sum(lacing) == len(tail) and len(lacing) == n_segments:
            return bool(tail[start + 5] & 4)
    return False
