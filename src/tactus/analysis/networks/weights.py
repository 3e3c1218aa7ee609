"""What the program has learned: the weights of its networks."""

from dataclasses import dataclass

from tactus.analysis.networks.harmony import HarmonyWeights
from tactus.analysis.networks.rhythm import RhythmWeights


@dataclass(frozen=True, slots=True, eq=False)
class NetworkWeights:
    """The weights of all networks.

    Args:
        rhythm: Of the network that hears beats, bars, onsets and tempo.
        live_rhythm: Of the one that does so live, hearing the past only.
        harmony: Of the network that hears chords and keys.
    """

    rhythm: RhythmWeights
    live_rhythm: RhythmWeights
    harmony: HarmonyWeights
