"""How strong bass, middle, treble and the whole are at this moment, in numbers that can drive a picture."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tactus.analysis.live.band_powers import HopPowers

BASS_WINDOW_S = 0.046
"""Over which the power of the bass is averaged [s]: two periods of 43 Hz, so a low tone stands still. Others: a hop."""

ENERGY_TAU_S = 0.4
"""Time constant of `energy_level` [s]: the integration time of momentary loudness (EBU Tech 3341)."""

ENERGY_RANGE_DB = 60.0
"""`energy_level_raw` is 1 at a full-scale sine and 0 so far below it [dB]."""

GAIN_TAU_S = 8.0
"""Time constant with which the gain comes back after a loud passage [s]: two bars or four, not a whole verse."""

GAIN_FLOORS = (0.003, 0.003, 0.003, 0.003, 1 / 6)
"""What counts as loud at least, -50 dBFS: the gain never lifts silence to a level."""

ATTACK_TAU_S, RELEASE_TAU_S = 0.005, 0.12
"""A level rises with the drum and falls slowly enough to be seen."""

MIN_TAU_S = 1e-4
"""A level that follows at once."""

_MIN_POWER = 1e-12


class BandLevels(NamedTuple):
    """Levels of bass, mid and treble, of the whole signal, and of its energy, each in [0, 1].

    Args:
        bass: 20 to 250 Hz.
        mid: 250 Hz to 4 kHz.
        treble: 4 to 20 kHz.
        overall: The whole signal.
        energy: The whole signal, averaged over `ENERGY_TAU_S`, on a scale of decibels.
    """

    bass: float
    mid: float
    treble: float
    overall: float
    energy: float


NO_LEVELS = BandLevels(0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class LevelMeterState:
    """The bass power of the last hops, the smoothed energy, what counts as loud now, and the smoothed levels."""

    bass_powers: tuple[float, ...]
    energy: float
    references: BandLevels
    levels: BandLevels


class LevelMeter:
    """Band levels per hop, with and without automatic gain. Holds parameters only; the stream is the state.

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
        hop_s = hop_length / sample_rate
        self._bass_hops = max(1, round(BASS_WINDOW_S / hop_s))
        self._energy_keep = math.exp(-hop_s / ENERGY_TAU_S)
        self._gain_keep = math.exp(-hop_s / GAIN_TAU_S)
        self._attack_keep = math.exp(-hop_s / max(attack_s, MIN_TAU_S))
        self._release_keep = math.exp(-hop_s / max(release_s, MIN_TAU_S))

    def start(self) -> LevelMeterState:
        """Silence has been before."""
        return LevelMeterState((0.0,) * self._bass_hops, 0.0, BandLevels(*GAIN_FLOORS), NO_LEVELS)

    def step(
        self, state: LevelMeterState, hops: Iterable[HopPowers]
    ) -> tuple[LevelMeterState, list[BandLevels], list[BandLevels]]:
        """The levels of whole hops.

        Args:
            state: What `start` or the previous call returned.
            hops: Their powers.

        Returns:
            The next state, gain-controlled levels and raw levels: each in [0, 1], a row for each hop, in the order of
            `NAMES`.
        """
        smoothed: list[BandLevels] = []
        raws: list[BandLevels] = []
        for powers in hops:  # a few numbers at a time, for which arrays are slow
            bass_powers = (*state.bass_powers[1:], powers.bass)
            energy = self._energy_keep * state.energy + (1 - self._energy_keep) * powers.whole
            raw = BandLevels(
                _amplitude(sum(bass_powers) / self._bass_hops),
                _amplitude(powers.mid),
                _amplitude(powers.treble),
                _amplitude(powers.whole),
                min(max(1 + 10 * math.log10(max(2 * energy, _MIN_POWER)) / ENERGY_RANGE_DB, 0.0), 1.0),
            )
            loudest = zip(raw, state.references, GAIN_FLOORS, strict=True)
            references = BandLevels._make([max(new, old * self._gain_keep, floor) for new, old, floor in loudest])
            levels = BandLevels._make(map(self._level, raw, references, state.levels))
            state = LevelMeterState(bass_powers, energy, references, levels)
            smoothed.append(levels)
            raws.append(raw)
        return state, smoothed, raws

    def _level(self, raw: float, reference: float, before: float) -> float:
        wanted = raw / reference
        keep = self._attack_keep if wanted > before else self._release_keep
        return keep * before + (1 - keep) * wanted


def _amplitude(power: float) -> float:
    """Of the sine with this mean square, at most 1."""
    return min(math.sqrt(2 * power), 1.0)
