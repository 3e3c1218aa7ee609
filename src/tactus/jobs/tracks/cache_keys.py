"""Keys and ranks of stored analyses.

- `analysis:{file_hash}:{digest}`: one variant, zstd-compressed. The digest covers the analysis type, all other
  parameters and the version of the analyzer, so that a newer program never returns results of an older one.
- `analysis:{file_hash}:most_complete`: digest of the most complete plain variant, ranked, so that a less complete one
  never replaces it; under a correction `analysis:{file_hash}:most_complete:{digest of the correction}`.
- `analysis:{file_hash}:retained:{analyzer_version}`: retained features, from which corrections are computed,
  zstd-compressed.
- `analysis:{file_hash}`: plain JSON of the most complete analysis with default parameters, for other programs.
- `correction:{file_hash}`: the correction of a track's beat, as JSON.

"Plain" is an analysis with the default `TimelineOptions`.
"""

import hashlib
from dataclasses import asdict

import orjson

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import ANALYSIS_TYPES, AnalysisType, TrackOptions


def variant_digest(options: TrackOptions, analyzer_version: str) -> str:
    """Digest of the parameters of an analysis: 32 hexadecimal digits."""
    described = orjson.dumps({**asdict(options), "analyzer_version": analyzer_version}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(described).hexdigest()[:32]


def variant_key(file_hash: str, digest: str) -> str:
    """Key of one variant of a track's analysis."""
    return f"analysis:{file_hash}:{digest}"


def most_complete_key(file_hash: str, hint: TempoHint) -> str:
    """Key of the digest of the most complete variant under a correction."""
    if hint == NO_HINT:
        return f"analysis:{file_hash}:most_complete"
    return f"analysis:{file_hash}:most_complete:{hashlib.sha256(orjson.dumps(hint.to_dict())).hexdigest()[:32]}"


def retained_key(file_hash: str, analyzer_version: str) -> str:
    """Key of the retained features of a track."""
    return f"analysis:{file_hash}:retained:{analyzer_version}"


def correction_key(file_hash: str) -> str:
    """Key of the correction of a track."""
    return f"correction:{file_hash}"


def plain_key(file_hash: str) -> str:
    """Key of the plain JSON that other programs read."""
    return f"analysis:{file_hash}"


def rank(analysis_type: AnalysisType, *, is_default: bool) -> int:
    """Rank of a variant: by analysis type first; default parameters rank above others of the same type."""
    return 2 * ANALYSIS_TYPES.index(analysis_type) + is_default


def rank_of_request_hint(rank: int) -> int:
    """Rank of a variant that follows the hint of a single request: below all variants that follow the correction."""
    return rank - 2 * len(ANALYSIS_TYPES)


def published_rank(rank: int, revision: int) -> int:
    """Rank of the plain JSON that other programs read: one that follows a newer correction replaces any older one."""
    return 2 * len(ANALYSIS_TYPES) * revision + rank
