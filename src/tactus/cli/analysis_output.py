"""How `tactus analyze` shows and writes analyses, and how far it is."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TextIO

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tactus.errors import UnsupportedMediaError

MOODS = (
    "energy",
    "valence",
    "danceability",
    "acousticness",
    "instrumentalness",
    "liveness",
    "speechiness",
)
"""In the order in which a summary shows them."""


class Output(Protocol):
    """Where analyses go."""

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Take one."""


class Summary:
    """A readable table on standard output."""

    def __init__(self) -> None:
        self._console = Console()

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Show one."""
        table = Table(title=Text(_title(source, analysis)), title_justify="left", show_header=False, box=None)
        table.add_column(style="dim", no_wrap=True)
        table.add_column()
        for name, value in _rows(analysis):
            table.add_row(name, Text(value))
        with self._console.capture() as shown:  # rich would answer a closed pipe with an exit code of its own
            self._console.print(table)
        sys.stdout.write(shown.get())
        sys.stdout.flush()


class JsonLines:
    """JSON as text: one object, indented where people read it, or one a line.

    Args:
        open_stream: Opens where it goes, with the first analysis.
        is_single: Whether there is one object only.
    """

    def __init__(self, open_stream: Callable[[], TextIO], *, is_single: bool) -> None:
        self._open_stream = open_stream
        self._stream: TextIO | None = None
        self._is_single = is_single

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Write one; where there may be several, each says where it comes from."""
        stream = self._stream = self._stream or self._open_stream()
        if self._is_single:
            line = json.dumps(analysis, ensure_ascii=False, indent=1 if stream.isatty() else None)
        else:
            line = orjson.dumps({"path": source, **analysis}).decode()
        stream.write(line + "\n")
        stream.flush()


class ParquetFile:
    """One row a track: numbers and texts as columns, lists as lists, objects as structures."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, Any]] = []

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Keep one; `close` writes the file."""
        self._rows.append({"path": source, **analysis})

    def close(self) -> None:
        """Write the file, where there is something to write."""
        import pyarrow as pa  # noqa: PLC0415  an extra
        import pyarrow.parquet as pq  # noqa: PLC0415

        if self._rows:
            names = dict.fromkeys(name for row in self._rows for name in row)
            columns = {name: pa.array([row.get(name) for row in self._rows]) for name in names}
            pq.write_table(pa.table(columns), self._path)


@contextlib.contextmanager
def open_output(*, is_json: bool, path: Path | None, is_single: bool) -> Iterator[Output]:
    """Where analyses go: a file by its ending, JSON on standard output, or a summary there.

    A file that was there stays as it is until there is something to write.

    Raises:
        UnsupportedMediaError: Parquet is not installed.
    """
    with contextlib.ExitStack() as stack:
        if path is None:
            yield JsonLines(lambda: sys.stdout, is_single=is_single) if is_json else Summary()
        elif path.suffix == ".parquet":
            try:
                import pyarrow.parquet  # noqa: F401, PLC0415
            except ImportError as error:
                raise UnsupportedMediaError("Parquet needs one more package: pip install 'tactus[parquet]'") from error
            table = ParquetFile(path)
            stack.callback(table.close)  # also where it is interrupted: what is done is done
            yield table
        else:
            yield JsonLines(lambda: stack.enter_context(path.open("w", encoding="utf-8")), is_single=is_single)


class ProgressBars:
    """How far it is, on standard error, where that is a terminal."""

    def __init__(self, n_tracks: int) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._n_tracks = n_tracks
        self._all: TaskID | None = None

    def __enter__(self) -> "ProgressBars":
        self._bars.start()
        if self._n_tracks > 1:
            self._all = self._bars.add_task(f"{self._n_tracks} tracks", total=self._n_tracks)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextlib.contextmanager
    def track(self, source: str) -> Iterator[Callable[[float, float | None], None]]:
        """A bar for one track; the function moves it: seconds of sound done, and of how many."""
        bar = self._bars.add_task(Text(Path(source).name).markup, total=None)
        try:
            yield lambda done_s, total_s: self._bars.update(bar, completed=done_s, total=total_s)
        finally:
            self._bars.remove_task(bar)
            if self._all is not None:
                self._bars.advance(self._all)

    def say(self, line: str) -> None:
        """A line on standard error that the bars do not overwrite."""
        self._console.print(Text(line), soft_wrap=True, highlight=False)


def _title(source: str, analysis: dict[str, Any]) -> str:
    tags = analysis.get("source", {})
    named = " - ".join(tags[name] for name in ("artist", "title") if tags.get(name))
    return named or Path(source).name


def _rows(analysis: dict[str, Any]) -> Iterator[tuple[str, str]]:
    minutes, seconds = divmod(round(analysis["duration"]), 60)
    yield "duration", f"{minutes}:{seconds:02d}"
    yield "tempo", _tempo(analysis)
    if analysis["correction"]:
        yield "as told", ", ".join(_told(name, value) for name, value in analysis["correction"].items())
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
            yield name, f"{_meter(analysis[name])} {analysis[name]:.2f}"
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
    """Until when it fades in and from when it fades out; nothing where it does neither."""
    fades = []
    if analysis.get("end_of_fade_in", 0) > 0:
        fades.append(f"in until {analysis['end_of_fade_in']:.1f} s")
    if analysis.get("start_of_fade_out", analysis["duration"]) < analysis["duration"]:
        fades.append(f"out from {analysis['start_of_fade_out']:.1f} s")
    return ", ".join(fades)


def _tempo(analysis: dict[str, Any]) -> str:
    if analysis["bpm"] is None:
        return "none"
    others = [f"{candidate['bpm']:.1f}" for candidate in analysis["tempo_candidates"][1:3]]
    rest = f"; or {', '.join(others)}" if others else ""
    return f"{analysis['bpm']:.2f} bpm (confidence {analysis['tempo_confidence']:.2f}{rest})"


def _told(name: str, value: Any) -> str:
    """What was known of the beat beforehand."""
    match name:
        case "correction":
            return f"{value} of what is heard"
        case "taps":
            return f"{len(value)} taps"
        case "downbeat_at":
            return f"a bar begins at {value:g} s"
        case _:
            return f"{name.replace('_', ' ')} {value:g}"


def _section(section: dict[str, Any]) -> str:
    minutes, seconds = divmod(int(section["start"]), 60)
    words = " ".join(word for word in (section["label"], section.get("role")) if word)
    return f"{minutes}:{seconds:02d} {words}"


def _key(analysis: dict[str, Any]) -> str:
    if analysis["key"] is None:
        return "none"
    camelot = f" ({analysis['camelot']})" if analysis.get("camelot") else ""
    return f"{analysis['key']} {analysis['mode']}{camelot}, confidence {analysis['key_confidence']:.2f}"


def _meter(ratio: float) -> str:
    full = round(10 * ratio)
    return "█" * full + "░" * (10 - full)
