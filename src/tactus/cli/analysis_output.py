"""Output of analyses: JSON on standard output or in files, Parquet files, or a readable summary."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol, TextIO

import orjson

from tactus.cli.analysis_summary import Summary
from tactus.errors import UnsupportedMediaError


class Output(Protocol):
    """Destination of analyses."""

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Write an analysis of the track with this path or URL."""


class JsonLines:
    """JSON text: a single object, indented on a terminal, or one object per line.

    Args:
        open_stream: Opens the destination; called with the first analysis.
        is_single: Whether there is a single object.
    """

    def __init__(self, open_stream: Callable[[], TextIO], *, is_single: bool) -> None:
        self._open_stream = open_stream
        self._stream: TextIO | None = None
        self._is_single = is_single

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Write an analysis; one of several has the field `path`."""
        stream = self._stream = self._stream or self._open_stream()
        if self._is_single:
            line = json.dumps(analysis, ensure_ascii=False, indent=1 if stream.isatty() else None)
        else:
            line = orjson.dumps({"path": source, **analysis}).decode()
        stream.write(line + "\n")
        stream.flush()


class ParquetFile:
    """Parquet file with one row per track: numbers and texts are columns, lists are lists, objects are structures.

    Args:
        path: Path of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[dict[str, Any]] = []

    def write(self, source: str, analysis: dict[str, Any]) -> None:
        """Add a row, which `close` writes."""
        self._rows.append({"path": source, **analysis})

    def close(self) -> None:
        """Write the file, unless it has no rows."""
        import pyarrow as pa  # noqa: PLC0415  an extra
        import pyarrow.parquet as pq  # noqa: PLC0415

        if self._rows:
            names = dict.fromkeys(name for row in self._rows for name in row)
            columns = {name: pa.array([row.get(name) for row in self._rows]) for name in names}
            pq.write_table(pa.table(columns), self._path)


@contextlib.contextmanager
def open_output(*, is_json: bool, path: Path | None, is_single: bool) -> Iterator[Output]:
    """Open the destination of analyses for the block. An existing file is not changed until the first analysis.

    Args:
        is_json: Whether standard output receives JSON instead of summaries.
        path: Path of a file, whose suffix gives the format; None: standard output.
        is_single: Whether JSON is a single object.

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
            stack.callback(table.close)  # also after an interruption: completed rows are written
            yield table
        else:
            yield JsonLines(lambda: stack.enter_context(path.open("w", encoding="utf-8")), is_single=is_single)
