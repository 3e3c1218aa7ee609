"""Readable summary of an analysis: a table on standard output."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

MOODS = (
    "energy",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
"""Mood fields, in the order of the summary."""


class Summary:
    """Prints analyses as tables."""

    def __init__(self) -> None:
        self._console = Console()

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Print the summary of an analysis.

        Args:
            source: Path or URL of the track.
            analysis: The analysis, as in the JSON of the API.
        """
        table = Table(title=Text(_title(source, analysis)), title_justify="left", show_header=False, box=None)
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name, value in _rows(analysis):
            table.add_row(name, Text(value))
        with self._console.capture() as capture:  # rich would end the program with its own exit code on a closed pipe
            self._console.print(table)
        sys.stdout.write(capture.get())
        sys.stdout.flush()


def _title(source: str, analysis: dict[str, Any]) -> str:
    tags = analysis.get("source", {})
    title = " - ".join(tags[name] for name in ("artist", "title") if tags.get(name))
    return title or Path(source).name


def _rows(analysis: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of each row of the summary."""
    minutes, seconds = divmod(round(analysis["duration"]), 60)
    yield "duration", f"{minutes}:{seconds:02d}"
    yield "tempo", _tempo(analysis)
    if analysis["correction"]:
        yield "correction", ", ".join(_correction(name, value) for name, value in analysis["correction"].items())
    if "time_signature" in analysis:
        n_beats, n_bars = len(analysis["beat_times"]), len(analysis["downbeat_times"])
        yield "beats", f"{n_beats}, in {n_bars} bars of {analysis['time_signature'] or '?'}"
    if "key" in analysis:
        yield "key", _key(analysis)
    if "loudness" in analysis:
        yield "loudness", _loudness(analysis)
    if _fades(analysis):
        yield "fades", _fades(analysis)
    for name in MOODS:
        if name in analysis:
            yield name, f"{_gauge(analysis[name])} {analysis[name]:.2f}"
    if analysis.get("sections"):
        yield "sections", ", ".join(_section(section) for section in analysis["sections"])
    if analysis.get("warnings"):
        yield "warnings", ", ".join(analysis["warnings"])
    yield "id", analysis["file_hash"]


def _loudness(analysis: dict[str, Any]) -> str:
    gain_db = analysis["replaygain_gain"]
    gain = "" if gain_db is None else f", ReplayGain {gain_db:+.2f} dB"
    peak, range_lu = analysis["true_peak_dbtp"], analysis["loudness_range"]
    return f"{analysis['loudness']:.1f} LUFS, range {range_lu:.1f} LU, true peak {peak:.1f} dBTP{gain}"


def _fades(analysis: dict[str, Any]) -> str:
    """End of the fade-in and start of the fade-out; empty where there is neither."""
    fades = []
    if analysis.get("end_of_fade_in", 0) > 0:
        fades.append(f"in until {analysis['end_of_fade_in']:.1f} s")
    if analysis.get("start_of_fade_out", analysis["duration"]) < analysis["duration"]:
        fades.append(f"out from {analysis['start_of_fade_out']:.1f} s")
    return ", ".join(fades)


def _tempo(analysis: dict[str, Any]) -> str:
    if analysis["bpm"] is None:
        return "none"
    alternatives = [f"{candidate['bpm']:.1f}" for candidate in analysis["tempo_candidates"][1:3]]
    suffix = f"; or {', '.join(alternatives)}" if alternatives else ""
    return f"{analysis['bpm']:.2f} bpm (confidence {analysis['tempo_confidence']:.2f}{suffix})"


def _correction(name: str, value: Any) -> str:
    """Text for one field of the correction or hint that the analysis follows."""
    match name:
        case "correction":
            return f"{value} the estimated tempo"
        case "taps":
            return f"{len(value)} taps"
        case "downbeat_at":
            return f"downbeat at {value:g} s"
        case _:
            return f"{name.replace('_', ' ')} {value:g}"


def _section(section: dict[str, Any]) -> str:
    minutes, seconds = divmod(int(section["start"]), 60)
    label = " ".join(part for part in (section["label"], section.get("role")) if part)
    return f"{minutes}:{seconds:02d} {label}"


def _key(analysis: dict[str, Any]) -> str:
    if analysis["key"] is None:
        return "none"
    camelot = f" ({analysis['camelot']})" if analysis.get("camelot") else ""
    return f"{analysis['key']} {analysis['mode']}{camelot}, confidence {analysis['key_confidence']:.2f}"


def _gauge(ratio: float) -> str:
    """Bar of ten characters for a value in [0, 1]."""
    n_full = round(10 * ratio)
    return "█" * n_full + "░" * (10 - n_full)
