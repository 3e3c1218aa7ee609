"""Sample rate conversion of a stream, block by block (soxr)."""

from typing import Any

import numpy as np
import soxr

from tactus.dsp.arrays import Floats

_QUALITY = "HQ"
"""Quality of soxr: passband to 0.91 of the lower Nyquist frequency, 20 bits of rejection. MQ would save 0.04 s in the
analysis of a four-minute track but rejects aliases by 16 bits only; VHQ costs 0.1 s more and changes no feature."""


class Resampler:
    """Converter of a stream from one sample rate to another, without delay: time 0 stays time 0.

    The delay of the filter is compensated: output sample k is the sound at `k / to_hz`. The last milliseconds of a
    block come with the next block, or with `finish`. The output has `round(n * to_hz / from_hz)` samples in all.

    Args:
        from_hz: Sample rate of the input [Hz].
        to_hz: Sample rate of the output [Hz]; with equal rates blocks pass unchanged.
        n_channels: Number of channels.
    """

    def __init__(self, from_hz: int, to_hz: int, n_channels: int) -> None:
        self._n_channels = n_channels
        self._stream: Any = (
            None
            if from_hz == to_hz
            else soxr.ResampleStream(from_hz, to_hz, n_channels, dtype="float32", quality=_QUALITY)
        )

    def step(self, block: Floats) -> Floats:
        """Convert the next block: `[n_channels, n]` in, `[n_channels, m]` out; m may be 0 for short blocks."""
        return block if self._stream is None else self._convert(block, last=False)

    def finish(self) -> Floats:
        """Last samples of the output, `[n_channels, m]`."""
        empty = np.empty((self._n_channels, 0), np.float32)
        return empty if self._stream is None else self._convert(empty, last=True)

    def _convert(self, block: Floats, *, last: bool) -> Floats:
        if self._n_channels == 1:  # soxr reads and writes one channel as a one-dimensional array
            mono: Floats = self._stream.resample_chunk(block[0], last=last)
            return mono.reshape(1, -1)
        interleaved: Floats = self._stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
        return np.ascontiguousarray(interleaved.T)
