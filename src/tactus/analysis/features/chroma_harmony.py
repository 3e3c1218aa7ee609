"""Fine chroma on the harmony grid, from which tuning and chroma are estimated."""

from tactus.analysis.feature import About, Frames, Stateless
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import THIRDS, fine_pitch_classes


class ChromaHarmony(Stateless):
    """Strength of the partials in each third of a semitone, summed over octaves, full scale 1; `[n, 36]`, >= 0.

    Class 3 p is pitch class p (C = 0) exactly in tune with A4 = 440 Hz, 3 p + 1 a third of a semitone above.
    """

    about = About(
        name="chroma_harmony",
        unit="",
        size=12 * THIRDS,
        version=2,
        meaning="How much of each third of a semitone sounds, whatever the octave.",
        source="Gómez 2006, Tonal description of music audio signals, section 3.1",
        scale=1.0,
        gain="linear",
        grid="harmony",
        inputs=("pitch_spectrum",),
    )

    def values(self, frames: Frames) -> Floats:
        """The pitch spectrum, folded to one octave."""
        return fine_pitch_classes(frames.inputs["pitch_spectrum"])
