"""The only place of the program that lets FFmpeg open anything.

Uploaded bytes choose the demuxer, so everything here assumes that they are hostile: use it in a child process that is
bounded in memory and time. Demuxers and decoders are those of a whitelist (playlists, which read other files and call
other servers, are none of them; neither is any video decoder), no protocol is available, and the file has no name.
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
"""Of a stream, no more is read before it is heard than tells its format: at 128 kbit/s this is 4 s, and mostly less."""
_STREAM_BUFFER_BYTES = 1 << 14

_FAILURES = (av.FFmpegError, ValueError, LookupError, AttributeError, TypeError, EOFError, OverflowError)
"""What PyAV is known to raise on broken files besides its own errors (UnicodeDecodeError is a ValueError)."""


class Readable(Protocol):
    """What bytes can be read from, in order."""

    def read(self, n_bytes: int, /) -> bytes:
        """The next bytes, at least one and at most `n_bytes`; none at the end."""


class Seekable(Readable, Protocol):
    """What bytes can be read from, in any order."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; where that is."""

    def tell(self) -> int:
        """Where the next byte is read."""


class _Nameless:
    """A file without a name: FFmpeg guesses formats from names, and resolves what playlists mention against them."""

    def __init__(self, file: Seekable) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


class _Forward:
    """A stream without a name, in which nothing can be sought."""

    def __init__(self, stream: Readable) -> None:
        self.read = stream.read


class _Translated:
    """Whatever PyAV raises on a broken file, as an `UndecodableMediaError`; lack of memory stays what it is."""

    def __enter__(self) -> None:
        """It keeps nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is not None and isinstance(error, _FAILURES) and not isinstance(error, MemoryError):
            raise UndecodableMediaError(f"This is no audio file that Tactus can read. It reads {READABLE}.") from error


_TRANSLATED = _Translated()
"""One for all: it is entered twice a packet, and a generator each time would cost a tenth of decoding."""


@contextlib.contextmanager
def open_media(file: Seekable) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    """A container and its best sound track (FFmpeg's choice: the default one, then the one with most channels).

    Args:
        file: Its bytes.

    Raises:
        NoAudioError: It has no sound track.
        UndecodableMediaError: It is of no format that is read, or broken.
    """
    file.seek(0, os.SEEK_SET)
    with _opened(_Nameless(file), _OPTIONS, _BUFFER_BYTES) as opened:
        yield opened


@contextlib.contextmanager
def open_stream(stream: Readable) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    """The same for what can only be read forward, and may never end.

    Raises:
        NoAudioError, UndecodableMediaError: As `open_media` says.
        TactusError: What reading raises.
    """
    with _opened(_Forward(stream), _STREAM_OPTIONS, _STREAM_BUFFER_BYTES) as opened:
        yield opened


@contextlib.contextmanager
def _opened(
    file: _Nameless | _Forward, options: dict[str, str], buffer_bytes: int
) -> Iterator[tuple["InputContainer", av.AudioStream]]:
    with contextlib.ExitStack() as stack:
        with _TRANSLATED:
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
    """The stream's packets, the empty last one that flushes the decoder included.

    Raises:
        UndecodableMediaError: What follows is out of reach.
    """
    found = container.demux(stream)
    while True:
        with _TRANSLATED:
            packet = next(found, None)
        if packet is None:
            return
        yield packet


def decoded(packet: "Packet") -> list[av.AudioFrame]:
    """The frames that a packet completes.

    Raises:
        UndecodableMediaError: It is broken.
    """
    with _TRANSLATED:
        return [frame for frame in packet.decode() if isinstance(frame, av.AudioFrame)]
