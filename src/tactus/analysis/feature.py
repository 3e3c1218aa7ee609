"""The interface of a feature: one pure step over frames, the same for a file and for a microphone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np

from tactus.dsp import filterbanks, spectrum
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid

State = Any
"""State of a feature for one stream: an immutable value (frozen dataclass, array, tuple) that goes in and comes out."""

N_MEL_BANDS = 128
"""Number of bands of `Frames.mel`, librosa's default."""

CHANNELS = "channels"
"""Name of the grid that is not cut into frames: its features read the channels of the block as it arrived."""


class Frames:
    """A few successive frames, with cached quantities that several features share.

    Args:
        grid: Grid of the frames.
        signal: Samples of each frame of the mono mix, full scale 1.0, shape `[n_frames, frame_length]`.
        block: The new samples of each channel, shape `[n_channels, n]`: only on the grid "channels", whose features
            (loudness, peak) cut the block themselves and get no frames.
        inputs: Values of the features named in `About.inputs`, each `[n_frames, size]`.
    """

    def __init__(
        self,
        grid: Grid,
        signal: Floats,
        block: Floats | None = None,
        inputs: Mapping[str, Floats] | None = None,
    ) -> None:
        self.grid = grid
        self.signal = signal
        self.block = np.empty((1, 0), np.float32) if block is None else block
        self.inputs = inputs or {}

    def __len__(self) -> int:
        return len(self.signal)

    @cached_property
    def mean_square(self) -> Floats:
        """Mean of the squared samples of each frame, shape `[n_frames, 1]`."""
        energy: Floats = np.einsum("ij,ij->i", self.signal, self.signal)
        return energy[:, None] / np.float32(self.grid.frame_length)

    @cached_property
    def magnitude(self) -> Floats:
        """Magnitude spectrum (periodic Hann window, not normalized), shape `[n_frames, n_bins]`."""
        return spectrum.magnitudes(self.signal)

    @cached_property
    def power(self) -> Floats:
        """Squared magnitudes, shape `[n_frames, n_bins]`."""
        return self.magnitude**2

    @cached_property
    def magnitude_running_sums(self) -> Floats:
        """Cumulative sums of the magnitudes at every 32 bins, shape `[n_frames, ceil(n_bins / 32)]`."""
        return spectrum.running_sums(self.magnitude)

    @cached_property
    def inverse_magnitude_sum(self) -> Floats:
        """Reciprocal of the sum of the magnitudes of each frame, 0 in a silent frame, shape `[n_frames, 1]`."""
        sums = self.magnitude_running_sums[:, -1:]
        audible = sums > np.finfo(np.float32).tiny
        return np.divide(1, sums, out=np.zeros_like(sums), where=audible)

    @cached_property
    def mel(self) -> Floats:
        """Power in 128 mel bands from 0 Hz to half the sample rate (Slaney's scale), shape `[n_frames, 128]`."""
        return filterbanks.mel(self.grid.sample_rate, self.grid.frame_length, N_MEL_BANDS).bands(self.power)

    @cached_property
    def mel_db(self) -> Floats:
        """Level of each mel band [dB], at least -100, shape `[n_frames, 128]`."""
        floored = np.maximum(self.mel, np.float32(1e-10))
        # The natural logarithm of numpy uses vector instructions, that of base 10 does not.
        np.log(floored, out=floored)
        return np.multiply(floored, np.float32(10 / np.log(10)), out=floored)

    @property
    def bin_hz(self) -> Floats:
        """Center frequency of each bin [Hz], shape `[n_bins]`."""
        return spectrum.bin_hz(self.grid)


@dataclass(frozen=True, slots=True)
class About:
    """Description of a feature, for documentation, for the wire, and for the law tests.

    Args:
        name: Name, the same on the wire, in the file name and, in camel case, in the class name.
        unit: Unit of the values, "" for plain numbers.
        size: Values per frame.
        meaning: One line for animators.
        source: Paper, standard or librosa function that defines it.
        scale: Size of a typical large value; the tolerances of the law tests are relative to it.
        gain: Effect of doubling the signal: "linear" (x2), "square" (x4), "db" (+6.02 dB in the level), "free" (none),
            "compressed" (values grow by less than x2, and none falls).
        version: Raised whenever values change, so that stored results are not mistaken for new ones.
        grid: Name of its grid: "output" (from the settings), "rhythm", "harmony", or "channels" (row k covers the
            samples `k * hop_length` up to `(k + 1) * hop_length`, unwindowed).
        inputs: Names of the features that it reads.
        latency_frames: Frames of look-ahead; the timeline is shifted back by as many.
    """

    name: str
    unit: str
    size: int
    meaning: str
    source: str
    scale: float
    gain: Literal["linear", "square", "db", "free", "compressed"]
    version: int = 1
    grid: str = "output"
    inputs: tuple[str, ...] = field(default=())
    latency_frames: int = 0


class Feature(Protocol):
    """A feature. The object holds parameters and tables only; one object serves any number of streams."""

    @property
    def about(self) -> About:
        """Name, unit, size, source and behaviour."""

    def start(self) -> State:
        """The state of a stream that has not begun."""

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values of the next frames: `n >= 0` frames in, float32 `[n, size]` out.

        Row k of a feature with look-ahead is about frame `k - latency_frames`; rows before the piece are dropped later.
        """

    def finish(self, state: State) -> Floats:
        """Rows that a look-ahead delays to the end of the stream, `[latency_frames, size]`."""


class Stateless:
    """Base of features without state: values depend on the frames alone.

    A subclass defines `about` and `values`.
    """

    about: About

    def values(self, frames: Frames) -> Floats:
        """Values of the frames, float32 `[n, size]`."""
        raise NotImplementedError

    def start(self) -> State:
        """No state."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values of the next frames, float32 `[n, size]`."""
        return state, self.values(frames)

    def finish(self, state: State) -> Floats:
        """No rows: the feature does not look ahead, `[0, size]`."""
        return np.empty((0, self.about.size), np.float32)
