"""Beat-dependent results: rhythm, groove, chords, sections and mood, from retained features and a beat hint."""

from dataclasses import dataclass, replace

import numpy as np

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.networks.harmony import first_row_s
from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.analysis.track.harmony.chords import Chord, chords
from tactus.analysis.track.mood import mood
from tactus.analysis.track.result import Mood
from tactus.analysis.track.retained_features import RetainedCharacter, RetainedFeatures
from tactus.analysis.track.rhythm.beats import Beats
from tactus.analysis.track.rhythm.groove import Groove, groove
from tactus.analysis.track.rhythm.hinted import hinted_rhythm
from tactus.analysis.track.rhythm.rhythm import Rhythm, rhythm
from tactus.analysis.track.sections.sections import Section, sections
from tactus.dsp.arrays import Times
from tactus.dsp.sampled import Sampled


@dataclass(frozen=True, slots=True)
class BeatDependentCharacter:
    """Beat-dependent results beyond rhythm: part of the analysis types *basic* and *full*."""

    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    mood: Mood


@dataclass(frozen=True, slots=True)
class BeatDependentResults:
    """All beat-dependent results of a track.

    Args:
        rhythm: Rhythm with times rounded to whole microseconds, so that equal times are equal numbers in all results.
        groove: Tatums, tempo curve and swing.
        character: Chords, sections and mood; None without retained features for them.
    """

    rhythm: Rhythm
    groove: Groove
    character: BeatDependentCharacter | None


def beat_dependent_results(
    retained: RetainedFeatures, hint: TempoHint, beats: Beats | None = None
) -> BeatDependentResults:
    """Estimate all beat-dependent results.

    Args:
        retained: Retained features of the track.
        hint: What is known of the beat.
        beats: Beats of another beat tracker, used instead of those of Tactus; optional.

    Raises:
        ValueError: Both a tempo hint and beats of another tracker are given: that tracker follows no hint.
    """
    if beats is not None and hint.has_tempo:
        raise ValueError("only Tactus' own beat tracker follows a hint")

    activations = RhythmActivations.of(retained.curves, retained.tempi)

    def estimate(bpm_range: tuple[float, float], taps: Times, is_beat_known: bool) -> Rhythm:
        return rhythm(
            retained.onset_strengths,
            activations,
            duration_s=retained.duration_s,
            bpm_range=bpm_range,
            chroma=retained.chroma,
            beats=beats,
            taps=taps,
            is_beat_known=is_beat_known,
        )

    estimated = _on_microseconds(hinted_rhythm(estimate, hint))
    character = _character(retained, retained.character, estimated) if retained.character else None
    return BeatDependentResults(estimated, groove(estimated), character)


def _character(
    retained: RetainedFeatures, retained_character: RetainedCharacter, rhythm: Rhythm
) -> BeatDependentCharacter:
    chord_rate_hz = retained_character.chords.rate_hz
    return BeatDependentCharacter(
        chords=chords(
            Sampled(retained_character.chords.values.astype(np.float32), chord_rate_hz),
            first_s=first_row_s(chord_rate_hz),
            chroma=retained.chroma,
            beat_times=rhythm.beat_times,
            duration_s=retained.duration_s,
        ),
        sections=sections(
            retained_character.slow_levels_db,
            retained.onset_strengths,
            chroma=retained.chroma,
            keys=retained_character.keys,
            k_weighted_power=retained_character.k_weighted_power,
            beat_times=rhythm.beat_times,
            downbeat_times=rhythm.downbeat_times,
            duration_s=retained.duration_s,
        ),
        mood=_mood(retained_character, rhythm, retained.duration_s),
    )


def _mood(retained: RetainedCharacter, rhythm: Rhythm, duration_s: float) -> Mood:
    return Mood(
        energy=mood.energy(
            loudness_lufs=retained.loudness_lufs,
            brightness=retained.brightness,
            onset_rate_hz=len(rhythm.onset_times) / duration_s,
            bpm=rhythm.bpm,
        ),
        valence=mood.valence(major_share=retained.major_share, brightness=retained.brightness, bpm=rhythm.bpm),
        danceability=mood.danceability(pulse=retained.pulse, beat_times=rhythm.beat_times, bpm=rhythm.bpm),
    )


def _on_microseconds(rhythm: Rhythm) -> Rhythm:
    return replace(
        rhythm,
        beat_times=np.round(rhythm.beat_times, 6),
        downbeat_times=np.round(rhythm.downbeat_times, 6),
        onset_times=np.round(rhythm.onset_times, 6),
    )
