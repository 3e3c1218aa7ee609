"""An analysis as the service's own JSON."""

from typing import Any

import numpy as np
import orjson

from tactus.analysis.options import AnalysisType
from tactus.analysis.result import Analysis, Character, FrameValues, Provenance
from tactus.analysis.track.key import Key
from tactus.analysis.track.rhythm import Rhythm
from tactus.analysis.track.sections import Section
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.decimal_digits import significant

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY

_MATRICES = ("chroma", "mfcc")
"""Features that are lists of rows, `[size][n_frames]`; a feature of one value is a plain list."""


def encoded(analysis: Analysis, analysis_type: AnalysisType, provenance: Provenance) -> bytes:
    """JSON of an analysis, UTF-8.

    Times are whole microseconds; every other real number has at most 5 significant digits. Fields beyond the type are
    absent; null says that there is none (no tempo, no key).

    Args:
        analysis: Of this type or a richer one.
        analysis_type: How much of it to tell.
        provenance: Where it comes from.

    Raises:
        ValueError: The analysis does not hold what the type needs.
    """
    fields = {**_identity(analysis, provenance), **_rhythm(analysis.rhythm)}
    if analysis_type != "tempo_only":
        if analysis.character is None:
            raise ValueError(f"an analysis without its character is not {analysis_type}")
        fields |= _character(analysis.character)
    if analysis_type == "full":
        if analysis.frames is None or analysis.character is None:
            raise ValueError("an analysis without frames is not full")
        fields |= _frames(analysis.frames) | _loudness_curves(analysis.character)
    return orjson.dumps(fields, option=_OPTIONS)


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


def _rhythm(rhythm: Rhythm) -> dict[str, Any]:
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
        "onset_times": _times(rhythm.onset_times),
    }


def _character(character: Character) -> dict[str, Any]:
    loudness, segments, waveform = character.loudness, character.segments, character.waveform
    return {
        **_key(character.key),
        "tuning_cents": round(character.tuning_cents, 2),
        "energy": _number(character.mood.energy),
        "valence": _number(character.mood.valence),
        "danceability": _number(character.mood.danceability),
        "loudness": round(loudness.integrated_lufs, 2),
        "loudness_range": round(loudness.range_lu, 2),
        "sample_peak": _number(character.peak),
        "chords": [
            {"start": chord.start, "end": chord.end, "label": chord.label, "confidence": _number(chord.confidence)}
            for chord in character.chords
        ],
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


def _section(section: Section) -> dict[str, Any]:
    best = section.key.best
    return {
        "start": section.start,
        "end": section.end,
        "label": section.label,
        "confidence": _number(section.confidence),
        "loudness": round(section.loudness, 2),
        "tempo": None if section.tempo is None else _bpm(section.tempo),
        "tempo_confidence": _number(section.tempo_confidence),
        "key": best and best.tonic,
        "mode": best and best.mode,
        "key_confidence": _number(section.key.confidence),
    }


def _frames(frames: FrameValues) -> dict[str, Any]:
    grid = frames.grid
    n_frames = {len(values) for values in frames.values.values()}
    return {
        "frames": {
            "start": 0.0,
            "hop_length": grid.hop_length,
            "frame_length": grid.frame_length,
            "sample_rate": grid.sample_rate,
            "n_frames": max(n_frames, default=0),
        },
        **{
            name: _numbers(values.T) if name in _MATRICES else _numbers(values[:, 0])
            for name, values in frames.values.items()
        },
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
    """Tempo has two digits more: over ten minutes, 0.01 bpm is a twentieth of a beat."""
    return round(value, 4)


def _numbers(values: Floats) -> Floats:
    """JSON has no place for what is not finite; no feature gives such a value, and none would leave."""
    finite = np.nan_to_num(values) if not np.isfinite(values).all() else values
    return np.ascontiguousarray(significant(finite))


def _times(times: Times) -> Times:
    return np.ascontiguousarray(times, dtype=np.float64)
