"""How loud a stream sounds at this moment: momentary and short-term loudness of its mono mix."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.k_weighting import k_weighting
from tactus.dsp.loudness import lufs

MOMENTARY_S, SHORT_TERM_S = 0.4, 3.0
"""EBU Tech 3341, section 2.2."""


@dataclass(frozen=True, slots=True)
class LoudnessState:
    """The memory of the filter, and the K-weighted power of the last 3 s, hop by hop, newest last, shape `[n]`."""

    filters: Times
    powers: Times


class Loudness:
    """Running loudness per hop; holds a filter only, the stream is the state.

    Args:
        sample_rate: Of the stream [Hz].
        hop_length: Samples in a hop.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        self._sections = k_weighting(sample_rate)
        self._n_momentary = max(1, round(MOMENTARY_S * sample_rate / hop_length))
        self._n_short_term = max(1, round(SHORT_TERM_S * sample_rate / hop_length))

    def start(self) -> LoudnessState:
        """Silence has been before."""
        return LoudnessState(np.zeros((len(self._sections), 2)), np.zeros(self._n_short_term))

    def step(self, state: LoudnessState, hops: Floats) -> LoudnessState:
        """After whole hops, shape `[n, hop_length]`, full scale 1.0."""
        weighted, filters = sosfilt(self._sections, hops.reshape(-1), zi=state.filters)
        weighted = weighted.reshape(hops.shape)
        powers = np.concatenate((state.powers[len(hops) :], np.einsum("ij,ij->i", weighted, weighted) / hops.shape[1]))
        return LoudnessState(filters, powers[-self._n_short_term :])

    def reading(self, state: LoudnessState) -> tuple[float, float]:
        """Momentary and short-term loudness [LUFS], never below -70; a full-scale 997 Hz sine has -3.01."""
        momentary, short_term = lufs(
            np.array([state.powers[-self._n_momentary :].mean(), state.powers.mean()])
        ).tolist()
        return momentary, short_term
