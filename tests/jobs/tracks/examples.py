"""Helpers for tests of jobs: small tracks, and the decoded analyses of them."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import zstandard

from tactus.analysis.options import TrackOptions
from tactus.jobs.tracks.results import EncodedAnalysis

FULL, BASIC, TEMPO_ONLY = (TrackOptions(analysis_type=kind) for kind in ("full", "basic", "tempo_only"))


@dataclass(frozen=True)
class Track:
    """A file, and the name of its bytes."""

    path: Path
    file_hash: str

    def copy(self, name: str) -> "Track":
        path = self.path.with_name(name)
        path.write_bytes(self.path.read_bytes())
        return replace(self, path=path)


def track_of(content: bytes, path: Path) -> Track:
    path.write_bytes(content)
    return Track(path, hashlib.sha256(content).hexdigest())


def read(answer: EncodedAnalysis | None) -> dict[str, Any]:
    assert answer is not None
    analysis: dict[str, Any] = json.loads(zstandard.ZstdDecompressor().stream_reader(answer.body).read())
    assert analysis["file_hash"] == answer.file_hash
    return analysis


def n_analysed(lines: list[Any]) -> int:
    return sum(line["event"] == "track_analysed" for line in lines)
