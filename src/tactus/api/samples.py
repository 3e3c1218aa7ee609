"""Sound as callers hand it over: a media file, or an array of samples."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.decoding.resample import Resampler
from tactus.audio.decoding.samples import MAX_SAMPLE, is_finite, without_denormals
from tactus.dsp.arrays import Floats

FilePath = str | os.PathLike[str]

Samples = NDArray[np.floating[Any]]
"""Samples, full scale 1.0, shape `[n]` or `[channels, n]`."""

LIMITS = DecodeLimits(max_s=6 * 3600.0)
"""Limits on files and samples; the service's limit on length is a setting, here it only bounds memory."""

_BLOCK_SAMPLES = 262_144


def file_path(path: FilePath, sample_rate: int | None) -> Path:
    """Path of a media file.

    Raises:
        ValueError: A sample rate was given.
    """
    if sample_rate is not None:
        raise ValueError("sample_rate goes with samples; a file has its own")
    return Path(path)


def checked_rate(sample_rate: float | None) -> int:
    """The sample rate [Hz] as an integer.

    Raises:
        ValueError: There is none, it is no whole number, or out of range.
    """
    if sample_rate is None:
        raise ValueError("samples need their sample_rate [Hz]")
    if not LIMITS.min_rate_hz <= sample_rate <= LIMITS.max_rate_hz or sample_rate != int(sample_rate):
        raise ValueError(
            f"sample_rate must be a whole number in {LIMITS.min_rate_hz}..{LIMITS.max_rate_hz} Hz, not {sample_rate}"
        )
    return int(sample_rate)


def checked_samples(samples: Samples) -> Floats:
    """Samples as float32, shape `[n_channels, n]`, from `[n]` or `[n_channels, n]`.

    Raises:
        ValueError: They are no floats, not of that shape, none at all, or not finite.
    """
    array: NDArray[Any] = np.asarray(samples)
    if array.dtype.kind != "f":
        raise ValueError(f"samples must be floats, full scale 1.0, not {array.dtype}")
    if array.ndim not in (1, 2):
        raise ValueError(f"samples must have shape [n] or [channels, n], not {list(array.shape)}")
    channels = np.atleast_2d(array)
    if channels.size == 0:
        raise ValueError("samples are empty")
    if len(channels) > LIMITS.max_channels:
        remedy = "; transpose them" if channels.shape[1] <= LIMITS.max_channels else ""
        raise ValueError(
            f"samples must have at most {LIMITS.max_channels} channels, shape [channels, n], "
            f"not {list(channels.shape)}{remedy}"
        )
    if not is_finite(channels):
        raise ValueError(f"samples must be finite, and at most {MAX_SAMPLE:g}; some are not")
    return without_denormals(channels.astype(np.float32))


def resampled(samples: Floats, from_hz: int, to_hz: int) -> Iterator[Floats]:
    """Blocks of the samples at another rate, each `[n_channels, n]`."""
    resampler = Resampler(from_hz, to_hz, len(samples))
    for first in range(0, samples.shape[1], _BLOCK_SAMPLES):
        yield resampler.step(samples[:, first : first + _BLOCK_SAMPLES])
    yield resampler.finish()
