"""Pitch classes and key of the last seconds of a stream, told anew every second, its tuning undone."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.harmony.key import KeyCandidate, key_of_chroma
from tactus.analysis.tuning import tuned_chroma, tuning_cents
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import THIRDS, fine_pitch_classes

CHROMA_S = 10.0
"""The pitch classes are of so much music [s]."""

KEY_S = 20.0
"""The key and the tuning are of so much [s], a few phrases: of half as much the key is less often right, by .05 of
MIREX's score over music of many kinds; of more, the next song's is told later still."""

EVERY_S = 1.0
"""How often it is told anew [s]."""

STAGGER_SAMPLES = 512
"""Its work comes in bursts, so much later than a whole number of its hops: messages end with these, and few blocks have
to bear both."""

_FEATURE = "pitch_spectrum"
_MIN_STRENGTH = 1e-9
_NO_ROWS: Floats = np.empty((0, 12 * THIRDS), np.float32)


@dataclass(frozen=True, slots=True)
class HarmonyState:
    """Where a stream stands.

    Args:
        features: Of the pitch spectrum.
        waiting: Blocks that have not been worked on.
        n_waiting: Samples since work was due last.
        classes: Strength of each third of a semitone, the octaves together, newest last, `[n, 36]`.
        n_untold: Rows since it was told.
        chroma: What is told: strength of each class, the strongest 1, shape `[12]`; zeros of silence.
        key: Likewise; None where there is none to speak of.
    """

    features: AnalyzerState
    waiting: tuple[Floats, ...]
    n_waiting: int
    classes: Floats
    n_untold: int
    chroma: Floats
    key: KeyCandidate | None


class HarmonyTracker:
    """Steps a stream at 44.1 kHz through the pitch spectrum that files are read from; holds tables only."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(features_for((_FEATURE,)), INNER_GRIDS, (_FEATURE,))
        grid = self._analyzer.grids["harmony"]
        self._hop_length = grid.hop_length
        lengths_s = (KEY_S, CHROMA_S, EVERY_S)
        self._n_kept, self._n_chroma, self._n_between = (round(each_s * grid.frame_rate_hz) for each_s in lengths_s)

    def start(self) -> HarmonyState:
        """The state of a stream that has not begun."""
        none = np.zeros(12, np.float32)
        unheard = np.empty((0, 12 * THIRDS), np.float32)
        return HarmonyState(self._analyzer.start(), (), -STAGGER_SAMPLES, unheard, 0, none, None)

    def step(self, state: HarmonyState, block: Floats) -> tuple[HarmonyState, Floats]:
        """After a block `[n]`, and the rows of `chroma_harmony` that it completes, `[m, 36]`."""
        waiting, n_waiting = (*state.waiting, block), state.n_waiting + len(block)
        chroma, key, n_untold = state.chroma, state.key, state.n_untold
        if n_waiting < self._hop_length:
            return HarmonyState(state.features, waiting, n_waiting, state.classes, n_untold, chroma, key), _NO_ROWS
        features, rows = self._analyzer.step(state.features, np.concatenate(waiting)[None])
        heard = fine_pitch_classes(rows[_FEATURE])
        classes = np.concatenate((state.classes, heard))[-self._n_kept :]
        n_untold += len(heard)
        if n_untold >= self._n_between:
            tuned = tuned_chroma(classes, tuning_cents(classes))
            chroma, key, n_untold = tuned[-self._n_chroma :].mean(axis=0), key_of_chroma(tuned), 0
            chroma /= max(float(chroma.max()), _MIN_STRENGTH)
        state = HarmonyState(features, (), n_waiting % self._hop_length, classes, n_untold, chroma, key)
        return state, heard
