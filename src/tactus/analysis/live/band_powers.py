"""Band powers of a stream: bass, mid, treble, the whole, and K-weighted, hop by hop; the input of all meters."""

from typing import NamedTuple

import numpy as np
from scipy.signal import butter

from tactus.analysis.ranges import BASS_HZ, MID_HZ, TREBLE_HZ
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.k_weighting import k_weighting
from tactus.dsp.power_bank import PowerBank

BANDS_HZ = {"bass": BASS_HZ, "mid": MID_HZ, "treble": TREBLE_HZ}

_FILTER_ORDER = 4


class HopPowers(NamedTuple):
    """Mean squares of a hop: in each band, K-weighted, and unfiltered; a full-scale sine has 0.5."""

    bass: float
    mid: float
    treble: float
    weighted: float
    whole: float


class BandPowers:
    """Steps a stream through the filters of all meters at once; holds tables only.

    Args:
        sample_rate: Sample rate of the stream [Hz].
        hop_length: Samples in a hop.
    """

    def __init__(self, sample_rate: int, hop_length: int) -> None:
        bands = [_band_filter(low_hz, high_hz, sample_rate) for low_hz, high_hz in BANDS_HZ.values()]
        self._bank = PowerBank.of((*bands, k_weighting(sample_rate)), hop_length)

    def start(self) -> Times:
        """The state before the first sample: silence; shape `[n_states]`."""
        return self._bank.start()

    def step(self, state: Times, hops: Floats) -> tuple[Times, list[HopPowers]]:
        """The next state and the powers of whole hops, full scale 1.0, shape `[n, hop_length]`."""
        filtered, state = self._bank.powers(hops, state)
        wholes = np.einsum("ij,ij->i", hops, hops) / hops.shape[1]
        rows = zip(filtered.tolist(), wholes.tolist(), strict=True)
        return state, [HopPowers._make((*bands, whole)) for bands, whole in rows]


def _band_filter(low_hz: float, high_hz: float, sample_rate: int) -> Times:
    """Second-order sections that pass the part of a band below half the sample rate; nothing where that is none."""
    nyquist_hz = sample_rate / 2
    if low_hz >= 0.95 * nyquist_hz:
        return np.array([[0.0, 0, 0, 1, 0, 0]])
    if high_hz >= 0.95 * nyquist_hz:
        sections: Times = butter(_FILTER_ORDER, low_hz, "highpass", fs=sample_rate, output="sos")
    else:
        sections = butter(_FILTER_ORDER, (low_hz, high_hz), "bandpass", fs=sample_rate, output="sos")
    return sections
