"""Content negotiation: the file format of an analysis, chosen by the request's `Accept` (RFC 9110, 12.5.1)."""

import re
from collections.abc import Mapping
from importlib.util import find_spec

from starlette.requests import Request

from tactus.analysis.options import FileFormat
from tactus.errors import NotAcceptableError

MEDIA_TYPES: Mapping[FileFormat, str] = {
    "json": "application/json",
    "npz": "application/x-npz",
    "arrow": "application/vnd.apache.arrow.stream",
    "parquet": "application/vnd.apache.parquet",
}
"""Media type of each file format; of several that a client prefers equally, the first is chosen."""

_NEEDING_PYARROW: tuple[FileFormat, ...] = ("arrow", "parquet")
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)", re.IGNORECASE)


def preferred_format(request: Request) -> FileFormat:
    """The file format that a client prefers, of those that can be written here.

    Raises:
        NotAcceptableError: It accepts none of them.
    """
    accept = ",".join(request.headers.getlist("accept")) or "*/*"
    weights = {file_format: _weight(accept, media_type) for file_format, media_type in MEDIA_TYPES.items()}
    accepted = sorted((name for name, weight in weights.items() if weight > 0), key=lambda name: -weights[name])
    for file_format in accepted:
        if file_format not in _NEEDING_PYARROW or find_spec("pyarrow"):
            return file_format
    if accepted:
        raise NotAcceptableError(
            "Arrow and Parquet need one more package where Tactus runs: pip install 'tactus[parquet]'. "
            f"Without it, ask for {MEDIA_TYPES['json']} or {MEDIA_TYPES['npz']}."
        )
    raise NotAcceptableError(f"An analysis is available as {', '.join(MEDIA_TYPES.values())}.")


def _weight(accept: str, media_type: str) -> float:
    """Weight of a media type in an `Accept` header, in [0, 1]; that of the most specific range that matches."""
    best = (0, 0.0)
    for item in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        ranges = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
        if media_range not in ranges:
            continue
        matches = [_WEIGHT.fullmatch(parameter) for parameter in parameters if parameter.startswith("q")]
        weight = float(matches[0][1]) if matches and matches[0] else 1.0
        best = max(best, (1 + ranges.index(media_range), weight))
    return best[1]
