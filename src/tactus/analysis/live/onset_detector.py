"""Onset detector: causal peak picking that reports each onset once, one frame after its peak."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.live.events import OnsetEvent
from tactus.analysis.track.rhythm.onsets import ATTACK_LEAD_S, BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

MEMORY_S = 8.0
"""Time constant of the mean strength of each band [s]."""

BEFORE_S = 0.1
"""An onset must exceed the mean over this time before it [s]."""

THRESHOLD = 0.5
"""By how much it must exceed that mean, in means of the stream."""

PEAK_S = 0.035
"""An onset is the largest value of this time before it, and the only onset in it [s]."""


@dataclass(frozen=True, slots=True)
class OnsetDetectorState:
    """State of the detector for one stream.

    Args:
        n_frames: Number of frames processed.
        means: Mean strength of each band, shape `[n_bands]`.
        recent: The last values of the onset curve, newest last.
        bands: Strength of each band in the newest frame, in means of the band, shape `[n_bands]`.
        last_frame: Frame of the newest onset.
    """

    n_frames: int
    means: Floats
    recent: Floats
    bands: Floats
    last_frame: int


class OnsetDetector:
    """Causal peak picking on the curve that `track.onsets` picks from; holds parameters only.

    Source:
        S. Böck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012,
        section 2.3 (online peak picking), with values set on music.

    Args:
        frame_rate_hz: Frames per second [Hz].
        n_bands: Number of bands of onset strength.
    """

    def __init__(self, frame_rate_hz: float, n_bands: int = 6) -> None:
        self.frame_rate_hz = frame_rate_hz
        self.n_bands = n_bands
        self._before = round(BEFORE_S * frame_rate_hz)
        self._reach = round(PEAK_S * frame_rate_hz)

    def start(self) -> OnsetDetectorState:
        """The state before the first frame."""
        return OnsetDetectorState(
            n_frames=0,
            means=np.zeros(self.n_bands, np.float32),
            recent=np.zeros(self._before + 2, np.float32),
            bands=np.zeros(self.n_bands, np.float32),
            last_frame=-(10**9),
        )

    def step(
        self, state: OnsetDetectorState, onset_strengths: Floats, known_at_s: float
    ) -> tuple[OnsetDetectorState, list[OnsetEvent]]:
        """Onsets of the next frames.

        Args:
            state: State returned by `start` or the previous call.
            onset_strengths: Onset strength of each band, >= 0, shape `[n, n_bands]`.
            known_at_s: How much audio of the stream has been delivered [s].
        """
        events: list[OnsetEvent] = []
        for strengths in onset_strengths:
            state, onset = self._after_frame(state, strengths, known_at_s)
            events += [onset] if onset else []
        return state, events

    def _after_frame(
        self, state: OnsetDetectorState, strengths: Floats, known_at_s: float
    ) -> tuple[OnsetDetectorState, OnsetEvent | None]:
        n_frames = state.n_frames + 1
        share = np.float32(max(1 / n_frames, 1 / (MEMORY_S * self.frame_rate_hz)))
        means = state.means + (strengths - state.means) * share
        overall = float(means.mean())
        bands: Floats = np.zeros_like(means)
        if overall > SILENCE:
            bands = (strengths / (means + BAND_FLOOR * overall)).astype(np.float32)
        recent = np.append(state.recent[1:], np.float32(bands.mean()))
        peak_frame = n_frames - 2
        peak, newest = float(recent[-2]), float(recent[-1])
        is_onset = (
            peak > newest
            and peak >= recent[-2 - self._reach :].max()
            and peak > float(recent[:-2].mean()) + THRESHOLD
            and peak_frame - state.last_frame > self._reach
        )
        onset = None
        if is_onset:
            time_s = peak_frame / self.frame_rate_hz + ATTACK_LEAD_S
            onset = OnsetEvent(max(time_s, 0.0), known_at_s, peak, int(np.argmax(state.bands)))
        last_frame = peak_frame if is_onset else state.last_frame
        return OnsetDetectorState(n_frames, means, recent, bands, last_frame), onset
