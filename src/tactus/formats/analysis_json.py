"""Analysis of a track as the service's own JSON."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import DEFAULT_PRECISION, AnalysisType
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track.beat_dependent import BeatDependentResults
from tactus.analysis.track.harmony.chords import Chord
from tactus.analysis.track.harmony.key import Key, KeySpan
from tactus.analysis.track.result import Analysis, Character, Mood, Provenance, SoundMood
from tactus.analysis.track.rhythm.groove import Groove
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.sections.sections import Section
from tactus.dsp.arrays import Floats, Times
from tactus.formats.timelines import rounded

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY

MIN_PEAK = 1e-5
"""Floor of the true peak, full scale 1.0: -100 dBTP is silence."""

_MATRICES = ("chroma", "mfcc")
"""Features that are lists of rows, `[size][n_frames]`; a feature with one value per frame is a plain list."""


def encoded(fields: Mapping[str, Any]) -> bytes:
    """JSON of fields, UTF-8; arrays become lists."""
    return orjson.dumps(dict(fields), option=_OPTIONS)


def analysis_fields(analysis: Analysis, analysis_type: AnalysisType, provenance: Provenance) -> dict[str, Any]:
    """All fields of an analysis but the values per frame.

    Times are whole microseconds; every other real number has at most 5 significant digits. Fields beyond the type are
    absent; null stands for a result that does not exist (no tempo, no key).

    Args:
        analysis: Analysis of this type or one that contains it.
        analysis_type: Which fields to include.
        provenance: Origin of the analysis.

    Raises:
        ValueError: The analysis lacks results of the type.
    """
    fields = {**_identity(analysis, provenance), **rhythm_fields(analysis.rhythm, analysis.groove, analysis.hint)}
    if analysis_type != "tempo_only":
        if analysis.character is None:
            raise ValueError(f"an analysis without its character is not {analysis_type}")
        fields |= _character(analysis.character)
        if analysis_type == "full":
            fields |= _loudness_curves(analysis.character)
    return fields


def analysis_type_of(fields: Mapping[str, Any]) -> AnalysisType:
    """Type of an analysis without timelines, from its fields."""
    return "full" if "frames" in fields else "basic" if "chords" in fields else "tempo_only"


def frame_fields(timelines: Mapping[str, FeatureTimeline], precision: int = DEFAULT_PRECISION) -> dict[str, Any]:
    """Values per frame of a full analysis, and the grid of the frames.

    Args:
        timelines: Timelines by feature name, all on one grid.
        precision: Significant digits of the values.

    Raises:
        ValueError: There are no timelines.
    """
    if not timelines:
        raise ValueError("an analysis without frames is not full")
    first = next(iter(timelines.values()))
    return {
        "frames": {
            "start": 0.0,
            "hop_length": first.grid.hop_length,
            "frame_length": first.grid.frame_length,
            "sample_rate": first.grid.sample_rate,
            "n_frames": len(first.values),
        },
        **{
            name: rounded(timeline.values.T, precision)
            if name in _MATRICES
            else rounded(timeline.values.T, precision)[0]
            for name, timeline in timelines.items()
        },
    }


def _identity(analysis: Analysis, provenance: Provenance) -> dict[str, Any]:
    return {
        "file_hash": provenance.file_hash,
        "duration": analysis.duration_s,
        "sample_rate": analysis.sample_rate,
        "source": {
            "sample_rate": provenance.source_sample_rate,
            "channels": provenance.channels,
            "codec": provenance.codec,
            "bit_rate": provenance.bit_rate,
            "title": provenance.title,
            "artist": provenance.artist,
        },
        "analysis_timestamp": provenance.analysis_timestamp,
        "analyzer_version": analysis.analyzer_version,
        "warnings": list(analysis.warnings),
    }


def rhythm_fields(rhythm: Rhythm, groove: Groove, hint: TempoHint) -> dict[str, Any]:
    """Fields of rhythm and groove, and the beat hint that they follow: part of every analysis type."""
    bpm = None if rhythm.bpm is None else _bpm(rhythm.bpm)
    return {
        "bpm": bpm,
        "tempo": bpm,
        "tempo_confidence": _number(rhythm.tempo_confidence),
        "tempo_candidates": [
            {
                "bpm": _bpm(candidate.bpm),
                "confidence": _number(candidate.confidence),
                "relation": candidate.relation,
            }
            for candidate in rhythm.tempo_candidates
        ],
        "time_signature": rhythm.time_signature,
        "time_signature_confidence": _number(rhythm.time_signature_confidence),
        "beat_times": _times(rhythm.beat_times),
        "beat_confidences": _numbers(rhythm.beat_confidences),
        "downbeat_times": _times(rhythm.downbeat_times),
        "tatum_times": _times(groove.tatums.times),
        "tatums_per_beat": groove.tatums.per_beat,
        "tempo_curve": [
            {"time": time, "bpm": _bpm(bpm)}
            for time, bpm in zip(groove.tempo_curve.times.tolist(), groove.tempo_curve.bpm.tolist(), strict=True)
        ],
        "tempo_stability": _number(groove.tempo_curve.stability),
        "swing_ratio": None if groove.swing.ratio is None else round(groove.swing.ratio, 3),
        "swing_confidence": _number(groove.swing.confidence),
        "onset_times": _times(rhythm.onset_times),
        "onset_strengths": _numbers(rhythm.onset_strengths),
        "onset_bands": rhythm.onset_bands,
        "correction": hint.to_dict() or None,
    }


def _character(character: Character) -> dict[str, Any]:
    segments, waveform = character.segments, character.waveform
    return {
        **_key(character.key),
        "keys": [_key_span(span) for span in character.keys],
        "tuning_cents": round(character.tuning_cents, 2),
        **_mood(character.mood),
        **_sound_mood(character.sound_mood),
        **_loudness(character),
        "end_of_fade_in": character.fades_s[0],
        "start_of_fade_out": character.fades_s[1],
        "chords": _chords(character.chords),
        "sections": [_section(section) for section in character.sections],
        "segments": [
            {
                "start": segment.start,
                "duration": segment.duration,
                "confidence": _number(segment.confidence),
                "loudness_start": round(segment.loudness_start, 3),
                "loudness_max": round(segment.loudness_max, 3),
                "loudness_max_time": segment.loudness_max_time,
                "loudness_end": round(segment.loudness_end, 3),
            }
            for segment in segments.segments
        ],
        "segment_pitches": _numbers(segments.pitches),
        "segment_timbre": _numbers(segments.timbre),
        "waveform": {
            "lows": _numbers(waveform.lows),
            "highs": _numbers(waveform.highs),
            "samples_per_point": waveform.samples_per_point,
        },
    }


def beat_dependent_fields(results: BeatDependentResults, hint: TempoHint) -> dict[str, Any]:
    """All beat-dependent fields: of *basic* where the results contain chords, sections and mood, else of *tempo_only*.

    Args:
        results: Beat-dependent results.
        hint: Beat hint that they follow.
    """
    fields = rhythm_fields(results.rhythm, results.groove, hint)
    if results.character is not None:
        fields |= {
            **_mood(results.character.mood),
            "chords": _chords(results.character.chords),
            "sections": [_section(section) for section in results.character.sections],
        }
    return fields


def _mood(mood: Mood) -> dict[str, Any]:
    return {
        "energy": _number(mood.energy),
        "valence": _number(mood.valence),
        "danceability": _number(mood.danceability),
    }


def _sound_mood(mood: SoundMood) -> dict[str, Any]:
    return {
        "acousticness": _number(mood.acousticness),
        "instrumentalness": _number(mood.instrumentalness),
        "liveness": _number(mood.liveness),
        "speechiness": _number(mood.speechiness),
    }


def _loudness(character: Character) -> dict[str, Any]:
    loudness, gain_db = character.loudness, character.loudness.replay_gain_db
    return {
        "loudness": round(loudness.integrated_lufs, 2),
        "loudness_range": round(loudness.range_lu, 2),
        "loudness_momentary_max": round(loudness.max_momentary_lufs, 2),
        "loudness_short_term_max": round(loudness.max_short_term_lufs, 2),
        "sample_peak": _number(character.peak),
        "true_peak_dbtp": round(true_peak_dbtp(character.true_peak), 2),
        "replaygain_gain": None if gain_db is None else round(gain_db, 2),
        "replaygain_peak": _number(character.true_peak),
    }


def true_peak_dbtp(true_peak: float) -> float:
    """Level of a true peak [dBTP], >= -100, from its value at full scale 1.0."""
    return 20 * math.log10(max(true_peak, MIN_PEAK))


def _chords(chords: Sequence[Chord]) -> list[dict[str, Any]]:
    return [
        {"start": chord.start, "end": chord.end, "label": chord.label, "confidence": _number(chord.confidence)}
        for chord in chords
    ]


def _key(key: Key) -> dict[str, Any]:
    best = key.best
    return {
        "key": best and best.tonic,
        "mode": best and best.mode,
        "key_confidence": _number(key.confidence),
        "camelot": best and best.camelot,
        "open_key": best and best.open_key,
        "key_candidates": [
            {
                "key": candidate.tonic,
                "mode": candidate.mode,
                "confidence": _number(candidate.confidence),
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
        "confidence": _number(span.key.confidence),
    }


def _section(section: Section) -> dict[str, Any]:
    best = section.key.best
    return {
        "start": section.start,
        "end": section.end,
        "label": section.label,
        "confidence": _number(section.confidence),
        "loudness": round(section.loudness, 2),
        "energy": _number(section.energy),
        "role": section.role,
        "tempo": None if section.tempo is None else _bpm(section.tempo),
        "tempo_confidence": _number(section.tempo_confidence),
        "key": best and best.tonic,
        "mode": best and best.mode,
        "key_confidence": _number(section.key.confidence),
    }


def _loudness_curves(character: Character) -> dict[str, Any]:
    loudness = character.loudness
    return {
        "loudness_momentary": _numbers(loudness.momentary_lufs),
        "loudness_short_term": _numbers(loudness.short_term_lufs),
    }


def _number(value: float) -> float:
    return float(f"{value:.5g}")


def _bpm(value: float) -> float:
    """Tempo rounded to 4 decimals: over ten minutes, 0.01 bpm are a tenth of a beat."""
    return round(value, 4)


def _numbers(values: Floats) -> Floats:
    return rounded(values.reshape(1, -1), DEFAULT_PRECISION).reshape(values.shape)


def _times(times: Times) -> Times:
    return np.ascontiguousarray(times, dtype=np.float64)
