"""Pitch classes and key of the last seconds of a stream, told anew every second."""

from dataclasses import dataclass, replace

import numpy as np

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.key import KeyCandidate, key_of_chroma
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import THIRDS, fine_pitch_classes

MEMORY_S = 10.0
"""What is told is of so much music [s]."""

EVERY_S = 1.0
"""How often it is told anew [s]."""

_FEATURE = "pitch_spectrum"
_LEAST_STRENGTH = 1e-9
_NO_ROWS: Floats = np.empty((0, 12 * THIRDS), np.float32)


@dataclass(frozen=True, slots=True)
class HarmonyState:
    """Where a stream stands.

    Args:
        features: Of the pitch spectrum.
        waiting: Blocks that make no row yet.
        n_waiting: Samples since the last hop was full.
        classes: Strength of each pitch class, newest last, `[n, 12]`.
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


class Harmony:
    """Steps a stream at 44.1 kHz through the pitch spectrum that files are read from; holds tables only."""

    def __init__(self) -> None:
        self._analyzer = Analyzer(features_for((_FEATURE,)), INNER_GRIDS, (_FEATURE,))
        grid = self._analyzer.grids["harmony"]
        self._hop_length = grid.hop_length
        self._n_kept, self._n_between = round(MEMORY_S * grid.frame_rate_hz), round(EVERY_S * grid.frame_rate_hz)

    def start(self) -> HarmonyState:
        """The state of a stream that has not begun."""
        none = np.zeros(12, np.float32)
        return HarmonyState(self._analyzer.start(), (), 0, np.empty((0, 12), np.float32), 0, none, None)

    def step(self, state: HarmonyState, block: Floats) -> tuple[HarmonyState, Floats]:
        """After a block `[n]`, and the rows of `chroma_harmony` that it completes, `[m, 36]`."""
        waiting, n_waiting = (*state.waiting, block), state.n_waiting + len(block)
        if n_waiting < self._hop_length:
            return replace(state, waiting=waiting, n_waiting=n_waiting), _NO_ROWS
        features, rows = self._analyzer.step(state.features, np.concatenate(waiting)[None])
        fine = fine_pitch_classes(rows[_FEATURE])
        thirds = np.roll(fine, THIRDS // 2, axis=1)
        heard = thirds.reshape(len(thirds), 12, THIRDS).sum(axis=2)
        classes = np.concatenate((state.classes, heard))[-self._n_kept :]
        n_untold = state.n_untold + len(heard)
        chroma, key = state.chroma, state.key
        if n_untold >= self._n_between:
            chroma, key, n_untold = classes.mean(axis=0), key_of_chroma(classes), 0
            chroma /= max(float(chroma.max()), _LEAST_STRENGTH)
        n_beyond = n_waiting % self._hop_length  # heard already; the next row is due when the rest of its hop has come
        return HarmonyState(features, (), n_beyond, classes, n_untold, chroma, key), fine
