"""Spectral flux: increase of the spectrum from frame to frame."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats


class SpectralFlux:
    """Sum of the increases of all bins since the frame before, the peak of a full-scale sine being 1; `[n, 1]`, >= 0.

    Before the stream there is silence. It is 0 while a tone is held.
    """

    about = About(
        name="spectral_flux",
        unit="",
        size=1,
        meaning="How much sound is added from one frame to the next: it jumps at every attack.",
        source="Dixon 2006, Onset detection revisited, equation 2.2",
        scale=10.0,
        gain="linear",
    )

    def start(self) -> State:
        """None, for silence; then the magnitudes of the last frame."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values of the next frames, `[n, 1]`; the state is the magnitudes of the last frame, `[n_bins]`."""
        magnitude = frames.magnitude
        if len(magnitude) == 0:
            return state, np.empty((0, 1), np.float32)
        increases = np.empty_like(magnitude)
        np.subtract(magnitude[0], 0 if state is None else state, out=increases[0])
        np.subtract(magnitude[1:], magnitude[:-1], out=increases[1:])
        np.maximum(increases, 0, out=increases)
        sums: Floats = np.sum(increases, axis=-1, keepdims=True)
        return magnitude[-1].copy(), sums / np.float32(spectrum.full_scale_magnitude(frames.grid.frame_length))

    def finish(self, state: State) -> Floats:
        """No rows: the feature does not look ahead."""
        return np.empty((0, 1), np.float32)
