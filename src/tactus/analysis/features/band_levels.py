"""Band levels: bass, mid and treble."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.analysis.ranges import BASS_HZ, TREBLE_HZ
from tactus.dsp import filterbanks
from tactus.dsp.arrays import Floats

EDGES_HZ = (*BASS_HZ, *TREBLE_HZ)
"""Edges of bass, mid and treble, which adjoin one another [Hz]."""


class BandLevels(Stateless):
    """Root mean square of the bands 20-250, 250-4000 and 4000-20000 Hz, full scale 1.0, shape `[n, 3]`, >= 0.

    The squares add up: for a signal within these bands, their sum is the square of its windowed `rms`.
    """

    about = About(
        name="band_levels",
        unit="",
        size=len(EDGES_HZ) - 1,
        meaning="Strength of bass, mid and treble; a full-scale sine has 0.707 in its band.",
        source="Parseval's theorem under a Hann window",
        scale=1.0,
        gain="linear",
    )

    def values(self, frames: Frames) -> Floats:
        """Power of each band, positive and negative frequencies, divided by the power of the window."""
        grid = frames.grid
        sums = filterbanks.ranges(grid.sample_rate, grid.frame_length, EDGES_HZ).bands(frames.power)
        # The squares of a Hann window sum to 3/8 of its length.
        levels: Floats = np.sqrt(sums * np.float32(2 / (0.375 * grid.frame_length**2)))
        return levels
