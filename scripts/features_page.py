"""Writes docs/features.md from the catalogue, so that the page and the program cannot disagree (`make docs`)."""

import sys
from pathlib import Path

from tactus.analysis.catalogue import catalogue, grids
from tactus.dsp.grid import Grid

PAGE = Path(__file__).resolve().parent.parent / "docs" / "features.md"

HEAD = """\
# Features

Every frame feature that Tactus computes. A feature is one rule that gives values per frame, the same for a file and for
live sound; frame k is centred at `k * hop_length / sample_rate` seconds. This page is written from the catalogue
(`make docs`); the running service lists the same at `GET /features`.

*Gain* says what doubling the signal does to the values. *Latency* is how many frames a feature looks ahead.
"""

GRID_MEANINGS = {
    "output": "what `SAMPLE_RATE`, `N_FFT` and `HOP_LENGTH` ask for; these are the defaults",
    "rhythm": "fixed: what tempo, beats and onsets are read from",
    "harmony": "fixed: long frames for pitch, what key and chords are read from",
    "channels": "fixed: rows of 100 ms over every channel, for loudness",
}
GAINS = {"linear": "x2", "square": "x4", "db": "+6.02 dB", "free": "none", "compressed": "compressed"}


def page() -> str:
    """The page as it should be."""
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
