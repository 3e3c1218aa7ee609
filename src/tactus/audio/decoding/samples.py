"""Conversion of decoded samples to float32 between -1 and 1, and their defects: non-finite, denormal, clipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tactus.dsp.arrays import Floats

MAX_SAMPLE = 1e10
"""Above this, power spectra overflow float32. Files that hold integers as floats (up to 2**31) stay below."""

_MIN_SAMPLE = 1e-20
"""400 dB below full scale is silence; smaller numbers become denormal when squared, which is slow to compute."""

_FULL_SCALE = 32767 / 32768
_CLIPPED_RUN_SAMPLES = 3
_CLIPPED_SHARE = 1e-4
_DTYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


def samples_of_frame(frame: av.AudioFrame) -> Floats:
    """Samples of a decoded frame, full scale 1.0, shape `[n_channels, n]`, copied from the frame."""
    n, n_channels = frame.samples, frame.layout.nb_channels
    dtype = np.dtype(_DTYPES[frame.format.name.removesuffix("p")])
    planes: Sequence[Any] = frame.planes  # the type stubs lack the buffer interface
    if frame.format.is_planar:
        return as_floats(np.stack([np.frombuffer(plane, dtype, n) for plane in planes]))
    return as_floats(np.ascontiguousarray(np.frombuffer(planes[0], dtype, n * n_channels).reshape(n, n_channels).T))


def as_floats(samples: NDArray[Any]) -> Floats:
    """Samples of any decoder format as float32, full scale 1.0: integers divided by their range, floats unchanged."""
    kind = samples.dtype.kind
    if kind == "f":
        return samples.astype(np.float32, copy=False)
    scale = np.float32(2.0 ** (1 - 8 * samples.dtype.itemsize))
    floats = samples.astype(np.float32)
    floats *= scale
    if kind == "u":
        floats -= np.float32(1)
    return floats


def without_denormals(samples: Floats) -> Floats:
    """The samples, those below 1e-20 set to zero."""
    cleaned: Floats = np.where(np.abs(samples) < np.float32(_MIN_SAMPLE), np.float32(0), samples)
    return cleaned


def is_finite(samples: Floats) -> bool:
    """True if every sample is finite and at most 1e10 in magnitude."""
    if not samples.size:
        return True
    return bool(samples.max() <= MAX_SAMPLE and samples.min() >= -MAX_SAMPLE)  # a NaN compares false


@dataclass(slots=True)
class ClippingMeter:
    """Counter of samples in runs at full scale: the flat tops of a converter or limiter.

    Three successive samples at or over full scale in one channel count as clipped; a single one is a peak that was
    normalised to full scale.
    """

    n_samples: int = 0
    n_clipped: int = 0

    def add(self, block: Floats) -> None:
        """Count a block `[n_channels, n]`."""
        self.n_samples += block.size
        if not block.size or max(block.max(), -block.min()) < _FULL_SCALE:
            return
        is_full = np.abs(block) >= _FULL_SCALE
        n_starts = block.shape[-1] - _CLIPPED_RUN_SAMPLES + 1
        if n_starts > 0:
            runs = np.logical_and.reduce([is_full[:, k : k + n_starts] for k in range(_CLIPPED_RUN_SAMPLES)])
            self.n_clipped += int(runs.sum())

    @property
    def is_clipped(self) -> bool:
        """True if over one sample in ten thousand is clipped, which distorts measures of level and timbre."""
        return self.n_clipped > _CLIPPED_SHARE * self.n_samples
