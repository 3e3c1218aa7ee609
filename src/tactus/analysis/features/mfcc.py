"""Mel-frequency cepstral coefficients: timbre in a few numbers."""

import numpy as np
import scipy.fft

from tactus.analysis.feature import N_MEL_BANDS, About, Frames, Stateless
from tactus.dsp.arrays import Floats


class Mfcc(Stateless):
    """First coefficients of the cosine transform of the mel levels [dB], shape `[n, n_mfcc]`.

    The first measures level, the second brightness, the others the finer shape of the spectrum. By default librosa
    clips levels to 80 dB below the loudest of the whole piece; a stream does not know that, so here they are not
    clipped (`power_to_db(top_db=None)`).

    Args:
        n_mfcc: Number of coefficients, 1 to 128.

    Raises:
        ValueError: `n_mfcc` is out of range.
    """

    def __init__(self, n_mfcc: int = 13) -> None:
        if not 1 <= n_mfcc <= N_MEL_BANDS:
            raise ValueError(f"n_mfcc must lie in 1..{N_MEL_BANDS}, not {n_mfcc}")
        self.about = About(
            name="mfcc",
            unit="dB",
            size=n_mfcc,
            meaning="Timbre: level, brightness, and the finer shape of the spectrum.",
            source="librosa.feature.mfcc of power_to_db(mel, top_db=None)",
            scale=500.0,
            gain="db",
        )
        cosines = scipy.fft.dct(np.eye(N_MEL_BANDS), type=2, norm="ortho", axis=-1)
        self._cosines = np.ascontiguousarray(cosines[:, :n_mfcc], np.float32)

    def values(self, frames: Frames) -> Floats:
        """Orthonormal DCT-II of the levels."""
        return frames.mel_db @ self._cosines
