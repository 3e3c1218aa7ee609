"""Analyses of tracks: by address, by upload, again by the hash of the bytes, and corrected."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tactus.analysis.options import PLAIN, FileFormat, TimelineOptions
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
    NotFoundError,
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
from tactus.jobs.tracks.results import EncodedAnalysis
from tactus.web.body import json_body
from tactus.web.docs.openapi import failures, json_request, success
from tactus.web.services import services_of
from tactus.web.tracks.beat_hint_query import CorrectionRequest, requested_hint
from tactus.web.tracks.cancel_on_disconnect import while_waiting
from tactus.web.tracks.content_negotiation import MEDIA_TYPES, preferred_format
from tactus.web.tracks.responses import compressed_answer
from tactus.web.tracks.schemas import (
    Analysis,
    AnalysisQuery,
    AnalyzeRequest,
    CorrectionKept,
    FeaturesAnswer,
    StoredQuery,
)
from tactus.web.tracks.timeline_query import TimelineQuery
from tactus.web.tracks.upload import FIELD

router = APIRouter(tags=["tracks"])

_OF_THE_SOUND = (
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
_OF_THE_SOURCE = (
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
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_EXAMPLE = {
    "file_hash": _HASH,
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
_KEPT_DETAIL = "No analysis of this file is kept; the correction is, and the next analysis of it follows it."
_CLEARED_DETAIL = "No analysis of this file is kept; nothing is said of it any more, and the next analysis is as heard."
_CACHE_STATUS = {
    "hit": "Tactus; hit",
    "collapsed": "Tactus; fwd=miss; collapsed",
    "miss": "Tactus; fwd=miss; stored",
    "bypass": "Tactus; fwd=bypass",
}
_FOUND = success(Analysis, _EXAMPLE, "The analysis")
_BINARY_FORMATS: tuple[tuple[FileFormat, str], ...] = (
    ("npz", "numpy.load reads it; member analysis.json holds all but the timelines"),
    ("arrow", "an Arrow stream, one row a timeline; needs tactus[parquet]"),
    ("parquet", "the same as a Parquet file"),
)
_FOUND[200]["content"] |= {
    MEDIA_TYPES[file_format]: {"schema": {"type": "string", "format": "binary"}, "example": f"(bytes: {what})"}
    for file_format, what in _BINARY_FORMATS
}


_OF_A_TRACK = {
    "parameters": [
        {
            "name": "file_hash",
            "in": "path",
            "required": True,
            "example": _HASH,
            "schema": {"type": "string"},
            "description": "SHA-256 of the file, in hexadecimal",
        }
    ]
}
_CORRECTIONS = {
    "double": {"correction": "x2"},
    "known": {"bpm": 128},
    "range": {"bpm_min": 80, "bpm_max": 110},
    "tapped": {"taps": [10.02, 10.49, 10.95, 11.42, 11.9]},
    "the one": {"downbeat_at": 12.37},
    "undone": {"clear": True},
}


@router.post(
    "/analyze",
    summary="Analyse a file behind an address",
    response_model=None,
    responses={**failures(*_OF_THE_SOUND, *_OF_THE_SOURCE), **_FOUND},
    openapi_extra=json_request(
        AnalyzeRequest, {"song": {"file_url": "https://example.org/song.mp3", "analysis_type": "full"}}, required=True
    ),
)
async def analyze(request: Request, asked: Annotated[AnalyzeRequest, Depends(json_body(AnalyzeRequest))]) -> Response:
    """The file is fetched, decoded and analysed; asking again for the same bytes answers from the cache.

    http and https; private addresses only where `TACTUS_ALLOW_PRIVATE` names them.
    """
    services = services_of(request)
    timelines = await _shape(request, asked)
    hint = requested_hint(asked.bpm, asked.bpm_min, asked.bpm_max)
    options = replace(services.options, analysis_type=asked.analysis_type, timelines=timelines, hint=hint)
    work = services.tracks.analyse_url(asked.file_url, options, cache_result=asked.cache_result)
    return await _answered(request, await while_waiting(request, work), timelines.file_format)


@router.post(
    "/analyze-upload",
    summary="Analyse an uploaded file",
    response_model=None,
    responses={**failures(*_OF_THE_SOUND), **_FOUND},
    openapi_extra={
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
    },
)
async def analyze_upload(request: Request, asked: Annotated[AnalysisQuery, Query()]) -> Response:
    """`curl -F file=@song.mp3 http://localhost:8001/analyze-upload`.

    Takes wav, mp3, flac, ogg, m4a, aiff, or the sound of a video.
    """
    services = services_of(request)
    timelines = await _shape(request, asked)
    hint = requested_hint(asked.bpm, asked.bpm_min, asked.bpm_max)
    options = replace(services.options, analysis_type=asked.analysis_type, timelines=timelines, hint=hint)
    services.tracks.ensure_capacity()
    async with services.uploads.received(request) as upload:
        work = services.tracks.analyse_file(upload.path, upload.file_hash, options, cache_result=asked.cache_result)
        answer = await while_waiting(request, work)
    return await _answered(request, answer, timelines.file_format)


@router.get(
    "/analysis/{file_hash}",
    summary="A stored analysis",
    response_model=None,
    responses={
        **failures(NotFoundError, NotAcceptableError, ValidationError, OverloadedError, AnalysisTimeoutError),
        **_FOUND,
        304: {"description": "It is the one that you have"},
    },
    openapi_extra=_OF_A_TRACK,
)
async def stored_analysis(request: Request, asked: Annotated[StoredQuery, Query()]) -> Response:
    """The richest analysis that is kept of a track, or the one that was made with these parameters."""
    timelines = await _shape(request, asked)
    file_hash = request.path_params["file_hash"].lower()
    answer = await services_of(request).tracks.get_stored(file_hash, timelines, asked.analysis_type)
    if answer is None:
        such = "" if timelines == PLAIN and asked.analysis_type is None else " with these parameters"
        raise NotFoundError(f"No analysis of this file{such} is kept; analyse it again{such}.")
    return await _answered(request, answer, timelines.file_format)


@router.patch(
    "/analysis/{file_hash}",
    summary="Correct a track's beat",
    response_model=None,
    responses={
        **failures(
            NotFoundError,
            UnsupportedMediaError,
            BodyTooLargeError,
            ValidationError,
            OverloadedError,
            AnalysisTimeoutError,
            InsufficientStorageError,
        ),
        **success(
            Analysis, {**_EXAMPLE, "bpm": 256.0, "tempo": 256.0, "correction": {"correction": "x2"}}, "Corrected"
        ),
        202: {
            "model": CorrectionKept,
            "description": "It is kept, and followed by the next analysis of these bytes",
            "content": {
                "application/json": {
                    "example": {"file_hash": _HASH, "correction": {"correction": "x2"}, "detail": _KEPT_DETAIL}
                }
            },
        },
    },
    openapi_extra={**_OF_A_TRACK, **json_request(CorrectionRequest, _CORRECTIONS, required=True)},
)
async def correct(
    request: Request, asked: Annotated[CorrectionRequest, Depends(json_body(CorrectionRequest))]
) -> Response:
    """What you say of the beat is kept for good, and goes before what is heard in every later analysis of these bytes.

    The answer is the richest analysis that is kept, corrected in everything that depends on beats. A tempo takes the
    place of what was said of the tempo before, `downbeat_at` of what was said of bars; `clear` forgets both. Multiples
    (`x2`) are of the tempo that is found without any correction, so saying one twice changes nothing.
    """
    asked.ensure_sense()
    services = services_of(request)
    file_hash = request.path_params["file_hash"].lower()
    corrected = await while_waiting(request, services.tracks.correct(file_hash, asked.changed))
    if corrected.analysis is not None:
        return await _answered(request, corrected.analysis, "json")
    told = corrected.hint.to_dict()
    detail = _KEPT_DETAIL if told else _CLEARED_DETAIL
    return JSONResponse({"file_hash": file_hash, "correction": told or None, "detail": detail}, 202)


@router.get(
    "/features",
    summary="What is computed",
    response_model=None,
    responses={
        **failures(),
        **success(
            FeaturesAnswer,
            {"features": [{"name": "rms", "size": 1, "unit": "", "version": 1}]},
            "The catalogue of features",
        ),
    },
)
async def features(request: Request) -> dict[str, object]:
    """Every feature with its unit, size and range, as the program's own catalogue has it."""
    description = await services_of(request).tracks.describe()
    return {**description.fields, "analyzer_version": description.analyzer_version}


async def _shape(request: Request, asked: TimelineQuery | AnalyzeRequest) -> TimelineOptions:
    """How values per frame are wanted; refused before a file is received where that cannot be."""
    timelines = TimelineOptions(tuple(asked.features), asked.rate, asked.precision, preferred_format(request))
    if timelines.features:
        await services_of(request).tracks.ensure_features(timelines.features)
    return timelines


async def _answered(request: Request, answer: EncodedAnalysis, file_format: FileFormat) -> Response:
    headers = {"Cache-Status": _CACHE_STATUS[answer.cache_status]}
    return await compressed_answer(
        request, answer.body, MEDIA_TYPES[file_format], services_of(request).gzipped, headers
    )
