"""What everything that depends on beats is made from: kept, it lets beats be corrected without the sound."""

from dataclasses import dataclass

from tactus.dsp.arrays import Floats, Halves


@dataclass(frozen=True, slots=True)
class RetainedCharacter:
    """What chords, sections and mood need beside what rhythm needs.

    Args:
        slow_levels_db: As `track.sections.bars` has it: level of each band [dB], a row for every eight of the onset
            strengths, shape `[ceil(n_frames / 8), n_bands]`.
        k_weighted_power: As `track.loudness` has it, shape `[n]`.
        power_rate_hz: Its rows per second [Hz].
        loudness_lufs: Of the whole.
        brightness: As `track.mood` has it.
        pulse: Likewise.
        major_share: Belief in major keys; None without a key.
        chords: What the harmony network believes of chords, shape `[n_harmony_frames, 85]`.
        keys: What it believes of keys, shape `[n_harmony_frames, 25]`.
        harmony_rate_hz: Rows per second of both [Hz].
    """

    slow_levels_db: Halves
    k_weighted_power: Floats
    power_rate_hz: float
    loudness_lufs: float
    brightness: float
    pulse: float
    major_share: float | None
    chords: Halves
    keys: Halves
    harmony_rate_hz: float


@dataclass(frozen=True, slots=True)
class RetainedFeatures:
    """What is heard of a track before anybody counts its beats.

    Args:
        duration_s: Length of the piece [s].
        onset_strengths: The feature of that name, shape `[n_frames, n_bands]`.
        frame_rate_hz: Its rows per second [Hz].
        curves: What the rhythm network hears of beats, downbeats and onsets, in [0, 1], shape `[n_frames, 3]`.
        tempi: What it believes of the tempo, shape `[n_tempi]`.
        chroma: Strength of each pitch class, in tune, shape `[n_chroma_frames, 12]`.
        chroma_rate_hz: Its rows per second [Hz].
        character: None where the rhythm alone is wanted.
    """

    duration_s: float
    onset_strengths: Floats
    frame_rate_hz: float
    curves: Halves
    tempi: Floats
    chroma: Floats
    chroma_rate_hz: float
    character: RetainedCharacter | None = None
