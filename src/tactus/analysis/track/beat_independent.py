"""Beat-independent results: key, loudness and mood of the sound, and the retained inputs of chords and sections."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.features import log_mel
from tactus.analysis.networks.harmony import FRAMES_TOGETHER, HarmonyActivations
from tactus.analysis.track.harmony.key import Key, key
from tactus.analysis.track.mood import mood
from tactus.analysis.track.mood.from_sound import envelope_features, sound_mood
from tactus.analysis.track.result import SoundMood
from tactus.analysis.track.retained_features import RetainedCharacter, RetainedFeatures
from tactus.analysis.track.rhythm.onsets import onset_curve
from tactus.analysis.track.sections.bars import slow_levels_db
from tactus.analysis.track.signal_pass import SignalPass
from tactus.analysis.track.sound.band_levels import band_levels_db
from tactus.analysis.track.sound.loudness import Loudness, loudness
from tactus.dsp.arrays import Floats
from tactus.dsp.sampled import Sampled

_MIN_HOPS = 4
"""Hops of 100 ms in a momentary loudness window. A shorter piece keeps its last, incomplete hop."""


@dataclass(frozen=True, slots=True)
class BeatIndependentResults:
    """Results that depend on the sound alone.

    Args:
        levels_db: Level of each mel band [dB], shape `[n_frames, n_bands]`.
        loudness: Loudness of the piece.
        key: Key of the whole piece.
        sound_mood: Acousticness, instrumentalness, liveness, speechiness.
        retained: Inputs of chords, sections and mood.
    """

    levels_db: Floats
    loudness: Loudness
    key: Key
    sound_mood: SoundMood
    retained: RetainedCharacter


def beat_independent_results(
    measured: SignalPass, retained: RetainedFeatures, harmony: HarmonyActivations, *, keep_log_mel: bool
) -> BeatIndependentResults:
    """Estimate everything that does not depend on beats.

    Args:
        measured: Measurements of the track, with the features log_mel, k_weighted_steps and pitch_glide.
        retained: Inputs of rhythm.
        harmony: Output of the harmony network.
        keep_log_mel: Whether the feature log_mel is an output; otherwise its memory is freed early.
    """
    envelope = envelope_features(measured.values("log_mel"))
    levels_db = band_levels_db(measured.values("log_mel"), log_mel.COMPRESSION)
    if not keep_log_mel:
        measured.drop("log_mel")  # no other array is as large
    power_grid = measured.timelines["k_weighted_steps"].grid
    steps = _complete_hops(measured.values("k_weighted_steps"), measured.n_samples // power_grid.hop_length)
    integrated = loudness(steps)
    key_of_piece = key(harmony.keys, retained.chroma.values)
    pulse = mood.pulse_clarity(onset_curve(retained.onset_strengths.values), retained.onset_strengths.rate_hz)
    harmony_rate_hz = retained.chroma.rate_hz / FRAMES_TOGETHER
    return BeatIndependentResults(
        levels_db=levels_db,
        loudness=integrated,
        key=key_of_piece,
        sound_mood=sound_mood(
            levels_db,
            envelope,
            pitch_glide=measured.values("pitch_glide")[:, 0],
            k_weighted_steps=steps,
            pulse=pulse,
            range_lu=integrated.range_lu,
        ),
        retained=RetainedCharacter(
            slow_levels_db=slow_levels_db(levels_db),
            k_weighted_power=Sampled(steps.mean(axis=1), power_grid.frame_rate_hz),
            loudness_lufs=integrated.integrated_lufs,
            brightness=mood.brightness(levels_db),
            pulse=pulse,
            major_share=key_of_piece.major_share,
            chords=Sampled(harmony.chords.astype(np.float16), harmony_rate_hz),
            keys=Sampled(harmony.keys.astype(np.float16), harmony_rate_hz),
        ),
    )


def _complete_hops(rows: Floats, n_complete: int) -> Floats:
    """Rows of hops without the last, incomplete one, unless there are fewer than `_MIN_HOPS` others."""
    return rows[:n_complete] if n_complete >= _MIN_HOPS else rows
