"""Decodes the audio stream of one media file or network stream into blocks of samples, and notes its defects."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import av
import numpy as np

from tactus.audio.decoding import truncation
from tactus.audio.decoding.ffmpeg import decode_packet
from tactus.audio.decoding.limits import DecodeLimits, check_format, too_long_error
from tactus.audio.decoding.media_info import MediaInfo
from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.samples import ClippingMeter, is_finite, samples_of_frame, without_denormals
from tactus.dsp.arrays import Floats
from tactus.errors import (
    EmptyAudioError,
    MediaTooComplexError,
    NoAudioError,
    NonFiniteAudioError,
    UndecodableMediaError,
)

if TYPE_CHECKING:
    from tactus.audio.decoding.ffmpeg import Packet

LENGTH_TOLERANCE_S = 0.1
"""Part of the declared length that may be missing [s]: padding of encoders and rounding of headers, no more."""

_BLOCK_SAMPLES = 1 << 18
_MAX_LOSS_S = 1.0
"""Largest duration that is believed of one packet that cannot be decoded [s]."""

_MAX_FORMAT_CHANGES = 1000


class Sound:
    """Decoder of the audio stream of one media file, which can be read once; created by `open_sound`.

    Args:
        info: Description of the file, from its headers.
        all_packets: Packets of the stream.
        limits: Limits on length, sample rate and channels.
        sample_rate: Sample rate of the blocks [Hz].
        block_samples: Length of the blocks before resampling [samples at the rate of the file].

    Attributes:
        info: As given.
        warnings: Defects of the file, complete once the blocks have been read: `truncated` (the file stops before its
            declared end), `corrupt_frames` (parts could not be decoded and are silence), `format_changed` (the sample
            rate or the channels change on the way), `clipped`.
    """

    def __init__(
        self,
        info: MediaInfo,
        all_packets: Iterator["Packet"],
        limits: DecodeLimits,
        sample_rate: int,
        block_samples: int = _BLOCK_SAMPLES,
    ) -> None:
        self.info = info
        self.warnings: list[str] = []
        self._packets = all_packets
        self._limits = limits
        self._sample_rate = sample_rate
        self._block_samples = block_samples
        self._decoded_s = 0.0

    def blocks(self) -> Iterator[Floats]:
        """Decode the stream from the first sample (after the codec's own trimming) to the last.

        Frames that are lost or damaged are replaced by silence of the same length, so that times stay true.

        Yields:
            Float32 `[n_channels, n]` at `sample_rate`, full scale 1.0, all channels of the file in its order
            (`info.channel_names`), n at most the resampled length of some 260,000 samples of the file.

        Raises:
            UndecodableMediaError: Most of the file cannot be decoded.
            EmptyAudioError: The file has no samples.
            AudioTooLongError, AudioOutOfRangeError: The file is beyond the limits.
            NonFiniteAudioError: A sample is NaN, infinite or absurdly large.
            MediaTooComplexError: The format of the file changes too often.
        """
        clipping = ClippingMeter()
        resampled_rate_hz = n_channels = 0
        resampler: Resampler | None = None
        for rate_hz, block in self._blocks_at_file_rate():
            if not is_finite(block):
                raise NonFiniteAudioError(
                    "The file holds samples that are no numbers (NaN, infinite or absurdly large)."
                )
            clipping.add(block)
            n_channels = n_channels or len(block)
            if resampler is None or rate_hz != resampled_rate_hz:
                if resampler is not None:
                    yield resampler.finish()
                resampler, resampled_rate_hz = Resampler(rate_hz, self._sample_rate, n_channels), rate_hz
            yield resampler.step(_with_channels(block, n_channels))
        if resampler is None:
            raise EmptyAudioError
        yield resampler.finish()
        if clipping.is_clipped:
            self.warn("clipped")

    def warn(self, warning: str) -> None:
        """Add a warning, unless the list has it already."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    def _blocks_at_file_rate(self) -> Iterator[tuple[int, Floats]]:
        """Sample rate of the file [Hz] and block `[n_channels, n]`, cut where the format changes or sound is lost."""
        queue, last_format = av.AudioFifo(), None
        n_changes = -1
        for lost_s, frame in self._frames():
            frame_format = (frame.sample_rate, frame.layout.name, frame.format.name)
            if frame_format != last_format or lost_s:
                yield from self._drain(queue)
            if frame_format != last_format:
                n_changes += 1
                check_format(frame.sample_rate, frame.layout.nb_channels, self._limits)
                if n_changes > _MAX_FORMAT_CHANGES:
                    raise MediaTooComplexError("The file changes its sample rate or channels too often.")
                queue, last_format = av.AudioFifo(), frame_format
            if lost_s:
                silence = np.zeros((frame.layout.nb_channels, round(lost_s * frame.sample_rate)), np.float32)
                yield frame.sample_rate, silence
            frame.pts = None  # the queue refuses frames with a gap between their time stamps
            queue.write(frame)
            if queue.samples >= self._block_samples:
                yield from self._drain(queue)
        yield from self._drain(queue)
        if n_changes > 0:
            self.warn("format_changed")

    def _drain(self, queue: av.AudioFifo) -> Iterator[tuple[int, Floats]]:
        """The whole content of the queue as one block, none if it is empty."""
        frame = queue.read(0) if queue.samples else None
        if frame is not None:
            block = samples_of_frame(frame)
            if self.info.codec.startswith("pcm_f"):  # only floating-point files can contain denormal numbers
                block = without_denormals(block)
            yield frame.sample_rate, block

    def _frames(self) -> Iterator[tuple[float, av.AudioFrame]]:
        """Duration of the sound lost before a frame [s], and the decoded frame."""
        n_good = n_bad = 0
        lost_s = 0.0
        last: Packet | None = None
        last_is_bad = False
        for packet in self._readable_packets():
            last, last_is_bad = (packet, False) if packet.size else (last, last_is_bad)
            try:
                frames = decode_packet(packet)
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
        declared_s = self.info.declared_s
        if (
            last_is_bad
            or (last is not None and truncation.is_cut(last))
            or (declared_s is not None and self._decoded_s < declared_s - LENGTH_TOLERANCE_S)
        ):
            self.warn("truncated")

    def _readable_packets(self) -> Iterator["Packet"]:
        """The packets up to the first one that cannot be read."""
        try:
            yield from self._packets
        except (UndecodableMediaError, NoAudioError):  # the second error comes from a later link
            self.warn("truncated")  # the decoded part is used

    def _count(self, duration_s: float, tolerance_s: float) -> None:
        """Add a duration to the decoded length, and refuse what is longer than the limit by more than `tolerance_s`."""
        self._decoded_s += duration_s
        if self._decoded_s > self._limits.max_s + tolerance_s:
            raise too_long_error(self._limits)


def _with_channels(block: Floats, n_channels: int) -> Floats:
    """A block with the initial channel count of the file: mono is copied to all, others are mixed to mono first."""
    if len(block) == n_channels:
        return block
    return np.repeat(block.mean(axis=0, keepdims=True, dtype=np.float32), n_channels, axis=0)
