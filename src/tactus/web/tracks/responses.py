"""Hands out big results as the workers made them: zstd-compressed, passed on or unpacked piece by piece."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping

import zstandard
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tactus.web.tracks.gzip_cache import LARGEST_REMEMBERED_BYTES, PIECE_BYTES, Gzipped

WORTH_COMPRESSING_BYTES = 2048


async def compressed_answer(
    request: Request, body: bytes, media_type: str, gzipped: Gzipped, headers: Mapping[str, str] | None = None
) -> Response:
    """A result for a client, in the best coding that it accepts.

    Args:
        request: Whose `Accept-Encoding` and `If-None-Match` count.
        body: zstd-compressed as one frame.
        media_type: Of what is compressed, chosen by the request's `Accept`.
        gzipped: Who makes gzip of it, where that is what the client takes.
        headers: Further headers.
    """
    n_bytes = zstandard.frame_content_size(body)
    coding = _coding(request.headers.get("accept-encoding", "")) if n_bytes > WORTH_COMPRESSING_BYTES else "identity"
    etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}-{coding}"'
    all_headers = {"ETag": etag, "Vary": "Accept, Accept-Encoding", "Cache-Control": "no-cache", **(headers or {})}
    if request.method == "GET" and _matches(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=all_headers)
    if coding != "identity":
        all_headers["Content-Encoding"] = coding
    if coding == "zstd":
        return Response(body, headers=all_headers, media_type=media_type)
    if coding == "gzip":
        if n_bytes > LARGEST_REMEMBERED_BYTES:
            return StreamingResponse(gzipped.pieces(body), headers=all_headers, media_type=media_type)
        return Response(await gzipped.whole(etag, body), headers=all_headers, media_type=media_type)
    if n_bytes >= 0:
        all_headers["Content-Length"] = str(n_bytes)
    return StreamingResponse(_pieces(body), headers=all_headers, media_type=media_type)


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for piece in zstandard.ZstdDecompressor().read_to_iter(body, write_size=PIECE_BYTES):
        yield piece


def _coding(accepted: str) -> str:
    """The first of zstd, gzip and identity that an `Accept-Encoding` header allows (RFC 9110, 12.5.3)."""
    weights = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        found = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
        weights[name.strip()] = float(found[1]) if found else float(not parameters.strip())
    return next((coding for coding in ("zstd", "gzip") if weights.get(coding, weights.get("*", 0)) > 0), "identity")


def _matches(wanted: str, etag: str) -> bool:
    return wanted.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in wanted.split(","))
