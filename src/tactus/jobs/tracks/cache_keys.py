"""Under which keys analyses are kept.

- `analysis:{file_hash}:{digest}`: one variant, zstd-compressed. The digest is of the analysis type, all other
  parameters and the analyzer's version, so a newer program never answers with an older one's results.
- `analysis:{file_hash}:richest`: the digest of the richest plain variant, ranked, so that a poorer one never replaces
  it; under a correction `analysis:{file_hash}:richest:{digest of the correction}`.
- `analysis:{file_hash}:evidence:{analyzer_version}`: what corrections are worked out from, zstd-compressed.
- `analysis:{file_hash}`: plain JSON of the richest analysis with default parameters, for other programs.
- `correction:{file_hash}`: what somebody has said of the track's beat, as JSON.
"""

import hashlib
from dataclasses import asdict

import orjson

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import ANALYSIS_TYPES, AnalysisType, TrackOptions


def variant_digest(options: TrackOptions, analyzer_version: str) -> str:
    """What tells one variant of a track's analysis from the others: 32 hexadecimal digits."""
    described = orjson.dumps({**asdict(options), "analyzer_version": analyzer_version}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(described).hexdigest()[:32]


def variant_key(file_hash: str, digest: str) -> str:
    """Where one variant is kept."""
    return f"analysis:{file_hash}:{digest}"


def richest_key(file_hash: str, hint: TempoHint) -> str:
    """Where the digest of the richest variant under a correction is kept."""
    if hint == NO_HINT:
        return f"analysis:{file_hash}:richest"
    return f"analysis:{file_hash}:richest:{hashlib.sha256(orjson.dumps(hint.to_dict())).hexdigest()[:32]}"


def retained_key(file_hash: str, analyzer_version: str) -> str:
    """Where what corrections are worked out from is kept."""
    return f"analysis:{file_hash}:evidence:{analyzer_version}"


def correction_key(file_hash: str) -> str:
    """Where what somebody has said of a track is kept."""
    return f"correction:{file_hash}"


def plain_key(file_hash: str) -> str:
    """Where other programs look."""
    return f"analysis:{file_hash}"


def rank(analysis_type: AnalysisType, *, is_default: bool) -> int:
    """How rich a variant is: by type first, and default parameters before chosen ones."""
    return 2 * ANALYSIS_TYPES.index(analysis_type) + is_default


def rank_of_passing_hint(rank: int) -> int:
    """The rank of a variant that was made for somebody who knew more of the beat: below all that were not."""
    return rank - 2 * len(ANALYSIS_TYPES)


def published_rank(rank: int, revision: int) -> int:
    """The rank of what other programs read: what follows a newer correction takes the place of anything before it."""
    return 2 * len(ANALYSIS_TYPES) * revision + rank
