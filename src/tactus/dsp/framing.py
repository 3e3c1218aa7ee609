"""Blocks of any length in, whole frames or hops out: the one place where a stream is cut.

The stream starts with half a frame of zeros behind it and `flush` adds as many, so frame k is centred at sample
`k * hop_length`: librosa's `center=True`, causally. Whoever needs other padding does not need this module.
"""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

FramingState = Floats
"""The samples that later frames still need, shape `[n]` with `n < frame_length`."""


def start(grid: Grid) -> FramingState:
    """The state of a stream that has not begun: half a frame of silence."""
    return np.zeros(grid.frame_length // 2, np.float32)


def cut(grid: Grid, state: FramingState, block: Floats) -> tuple[FramingState, Floats]:
    """The frames that `block` completes.

    Args:
        grid: Where frames lie.
        state: What `start` or the previous call returned.
        block: The next samples, shape `[n]`, any `n >= 0`.

    Returns:
        The next state, and the frames as a read-only view, shape `[n_frames, frame_length]`, `n_frames >= 0`.
    """
    samples = np.concatenate((state, block), dtype=np.float32)
    if len(samples) < grid.frame_length:
        return samples, np.empty((0, grid.frame_length), np.float32)
    n_frames = (len(samples) - grid.frame_length) // grid.hop_length + 1
    strides = (grid.hop_length * samples.itemsize, samples.itemsize)
    frames: Floats = np.ndarray((n_frames, grid.frame_length), np.float32, samples, strides=strides)
    frames.flags.writeable = False
    return samples[n_frames * grid.hop_length :].copy(), frames


def flush(grid: Grid, state: FramingState) -> Floats:
    """The last frames of a finite piece, half a frame of silence behind it, shape `[n_frames, frame_length]`."""
    return cut(grid, state, np.zeros(grid.frame_length // 2, np.float32))[1]


def mono(block: Floats) -> Floats:
    """The mean of the channels, shape `[n]`, from `[n_channels, n]`; of one channel that channel itself."""
    mix: Floats = block[0]
    if len(block) > 1:
        mix = block[0] + block[1]  # a third of the cost of a mean over so short an axis
        for channel in block[2:]:
            mix += channel
        mix /= np.float32(len(block))
    return mix


def hops(hop_length: int, waiting: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """The whole hops that samples complete: successive, not overlapping, the first beginning at sample 0.

    Args:
        hop_length: Samples in a hop, >= 1.
        waiting: Samples that the previous call gave back, shape `[n]`, `n < hop_length`.
        samples: The next samples, shape `[n]`, any `n >= 0`.

    Returns:
        What waits for the next call, and the hops, shape `[n_hops, hop_length]`.
    """
    samples = np.concatenate((waiting, samples))
    n_whole = len(samples) // hop_length * hop_length
    return samples[n_whole:].copy(), samples[:n_whole].reshape(-1, hop_length)
