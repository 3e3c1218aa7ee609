"""As what an analysis is written, by the client's `Accept` (RFC 9110, 12.5.1)."""

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
"""The first is preferred where a client likes several equally."""

_NEEDING_PYARROW: tuple[FileFormat, ...] = ("arrow", "parquet")
_WEIGHT = re.compile(r"q\s*=\s*([01](?:\.\d{0,3})?)", re.IGNORECASE)


def preferred_format(request: Request) -> FileFormat:
    """The file_format that a client likes best of those that can be written here.

    Raises:
        NotAcceptableError: It likes none of them.
    """
    accepted = ",".join(request.headers.getlist("accept")) or "*/*"
    weights = {file_format: _weight(accepted, media_type) for file_format, media_type in MEDIA_TYPES.items()}
    liked = sorted(
        (file_format for file_format in weights if weights[file_format] > 0),
        key=lambda file_format: -weights[file_format],
    )
    for file_format in liked:
        if file_format not in _NEEDING_PYARROW or find_spec("pyarrow"):
            return file_format
    if liked:
        raise NotAcceptableError(
            "Arrow and Parquet need one more package where Tactus runs: pip install 'tactus[parquet]'. "
            f"Without it, ask for {MEDIA_TYPES['json']} or {MEDIA_TYPES['npz']}."
        )
    raise NotAcceptableError(f"An analysis is written as {', '.join(MEDIA_TYPES.values())}.")


def _weight(accepted: str, media_type: str) -> float:
    """How much a header likes a media type: its most specific range that matches decides."""
    best = (0, 0.0)
    for item in accepted.lower().split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        ranges = ("*/*", f"{media_type.partition('/')[0]}/*", media_type)
        if media_range not in ranges:
            continue
        found = [_WEIGHT.fullmatch(parameter) for parameter in parameters if parameter.startswith("q")]
        weight = float(found[0][1]) if found and found[0] else 1.0
        best = max(best, (1 + ranges.index(media_range), weight))
    return best[1]
