"""Mel-frequency cepstral deltas: rate of change of the timbre."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats

REACH_FRAMES = 4
"""Frames to either side: librosa's default width of 9 frames."""

_SQUARES = 2 * sum(lag**2 for lag in range(1, REACH_FRAMES + 1))


class MfccDelta:
    """Slope of the least-squares line through each coefficient over 9 frames [dB/frame], shape `[n, n_mfcc]`.

    ``sum_j j * (mfcc[k + j] - mfcc[k - j]) / (2 * sum_j j**2)``, j from 1 to 4: a Savitzky-Golay filter of order 1. It
    looks four frames ahead. Outside the piece its first and last frame are repeated (`mode="nearest"`); librosa's
    default, which fits one line to the first 9 frames, would need to look 8 frames ahead there, and differs in the
    first and last four frames only.

    Args:
        n_mfcc: Number of coefficients of mfcc.
    """

    def __init__(self, n_mfcc: int = 13) -> None:
        self.about = About(
            name="mfcc_delta",
            unit="dB/frame",
            size=n_mfcc,
            meaning="How fast the timbre changes: far from 0 at attacks and when instruments enter.",
            source='librosa.feature.delta(mfcc, width=9, mode="nearest"); Furui 1986, Speaker-independent isolated '
            "word recognition using dynamic features of speech spectrum, equation 2",
            scale=50.0,
            gain="free",
            inputs=("mfcc",),
            latency_frames=REACH_FRAMES,
        )

    def start(self) -> State:
        """None before the first frame, then the last frames, `[8, n_mfcc]`."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """One row per frame, about the frame four frames earlier, `[n, n_mfcc]`."""
        mfcc = frames.inputs["mfcc"]
        if len(mfcc) == 0:
            return state, np.empty((0, self.about.size), np.float32)
        earlier = np.repeat(mfcc[:1], 2 * REACH_FRAMES, axis=0) if state is None else state
        history = np.concatenate((earlier, mfcc))
        return history[-2 * REACH_FRAMES :].copy(), _slopes(history)

    def finish(self, state: State) -> Floats:
        """Rows of the last four frames, the last frame being repeated, `[4, n_mfcc]`."""
        if state is None:
            return np.zeros((REACH_FRAMES, self.about.size), np.float32)
        return _slopes(np.concatenate((state, np.repeat(state[-1:], REACH_FRAMES, axis=0))))


def _slopes(history: Floats) -> Floats:
    n = len(history) - 2 * REACH_FRAMES
    slopes = np.zeros((n, history.shape[1]), np.float32)
    for lag in range(1, REACH_FRAMES + 1):
        later, earlier = REACH_FRAMES + lag, REACH_FRAMES - lag
        slopes += np.float32(lag / _SQUARES) * (history[later : later + n] - history[earlier : earlier + n])
    return slopes
