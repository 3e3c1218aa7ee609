"""Analysis of a track as the fields of the service's JSON."""

from collections.abc import Mapping
from typing import Any

import orjson

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import DEFAULT_PRECISION, AnalysisType
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track.beat_dependent import BeatDependentResults
from tactus.analysis.track.result import Analysis, Provenance
from tactus.analysis.track.rhythm.groove import Groove
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.formats.character_json import (
    character_fields,
    chord_fields,
    loudness_curve_fields,
    mood_fields,
    section_fields,
)
from tactus.formats.rounding import contiguous_times, rounded, rounded_bpm, rounded_number, rounded_numbers

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY

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
        fields |= character_fields(analysis.character)
        if analysis_type == "full":
            fields |= loudness_curve_fields(analysis.character)
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
    bpm = None if rhythm.bpm is None else rounded_bpm(rhythm.bpm)
    return {
        "bpm": bpm,
        "tempo": bpm,
        "tempo_confidence": rounded_number(rhythm.tempo_confidence),
        "tempo_candidates": [
            {
                "bpm": rounded_bpm(candidate.bpm),
                "confidence": rounded_number(candidate.confidence),
                "relation": candidate.relation,
            }
            for candidate in rhythm.tempo_candidates
        ],
        "time_signature": rhythm.time_signature,
        "time_signature_confidence": rounded_number(rhythm.time_signature_confidence),
        "beat_times": contiguous_times(rhythm.beat_times),
        "beat_confidences": rounded_numbers(rhythm.beat_confidences),
        "downbeat_times": contiguous_times(rhythm.downbeat_times),
        "tatum_times": contiguous_times(groove.tatums.times),
        "tatums_per_beat": groove.tatums.per_beat,
        "tempo_curve": [
            {"time": time, "bpm": rounded_bpm(bpm)}
            for time, bpm in zip(groove.tempo_curve.times.tolist(), groove.tempo_curve.bpm.tolist(), strict=True)
        ],
        "tempo_stability": rounded_number(groove.tempo_curve.stability),
        "swing_ratio": None if groove.swing.ratio is None else round(groove.swing.ratio, 3),
        "swing_confidence": rounded_number(groove.swing.confidence),
        "onset_times": contiguous_times(rhythm.onset_times),
        "onset_strengths": rounded_numbers(rhythm.onset_strengths),
        "onset_bands": rhythm.onset_bands,
        "correction": hint.to_dict() or None,
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
            **mood_fields(results.character.mood),
            "chords": chord_fields(results.character.chords),
            "sections": [section_fields(section) for section in results.character.sections],
        }
    return fields
