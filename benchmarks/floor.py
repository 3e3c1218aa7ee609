"""The floors: what decoding and one spectrum per hop cost when nothing else is done."""

from pathlib import Path

import av
import numpy as np
import scipy.fft
import soxr
from numpy.lib.stride_tricks import sliding_window_view

from benchmarks.song import SAMPLE_RATE

FRAME_LENGTH = 2048
HOP_LENGTH = 512


def decode_only(path: Path) -> np.ndarray:
    """PyAV and soxr to mono at 44.1 kHz, the plain way; this stays as it is, whatever the program comes to use."""
    pieces = []
    with av.open(str(path)) as container:
        resampler = soxr.ResampleStream(SAMPLE_RATE, SAMPLE_RATE, 1, dtype="float32")
        for frame in container.decode(audio=0):
            pieces.append(resampler.resample_chunk(frame.to_ndarray().mean(axis=0)))  # noqa: PERF401  the plain way
        pieces.append(resampler.resample_chunk(np.empty(0, np.float32), last=True))
    return np.concatenate(pieces)


def spectrum_only(samples: np.ndarray) -> float:
    """Power spectra of all frames, in blocks that stay in the cache."""
    window = np.hanning(FRAME_LENGTH + 1)[:-1].astype(np.float32)
    frames = sliding_window_view(np.pad(samples, FRAME_LENGTH // 2), FRAME_LENGTH)[::HOP_LENGTH]
    total = 0.0
    for first in range(0, len(frames), 256):
        total += float((np.abs(scipy.fft.rfft(frames[first : first + 256] * window)) ** 2)[0, 0])
    return total
