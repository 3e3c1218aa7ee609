"""Analyses of tracks: by address, by upload, and again by the hash of the bytes."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from tactus.analysis.options import PLAIN, Form, Shape
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
from tactus.jobs.analyse_track import Answer
from tactus.web.answers import compressed_answer
from tactus.web.body import json_body
from tactus.web.documented import failures, json_request, success
from tactus.web.forms import MEDIA_TYPES, wanted_form
from tactus.web.patience import while_waiting
from tactus.web.schemas import Analysis, AnalysisQuery, AnalyzeRequest, FeaturesAnswer, StoredQuery
from tactus.web.services import services_of
from tactus.web.shape_query import ShapeQuery
from tactus.web.upload import FIELD

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
    "beat_times": [0.0, 0.46875],
    "downbeat_times": [0.0],
    "duration": 212.4,
    "sample_rate": 44100,
    "analysis_timestamp": "2025-05-04T12:00:00+00:00",
    "analyzer_version": "0.1.0+3f2a9c",
    "warnings": [],
    "key": "A",
    "mode": "minor",
    "key_confidence": 0.77,
}
_CACHE_STATUS = {
    "hit": "Tactus; hit",
    "collapsed": "Tactus; fwd=miss; collapsed",
    "miss": "Tactus; fwd=miss; stored",
    "bypass": "Tactus; fwd=bypass",
}
_FOUND = success(Analysis, _EXAMPLE, "The analysis")
_BINARY_FORMS: tuple[tuple[Form, str], ...] = (
    ("npz", "numpy.load reads it; member analysis.json holds all but the timelines"),
    ("arrow", "an Arrow stream, one row a timeline; needs tactus[parquet]"),
    ("parquet", "the same as a Parquet file"),
)
_FOUND[200]["content"] |= {
    MEDIA_TYPES[form]: {"schema": {"type": "string", "format": "binary"}, "example": f"(bytes: {what})"}
    for form, what in _BINARY_FORMS
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
    shape = await _shape(request, asked)
    options = replace(services.options, analysis_type=asked.analysis_type, shape=shape)
    work = services.tracks.from_url(asked.file_url, options, cache_result=asked.cache_result)
    return await _answered(request, await while_waiting(request, work), shape.form)


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
    shape = await _shape(request, asked)
    options = replace(services.options, analysis_type=asked.analysis_type, shape=shape)
    services.tracks.ensure_room()
    async with services.uploads.received(request) as upload:
        work = services.tracks.from_file(upload.path, upload.file_hash, options, cache_result=asked.cache_result)
        answer = await while_waiting(request, work)
    return await _answered(request, answer, shape.form)


@router.get(
    "/analysis/{file_hash}",
    summary="A stored analysis",
    response_model=None,
    responses={
        **failures(NotFoundError, NotAcceptableError, ValidationError),
        **_FOUND,
        304: {"description": "It is the one that you have"},
    },
    openapi_extra={"parameters": [{"name": "file_hash", "in": "path", "required": True, "example": _HASH,
                                   "schema": {"type": "string"},
                                   "description": "SHA-256 of the file, in hexadecimal"}]},
)  # fmt: skip
async def stored_analysis(request: Request, asked: Annotated[StoredQuery, Query()]) -> Response:
    """The richest analysis that is kept of a track, or the one that was made with these parameters."""
    shape = await _shape(request, asked)
    file_hash = request.path_params["file_hash"].lower()
    answer = await services_of(request).tracks.stored(file_hash, shape, asked.analysis_type)
    if answer is None:
        such = "" if shape == PLAIN and asked.analysis_type is None else " with these parameters"
        raise NotFoundError(f"No analysis of this file{such} is kept; analyse it again{such}.")
    return await _answered(request, answer, shape.form)


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


async def _shape(request: Request, asked: ShapeQuery | AnalyzeRequest) -> Shape:
    """How values per frame are wanted; refused before a file is received where that cannot be."""
    shape = Shape(tuple(asked.features), asked.rate, asked.precision, wanted_form(request))
    if shape.features:
        await services_of(request).tracks.ensure_features(shape.features)
    return shape


async def _answered(request: Request, answer: Answer, form: Form) -> Response:
    headers = {"Cache-Status": _CACHE_STATUS[answer.cache_status]}
    return await compressed_answer(request, answer.body, MEDIA_TYPES[form], services_of(request).gzipped, headers)
