"""Retained features: all inputs of the beat-dependent results. Stored, they allow a re-analysis without the sound."""

from dataclasses import dataclass

from tactus.dsp.arrays import Floats, Halves
from tactus.dsp.sampled import Sampled


@dataclass(frozen=True, slots=True)
class RetainedCharacter:
    """Inputs of chords, sections and mood, beside the inputs of rhythm.

    Args:
        slow_levels_db: Band levels from `sections.bars.slow_levels_db` [dB], one row per eight rows of the onset
            strengths, shape `[ceil(n_frames / 8), n_bands]`.
        k_weighted_power: K-weighted power, input of `sound.loudness.passage_lufs`, shape `[n]`.
        loudness_lufs: Integrated loudness of the piece [LUFS].
        brightness: Brightness from `mood.mood.brightness`, in [0, 1].
        pulse: Pulse clarity from `mood.mood.pulse_clarity`, in [0, 1].
        major_share: Probability of major keys, in [0, 1]; None without a key.
        chords: Chord probabilities of the harmony network, shape `[n_harmony_frames, 85]`.
        keys: Log-probabilities of keys of the harmony network, shape `[n_harmony_frames, 25]`.
    """

    slow_levels_db: Halves
    k_weighted_power: Sampled[Floats]
    loudness_lufs: float
    brightness: float
    pulse: float
    major_share: float | None
    chords: Sampled[Halves]
    keys: Sampled[Halves]


@dataclass(frozen=True, slots=True)
class RetainedFeatures:
    """Features of a track from which its rhythm and all beat-dependent results are estimated.

    Args:
        duration_s: Duration of the piece [s].
        onset_strengths: Feature `onset_strength`, shape `[n_frames, n_bands]`.
        curves: Activations of beats, downbeats and onsets from the rhythm network, in [0, 1], at the rate of the onset
            strengths, shape `[n_frames, 3]`.
        tempi: Probability of each tempo class from the rhythm network, shape `[n_tempi]`.
        chroma: Strength of each pitch class, corrected for tuning, shape `[n_chroma_frames, 12]`.
        character: Further inputs of chords, sections and mood; None for the analysis type tempo_only.
    """

    duration_s: float
    onset_strengths: Sampled[Floats]
    curves: Halves
    tempi: Floats
    chroma: Sampled[Floats]
    character: RetainedCharacter | None = None
