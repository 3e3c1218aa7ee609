"""Detection of truncated files in formats whose demuxer reports nothing: WAV, AIFF, Ogg, MP3, PCM."""

import io
from typing import TYPE_CHECKING, BinaryIO, Literal

if TYPE_CHECKING:
    from tactus.audio.decoding.ffmpeg import Packet

_UNKNOWN_SIZES = (0, 0x7FFF_FFFF, 0xFFFF_FFFF)
"""Sizes written by programs that do not know the length in advance."""

_LAST_PAGE_BYTES = 27 + 255 + 255 * 255
_MAX_CHUNKS = 1000

# ISO/IEC 11172-3 and 13818-3, layer III, [kbit/s] by index; sample rates [Hz] by version and index
_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
}
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def ends_early(file: BinaryIO, size_bytes: int) -> bool:
    """True if the file is cut off: a WAV or AIFF file within its samples, an Ogg stream before its last page.

    Args:
        file: File open for reading; its position moves.
        size_bytes: Length of the file [bytes].
    """
    file.seek(0)
    header = file.read(12)
    if header[:4] == b"RIFF":
        return _chunks_end_early(file, size_bytes, b"data", "little")
    if header[:4] == b"FORM":
        return _chunks_end_early(file, size_bytes, b"SSND", "big")
    if header[:4] == b"OggS":
        file.seek(max(0, size_bytes - _LAST_PAGE_BYTES))
        return not _ends_with_last_page(file.read())
    return False


def is_cut(packet: "Packet") -> bool:
    """True if the last packet of a file is incomplete: read in part, or an MP3 frame shorter than in its header."""
    if packet.stream.codec_context.name.startswith("pcm_"):
        is_checked_elsewhere = packet.stream.container.format.name in ("wav", "aiff")  # by `ends_early`
        return packet.is_corrupt and not is_checked_elsewhere
    frame_bytes = mp3_frame_bytes(bytes(packet)[:4]) if packet.stream.container.format.name == "mp3" else None
    return packet.is_corrupt or (frame_bytes is not None and packet.size < frame_bytes)


def mp3_frame_bytes(header: bytes) -> int | None:
    """Length of the MPEG layer III frame with this header [bytes]; None if the header is not one or has no bit rate."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE6 != 0xE2:  # 11 bits of sync, layer III
        return None
    version, rate_index = header[1] >> 3 & 3, header[2] >> 2 & 3
    if version == 1 or rate_index == 3:
        return None
    kbits = _KBITS[3 if version == 3 else 2][header[2] >> 4]
    n_samples = 1152 if version == 3 else 576
    return n_samples // 8 * kbits * 1000 // _RATES_HZ[version][rate_index] + (header[2] >> 1 & 1) if kbits else None


def _chunks_end_early(file: BinaryIO, size_bytes: int, samples_name: bytes, order: Literal["little", "big"]) -> bool:
    """True if the form, or its chunk of samples, is longer than the rest of the file (chunks of EA IFF 85)."""
    file.seek(0)
    for _ in range(_MAX_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            return True
        chunk_bytes = int.from_bytes(header[4:], order)
        if header[:4] in (b"RIFF", b"FORM", samples_name):
            if chunk_bytes not in _UNKNOWN_SIZES and file.tell() + chunk_bytes > size_bytes:
                return True
            if header[:4] == samples_name:
                return False
            chunk_bytes = 4  # the type of the form; its chunks follow
        file.seek(chunk_bytes + chunk_bytes % 2, io.SEEK_CUR)
    return False


def _ends_with_last_page(tail: bytes) -> bool:
    """True if the bytes end with a complete Ogg page that is flagged as the last of its stream (RFC 3533 section 6)."""
    start = len(tail)
    while (start := tail.rfind(b"OggS", 0, start)) >= 0:
        n_segments = tail[start + 26] if start + 26 < len(tail) else 0
        lacing = tail[start + 27 : start + 27 + n_segments]
        if len(lacing) == n_segments and start + 27 + n_segments + sum(lacing) == len(tail):
            return bool(tail[start + 5] & 4)
    return False
