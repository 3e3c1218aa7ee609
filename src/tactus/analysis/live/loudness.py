"""Loudness meter: momentary and short-term loudness of the mono mix of a stream."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tactus.dsp.arrays import Times
from tactus.dsp.loudness import lufs

MOMENTARY_S, SHORT_TERM_S = 0.4, 3.0
"""Window lengths of EBU Tech 3341, section 2.2 [s]."""


class LoudnessReading(NamedTuple):
    """Momentary and short-term loudness, never below -70 [LUFS]."""

    momentary_lufs: float
    short_term_lufs: float


class LoudnessMeter:
    """Running loudness per hop; holds parameters only, the stream is the state.

    The state is the K-weighted power of the last 3 s, hop by hop, newest last, shape `[n]`.

    Args:
        sample_rate: Sample rate of the stream [Hz].
        hop_length: Samples in a hop.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self._n_momentary = max(1, round(MOMENTARY_S * sample_rate / hop_length))
        self._n_short_term = max(1, round(SHORT_TERM_S * sample_rate / hop_length))

    def start(self) -> Times:
        """The state before the first sample: silence."""
        return np.zeros(self._n_short_term)

    def step(self, state: Times, powers: Sequence[float]) -> Times:
        """The state after the K-weighted powers of whole hops; a full-scale 997 Hz sine has 0.585."""
        return np.concatenate((state, powers))[-self._n_short_term :]

    def reading(self, state: Times) -> LoudnessReading:
        """Loudness now; a full-scale 997 Hz sine has -3.01 LUFS."""
        sums = np.array([state[-self._n_momentary :].sum(), state.sum()])
        return LoudnessReading._make(lufs(sums / (self._n_momentary, self._n_short_term)).tolist())
