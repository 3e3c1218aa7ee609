"""Progress bars on standard error, if that is a terminal."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text


class ProgressBars:
    """One bar for each track in progress, and one for all tracks. Use as a context manager.

    Args:
        n_tracks: Number of tracks.
    """

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
        self._total_bar: TaskID | None = None

    def __enter__(self) -> "ProgressBars":
        self._bars.start()
        if self._n_tracks > 1:
            self._total_bar = self._bars.add_task(f"{self._n_tracks} tracks", total=self._n_tracks)
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    @contextlib.contextmanager
    def track(self, source: str) -> Iterator[Callable[[float, float | None], None]]:
        """Show a bar for one track during the block.

        Args:
            source: Path or URL of the track.

        Yields:
            Function that sets the progress, from the analysed and the total duration [s].
        """
        bar = self._bars.add_task(Text(Path(source).name).markup, total=None)
        try:
            yield lambda done_s, total_s: self._bars.update(bar, completed=done_s, total=total_s)
        finally:
            self._bars.remove_task(bar)
            if self._total_bar is not None:
                self._bars.advance(self._total_bar)

    def print_line(self, line: str) -> None:
        """Print a line on standard error, above the bars."""
        self._console.print(Text(line), soft_wrap=True, highlight=False)
