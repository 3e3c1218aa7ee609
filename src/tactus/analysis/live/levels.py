"""How strong bass, middle, treble and the whole are at this moment, in numbers that can drive a picture."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import butter, sosfilt

from tactus.dsp.arrays import Floats, Times

BANDS_HZ = {"bass": (20.0, 250.0), "mid": (250.0, 4000.0), "treble": (4000.0, 20000.0)}

NAMES = ("bass_level", "mid_level", "treble_level", "overall_volume", "energy_level")
"""The order of columns."""

BASS_WINDOW_S = 0.046
"""Over which the power of the bass is averaged [s]: two periods of 43 Hz, so a low tone stands still. Others: a hop."""

ENERGY_TAU_S = 0.4
"""Time constant of `energy_level` [s]: the integration time of momentary loudness (EBU Tech 3341)."""

ENERGY_RANGE_DB = 60.0
"""`energy_level_raw` is 1 at a full-scale sine and 0 so far below it [dB]."""

GAIN_TAU_S = 8.0
"""Time constant with which the gain comes back after a loud passage [s]: two bars or four, not a whole verse."""

GAIN_FLOORS = np.array([0.003, 0.003, 0.003, 0.003, 1 / 6], np.float32)
"""What counts as loud at least, -50 dBFS: the gain never lifts silence to a level."""

ATTACK_TAU_S, RELEASE_TAU_S = 0.005, 0.12
"""A level rises with the drum and falls slowly enough to be seen."""

LEAST_TAU_S = 1e-4
"""A level that follows at once."""

_FILTER_ORDER = 4
_LEAST_POWER = 1e-12


@dataclass(frozen=True, slots=True)
class LevelsState:
    """The memory of the filters, the bass of the last hops `[n]`, and the smoothed values."""

    filters: tuple[Times, ...]
    bass_powers: Floats
    energy: float
    references: Floats
    levels: Floats


class Levels:
    """Band levels per hop, with and without automatic gain. Holds filters only; the stream is the state.

    A raw level is the root mean square of the band times the square root of two, so a full-scale sine in the band has
    1.0. The gain-controlled level is the raw one relative to the loudest of the last seconds, with fast attack and
    slow release.

    Args:
        sample_rate: Of the stream [Hz].
        hop_length: Samples in a hop.
        attack_s: Time constant with which a gain-controlled level rises [s].
        release_s: With which it falls [s].
    """

    def __init__(
        self,
        sample_rate: int,
        hop_length: int,
        attack_s: float = ATTACK_TAU_S,
        release_s: float = RELEASE_TAU_S,
    ) -> None:
        self._filters = [_band_filter(low_hz, high_hz, sample_rate) for low_hz, high_hz in BANDS_HZ.values()]
        hop_s = hop_length / sample_rate
        self._bass_hops = max(1, round(BASS_WINDOW_S / hop_s))
        self._energy_keep = float(np.exp(-hop_s / ENERGY_TAU_S))
        self._gain_keep = np.float32(np.exp(-hop_s / GAIN_TAU_S))
        self._attack_keep = np.float32(np.exp(-hop_s / max(attack_s, LEAST_TAU_S)))
        self._release_keep = np.float32(np.exp(-hop_s / max(release_s, LEAST_TAU_S)))

    def start(self) -> LevelsState:
        """Silence has been before."""
        return LevelsState(
            filters=tuple(np.zeros((len(sos), 2)) for sos in self._filters),
            bass_powers=np.zeros(self._bass_hops - 1, np.float32),
            energy=0.0,
            references=GAIN_FLOORS,
            levels=np.zeros(len(NAMES), np.float32),
        )

    def step(self, state: LevelsState, hops: Floats) -> tuple[LevelsState, Floats, Floats]:
        """The levels of whole hops.

        Args:
            state: What `start` or the previous call returned.
            hops: Samples, full scale 1.0, shape `[n, hop_length]`.

        Returns:
            The next state, gain-controlled levels and raw levels: each in [0, 1], shape `[n, 5]`, in the order of
            `NAMES`.
        """
        powers, filters = self._powers(state, hops)
        bass = np.concatenate((state.bass_powers, powers[:, 0]))
        raws = np.zeros((len(hops), len(NAMES)), np.float32)
        raws[:, 0] = np.convolve(bass, np.full(self._bass_hops, 1 / self._bass_hops, np.float32), "valid")
        raws[:, 1:-1] = powers[:, 1:]
        np.sqrt(2 * raws, out=raws)
        energy, references, levels = state.energy, state.references, state.levels
        smoothed = np.empty_like(raws)
        for row, raw in enumerate(raws):
            energy = self._energy_keep * energy + (1 - self._energy_keep) * float(powers[row, -1])
            raw[-1] = 1 + 10 * np.log10(max(2 * energy, _LEAST_POWER)) / ENERGY_RANGE_DB
            np.clip(raw, 0, 1, out=raw)
            references = np.maximum(np.maximum(raw, references * self._gain_keep), GAIN_FLOORS)
            wanted = raw / references
            keep = np.where(wanted > levels, self._attack_keep, self._release_keep)
            levels = keep * levels + (1 - keep) * wanted
            smoothed[row] = levels
        return LevelsState(filters, bass[len(hops) :], energy, references, levels), smoothed, raws

    def _powers(self, state: LevelsState, hops: Floats) -> tuple[Floats, tuple[Times, ...]]:
        """Mean square of each band and of the whole, `[n, 4]`."""
        samples = hops.reshape(-1)
        powers = np.empty((len(hops), len(self._filters) + 1), np.float32)
        filters = []
        for band, (sos, memory) in enumerate(zip(self._filters, state.filters, strict=True)):
            filtered, memory_after = sosfilt(sos, samples, zi=memory)
            filters.append(memory_after)
            powers[:, band] = _mean_squares(filtered.reshape(hops.shape))
        powers[:, -1] = _mean_squares(hops)
        return powers, tuple(filters)


def _mean_squares(hops: Floats | Times) -> Floats:
    squares: Floats = np.einsum("ij,ij->i", hops, hops) / hops.shape[1]
    return squares


def _band_filter(low_hz: float, high_hz: float, sample_rate: int) -> Times:
    """Second-order sections that pass a band, as much of it as the rate can hold; nothing where that is none of it."""
    nyquist_hz = sample_rate / 2
    if low_hz >= 0.95 * nyquist_hz:
        return np.array([[0.0, 0, 0, 1, 0, 0]])
    if high_hz >= 0.95 * nyquist_hz:
        sections: Times = butter(_FILTER_ORDER, low_hz, "highpass", fs=sample_rate, output="sos")
    else:
        sections = butter(_FILTER_ORDER, (low_hz, high_hz), "bandpass", fs=sample_rate, output="sos")
    return sections
