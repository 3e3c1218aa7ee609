"""Under which keys analyses are kept.

- `analysis:{file_hash}:{digest}`: one variant, zstd-compressed. The digest is of the analysis type, all other
  parameters and the analyzer's version, so a newer program never answers with an older one's results.
- `analysis:{file_hash}:richest`: the digest of the richest plain variant, ranked, so that a poorer one never replaces
  it.
- `analysis:{file_hash}`: plain JSON of the richest analysis with default parameters, for other programs.
"""

import hashlib
from dataclasses import asdict

import orjson

from tactus.analysis.options import ANALYSIS_TYPES, AnalysisType, TrackOptions


def variant_digest(options: TrackOptions, analyzer_version: str) -> str:
    """What tells one variant of a track's analysis from the others: 32 hexadecimal digits."""
    described = orjson.dumps({**asdict(options), "analyzer_version": analyzer_version}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(described).hexdigest()[:32]


def variant_key(file_hash: str, digest: str) -> str:
    """Where one variant is kept."""
    return f"analysis:{file_hash}:{digest}"


def richest_key(file_hash: str) -> str:
    """Where the digest of the richest variant is kept."""
    return f"analysis:{file_hash}:richest"


def plain_key(file_hash: str) -> str:
    """Where other programs look."""
    return f"analysis:{file_hash}"


def rank(analysis_type: AnalysisType, *, is_default: bool) -> int:
    """How rich a variant is: by type first, and default parameters before chosen ones."""
    return 2 * ANALYSIS_TYPES.index(analysis_type) + is_default
