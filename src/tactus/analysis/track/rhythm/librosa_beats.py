"""librosa's beat tracker, for those who need its results and ask for it by name."""

import numpy as np

from tactus.analysis.track.rhythm.beats import Beats
from tactus.dsp.arrays import Floats


def librosa_beats(onset_curve: Floats, frame_rate_hz: float) -> Beats:
    """Beats as `librosa.beat.beat_track` finds them in one onset curve.

    Args:
        onset_curve: Onset strength, >= 0, shape `[n_frames]`.
        frame_rate_hz: Frames per second [Hz].

    Returns:
        Beats; librosa does not say how sure they are, so each has the strength of its onset relative to the strongest.

    Source:
        D. Ellis, "Beat tracking by dynamic programming", Journal of New Music Research 36(1), 2007.
    """
    import librosa.beat  # noqa: PLC0415 - its import costs seconds and 200 MB, which nobody else shall pay

    if not onset_curve.any():
        return Beats(np.empty(0), np.empty(0, np.float32))
    # A hop of one sample at the frame rate makes librosa's times those of the frames.
    _, frames = librosa.beat.beat_track(onset_envelope=onset_curve, sr=frame_rate_hz, hop_length=1)
    strengths = onset_curve[frames] / onset_curve.max()
    return Beats(frames / frame_rate_hz, strengths.astype(np.float32))
