"""Says each onset of a stream once, one frame after its peak."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.live.events import OnsetEvent
from tactus.analysis.track.rhythm.onsets import ATTACK_LEAD_S, BAND_FLOOR, SILENCE
from tactus.dsp.arrays import Floats

MEMORY_S = 8.0
"""How long the strength of each band is remembered [s]."""

BEFORE_S = 0.1
"""An onset must exceed the mean over this time before it [s]."""

THRESHOLD = 0.5
"""How far, in means of the stream."""

PEAK_S = 0.035
"""An onset is the largest value since this time [s], and the only one said in it."""


@dataclass(frozen=True, slots=True)
class OnsetDetectorState:
    """What the detector knows of a stream.

    Args:
        n_frames: Frames heard.
        means: Mean strength of each band, shape `[n_bands]`.
        recent: Newest values of the curve, newest last.
        bands: Each band of the newest frame in its own means, shape `[n_bands]`.
        last_frame: Frame of the last onset.
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
        n_bands: Bands of onset strength.
    """

    def __init__(self, frame_rate_hz: float, n_bands: int = 6) -> None:
        self.frame_rate_hz = frame_rate_hz
        self.n_bands = n_bands
        self._before = round(BEFORE_S * frame_rate_hz)
        self._reach = round(PEAK_S * frame_rate_hz)

    def start(self) -> OnsetDetectorState:
        """The state of a stream that has not begun."""
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
        """The onsets that the next frames, shape `[n, n_bands]`, let us say."""
        said: list[OnsetEvent] = []
        for strengths in onset_strengths:
            state, onset = self._heard(state, strengths, known_at_s)
            if onset is not None:
                said.append(onset)
        return state, said

    def _heard(
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
            moment_s = peak_frame / self.frame_rate_hz + ATTACK_LEAD_S
            onset = OnsetEvent(max(moment_s, 0.0), known_at_s, peak, int(np.argmax(state.bands)))
        last_frame = peak_frame if is_onset else state.last_frame
        return OnsetDetectorState(n_frames, means, recent, bands, last_frame), onset
