"""Level meter: levels of bass, mid, treble and the whole signal in [0, 1], with automatic gain, for visuals."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from tactus.analysis.live.band_powers import HopPowers

BASS_WINDOW_S = 0.046
"""Window over which the power of the bass is averaged [s]: two periods of 43 Hz, so that the level of a low tone does
not waver. The other bands are averaged over a hop."""

ENERGY_TAU_S = 0.4
"""Time constant of `energy_level` [s]: the integration time of momentary loudness (EBU Tech 3341)."""

ENERGY_RANGE_DB = 60.0
"""`energy_level_raw` is 1 at a full-scale sine and 0 so far below it [dB]."""

GAIN_TAU_S = 8.0
"""Time constant with which the gain recovers after a loud part [s]: two bars or four, not a whole verse."""

GAIN_FLOORS = (0.003, 0.003, 0.003, 0.003, 1 / 6)
"""Least reference of each level, -50 dBFS: the gain never raises silence to a level."""

ATTACK_TAU_S, RELEASE_TAU_S = 0.005, 0.12
"""Default time constants [s]: a level rises with the drum and falls slowly enough to be seen."""

MIN_TAU_S = 1e-4
"""Shorter time constants count as this one [s]: the level follows at once."""

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
    """State of the level meter of one stream.

    Args:
        bass_powers: Power of the bass in the last hops, newest last.
        energy: Smoothed power of the whole signal.
        references: Reference of the automatic gain: the loudest of the last seconds.
        levels: Gain-controlled levels of the last hop.
    """

    bass_powers: tuple[float, ...]
    energy: float
    references: BandLevels
    levels: BandLevels


class LevelMeter:
    """Band levels per hop, with and without automatic gain. Holds parameters only; the stream is the state.

    A raw level is the root mean square of the band times the square root of two, so a full-scale sine in the band has
    1.0. The gain-controlled level is the raw one divided by the loudest of the last seconds, with fast attack and slow
    release.

    Args:
        sample_rate: Sample rate of the stream [Hz].
        hop_length: Samples in a hop.
        attack_s: Time constant with which a gain-controlled level rises [s].
        release_s: Time constant with which it falls [s].
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
        """The state before the first sample: silence."""
        return LevelMeterState((0.0,) * self._bass_hops, 0.0, BandLevels(*GAIN_FLOORS), NO_LEVELS)

    def step(
        self, state: LevelMeterState, hops: Iterable[HopPowers]
    ) -> tuple[LevelMeterState, list[BandLevels], list[BandLevels]]:
        """Levels of whole hops.

        Args:
            state: State returned by `start` or the previous call.
            hops: Powers of the hops.

        Returns:
            The next state, the gain-controlled levels and the raw levels of each hop.
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
        target = raw / reference
        keep = self._attack_keep if target > before else self._release_keep
        return keep * before + (1 - keep) * target


def _amplitude(power: float) -> float:
    """Amplitude of the sine with this mean square, at most 1."""
    return min(math.sqrt(2 * power), 1.0)
