"""Writes the description of the analyzer, which the service reads without loading numpy (`make docs`)."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from tactus.analysis.catalogue import INNER_GRIDS, catalogue
from tactus.analysis.feature import CHANNELS
from tactus.analysis.track.version import versions_digest
from tactus.jobs.tracks.analyzer_description import FILE_NAME, N_MFCC

FILE = Path(__file__).resolve().parent.parent / "src" / "tactus" / "jobs" / "tracks" / FILE_NAME


def content() -> str:
    """Content of the file."""
    smaller, larger = ([feature.about for feature in catalogue(n_mfcc=n_mfcc)] for n_mfcc in (13, 14))
    features = [
        {
            "name": about.name,
            "unit": about.unit,
            "size": about.size if about.size == other.size else N_MFCC,
            "meaning": about.meaning,
            "source": about.source,
            "version": about.version,
            "latency_frames": about.latency_frames,
            "grid": about.grid,
            "is_framed": about.grid != CHANNELS,
        }
        for about, other in zip(smaller, larger, strict=True)
    ]
    grids = {name: asdict(grid) for name, grid in INNER_GRIDS.items()}
    fields = {"versions_digest": versions_digest(), "grids": grids, "features": features}
    return json.dumps(fields, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(content())
    sys.exit(0)
