"""Results of the analysis of tracks, as the service and the command line receive them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tactus.analysis.beat_hint import TempoHint

CacheStatus = Literal["hit", "collapsed", "miss", "bypass"]
"""Origin of a result, in the terms of RFC 9211: read from the store; from an analysis that a concurrent request had
started; from an analysis of its own that was stored; from an analysis of its own that was not stored."""


@dataclass(frozen=True, slots=True)
class EncodedAnalysis:
    """An analysis in its file format.

    Args:
        body: The analysis in the file format of its options, zstd-compressed.
        file_hash: SHA-256 of the file, hexadecimal.
        cache_status: Origin of the result.
    """

    body: bytes
    file_hash: str
    cache_status: CacheStatus


@dataclass(frozen=True, slots=True)
class CorrectionResult:
    """Result of a correction.

    Args:
        hint: The correction that now applies to the track.
        analysis: The most complete plain analysis that follows it; None where nothing is stored to compute it from.
    """

    hint: TempoHint
    analysis: EncodedAnalysis | None


@dataclass(frozen=True, slots=True)
class AnalyzerDescription:
    """The analyzer's description of itself.

    Args:
        analyzer_version: Version that changes with every feature and estimator.
        fields: The description: `features`, `analyzer_version`.
    """

    analyzer_version: str
    fields: Mapping[str, Any]
