"""Turns a media file into blocks of samples, and is the only place of the program that lets FFmpeg open anything.

Uploaded bytes choose the demuxer, so everything here assumes that they are hostile: call it in a child process that
is bounded in memory and time. Demuxers are those of a whitelist (playlists, which read other files and call other
servers, are none of them), no protocol is available to them, and they get a nameless file object. What headers say of
length is a hint and nothing more: samples are counted.
"""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.container
import numpy as np

from tactus.audio import completeness
from tactus.audio.resample import Resampler
from tactus.audio.samples import ClippingMeter, as_floats, is_finite, without_denormals
from tactus.audio.source import Source, describe
from tactus.dsp.arrays import Floats
from tactus.errors import (
    AudioOutOfRangeError,
    AudioTooLongError,
    EmptyAudioError,
    MediaTooComplexError,
    NoAudioError,
    NonFiniteAudioError,
    UndecodableMediaError,
)

READABLE = "WAV, MP3, FLAC, Ogg (Vorbis, Opus), AAC, M4A, AIFF, and the sound of MP4, MOV, MKV and WebM"

_FORMATS = "wav,w64,mp3,flac,ogg,mov,aac,aiff,matroska"
_CODECS = (
    "mp3float,mp3,mp2float,mp2,mp1float,mp1,aac,aac_latm,alac,flac,vorbis,opus,libopus,ac3,eac3,dca,wavpack,"
    "adpcm_ima_wav,adpcm_ima_qt,adpcm_ms,pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,"
    "pcm_s32le,pcm_s32be,pcm_s64le,pcm_s64be,pcm_f16le,pcm_f24le,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be"
)
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "none", "codec_whitelist": _CODECS}

_BLOCK_SAMPLES = 1 << 18
_LONGEST_GAP_S = 1.0
_MOST_FORMAT_CHANGES = 1000
_TRUNCATED_S = 0.25
"""How much of the declared length may be missing [s]: padding of encoders and rounding of headers, no more."""

_DECODER_FAILURES = (av.FFmpegError, ValueError, LookupError, AttributeError, TypeError, EOFError, OverflowError)
"""What PyAV is known to raise on broken files besides its own errors (UnicodeDecodeError is a ValueError)."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a file may ask of its reader.

    Args:
        longest_s: Sound that is decoded before the file is refused [s].
        lowest_hz: Smallest sample rate [Hz].
        highest_hz: Largest sample rate [Hz].
        most_channels: Largest number of channels.
    """

    longest_s: float = 20 * 60.0
    lowest_hz: int = 4_000
    highest_hz: int = 384_000
    most_channels: int = 8


class _Nameless:
    """A file without a name: FFmpeg guesses formats from names, and resolves what playlists mention against them."""

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read
        self.seek = file.seek
        self.tell = file.tell


class Sound:
    """A media file's sound track, to be read once; made by `open_sound`.

    Attributes:
        source: What the file says of itself.
        warnings: What was wrong with it, complete once the blocks have been read: `truncated` (it ends before its
            declared end), `corrupt_frames` (parts could not be decoded and are silence), `format_changed` (rate or
            channels change on the way), `clipped`.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.AudioStream,
        source: Source,
        limits: DecodeLimits,
        sample_rate: int,
        *,
        ends_early: bool,
    ) -> None:
        self.source = source
        self.warnings: list[str] = ["truncated"] if ends_early else []
        self._container = container
        self._stream = stream
        self._limits = limits
        self._sample_rate = sample_rate
        self._decoded_s = 0.0

    def blocks(self) -> Iterator[Floats]:
        """Its samples from the first decoded one (after the codec's own trimming) to the last.

        Yields:
            Float32 `[n_channels, n]` at the wanted rate, full scale 1.0, all channels of the file in its order
            (`source.channel_names`), n at most some 260,000 samples of the file.

        Raises:
            UndecodableMediaError, EmptyAudioError, AudioTooLongError, AudioOutOfRangeError, NonFiniteAudioError,
            MediaTooComplexError: As their names say.
        """
        clipping = ClippingMeter()
        from_hz, n_channels = 0, 0
        resampler: Resampler | None = None
        for rate_hz, piece in self._pieces():
            if not is_finite(piece):
                raise NonFiniteAudioError(
                    "The file holds samples that are no numbers (NaN, infinite or absurdly large)."
                )
            clipping.add(piece)
            n_channels = n_channels or len(piece)
            block = _with_channels(piece, n_channels)
            if resampler is None or rate_hz != from_hz:
                if resampler is not None:
                    yield resampler.finish()
                resampler, from_hz = Resampler(rate_hz, self._sample_rate, n_channels), rate_hz
            yield resampler.step(block)
        if resampler is None:
            raise EmptyAudioError
        yield resampler.finish()
        if clipping.is_clipped:
            self._warn("clipped")

    def _pieces(self) -> Iterator[tuple[int, Floats]]:
        """Blocks at the file's own rate, cut where its format changes, lost frames replaced by silence."""
        fifo, format_ = av.AudioFifo(), None
        n_good = n_bad = n_changes = 0
        gap_s, last_was_bad, ended_badly = 0.0, False, False
        for packet in self._packets():
            try:
                with _translated():
                    frames = packet.decode()
            except UndecodableMediaError:
                n_bad, last_was_bad, ended_badly = n_bad + 1, True, True
                gap_s += min(float((packet.duration or 0) * (packet.time_base or 0)), _LONGEST_GAP_S)
                continue
            for frame in frames:
                if not isinstance(frame, av.AudioFrame):
                    continue
                found = (frame.sample_rate, frame.layout.nb_channels, frame.format.name)
                if found != format_ or (gap_s and n_good):
                    yield from self._drained(fifo)
                    if found != format_:
                        self._check_range(frame.sample_rate, frame.layout.nb_channels)
                        n_changes += format_ is not None
                        fifo, format_ = av.AudioFifo(), found
                    if gap_s and n_good:
                        self._count(gap_s)
                        yield frame.sample_rate, np.zeros((found[1], round(gap_s * found[0])), np.float32)
                    if n_changes > _MOST_FORMAT_CHANGES:
                        raise MediaTooComplexError("The file changes its sample rate or channels too often.")
                self._count(frame.samples / frame.sample_rate, half_a_sample_s=0.5 / frame.sample_rate)
                gap_s, last_was_bad, ended_badly = 0.0, bool(packet.is_corrupt), False
                n_good += 1
                frame.pts = None  # the queue would refuse what does not follow on
                fifo.write(frame)
                if fifo.samples >= _BLOCK_SAMPLES:
                    yield from self._drained(fifo)
        if n_bad and n_bad >= n_good:
            raise UndecodableMediaError("Most of the file cannot be decoded.")
        yield from self._drained(fifo)
        self._judge(n_bad - ended_badly, n_changes, last_was_bad=last_was_bad)

    def _packets(self) -> Iterator["av.Packet[Any]"]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                with _translated():
                    packet = next(packets, None)
            except UndecodableMediaError:
                self._warn("truncated")  # what follows is out of reach; what was decoded counts
                return
            if packet is None:
                return
            yield packet

    def _drained(self, fifo: av.AudioFifo) -> Iterator[tuple[int, Floats]]:
        frame = fifo.read(0) if fifo.samples else None
        if frame is None:
            return
        samples = frame.to_ndarray()
        if not frame.format.is_planar:
            samples = samples.reshape(-1, frame.layout.nb_channels).T
        block = as_floats(np.ascontiguousarray(samples))
        if self.source.codec.startswith("pcm_f"):  # only stored floats can be made denormal at will
            block = without_denormals(block)
        yield frame.sample_rate, block

    def _check_range(self, rate_hz: int, n_channels: int) -> None:
        check_range(rate_hz, n_channels, self._limits)

    def _count(self, duration_s: float, half_a_sample_s: float = 0.0) -> None:
        self._decoded_s += duration_s
        if self._decoded_s > self._limits.longest_s + half_a_sample_s:
            raise AudioTooLongError(
                f"The sound is longer than {self._limits.longest_s / 60:g} minutes, the most that is analysed here.",
                longest_s=self._limits.longest_s,
            )

    def _judge(self, n_bad: int, n_changes: int, *, last_was_bad: bool) -> None:
        declared_s = self.source.declared_s
        if last_was_bad or (declared_s is not None and self._decoded_s < declared_s - _TRUNCATED_S):
            self._warn("truncated")
        if n_bad:
            self._warn("corrupt_frames")
        if n_changes:
            self._warn("format_changed")

    def _warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


@contextlib.contextmanager
def open_sound(file: Path | BinaryIO, limits: DecodeLimits, sample_rate: int = 44100) -> Iterator[Sound]:
    """A media file's best sound track (FFmpeg's choice: the default one, then the one with most channels).

    Args:
        file: A path, or a binary file that can seek and is read from its beginning.
        limits: What it may ask for.
        sample_rate: At which its blocks are wanted [Hz].

    Raises:
        EmptyAudioError: It has no bytes.
        NoAudioError: It has no sound track.
        UndecodableMediaError: It is of no format that is read, or broken.
        AudioOutOfRangeError: Its sample rate or channel count is beyond the limits.
    """
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(file.open("rb")) if isinstance(file, Path) else file
        size_bytes = opened.seek(0, os.SEEK_END)
        if size_bytes == 0:
            raise EmptyAudioError("The file is empty (0 bytes).")
        ends_early = completeness.ends_early(opened, size_bytes)
        opened.seek(0)
        with _translated():
            container = stack.enter_context(
                av.open(_Nameless(opened), mode="r", options=_OPTIONS, metadata_errors="replace", buffer_size=1 << 18)
            )
            stream = container.streams.best("audio")
            if not isinstance(stream, av.AudioStream):
                raise NoAudioError
            if stream.codec_context is None or stream.codec_context.name not in _CODECS.split(","):
                raise UndecodableMediaError(f"The sound is coded in a way that is not read. Tactus reads {READABLE}.")
            stream.codec_context.thread_count = 1  # the parallelism is between children
            check_range(stream.codec_context.sample_rate, stream.codec_context.channels, limits)
            source = describe(container, stream, size_bytes)
        yield Sound(container, stream, source, limits, sample_rate, ends_early=ends_early)


def check_range(rate_hz: int, n_channels: int, limits: DecodeLimits) -> None:
    """Refuse what lies beyond the limits."""
    if not limits.lowest_hz <= rate_hz <= limits.highest_hz:
        raise AudioOutOfRangeError(
            f"The sample rate is {rate_hz} Hz; between {limits.lowest_hz} and {limits.highest_hz} Hz are read."
        )
    if not 1 <= n_channels <= limits.most_channels:
        raise AudioOutOfRangeError(f"The file has {n_channels} channels; 1 to {limits.most_channels} are read.")


def _with_channels(piece: Floats, n_channels: int) -> Floats:
    """A piece in the channel count that the file began with: mono is in all of them, anything else is mixed to mono."""
    if len(piece) == n_channels:
        return piece
    return np.repeat(piece.mean(axis=0, keepdims=True, dtype=np.float32), n_channels, axis=0)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise
    except _DECODER_FAILURES as error:
        raise UndecodableMediaError(f"This is no audio file that Tactus can read. It reads {READABLE}.") from error
