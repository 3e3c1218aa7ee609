"""Onset curve of a stream: onset strength of all bands in one value per frame, relative to the stream so far."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.onsets import BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

MEMORY_S = 8.0
"""Time constant of the mean strength of each band [s]."""

BACKGROUND_S = 4.0
"""Time constant of the background [s]: only what exceeds it may be a beat."""

HISTORY_S = 12.0
"""The strongest onsets over this time [s] set the strength of a certain beat."""

FULL_SHARE = 0.01
"""Share of the frames that are certain beats: about one per second."""

RANKED_FRAMES = 8
"""The strongest onsets are determined again every this many frames: twelve seconds do not change faster, and it costs
time."""

MIN_FULL = 1.0
"""A certain beat exceeds the background by at least one mean of the stream."""

NOISE_FULL = 0.75
"""In noise the strongest onsets exceed the background by less than this many means (0.4 to 0.5 for white noise)."""

FIRST_FULL, FIRST_S = 3.0, 4.0
"""In the first seconds [s], while the history is short, a certain beat exceeds the background by at least this."""

CERTAIN = 0.9
"""Activation of a certain beat."""


@dataclass(frozen=True, slots=True)
class OnsetCurveState:
    """State of the onset curve of one stream.

    Args:
        n_frames: Number of frames processed.
        means: Mean strength of each band, shape `[n_bands]`.
        curve: The newest value of the curve, in means of the stream.
        background: Its running mean.
        history: How far the curve exceeded the background, newest last, shape `[n]`.
        strongest: The quantile of the history above which beats are certain.
    """

    n_frames: int
    means: Floats
    curve: float
    background: float
    history: Floats
    strongest: float = 0.0

    @property
    def is_noise(self) -> bool:
        """Whether no onset stands out from the others."""
        return self.strongest < NOISE_FULL


def start(n_bands: int) -> OnsetCurveState:
    """The state before the first frame."""
    return OnsetCurveState(0, np.zeros(n_bands, np.float32), 0.0, 0.0, np.empty(0, np.float32))


def step(state: OnsetCurveState, strengths: Floats, frame_rate_hz: float) -> tuple[OnsetCurveState, float]:
    """Processes one more frame.

    Args:
        state: State returned by `start` or the previous call.
        strengths: Onset strength of each band, >= 0, shape `[n_bands]`.
        frame_rate_hz: Frames per second [Hz].

    Returns:
        The next state, and the activation of a beat between this frame and the one before, in [0, CERTAIN].
    """
    n_frames = state.n_frames + 1
    means = state.means + (strengths - state.means) * np.float32(max(1 / n_frames, 1 / (MEMORY_S * frame_rate_hz)))
    overall = float(means.mean())
    curve = float((strengths / (means + BAND_FLOOR * overall)).mean()) if overall > SILENCE else 0.0
    smooth = (curve + state.curve) / 2
    share = max(1 / n_frames, 1 / (BACKGROUND_S * frame_rate_hz))
    background = state.background + share * (smooth - state.background)
    # A sound of the first frames may have begun before them.
    above = max(0.0, smooth - background) if n_frames > 3 else 0.0
    history = np.append(state.history[-round(HISTORY_S * frame_rate_hz) :], np.float32(above))
    least = FIRST_FULL if n_frames < FIRST_S * frame_rate_hz else MIN_FULL
    strongest = max(state.strongest, above) if len(history) < RANKED_FRAMES else state.strongest
    if n_frames % RANKED_FRAMES == 0:
        rank = int((1 - FULL_SHARE) * (len(history) - 1))
        strongest = float(np.partition(history, rank)[rank])
    activation = CERTAIN * min(above / max(strongest, least), 1.0)
    return OnsetCurveState(n_frames, means, curve, background, history, strongest), activation
