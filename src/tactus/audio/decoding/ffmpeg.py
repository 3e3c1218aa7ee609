"""The only module that opens files and streams with FFmpeg.

Uploaded bytes choose the demuxer, so they are assumed to be hostile: use this module in a child process with limits on
memory and time. Demuxers and decoders come from a whitelist (without playlists, which read other files and call other
servers, and without video decoders), no protocol is available, and the file has no name.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import av

from tactus.errors import NoAudioError, UndecodableMediaError

if TYPE_CHECKING:
    from av.container import InputContainer

    Packet = av.Packet[av.AudioStream]

READABLE = "WAV, MP3, FLAC, Ogg (Vorbis, Opus), AAC, M4A, AIFF, and the sound of MP4, MOV, MKV and WebM"

_FORMATS = "wav,w64,mp3,flac,ogg,mov,aac,aiff,matroska"
_CODECS = (
    "mp3float,mp3,mp2float,mp2,mp1float,mp1,aac,aac_latm,alac,flac,vorbis,opus,libopus,ac3,eac3,dca,wavpack,"
    "adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
    "pcm_s32le,pcm_s32be,pcm_s64le,pcm_s64be,pcm_f16le,pcm_f24le,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "none", "codec_whitelist": _CODECS}
_BUFFER_BYTES = 1 << 18
_STREAM_OPTIONS = {**_OPTIONS, "probesize": "65536", "analyzeduration": "1000000"}
"""Options of streams: at most 64 KiB, which is 4 s at 128 kbit/s and usually less, delay the first sound."""
_STREAM_BUFFER_BYTES = 1 << 14

_FAILURES = (av.FFmpegError, ValueError, LookupError, AttributeError, TypeError, EOFError, OverflowError)
"""Exceptions that PyAV raises on damaged files beside its own (UnicodeDecodeError is a ValueError)."""


class Readable(Protocol):
    """A source of bytes that is read forward."""

    def read(self, n_bytes: int, /) -> bytes:
        """Read the next bytes, at least one and at most `n_bytes`; none at the end."""


class Seekable(Readable, Protocol):
    """A source of bytes with random access."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Set the position, and return it [bytes from the start]."""

    def tell(self) -> int:
        """Position of the next byte [bytes from the start]."""


class _NamelessFile:
    """A file without a name: FFmpeg guesses formats from names, and resolves entries of playlists against them."""

    def __init__(self, file: Seekable) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


class _NamelessStream:
    """A stream without a name and without `seek`."""

    def __init__(self, stream: Readable) -> None:
        self.read = stream.read


class _ErrorTranslation:
    """Context manager that raises errors of PyAV on damaged files as `UndecodableMediaError`; MemoryError stays."""

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and isinstance(error, _FAILURES) and not isinstance(error, MemoryError):
            raise UndecodableMediaError(f"This is no audio file that Tactus can read. It reads {READABLE}.") from error


_TRANSLATED_ERRORS = _ErrorTranslation()
"""A shared instance, because it is entered twice a packet: a generator each time would cost a tenth of decoding."""


@contextlib.contextmanager
def open_media(file: Seekable) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    """Open a media file: its container and its best audio stream (the default one, then the one with most channels).

    Args:
        file: Bytes of the file.

    Raises:
        NoAudioError: The file has no audio stream.
        UndecodableMediaError: Its format is not supported, or it is damaged.
    """
    file.seek(0, os.SEEK_SET)
    with _open(_NamelessFile(file), _OPTIONS, _BUFFER_BYTES) as container_and_stream:
        yield container_and_stream


@contextlib.contextmanager
def open_stream(stream: Readable) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    """Open a stream that cannot seek and may never end: its container and its best audio stream.

    Raises:
        NoAudioError, UndecodableMediaError: As in `open_media`.
        TactusError: An error of `stream.read`.
    """
    with _open(_NamelessStream(stream), _STREAM_OPTIONS, _STREAM_BUFFER_BYTES) as container_and_stream:
        yield container_and_stream


@contextlib.contextmanager
def _open(
    file: _NamelessFile | _NamelessStream, options: dict[str, str], buffer_bytes: int
) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    with contextlib.ExitStack() as stack:
        with _TRANSLATED_ERRORS:
            container = stack.enter_context(
                av.open(file, mode="r", options=options, metadata_errors="replace", buffer_size=buffer_bytes)
            )
            stream = container.streams.best("audio")
            if not isinstance(stream, av.AudioStream):
                raise NoAudioError
            if stream.codec_context is None or stream.codec_context.name not in _CODECS.split(","):
                raise UndecodableMediaError(f"The sound is coded in a way that is not read. Tactus reads {READABLE}.")
            stream.codec_context.thread_count = 1  # the parallelism is between children
        yield container, stream


def packets(container: "InputContainer", stream: av.AudioStream) -> Iterator["Packet"]:
    """The packets of the stream, including the empty last one that flushes the decoder.

    Raises:
        UndecodableMediaError: The next packet cannot be read.
    """
    demuxed = container.demux(stream)
    while True:
        with _TRANSLATED_ERRORS:
            packet = next(demuxed, None)
        if packet is None:
            return
        yield packet


def decode_packet(packet: "Packet") -> list[av.AudioFrame]:
    """Decode a packet; returns the frames that it completes.

    Raises:
        UndecodableMediaError: The packet is damaged.
    """
    with _TRANSLATED_ERRORS:
        return [frame for frame in packet.decode() if isinstance(frame, av.AudioFrame)]
