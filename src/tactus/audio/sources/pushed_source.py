"""A live source whose samples a client sends, in messages of any length."""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.samples import as_floats
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.opening import OpenedSource
from tactus.audio.sources.ring_buffer import Captured, Ring
from tactus.audio.sources.source_request import SourceRequest
from tactus.dsp.arrays import Floats

ABANDONED_S = 60.0
"""A source without sound for so long has ended: its client is gone [s]."""

_RING_S = 4.0
_PIECE_SAMPLES = 4096
_MAX_AMPLITUDE = 8.0
"""18 dB over full scale: beyond it is no sound but a mistake."""


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """PCM format of samples, little endian, channels interleaved.

    Args:
        sample_rate: Sample rate [Hz].
        channels: Number of channels.
        dtype: "i2" for 16-bit integers, "f4" for floats with full scale 1.0.
    """

    sample_rate: int
    channels: int
    dtype: str

    def blocks(self, raw: bytes) -> Floats:
        """Decodes samples, full scale 1.0, `[n_channels, n]`: NaN and infinity become 0, a partial one is dropped."""
        n = len(raw) // (self.channels * np.dtype(self.dtype).itemsize)
        samples = np.frombuffer(raw, f"<{self.dtype}", n * self.channels).reshape(n, self.channels).T
        floats = np.nan_to_num(as_floats(samples), nan=0.0, posinf=0.0, neginf=0.0)
        return np.ascontiguousarray(np.clip(floats, -_MAX_AMPLITUDE, _MAX_AMPLITUDE))


class PushedSound:
    """A source (see `Capture`) that one thread writes and another reads.

    Args:
        sample_rate: Sample rate of the result [Hz].
        channel: Index of the channel to read; None: the mean of all.
    """

    is_lost = False
    gap_reason = "late"
    trouble = "nothing-sent"
    failure = None

    def __init__(self, sample_rate: int, channel: int | None = None) -> None:
        self.capture_rate = sample_rate
        self._channel = channel
        self._ring = Ring(round(_RING_S * sample_rate))
        self._format: PcmFormat | None = None
        self._resampler: Resampler | None = None
        self._last_s = time.monotonic()

    def push(self, pcm: PcmFormat, raw: bytes) -> None:
        """Add samples. When their format changes, a new stream begins: another client, or another microphone.

        Raises:
            ValidationError: The samples have no such channel.
        """
        if self._resampler is None or pcm != self._format:
            self._format, self._resampler = pcm, Resampler(pcm.sample_rate, self.capture_rate, 1)
        samples = self._resampler.step(mono(pcm.blocks(raw), self._channel)[np.newaxis])[0]
        for first in range(0, len(samples), _PIECE_SAMPLES):
            self._ring.write(samples[first : first + _PIECE_SAMPLES])
        self._last_s = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether its client is gone."""
        return self.idle_s > ABANDONED_S

    @property
    def idle_s(self) -> float:
        """Time since sound last arrived [s]."""
        return time.monotonic() - self._last_s

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""
        return self._ring.n_written

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """The samples that have arrived, once there are `at_least`; None after `timeout_s` without."""
        return self._ring.read(at_least, timeout_s)


@contextlib.contextmanager
def open_pushed(request: SourceRequest) -> Iterator[OpenedSource]:
    """Open a source that a client sends: nothing arrives until it does."""
    sound = PushedSound(request.sample_rate, request.channel)
    yield OpenedSource(sound, push=lambda fields, raw: sound.push(PcmFormat(**fields), raw))
