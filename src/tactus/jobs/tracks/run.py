"""One analysis in progress: its child process, its time limit, and its callers' progress listeners."""

import asyncio
import contextlib
import math
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tactus.analysis.options import TrackOptions
from tactus.errors import AnalysisTimeoutError, DecoderCrashedError
from tactus.jobs.tracks.limits import TrackLimits
from tactus.logs import log
from tactus.workers.messages import Message
from tactus.workers.supervisor import ChildCrashedError, Supervisor

ANALYSE = "tactus.workers.track_child:analyse"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of an analysis.

    Args:
        done_s: Audio analysed so far [s].
        total_s: Duration of the track according to its file [s]; None where the file does not state it.
    """

    done_s: float
    total_s: float | None


ProgressListener = Callable[[Progress], None]
"""Called with the progress of an analysis; must return at once."""


@dataclass(frozen=True, slots=True)
class ChildResult:
    """Result of a child process.

    Args:
        bodies: One zstd-compressed analysis for each set of options.
        retained: Retained features, from which corrections are computed, zstd-compressed; empty where there are none.
    """

    bodies: Mapping[TrackOptions, bytes]
    retained: bytes


def parse_result(message: Message, options: Iterable[TrackOptions]) -> ChildResult:
    """Parse the "result" message of a child process.

    Args:
        message: The message.
        options: Options of its bodies, in their order.

    Raises:
        ChildCrashedError: The message is not as documented: a file has taken the child over.
    """
    bodies: dict[TrackOptions, bytes] = {}
    first = 0
    try:
        for part_options, part in zip(options, message.fields["parts"], strict=True):
            bodies[part_options] = message.body[first : first + part["n_bytes"]]
            first += part["n_bytes"]
        n_retained_bytes = message.fields["n_retained_bytes"]
        retained = message.body[first : first + n_retained_bytes]
    except (KeyError, TypeError, ValueError) as error:
        raise ChildCrashedError(None) from error
    if first + n_retained_bytes != len(message.body):
        raise ChildCrashedError(None)
    return ChildResult(bodies, retained)


class TrackRun:
    """The analysis of one file in a child process; run a second time if the child crashes.

    Every caller brings the same bytes at a path of its own, and may leave and remove that file at any time; the child
    is given a path that still exists.

    Args:
        file_hash: SHA-256 of the file, hexadecimal.
        options: Parameters of the analysis.
        decode_limits: Limits of the decoder, by the names of `audio.decoding.decode.DecodeLimits`.
        limits: Limits of the analysis.
        supervisor: Supervisor of the child process.
    """

    def __init__(
        self,
        file_hash: str,
        options: TrackOptions,
        decode_limits: Mapping[str, float],
        limits: TrackLimits,
        supervisor: Supervisor,
    ) -> None:
        self._file_hash = file_hash
        self._options = options
        self._decode_limits = dict(decode_limits)
        self._limits = limits
        self._supervisor = supervisor
        self._progress: Progress | None = None
        self._callers: list[tuple[Path, ProgressListener | None]] = []

    @contextlib.contextmanager
    def caller(self, path: Path, on_progress: ProgressListener | None) -> Iterator[None]:
        """Register a caller, whose file exists at `path` for the duration of the block."""
        caller = (path, on_progress)
        self._callers.append(caller)
        if on_progress and self._progress:
            on_progress(self._progress)
        try:
            yield
        finally:
            self._callers.remove(caller)

    async def run_child(self) -> ChildResult:
        """Run the child process, and return a body for each of `options.contained` with the retained features.

        Raises:
            DecoderCrashedError: The child crashed twice.
            AnalysisTimeoutError: It took too long.
            TactusError: The child refused the file; the error names the reason.
        """
        n_crashes = 0
        while n_crashes < 2:
            path = next((path for path, _ in self._callers if path.exists()), self._callers[0][0])
            try:
                return parse_result(await self._attempt(path), self._options.contained)
            except ChildCrashedError as crash:
                if crash.exit_code == -signal.SIGXCPU:
                    raise self._timeout_error() from crash
                if not path.exists() and any(other.exists() for other, _ in self._callers):
                    continue  # its owner left before the child had opened it
                n_crashes += 1
                log.warning("analysis_child_crashed", file_hash=self._file_hash, exit_code=crash.exit_code)
        raise DecoderCrashedError("Reading this file crashed twice; it is not tried again for a while.")

    async def _attempt(self, path: Path) -> Message:
        clock = asyncio.get_running_loop().time
        started_at_s = clock()
        timer = asyncio.timeout(self._limits.wall_s(0.0))

        def on_progress(fields: Mapping[str, Any]) -> None:
            self._progress = Progress(_seconds(fields.get("done_s")) or 0.0, _seconds(fields.get("total_s")))
            duration_s = max(self._progress.done_s, self._progress.total_s or 0.0)
            timer.reschedule(started_at_s + self._limits.wall_s(duration_s))
            for _, listener in self._callers:
                if listener:
                    listener(self._progress)

        try:
            async with timer:
                return await self._supervisor.call(
                    ANALYSE,
                    str(path),
                    self._file_hash,
                    self._options,
                    self._decode_limits,
                    limits=self._limits.child_limits,
                    on_progress=on_progress,
                )
        except TimeoutError as error:
            raise self._timeout_error() from error

    def _timeout_error(self) -> AnalysisTimeoutError:
        return AnalysisTimeoutError("The analysis took longer than a file of this length may take.")


def _seconds(value: object) -> float | None:
    """A duration that a child sent [s], or None where it is no finite number: the file may control the child."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
