"""Harmony tracker: chroma and key of the last seconds of a stream, corrected for tuning, updated every second."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.harmony.key import KeyCandidate, key_of_chroma
from tactus.analysis.tuning import tuned_chroma, tuning_cents
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import THIRDS, fine_pitch_classes

CHROMA_S = 10.0
"""Length of music that the chroma is of [s]."""

KEY_S = 20.0
"""Length of music that key and tuning are of [s], a few phrases: with half of it the key is less often right, by .05 of
MIREX's score over music of many kinds; with more, the key of the next song comes later still."""

EVERY_S = 1.0
"""Time between updates [s]."""

STAGGER_SAMPLES = 512
"""Delay of the work, which comes in bursts, behind whole hops [samples]: frames end on whole hops, and so few blocks
carry both."""

_FEATURE = "pitch_spectrum"
_MIN_STRENGTH = 1e-9
_NO_ROWS: Floats = np.empty((0, 12 * THIRDS), np.float32)


@dataclass(frozen=True, slots=True)
class HarmonyState:
    """State of the harmony of one stream.

    Args:
        features: State of the pitch spectrum.
        waiting: Blocks that have not been processed.
        n_waiting: Samples since work was due last.
        classes: Strength of each third of a semitone, octaves summed, newest last, shape `[n, 36]`.
        n_new: Rows of `classes` since the last update.
        chroma: Strength of each pitch class from C up, the strongest being 1, shape `[12]`; zeros in silence.
        key: The key; None where there is none.
    """

    features: AnalyzerState
    waiting: tuple[Floats, ...]
    n_waiting: int
    classes: Floats
    n_new: int
    chroma: Floats
    key: KeyCandidate | None


class HarmonyTracker:
    """Steps a stream at 44.1 kHz through the pitch spectrum that files are analysed with; holds tables only."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(features_for((_FEATURE,)), INNER_GRIDS, (_FEATURE,))
        grid = self._analyzer.grids["harmony"]
        self._hop_length = grid.hop_length
        lengths_s = (KEY_S, CHROMA_S, EVERY_S)
        self._n_kept, self._n_chroma, self._n_between = (round(each_s * grid.frame_rate_hz) for each_s in lengths_s)

    def start(self) -> HarmonyState:
        """The state before the first sample."""
        chroma = np.zeros(12, np.float32)
        return HarmonyState(self._analyzer.start(), (), -STAGGER_SAMPLES, _NO_ROWS, 0, chroma, None)

    def step(self, state: HarmonyState, block: Floats) -> tuple[HarmonyState, Floats]:
        """Processes a block, shape `[n]`.

        Returns:
            The next state, and the rows of `chroma_harmony` that the block completes, shape `[m, 36]`.
        """
        waiting, n_waiting = (*state.waiting, block), state.n_waiting + len(block)
        chroma, key, n_new = state.chroma, state.key, state.n_new
        if n_waiting < self._hop_length:
            return HarmonyState(state.features, waiting, n_waiting, state.classes, n_new, chroma, key), _NO_ROWS
        features, rows = self._analyzer.step(state.features, np.concatenate(waiting)[None])
        new_classes = fine_pitch_classes(rows[_FEATURE])
        classes = np.concatenate((state.classes, new_classes))[-self._n_kept :]
        n_new += len(new_classes)
        if n_new >= self._n_between:
            tuned = tuned_chroma(classes, tuning_cents(classes))
            chroma, key, n_new = tuned[-self._n_chroma :].mean(axis=0), key_of_chroma(tuned), 0
            chroma /= max(float(chroma.max()), _MIN_STRENGTH)
        state = HarmonyState(features, (), n_waiting % self._hop_length, classes, n_new, chroma, key)
        return state, new_classes
