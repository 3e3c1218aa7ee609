"""Sound that a client sends, as something to read from: raw samples in messages of any length."""

import time
from dataclasses import dataclass

import numpy as np

from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.samples import as_floats
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.ring_buffer import Captured, Ring
from tactus.dsp.arrays import Floats

FORSAKEN_S = 60.0
"""Without sound for so long, nobody is going to send any more [s]."""

_RING_S = 4.0
_PIECE_SAMPLES = 4096
_LOUDEST = 8.0
"""Beyond 18 dB over full scale is no sound but an accident."""


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """How samples are written, little endian, channels interleaved.

    Args:
        sample_rate: [Hz].
        channels: How many.
        dtype: "i2" for 16-bit integers, "f4" for floats with full scale 1.0.
    """

    sample_rate: int
    channels: int
    dtype: str

    def blocks(self, raw: bytes) -> Floats:
        """The samples, full scale 1.0, `[n_channels, n]`; what is no number is silence, bytes beyond whole ones go."""
        n = len(raw) // (self.channels * np.dtype(self.dtype).itemsize)
        samples = np.frombuffer(raw, f"<{self.dtype}", n * self.channels).reshape(n, self.channels).T
        floats = np.nan_to_num(as_floats(samples), nan=0.0, posinf=0.0, neginf=0.0)
        return np.ascontiguousarray(np.clip(floats, -_LOUDEST, _LOUDEST))


class PushedSound:
    """What is pushed from one thread is read from another.

    Args:
        sample_rate: At which it is read [Hz].
        channel: Which channel, 0 being the first; None: the mean of all.
    """

    is_lost = False
    gap_reason = "late"
    trouble = "nothing-sent"
    failure = None

    def __init__(self, sample_rate: int, channel: int | None = None) -> None:
        self.capture_rate = sample_rate
        self._channel = channel
        self._ring = Ring(round(_RING_S * sample_rate))
        self._form: PcmFormat | None = None
        self._resampler: Resampler | None = None
        self._last_s = time.monotonic()

    def push(self, form: PcmFormat, raw: bytes) -> None:
        """Add samples. When their form changes, a new stream begins: another client, or another microphone.

        Raises:
            ValidationError: They have no such channel.
        """
        if self._resampler is None or form != self._form:
            self._form, self._resampler = form, Resampler(form.sample_rate, self.capture_rate, 1)
        samples = self._resampler.step(mono(form.blocks(raw), self._channel)[np.newaxis])[0]
        for first in range(0, len(samples), _PIECE_SAMPLES):
            self._ring.write(samples[first : first + _PIECE_SAMPLES])
        self._last_s = time.monotonic()

    @property
    def is_over(self) -> bool:
        """Whether nobody sends any more."""
        return self.idle_s > FORSAKEN_S

    @property
    def idle_s(self) -> float:
        """How long ago sound last arrived [s]."""
        return time.monotonic() - self._last_s

    @property
    def n_captured(self) -> int:
        """Samples that have arrived, at `capture_rate`."""
        return self._ring.n_written

    def read(self, at_least: int, timeout_s: float) -> Captured | None:
        """What has arrived, once it is `at_least` samples; None where it is not within `timeout_s`."""
        return self._ring.read(at_least, timeout_s)
