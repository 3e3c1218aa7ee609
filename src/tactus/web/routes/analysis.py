"""Routes of analyses: by URL, by upload, and by the hash of a file that was analysed before."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from tactus.analysis.options import PLAIN, TimelineOptions
from tactus.errors import AnalysisTimeoutError, NotAcceptableError, NotFoundError, OverloadedError, ValidationError
from tactus.jobs.tracks.analyzer_description import describe_analyzer, ensure_features
from tactus.web.body import json_body
from tactus.web.docs.analysis import (
    ANALYSIS_ERRORS,
    DOWNLOAD_ERRORS,
    FILE_HASH_PARAMETER,
    UPLOAD_BODY,
    analysis_response,
)
from tactus.web.docs.openapi import failures, json_request, success
from tactus.web.services import services_of
from tactus.web.tracks.beat_hint_query import hint_from_query
from tactus.web.tracks.cancel_on_disconnect import run_until_disconnect
from tactus.web.tracks.content_negotiation import preferred_format
from tactus.web.tracks.responses import make_analysis_response
from tactus.web.tracks.schemas import AnalysisQuery, AnalyzeRequest, FeaturesAnswer, StoredQuery
from tactus.web.tracks.timeline_query import TimelineQuery

router = APIRouter(tags=["tracks"])


@router.post(
    "/analyze",
    summary="Analyse a file by URL",
    response_model=None,
    responses={**failures(*ANALYSIS_ERRORS, *DOWNLOAD_ERRORS), **analysis_response()},
    openapi_extra=json_request(
        AnalyzeRequest, {"song": {"file_url": "https://example.org/song.mp3", "analysis_type": "full"}}, required=True
    ),
)
async def analyze(request: Request, body: Annotated[AnalyzeRequest, Depends(json_body(AnalyzeRequest))]) -> Response:
    """The file is downloaded, decoded and analysed; a further request for the same bytes is answered from the cache.

    The scheme is http or https. Private addresses are refused, except those in `TACTUS_ALLOW_PRIVATE`.
    """
    services = services_of(request)
    timelines = await _read_timeline_options(request, body)
    hint = hint_from_query(body.bpm, body.bpm_min, body.bpm_max)
    options = replace(services.options, analysis_type=body.analysis_type, timelines=timelines, hint=hint)
    work = services.tracks.analyse_url(body.file_url, options, cache_result=body.cache_result)
    analysis = await run_until_disconnect(request, work)
    return await make_analysis_response(request, analysis, timelines.file_format, services.gzip_cache)


@router.post(
    "/analyze-upload",
    summary="Analyse an uploaded file",
    response_model=None,
    responses={**failures(*ANALYSIS_ERRORS), **analysis_response()},
    openapi_extra=UPLOAD_BODY,
)
async def analyze_upload(request: Request, query: Annotated[AnalysisQuery, Query()]) -> Response:
    """`curl -F file=@song.mp3 http://localhost:8001/analyze-upload`.

    The file is wav, mp3, flac, ogg, m4a, aiff, or a video with sound.
    """
    services = services_of(request)
    timelines = await _read_timeline_options(request, query)
    hint = hint_from_query(query.bpm, query.bpm_min, query.bpm_max)
    options = replace(services.options, analysis_type=query.analysis_type, timelines=timelines, hint=hint)
    services.tracks.ensure_capacity()
    async with services.uploads.receive(request) as upload:
        work = services.tracks.analyse_file(upload.path, upload.file_hash, options, cache_result=query.cache_result)
        analysis = await run_until_disconnect(request, work)
    return await make_analysis_response(request, analysis, timelines.file_format, services.gzip_cache)


@router.get(
    "/analysis/{file_hash}",
    summary="Get a stored analysis",
    response_model=None,
    responses={
        **failures(NotFoundError, NotAcceptableError, ValidationError, OverloadedError, AnalysisTimeoutError),
        **analysis_response(),
        304: {"description": "Not modified: it has the ETag of If-None-Match"},
    },
    openapi_extra=FILE_HASH_PARAMETER,
)
async def stored_analysis(request: Request, query: Annotated[StoredQuery, Query()]) -> Response:
    """The most complete stored analysis of a track, or the one with these parameters."""
    services = services_of(request)
    timelines = await _read_timeline_options(request, query)
    file_hash = request.path_params["file_hash"].lower()
    analysis = await services.tracks.get_stored(file_hash, timelines, query.analysis_type)
    if analysis is None:
        condition = "" if timelines == PLAIN and query.analysis_type is None else " with these parameters"
        raise NotFoundError(f"No analysis of this file{condition} is stored; analyse it again{condition}.")
    return await make_analysis_response(request, analysis, timelines.file_format, services.gzip_cache)


@router.get(
    "/features",
    summary="List the features",
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
    """All features of the catalogue, with unit, size, meaning, source and grid."""
    return dict(describe_analyzer(services_of(request).options).fields)


async def _read_timeline_options(request: Request, parameters: TimelineQuery | AnalyzeRequest) -> TimelineOptions:
    """Read the format of the values per frame from a request; an unknown feature is refused before a file is received.

    Raises:
        NotAcceptableError: The client accepts none of the file formats.
        ValidationError: There is no such feature.
    """
    timelines = TimelineOptions(
        tuple(parameters.features), parameters.rate, parameters.precision, preferred_format(request)
    )
    if timelines.features:
        ensure_features(timelines.features)
    return timelines
