"""Blocks of any length in, whole frames or hops out: the one place where a stream is cut.

The stream begins after half a frame of zeros and `flush` appends as many, so frame k is centered at sample
`k * hop_length`: librosa's `center=True`, causally.
"""

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

FramingState = Floats
"""Samples that later frames still need, shape `[n]` with `n < frame_length`."""


def start(grid: Grid) -> FramingState:
    """The state of a stream that has not begun: half a frame of silence."""
    return np.zeros(grid.frame_length // 2, np.float32)


def cut(grid: Grid, state: FramingState, block: Floats) -> tuple[FramingState, Floats]:
    """The frames that `block` completes.

    Args:
        grid: Grid of the frames.
        state: State returned by `start` or the previous call.
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
    """The last frames of a finite piece, padded by half a frame of silence, shape `[n_frames, frame_length]`."""
    return cut(grid, state, np.zeros(grid.frame_length // 2, np.float32))[1]


def mono(block: Floats) -> Floats:
    """Mean of the channels, shape `[n]`, from `[n_channels, n]`; a view of the block where it has one channel."""
    mix: Floats = block[0]
    if len(block) > 1:
        mix = block[0] + block[1]  # a third of the cost of a mean over so short an axis
        for channel in block[2:]:
            mix += channel
        mix /= np.float32(len(block))
    return mix


def hops(hop_length: int, waiting: Floats, samples: Floats) -> tuple[Floats, Floats]:
    """Whole hops that the samples complete: consecutive, not overlapping, the first beginning at sample 0.

    Args:
        hop_length: Samples in a hop, >= 1.
        waiting: Samples returned by the previous call, shape `[n]`, `n < hop_length`.
        samples: The next samples, shape `[n]`, any `n >= 0`.

    Returns:
        Samples of the unfinished hop, and the hops, shape `[n_hops, hop_length]`.

    Example:
        >>> waiting, whole = hops(2, np.array([1.0]), np.array([2.0, 3.0, 4.0, 5.0]))
        >>> waiting.tolist(), whole.tolist()
        ([5.0], [[1.0, 2.0], [3.0, 4.0]])
    """
    samples = np.concatenate((waiting, samples))
    n_whole = len(samples) // hop_length * hop_length
    return samples[n_whole:].copy(), samples[:n_whole].reshape(-1, hop_length)
