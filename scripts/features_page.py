"""Writes docs/features.md from the catalogue of features (`make docs`)."""

import sys
from pathlib import Path

from tactus.analysis.catalogue import catalogue, grids
from tactus.dsp.grid import Grid

PAGE = Path(__file__).resolve().parent.parent / "docs" / "features.md"

HEAD = """\
# Features

All frame features. A feature is a function that gives values per frame, the same for files and live sound; frame k is
centred at `k * hop_length / sample_rate` seconds. This page is generated from the catalogue (`make
docs`); the running service has the same list at `GET /features`.

*Gain* is the effect of doubling the signal on the values. *Latency* is the look-ahead of a feature in frames.
"""

GRID_MEANINGS = {
    "output": "set by `SAMPLE_RATE`, `N_FFT` and `HOP_LENGTH`; these are the defaults",
    "rhythm": "fixed: for tempo, beats and onsets",
    "harmony": "fixed: long frames for pitch, key and chords",
    "channels": "fixed: rows of 100 ms of every channel, for loudness",
}
GAINS = {"linear": "x2", "square": "x4", "db": "+6.02 dB", "free": "none", "compressed": "compressed"}


def page() -> str:
    """Content of the page."""
    abouts = [feature.about for feature in catalogue()]
    rows = [
        " | ".join(
            (
                f"| `{about.name}`",
                about.meaning,
                about.unit or "none",
                str(about.size),
                about.grid,
                GAINS[about.gain],
                str(about.latency_frames),
                f"{about.source} |",
            )
        )
        for about in abouts
    ]
    output = Grid(sample_rate=44100, frame_length=2048, hop_length=512)
    lines = [
        f"| {name} | {grid.sample_rate} Hz | {grid.frame_length} | {grid.hop_length} | {GRID_MEANINGS[name]} |"
        for name, grid in grids(output).items()
    ]
    return "\n".join(
        [
            HEAD,
            "| feature | meaning | unit | values per frame | grid | gain | latency | source |",
            "|---|---|---|---|---|---|---|---|",
            *rows,
            "",
            "## Grids",
            "",
            "| grid | sample rate | frame | hop | |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page())
    sys.exit(0)
