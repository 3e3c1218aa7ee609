"""Route of corrections: what users know of the beat of a track."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tactus.errors import (
    AnalysisTimeoutError,
    BodyTooLargeError,
    InsufficientStorageError,
    NotFoundError,
    OverloadedError,
    UnsupportedMediaError,
    ValidationError,
)
from tactus.web.body import json_body
from tactus.web.docs.analysis import ANALYSIS_EXAMPLE, FILE_HASH, FILE_HASH_PARAMETER
from tactus.web.docs.openapi import failures, json_request, success
from tactus.web.services import services_of
from tactus.web.tracks.analysis_schema import Analysis
from tactus.web.tracks.beat_hint_query import CorrectionRequest
from tactus.web.tracks.cancel_on_disconnect import run_until_disconnect
from tactus.web.tracks.responses import make_analysis_response
from tactus.web.tracks.schemas import CorrectionStored

router = APIRouter(tags=["tracks"])

_STORED_DETAIL = "No analysis of this file is stored; the correction is, and the next analysis follows it."
_CLEARED_DETAIL = "No analysis of this file is stored; its correction is removed, and the next analysis has none."
_REQUEST_EXAMPLES = {
    "double tempo": {"correction": "x2"},
    "known tempo": {"bpm": 128},
    "tempo range": {"bpm_min": 80, "bpm_max": 110},
    "taps": {"taps": [10.02, 10.49, 10.95, 11.42, 11.9]},
    "downbeat": {"downbeat_at": 12.37},
    "removal": {"clear": True},
}


@router.patch(
    "/analysis/{file_hash}",
    summary="Correct the beat of a track",
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
            Analysis,
            {**ANALYSIS_EXAMPLE, "bpm": 256.0, "tempo": 256.0, "correction": {"correction": "x2"}},
            "The corrected analysis",
        ),
        202: {
            "model": CorrectionStored,
            "description": "The correction is stored, and the next analysis of the file follows it",
            "content": {
                "application/json": {
                    "example": {"file_hash": FILE_HASH, "correction": {"correction": "x2"}, "detail": _STORED_DETAIL}
                }
            },
        },
    },
    openapi_extra={**FILE_HASH_PARAMETER, **json_request(CorrectionRequest, _REQUEST_EXAMPLES, required=True)},
)
async def correct(
    request: Request, body: Annotated[CorrectionRequest, Depends(json_body(CorrectionRequest))]
) -> Response:
    """The correction is stored without expiry, and takes precedence over the estimates in every later analysis.

    The response is the most complete stored analysis, with all fields that depend on beats corrected. A statement about
    the tempo replaces the previous one, `downbeat_at` the previous downbeat; `clear` removes both. Multiples (`x2`)
    refer to the tempo that is estimated without any correction, so that a repeated request changes nothing.
    """
    body.check()
    services = services_of(request)
    file_hash = request.path_params["file_hash"].lower()
    result = await run_until_disconnect(request, services.tracks.correct(file_hash, body.apply_to))
    if result.analysis is not None:
        return await make_analysis_response(request, result.analysis, "json", services.gzip_cache)
    correction = result.hint.to_dict()
    detail = _STORED_DETAIL if correction else _CLEARED_DETAIL
    return JSONResponse({"file_hash": file_hash, "correction": correction or None, "detail": detail}, 202)
