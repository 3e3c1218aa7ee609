"""Tonnetz: position of the harmony on circles of fifths and thirds."""

import numpy as np

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats

_PITCH_CLASSES = np.arange(12)[:, None]
_TURNS = np.array([7 / 12, 7 / 12, 9 / 12, 9 / 12, 4 / 12, 4 / 12])
"""Turns of the circle per semitone: fifths, minor thirds (downwards), major thirds; each as sine, then cosine."""

_PHASES = np.array([0.25, 0, 0.25, 0, 0.25, 0])
_RADII = np.array([1, 1, 1, 1, 0.5, 0.5])
_PROJECTION = (_RADII * np.cos(2 * np.pi * (_PITCH_CLASSES * _TURNS - _PHASES))).astype(np.float32)


class Tonnetz(Stateless):
    """Tonal centroid: sine and cosine on the circles of fifths, minor thirds and major thirds; `[n, 6]`, in [-1, 1].

    Related chords lie close together; the centroid jumps where the harmony changes. 0 in silence.
    """

    about = About(
        name="tonnetz",
        unit="",
        size=6,
        meaning="Place of the harmony on the circles of fifths, minor and major thirds; it moves when chords change.",
        source="librosa.feature.tonnetz(chroma=chroma); Harte, Sandler, Gasser 2006, Detecting harmonic change",
        scale=1.0,
        gain="free",
        inputs=("chroma",),
    )

    def values(self, frames: Frames) -> Floats:
        """Chroma, normalized to sum 1, projected."""
        chroma = frames.inputs["chroma"]
        sums = np.sum(chroma, axis=-1, keepdims=True)
        centroid: Floats = (chroma @ _PROJECTION) / np.where(sums > 0, sums, np.float32(1))
        return centroid
