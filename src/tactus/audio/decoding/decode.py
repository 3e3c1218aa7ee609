"""Turns a media file into blocks of samples, whatever the file says of itself.

What headers say of length is a hint and nothing more: samples are counted. Like `media`, it
belongs into a child process.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import av
import numpy as np

from tactus.audio.decoding import truncation
from tactus.audio.decoding.chained_ogg import file_links, stream_links
from tactus.audio.decoding.ffmpeg import Readable, Seekable, decoded, open_media, open_stream, packets
from tactus.audio.decoding.media_info import Source, describe
from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.samples import ClippingMeter, from_frame, is_finite, without_denormals
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

if TYPE_CHECKING:
    from av.container import InputContainer

    from tactus.audio.decoding.ffmpeg import Packet

    Opening = contextlib.AbstractContextManager[tuple[InputContainer, av.AudioStream]]

_BLOCK_SAMPLES = 1 << 18
_STREAM_BLOCK_SAMPLES = 1024
_MAX_LOSS_S = 1.0
_MAX_FORMAT_CHANGES = 1000
_MISSING_S = 0.1
"""How much of the declared length may be missing [s]: padding of encoders and rounding of headers, no more."""


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What a file may ask of its reader.

    Args:
        max_s: Sound that is decoded before the file is refused [s].
        lowest_hz: Smallest sample rate [Hz].
        highest_hz: Largest sample rate [Hz].
        max_channels: Largest number of channels.
    """

    max_s: float = 20 * 60.0
    lowest_hz: int = 4_000
    highest_hz: int = 384_000
    max_channels: int = 8


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
        source: Source,
        found: Iterator["Packet"],
        limits: DecodeLimits,
        sample_rate: int,
        block_samples: int = _BLOCK_SAMPLES,
    ) -> None:
        self.source = source
        self.warnings: list[str] = []
        self._packets = found
        self._limits = limits
        self._sample_rate = sample_rate
        self._block_samples = block_samples
        self._decoded_s = 0.0

    def blocks(self) -> Iterator[Floats]:
        """Its samples from the first decoded one (after the codec's own trimming) to the last.

        Where frames are lost or broken there is silence of their length, so that times stay true.

        Yields:
            Float32 `[n_channels, n]` at the wanted rate, full scale 1.0, all channels of the file in its order
            (`source.channel_names`), n at most some 260,000 samples of the file.

        Raises:
            UndecodableMediaError, EmptyAudioError, AudioTooLongError, AudioOutOfRangeError, NonFiniteAudioError,
            MediaTooComplexError: As their names say.
        """
        clipping = ClippingMeter()
        from_hz = n_channels = 0
        resampler: Resampler | None = None
        for rate_hz, piece in self._pieces():
            if not is_finite(piece):
                raise NonFiniteAudioError(
                    "The file holds samples that are no numbers (NaN, infinite or absurdly large)."
                )
            clipping.add(piece)
            n_channels = n_channels or len(piece)
            if resampler is None or rate_hz != from_hz:
                if resampler is not None:
                    yield resampler.finish()
                resampler, from_hz = Resampler(rate_hz, self._sample_rate, n_channels), rate_hz
            yield resampler.step(_with_channels(piece, n_channels))
        if resampler is None:
            raise EmptyAudioError
        yield resampler.finish()
        if clipping.is_clipped:
            self.warn("clipped")

    def warn(self, warning: str) -> None:
        """Note what was wrong, once."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def _pieces(self) -> Iterator[tuple[int, Floats]]:
        """Blocks at the file's own rate [Hz], cut where its format changes or something was lost."""
        queue, format_ = av.AudioFifo(), None
        n_changes = -1
        for lost_s, frame in self._frames():
            found = (frame.sample_rate, frame.layout.name, frame.format.name)
            if found != format_ or lost_s:
                yield from self._drained(queue)
            if found != format_:
                n_changes += 1
                check_range(frame.sample_rate, frame.layout.nb_channels, self._limits)
                if n_changes > _MAX_FORMAT_CHANGES:
                    raise MediaTooComplexError("The file changes its sample rate or channels too often.")
                queue, format_ = av.AudioFifo(), found
            if lost_s:
                silence = np.zeros((frame.layout.nb_channels, round(lost_s * frame.sample_rate)), np.float32)
                yield frame.sample_rate, silence
            frame.pts = None  # the queue would refuse what does not follow on
            queue.write(frame)
            if queue.samples >= self._block_samples:
                yield from self._drained(queue)
        yield from self._drained(queue)
        if n_changes > 0:
            self.warn("format_changed")

    def _drained(self, queue: av.AudioFifo) -> Iterator[tuple[int, Floats]]:
        frame = queue.read(0) if queue.samples else None
        if frame is not None:
            block = from_frame(frame)
            if self.source.codec.startswith("pcm_f"):  # only stored floats can be made denormal at will
                block = without_denormals(block)
            yield frame.sample_rate, block

    def _frames(self) -> Iterator[tuple[float, av.AudioFrame]]:
        """Each decoded frame, and how much sound was lost before it [s]."""
        n_good = n_bad = 0
        lost_s = 0.0
        last: Packet | None = None
        last_is_bad = False
        for packet in self._readable_packets():
            last, last_is_bad = (packet, False) if packet.size else (last, last_is_bad)
            try:
                frames = decoded(packet)
            except UndecodableMediaError:
                n_bad, last_is_bad = n_bad + 1, True
                lost_s += min(float((packet.duration or 0) * (packet.time_base or 0)), _MAX_LOSS_S)
                continue
            for frame in frames:
                lost_s *= n_good > 0  # time 0 is the first sample that could be decoded
                self._count(lost_s + frame.samples / frame.sample_rate, 0.5 / frame.sample_rate)
                yield lost_s, frame
                n_good, lost_s = n_good + 1, 0.0
        if n_bad and n_bad >= n_good:
            raise UndecodableMediaError("Most of the file cannot be decoded.")
        if n_bad > last_is_bad:
            self.warn("corrupt_frames")
        declared_s = self.source.declared_s
        if (
            last_is_bad
            or (last is not None and truncation.is_cut(last))
            or (declared_s is not None and self._decoded_s < declared_s - _MISSING_S)
        ):
            self.warn("truncated")

    def _readable_packets(self) -> Iterator["Packet"]:
        try:
            yield from self._packets
        except (UndecodableMediaError, NoAudioError):  # the latter of a later link
            self.warn("truncated")  # what follows is out of reach; what was decoded counts

    def _count(self, duration_s: float, tolerance_s: float) -> None:
        self._decoded_s += duration_s
        if self._decoded_s > self._limits.max_s + tolerance_s:
            raise too_long(self._limits)


@contextlib.contextmanager
def open_sound(file: Path | BinaryIO, limits: DecodeLimits, sample_rate: int = 44100) -> Iterator[Sound]:
    """A media file's best sound track (FFmpeg's choice: the default one, then the one with most channels).

    Args:
        file: A path, or a binary file that can seek.
        limits: What it may ask for.
        sample_rate: At which its blocks are wanted [Hz].

    Raises:
        EmptyAudioError: It has no bytes.
        NoAudioError: It has no sound track.
        UndecodableMediaError: It is of no format that is read, or broken.
        AudioOutOfRangeError: Its sample rate or channel count is beyond the limits.
        AudioTooLongError: Its header and its packets agree that it is.
    """
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(file.open("rb")) if isinstance(file, Path) else file
        size_bytes = opened.seek(0, os.SEEK_END)
        if size_bytes == 0:
            raise EmptyAudioError("The file is empty (0 bytes).")
        ends_early = truncation.ends_early(opened, size_bytes)
        links = file_links(opened, size_bytes)
        first = next(links)
        container, stream = stack.enter_context(open_media(first))
        check_range(stream.codec_context.sample_rate, stream.codec_context.channels, limits)
        source = describe(container, stream, first.size_bytes)
        if (source.duration_s or 0) > limits.max_s:
            _check_packets(first, limits)
        found = itertools.chain(packets(container, stream), _packets_of(open_media(link) for link in links))
        sound = Sound(source, found, limits, sample_rate)
        if ends_early:
            sound.warn("truncated")
        yield sound


@contextlib.contextmanager
def open_endless(stream: Readable, limits: DecodeLimits, sample_rate: int = 44100) -> Iterator[Sound]:
    """The sound track of what can only be read forward and may never end; its blocks come as it does.

    Args:
        stream: Where its bytes come from.
        limits: What it may ask for.
        sample_rate: At which its blocks are wanted [Hz].

    Raises:
        NoAudioError, UndecodableMediaError, AudioOutOfRangeError: As `open_sound` says.
        TactusError: What reading raises.
    """
    links = stream_links(stream)
    with open_stream(next(links)) as (container, track):
        check_range(track.codec_context.sample_rate, track.codec_context.channels, limits)
        source = describe(container, track, 0)
        found = itertools.chain(packets(container, track), _packets_of(open_stream(link) for link in links))
        yield Sound(source, found, limits, sample_rate, _STREAM_BLOCK_SAMPLES)


def _packets_of(links: Iterator["Opening"]) -> Iterator["Packet"]:
    """The packets of links that follow one another; each is opened when the one before has been read."""
    for link in links:
        with link as (container, track):
            yield from packets(container, track)


def check_range(rate_hz: int, n_channels: int, limits: DecodeLimits) -> None:
    """Refuse what lies beyond the limits.

    Raises:
        AudioOutOfRangeError: It does.
    """
    if not limits.lowest_hz <= rate_hz <= limits.highest_hz:
        raise AudioOutOfRangeError(
            f"The sample rate is {rate_hz} Hz; between {limits.lowest_hz} and {limits.highest_hz} Hz are read."
        )
    if not 1 <= n_channels <= limits.max_channels:
        raise AudioOutOfRangeError(f"The file has {n_channels} channels; 1 to {limits.max_channels} are read.")


def too_long(limits: DecodeLimits) -> AudioTooLongError:
    """The refusal of a file that is longer than it may be."""
    return AudioTooLongError(
        f"The sound is longer than {limits.max_s / 60:g} minutes, the most that is analysed here.",
        max_s=limits.max_s,
    )


def _check_packets(file: Seekable, limits: DecodeLimits) -> None:
    """Refuse a long file before any of it is decoded, if its packets bear out what its header says."""
    length_s, position = 0.0, file.tell()
    with open_media(file) as (container, stream), contextlib.suppress(UndecodableMediaError):
        for packet in packets(container, stream):
            length_s += float((packet.duration or 0) * (packet.time_base or 0))
            if length_s > limits.max_s + _MISSING_S:
                raise too_long(limits)
    file.seek(position)  # whoever else reads it does not look back


def _with_channels(piece: Floats, n_channels: int) -> Floats:
    """A piece in the channel count that the file began with: mono is in all of them, anything else is mixed to mono."""
    if len(piece) == n_channels:
        return piece
    return np.repeat(piece.mean(axis=0, keepdims=True, dtype=np.float32), n_channels, axis=0)
