"""What decoders hand over, as float32 between -1 and 1, and what can be wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tactus.dsp.arrays import Floats

LARGEST_SAMPLE = 1e10
"""Beyond this, powers of spectra leave float32. Files that hold integers as floats (up to 2**31) stay below."""

_SMALLEST_SAMPLE = 1e-20
"""400 dB below full scale is silence; smaller numbers become denormal when squared, and slow everything down."""

_FULL_SCALE = 32767 / 32768
_CLIPPED_RUN_SAMPLES = 3
_CLIPPED_SHARE = 1e-4


_DTYPES = {"u8": "u1", "s16": "i2", "s32": "i4", "s64": "i8", "flt": "f4", "dbl": "f8"}


def from_frame(frame: av.AudioFrame) -> Floats:
    """A decoded frame's samples, full scale 1.0, shape `[n_channels, n]`, in memory of their own."""
    n, n_channels = frame.samples, frame.layout.nb_channels
    dtype = np.dtype(_DTYPES[frame.format.name.removesuffix("p")])
    planes: Sequence[Any] = frame.planes  # they are buffers, which their stubs do not say
    if frame.format.is_planar:
        return as_floats(np.stack([np.frombuffer(plane, dtype, n) for plane in planes]))
    return as_floats(np.ascontiguousarray(np.frombuffer(planes[0], dtype, n * n_channels).reshape(n, n_channels).T))


def as_floats(samples: NDArray[Any]) -> Floats:
    """Samples of any decoder format at full scale 1.0: integers by their range, floats as they are, same shape."""
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
    """The samples with those of no audible size set to zero."""
    cleaned: Floats = np.where(np.abs(samples) < np.float32(_SMALLEST_SAMPLE), np.float32(0), samples)
    return cleaned


def is_finite(samples: Floats) -> bool:
    """Whether every sample is a number that can be computed with."""
    if not samples.size:
        return True
    return bool(samples.max() <= LARGEST_SAMPLE and samples.min() >= -LARGEST_SAMPLE)  # a NaN compares false


@dataclass(slots=True)
class ClippingMeter:
    """Counts samples that lie in a run at full scale: a converter's or a limiter's flat tops.

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
        full = np.abs(block) >= _FULL_SCALE
        n_runs = block.shape[-1] - _CLIPPED_RUN_SAMPLES + 1
        if n_runs > 0:
            runs = np.logical_and.reduce([full[:, k : k + n_runs] for k in range(_CLIPPED_RUN_SAMPLES)])
            self.n_clipped += int(runs.sum())

    @property
    def is_clipped(self) -> bool:
        """Whether so much is clipped that measures of level and timbre are off: one sample in ten thousand."""
        return self.n_clipped > _CLIPPED_SHARE * self.n_samples
