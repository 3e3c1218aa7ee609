"""Onset strength of a stream as one curve, weighed by what was heard so far."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.track.rhythm.onsets import BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

MEMORY_S = 8.0
"""How long the strength of each band is remembered [s]."""

BACKGROUND_S = 4.0
"""What is louder than the mean over this time [s] may be a beat."""

HISTORY_S = 12.0
"""Over this time [s] the strongest onsets say what a sure beat is."""

FULL_SHARE = 0.01
"""So many of the frames are sure beats: about one a second."""

RANKED_FRAMES = 8
"""Every so many frames the strongest are looked for anew: twelve seconds do not change faster, and it costs time."""

MIN_FULL = 1.0
"""A sure beat exceeds the background by at least one mean of the stream."""

NOISE_FULL = 0.75
"""In noise the strongest onsets exceed the background by less than this many means (0.4 to 0.5 for white noise)."""

FIRST_FULL, FIRST_S = 3.0, 4.0
"""For so long [s] after the start a sure beat exceeds it by this at least, as the history is short."""

SURE = 0.9
"""Activation of a sure beat."""


@dataclass(frozen=True, slots=True)
class OnsetCurveState:
    """What a stream has shown.

    Args:
        n_frames: How many frames.
        means: Mean strength of each band, shape `[n_bands]`.
        curve: The newest value of the curve.
        background: Its mean over the last seconds.
        history: What exceeded the background, newest last, shape `[n]`.
        strongest: What the strongest of the history exceed.
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
    """The state of a stream that has not begun."""
    return OnsetCurveState(0, np.zeros(n_bands, np.float32), 0.0, 0.0, np.empty(0, np.float32))


def step(state: OnsetCurveState, strengths: Floats, frame_rate_hz: float) -> tuple[OnsetCurveState, float]:
    """One more frame.

    Args:
        state: What `start` or the previous call returned.
        strengths: Rise of each band, >= 0, shape `[n_bands]`.
        frame_rate_hz: Frames per second [Hz].

    Returns:
        The next state, and how likely a beat starts between this frame and the one before, in [0, SURE].
    """
    n_frames = state.n_frames + 1
    means = state.means + (strengths - state.means) * np.float32(max(1 / n_frames, 1 / (MEMORY_S * frame_rate_hz)))
    overall = float(means.mean())
    curve = float((strengths / (means + BAND_FLOOR * overall)).mean()) if overall > SILENCE else 0.0
    smooth = (curve + state.curve) / 2
    share = max(1 / n_frames, 1 / (BACKGROUND_S * frame_rate_hz))
    background = state.background + share * (smooth - state.background)
    # What sounds already in the first frame did not begin there.
    above = max(0.0, smooth - background) if n_frames > 3 else 0.0
    history = np.append(state.history[-round(HISTORY_S * frame_rate_hz) :], np.float32(above))
    least = FIRST_FULL if n_frames < FIRST_S * frame_rate_hz else MIN_FULL
    strongest = max(state.strongest, above) if len(history) < RANKED_FRAMES else state.strongest
    if n_frames % RANKED_FRAMES == 0:
        rank = int((1 - FULL_SHARE) * (len(history) - 1))
        strongest = float(np.partition(history, rank)[rank])
    activation = SURE * min(above / max(strongest, least), 1.0)
    return OnsetCurveState(n_frames, means, curve, background, history, strongest), activation
