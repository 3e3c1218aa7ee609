"""librosa's beat tracker, an alternative to that of Tactus for comparable results."""

import numpy as np

from tactus.analysis.track.rhythm.beats import Beats
from tactus.dsp.arrays import Floats
from tactus.dsp.sampled import Sampled


def librosa_beats(onset_curve: Sampled[Floats]) -> Beats:
    """Beats of `librosa.beat.beat_track` for an onset strength envelope.

    Args:
        onset_curve: Onset strength, >= 0, shape `[n_frames]`.

    Returns:
        Beats; librosa gives no confidences, so each has its onset strength relative to the strongest.

    Source:
        D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007.
    """
    import librosa.beat  # noqa: PLC0415 - its import costs seconds and 200 MB

    curve, rate_hz = onset_curve.values, onset_curve.rate_hz
    if not curve.any():
        return Beats(np.empty(0), np.empty(0, np.float32))
    # A hop of one sample at the frame rate makes librosa's times those of the frames.
    _, frames = librosa.beat.beat_track(onset_envelope=curve, sr=rate_hz, hop_length=1)
    strengths = curve[frames] / curve.max()
    return Beats(frames / rate_hz, strengths.astype(np.float32))
