"""Pitch classes and key of the last seconds of a stream, told anew every second."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.analyzer import Analyzer, AnalyzerState
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.key import KeyCandidate, key_of_chroma
from tactus.dsp.arrays import Floats
from tactus.dsp.pitch_classes import N_PITCHES, THIRDS, fine_pitch_classes

MEMORY_S = 10.0
"""What is told is of so much music [s]."""

EVERY_S = 1.0
"""How often it is told anew [s]."""

STAGGER_SAMPLES = 512
"""Its work comes in bursts, so much later than a whole number of its hops: messages end with these, and few blocks have
to bear both."""

_FEATURE = "pitch_spectrum"
_LEAST_STRENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class HarmonyState:
    """Where a stream stands.

    Args:
        features: Of the pitch spectrum.
        waiting: Blocks that have not been worked on.
        n_waiting: Samples since work was due last.
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
        unheard = np.empty((0, 12), np.float32)
        return HarmonyState(self._analyzer.start(), (), -STAGGER_SAMPLES, unheard, 0, none, None)

    def step(self, state: HarmonyState, block: Floats) -> HarmonyState:
        """After a block `[n]`."""
        waiting, n_waiting = (*state.waiting, block), state.n_waiting + len(block)
        chroma, key, n_untold = state.chroma, state.key, state.n_untold
        if n_waiting < self._hop_length:
            return HarmonyState(state.features, waiting, n_waiting, state.classes, n_untold, chroma, key)
        features, rows = self._analyzer.step(state.features, np.concatenate(waiting)[None])
        heard = rows[_FEATURE] @ _CLASS_OF_PITCH
        classes = np.concatenate((state.classes, heard))[-self._n_kept :]
        n_untold += len(heard)
        if n_untold >= self._n_between:
            chroma, key, n_untold = classes.mean(axis=0), key_of_chroma(classes), 0
            chroma /= max(float(chroma.max()), _LEAST_STRENGTH)
        return HarmonyState(features, (), n_waiting % self._hop_length, classes, n_untold, chroma, key)


def _class_of_pitch() -> Floats:
    """Whether a pitch, a third of a semitone wide, counts to a class, a semitone wide around it; `[252, 12]`."""
    thirds = np.roll(fine_pitch_classes(np.eye(N_PITCHES, dtype=np.float32)), THIRDS // 2, axis=1)
    classes: Floats = thirds.reshape(N_PITCHES, 12, THIRDS).sum(axis=2)
    return classes


_CLASS_OF_PITCH = _class_of_pitch()
