"""Weights of all networks."""

from dataclasses import dataclass

from tactus.analysis.networks.harmony import HarmonyWeights
from tactus.analysis.networks.rhythm import RhythmWeights


@dataclass(frozen=True, slots=True, eq=False)
class NetworkWeights:
    """The weights of all networks.

    Args:
        rhythm: Rhythm network: beats, downbeats, onsets, tempo.
        live_rhythm: Causal rhythm network, for live sound.
        harmony: Harmony network: chords and keys.
    """

    rhythm: RhythmWeights
    live_rhythm: RhythmWeights
    harmony: HarmonyWeights
