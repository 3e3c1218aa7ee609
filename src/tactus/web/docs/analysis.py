"""OpenAPI documentation of the calls about analyses: their errors, and examples of requests and responses."""

from collections.abc import Mapping
from typing import Any

from tactus.analysis.options import FileFormat
from tactus.errors import (
    AnalysisTimeoutError,
    AudioOutOfRangeError,
    AudioTooLongError,
    BodyTooLargeError,
    DecoderCrashedError,
    EmptyAudioError,
    InsufficientStorageError,
    InvalidUrlError,
    MediaTooComplexError,
    NoAudioError,
    NonFiniteAudioError,
    NotAcceptableError,
    OverloadedError,
    SourceBlockedError,
    SourceEncodingError,
    SourceFailedError,
    SourceTimeoutError,
    SourceTooLargeError,
    SourceTooManyRedirectsError,
    SourceTruncatedError,
    SourceUnreachableError,
    UndecodableMediaError,
    UnsupportedMediaError,
    ValidationError,
)
from tactus.web.docs.openapi import Responses, success
from tactus.web.tracks.analysis_schema import Analysis
from tactus.web.tracks.content_negotiation import MEDIA_TYPES
from tactus.web.tracks.multipart import FIELD

ANALYSIS_ERRORS = (
    ValidationError,
    NotAcceptableError,
    UndecodableMediaError,
    NoAudioError,
    EmptyAudioError,
    AudioTooLongError,
    AudioOutOfRangeError,
    NonFiniteAudioError,
    MediaTooComplexError,
    DecoderCrashedError,
    UnsupportedMediaError,
    BodyTooLargeError,
    OverloadedError,
    AnalysisTimeoutError,
    InsufficientStorageError,
)
"""Errors of the analysis of a file."""

DOWNLOAD_ERRORS = (
    InvalidUrlError,
    SourceTooLargeError,
    SourceBlockedError,
    SourceUnreachableError,
    SourceFailedError,
    SourceTruncatedError,
    SourceTooManyRedirectsError,
    SourceEncodingError,
    SourceTimeoutError,
)
"""Errors of the download of a file."""

FILE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ANALYSIS_EXAMPLE: Mapping[str, Any] = {
    "file_hash": FILE_HASH,
    "bpm": 128.0,
    "tempo": 128.0,
    "tempo_confidence": 0.91,
    "tempo_candidates": [{"bpm": 128.0, "confidence": 0.91, "relation": "1"}],
    "time_signature": 4,
    "time_signature_confidence": 0.8,
    "onset_times": [0.0, 0.234375],
    "onset_strengths": [1.0, 0.41],
    "onset_bands": [0, 5],
    "beat_times": [0.0, 0.46875],
    "beat_confidences": [0.97, 0.95],
    "downbeat_times": [0.0],
    "tatum_times": [0.0, 0.234375, 0.46875],
    "tatums_per_beat": 2,
    "tempo_curve": [{"time": 0.0, "bpm": 128.0}, {"time": 211.875, "bpm": 128.0}],
    "tempo_stability": 1.0,
    "swing_ratio": 1.0,
    "swing_confidence": 0.9,
    "correction": None,
    "duration": 212.4,
    "sample_rate": 44100,
    "analysis_timestamp": "2025-05-04T12:00:00+00:00",
    "analyzer_version": "0.1.0+3f2a9c",
    "warnings": [],
    "key": "A",
    "mode": "minor",
    "key_confidence": 0.77,
    "energy": 0.58,
    "valence": 0.41,
    "danceability": 0.93,
    "acousticness": 0.22,
    "instrumentalness": 0.48,
    "liveness": 0.04,
    "speechiness": 0.07,
    "loudness": -9.8,
    "loudness_range": 5.2,
    "loudness_momentary_max": -6.9,
    "loudness_short_term_max": -8.0,
    "sample_peak": 0.98,
    "true_peak_dbtp": 0.35,
    "replaygain_gain": -8.2,
    "replaygain_peak": 1.0412,
    "end_of_fade_in": 0.4,
    "start_of_fade_out": 206.1,
}

FILE_HASH_PARAMETER = {
    "parameters": [
        {
            "name": "file_hash",
            "in": "path",
            "required": True,
            "example": FILE_HASH,
            "schema": {"type": "string"},
            "description": "SHA-256 of the file, hexadecimal",
        }
    ]
}

UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "additionalProperties": False,
                    "properties": {FIELD: {"type": "string", "format": "binary"}},
                },
                "example": {FIELD: "(the bytes of song.mp3)"},
            }
        },
    }
}

_BINARY_FORMATS: Mapping[FileFormat, str] = {
    "npz": "NumPy archive for numpy.load; its member analysis.json has all fields but the timelines",
    "arrow": "Arrow stream with one row per timeline; needs tactus[parquet]",
    "parquet": "Parquet file with one row per timeline; needs tactus[parquet]",
}


def analysis_response() -> Responses:
    """The `responses` of a route that responds with an analysis in any file format."""
    responses = success(Analysis, ANALYSIS_EXAMPLE, "The analysis")
    responses[200]["content"] |= {
        MEDIA_TYPES[file_format]: {
            "schema": {"type": "string", "format": "binary"},
            "example": f"(bytes: {description})",
        }
        for file_format, description in _BINARY_FORMATS.items()
    }
    return responses
