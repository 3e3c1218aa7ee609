"""Scalars and event lists of an analysis as JSON fields: what *basic* adds to the rhythm."""

import math
from collections.abc import Sequence
from typing import Any

from tactus.analysis.track.harmony.chords import Chord
from tactus.analysis.track.harmony.key import Key, KeySpan
from tactus.analysis.track.result import Character, Mood, SoundMood
from tactus.analysis.track.sections.sections import Section
from tactus.formats.rounding import rounded_bpm, rounded_number, rounded_numbers

MIN_PEAK = 1e-5
"""Floor of the true peak, full scale 1.0: -100 dBTP is silence."""


def character_fields(character: Character) -> dict[str, Any]:
    """All fields that *basic* adds to the rhythm."""
    segments, waveform = character.segments, character.waveform
    return {
        **_key(character.key),
        "keys": [_key_span(span) for span in character.keys],
        "tuning_cents": round(character.tuning_cents, 2),
        **mood_fields(character.mood),
        **_sound_mood(character.sound_mood),
        **_loudness(character),
        "end_of_fade_in": character.fades_s[0],
        "start_of_fade_out": character.fades_s[1],
        "chords": chord_fields(character.chords),
        "sections": [section_fields(section) for section in character.sections],
        "segments": [
            {
                "start": segment.start,
                "duration": segment.duration,
                "confidence": rounded_number(segment.confidence),
                "loudness_start": round(segment.loudness_start, 3),
                "loudness_max": round(segment.loudness_max, 3),
                "loudness_max_time": segment.loudness_max_time,
                "loudness_end": round(segment.loudness_end, 3),
            }
            for segment in segments.segments
        ],
        "segment_pitches": rounded_numbers(segments.pitches),
        "segment_timbre": rounded_numbers(segments.timbre),
        "waveform": {
            "lows": rounded_numbers(waveform.lows),
            "highs": rounded_numbers(waveform.highs),
            "samples_per_point": waveform.samples_per_point,
        },
    }


def mood_fields(mood: Mood) -> dict[str, Any]:
    """Fields of the mood that depend on beats."""
    return {
        "energy": rounded_number(mood.energy),
        "valence": rounded_number(mood.valence),
        "danceability": rounded_number(mood.danceability),
    }


def _sound_mood(mood: SoundMood) -> dict[str, Any]:
    return {
        "acousticness": rounded_number(mood.acousticness),
        "instrumentalness": rounded_number(mood.instrumentalness),
        "liveness": rounded_number(mood.liveness),
        "speechiness": rounded_number(mood.speechiness),
    }


def _loudness(character: Character) -> dict[str, Any]:
    loudness, gain_db = character.loudness, character.loudness.replay_gain_db
    return {
        "loudness": round(loudness.integrated_lufs, 2),
        "loudness_range": round(loudness.range_lu, 2),
        "loudness_momentary_max": round(loudness.max_momentary_lufs, 2),
        "loudness_short_term_max": round(loudness.max_short_term_lufs, 2),
        "sample_peak": rounded_number(character.peak),
        "true_peak_dbtp": round(true_peak_dbtp(character.true_peak), 2),
        "replaygain_gain": None if gain_db is None else round(gain_db, 2),
        "replaygain_peak": rounded_number(character.true_peak),
    }


def true_peak_dbtp(true_peak: float) -> float:
    """Level of a true peak [dBTP], >= -100, from its value at full scale 1.0."""
    return 20 * math.log10(max(true_peak, MIN_PEAK))


def chord_fields(chords: Sequence[Chord]) -> list[dict[str, Any]]:
    """One object per chord."""
    return [
        {"start": chord.start, "end": chord.end, "label": chord.label, "confidence": rounded_number(chord.confidence)}
        for chord in chords
    ]


def _key(key: Key) -> dict[str, Any]:
    best = key.best
    return {
        "key": best and best.tonic,
        "mode": best and best.mode,
        "key_confidence": rounded_number(key.confidence),
        "camelot": best and best.camelot,
        "open_key": best and best.open_key,
        "key_candidates": [
            {
                "key": candidate.tonic,
                "mode": candidate.mode,
                "confidence": rounded_number(candidate.confidence),
                "camelot": candidate.camelot,
                "open_key": candidate.open_key,
            }
            for candidate in key.candidates
        ],
    }


def _key_span(span: KeySpan) -> dict[str, Any]:
    best = span.key.best
    return {
        "start": span.start,
        "end": span.end,
        "key": best and best.tonic,
        "mode": best and best.mode,
        "confidence": rounded_number(span.key.confidence),
    }


def section_fields(section: Section) -> dict[str, Any]:
    """Fields of one section."""
    best = section.key.best
    return {
        "start": section.start,
        "end": section.end,
        "label": section.label,
        "confidence": rounded_number(section.confidence),
        "loudness": round(section.loudness, 2),
        "energy": rounded_number(section.energy),
        "role": section.role,
        "tempo": None if section.tempo is None else rounded_bpm(section.tempo),
        "tempo_confidence": rounded_number(section.tempo_confidence),
        "key": best and best.tonic,
        "mode": best and best.mode,
        "key_confidence": rounded_number(section.key.confidence),
    }


def loudness_curve_fields(character: Character) -> dict[str, Any]:
    """Momentary and short-term loudness over time: fields of *full*."""
    loudness = character.loudness
    return {
        "loudness_momentary": rounded_numbers(loudness.momentary_lufs),
        "loudness_short_term": rounded_numbers(loudness.short_term_lufs),
    }
