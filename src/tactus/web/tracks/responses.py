"""Responses with an analysis: content coding of the zstd-compressed body, ETag, conditional requests, cache status."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping

import zstandard
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tactus.analysis.options import FileFormat
from tactus.jobs.tracks.results import CacheStatus, EncodedAnalysis
from tactus.web.tracks.content_negotiation import MEDIA_TYPES
from tactus.web.tracks.gzip_cache import CHUNK_BYTES, GzipCache

MIN_COMPRESSED_BYTES = 2048
"""Minimum size of a body that is sent compressed [bytes]."""

_CACHE_STATUS: Mapping[CacheStatus, str] = {
    "hit": "Tactus; hit",
    "collapsed": "Tactus; fwd=miss; collapsed",
    "miss": "Tactus; fwd=miss; stored",
    "bypass": "Tactus; fwd=bypass",
}
"""`Cache-Status` header (RFC 9211) for each origin of an analysis."""


async def make_analysis_response(
    request: Request, analysis: EncodedAnalysis, file_format: FileFormat, gzip_cache: GzipCache
) -> Response:
    """Make the response with an analysis.

    Args:
        request: The request, of which `Accept-Encoding` and `If-None-Match` apply.
        analysis: The analysis.
        file_format: Its file format.
        gzip_cache: Converts the body to gzip for clients that do not accept zstd.
    """
    headers = {"Cache-Status": _CACHE_STATUS[analysis.cache_status]}
    return await make_compressed_response(request, analysis.body, MEDIA_TYPES[file_format], gzip_cache, headers)


async def make_compressed_response(
    request: Request, body: bytes, media_type: str, gzip_cache: GzipCache, headers: Mapping[str, str] | None = None
) -> Response:
    """Make the response with a body in the content coding that the client prefers.

    Args:
        request: The request, of which `Accept-Encoding` and `If-None-Match` apply.
        body: zstd-compressed as one frame.
        media_type: Media type of the decompressed body.
        gzip_cache: Converts the body to gzip for clients that do not accept zstd.
        headers: Further response headers.
    """
    n_bytes = zstandard.frame_content_size(body)
    coding = _coding(request.headers.get("accept-encoding", "")) if n_bytes > MIN_COMPRESSED_BYTES else "identity"
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}-{coding}"'
    all_headers = {"ETag": etag, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache", **(headers or {})}
    if request.method == "GET" and _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=all_headers)
    if coding != "identity":
        all_headers["Content-Encoding"] = coding
    if coding == "zstd":
        return Response(body, headers=all_headers, media_type=media_type)
    if coding == "gzip":
        if n_bytes > gzip_cache.max_body_bytes:
            return StreamingResponse(gzip_cache.stream(body), headers=all_headers, media_type=media_type)
        return Response(await gzip_cache.compress(etag, body), headers=all_headers, media_type=media_type)
    if n_bytes >= 0:
        all_headers["Content-Length"] = str(n_bytes)
    return StreamingResponse(_stream_decompressed(body), headers=all_headers, media_type=media_type)


async def _stream_decompressed(body: bytes) -> AsyncIterator[bytes]:
    for chunk in zstandard.ZstdDecompressor().read_to_iter(body, write_size=CHUNK_BYTES):
        yield chunk


def _coding(accept_encoding: str) -> str:
    """The first of zstd, gzip and identity that an `Accept-Encoding` header allows (RFC 9110, 12.5.3)."""
    weights = {}
    for item in accept_encoding.lower().split(","):
        name, _, parameters = item.partition(";")
        match = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
        weights[name.strip()] = float(match[1]) if match else float(not parameters.strip())
    return next((coding for coding in ("zstd", "gzip") if weights.get(coding, weights.get("*", 0)) > 0), "identity")


def _matches(if_none_match: str, etag: str) -> bool:
    """True if an `If-None-Match` header lists an ETag, by weak comparison (RFC 9110, 13.1.2)."""
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return if_none_match.strip() == "*" or etag in tags
