"""Pitch spectrum on the harmony grid, the input of key and chord estimation."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp import spectrum
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import N_PITCHES, fine_pitches


class PitchSpectrum(Stateless):
    """Strength of the partials in each third of a semitone from C1 to B7, full scale 1; `[n, 252]`, >= 0.

    Column 3 p is the pitch p semitones above C1 (32.7 Hz), exactly in tune with A4 = 440 Hz, 3 p + 1 a third of a
    semitone above. The window of 0.19 s separates adjacent semitones down to about 220 Hz.
    """

    about = About(
        name="pitch_spectrum",
        unit="",
        size=N_PITCHES,
        meaning="How much of each third of a semitone sounds, octave by octave, from which harmony is estimated.",
        source="Gómez 2006, Tonal description of music audio signals, section 3.1",
        scale=1.0,
        gain="linear",
        grid="harmony",
    )

    def values(self, frames: Frames) -> Floats:
        """Magnitudes of spectral peaks, summed by pitch."""
        sums = fine_pitches(frames.magnitude, frames.grid.sample_rate)
        return sums / np.float32(spectrum.full_scale_magnitude(frames.grid.frame_length))
