"""One analysis under way: its child, its time limit, and whoever watches it."""

import asyncio
import contextlib
import math
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tactus.analysis.options import TrackOptions
from tactus.errors import AnalysisTimeoutError, DecoderCrashedError
from tactus.logs import log
from tactus.workers.child import ChildLimits
from tactus.workers.messages import Message
from tactus.workers.supervisor import ChildCrashedError, Supervisor

ANALYSE = "tactus.workers.track_child:analyse"


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """What analyses may use.

    Args:
        n_at_once: Analyses at the same time; by default one for each processor.
        n_waiting: How many may wait beside them before new ones are refused.
        memory_bytes: Of a child, beyond what it starts with [bytes].
        shortest_wall_s: What every analysis may take [s].
        wall_s_per_s: What each second of sound adds to it.
        max_s: Sound that is analysed before a file is refused [s].
        quarantine_s: How long a file that crashed its decoder twice is refused without another try [s].
    """

    n_at_once: int = os.cpu_count() or 1
    n_waiting: int = 32
    memory_bytes: int = 1 << 30
    shortest_wall_s: float = 60.0
    wall_s_per_s: float = 0.25
    max_s: float = 20 * 60.0
    quarantine_s: float = 600.0

    def wall_s(self, sound_s: float) -> float:
        """How long the analysis of `sound_s` seconds may take [s]; headers that promise too much count less."""
        return self.shortest_wall_s + self.wall_s_per_s * min(max(sound_s, 0.0), self.max_s)

    @property
    def of_child(self) -> ChildLimits:
        """What one child may use. Processor time is bounded for the longest sound: its length is not known before."""
        return ChildLimits(memory_bytes=self.memory_bytes, cpu_s=self.wall_s(self.max_s), niceness=10)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an analysis is.

    Args:
        done_s: Sound that has been analysed [s].
        total_s: All of it, as the file says [s]; None where it does not.
    """

    done_s: float
    total_s: float | None


ProgressListener = Callable[[Progress], None]
"""Is told how far an analysis is; must return at once."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a child made.

    Args:
        bodies: A zstd-compressed answer for each set of options.
        retained: What corrections are worked out from, zstd-compressed; empty where there is none.
    """

    bodies: Mapping[TrackOptions, bytes]
    retained: bytes


def made_of(message: Message, asked: Iterable[TrackOptions]) -> Made:
    """What a child made, of its "result".

    Args:
        message: As it came.
        asked: Which options it has answers for, in its order.

    Raises:
        ChildCrashedError: It says something else: a file has taken it over.
    """
    bodies: dict[TrackOptions, bytes] = {}
    first = 0
    try:
        for options, part in zip(asked, message.fields["parts"], strict=True):
            bodies[options] = message.body[first : first + part["n_bytes"]]
            first += part["n_bytes"]
        n_retained_bytes = message.fields["n_evidence_bytes"]
        retained = message.body[first : first + n_retained_bytes]
    except (KeyError, TypeError, ValueError) as error:
        raise ChildCrashedError(None) from error
    if first + n_retained_bytes != len(message.body):
        raise ChildCrashedError(None)
    return Made(bodies, retained)


class TrackRun:
    """Has one file analysed in a child, twice where the child crashes.

    Everybody who waits for it brings the same bytes at a path of their own and may leave, and remove that, at any
    time; the child is given one that is still there.

    Args:
        file_hash: SHA-256 of the file.
        options: What is wanted.
        decode_limits: What the file may ask of its decoder.
        limits: What the analysis may use.
        supervisor: Who makes the child.
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
        self._attending: list[tuple[Path, ProgressListener | None]] = []

    @contextlib.contextmanager
    def attended(self, path: Path, on_progress: ProgressListener | None) -> Iterator[None]:
        """Somebody waits for the result, and has the file at `path` for the block."""
        attendance = (path, on_progress)
        self._attending.append(attendance)
        if on_progress and self._progress:
            on_progress(self._progress)
        try:
            yield
        finally:
            self._attending.remove(attendance)

    async def made(self) -> Made:
        """What the child made: an answer for all options that these contain, and the evidence.

        Raises:
            DecoderCrashedError: It crashed twice.
            AnalysisTimeoutError: It took too long.
            TactusError: What it said was wrong with the file.
        """
        n_crashes = 0
        while n_crashes < 2:
            path = next((path for path, _ in self._attending if path.exists()), self._attending[0][0])
            try:
                return made_of(await self._attempt(path), self._options.contained)
            except ChildCrashedError as crash:
                if crash.exit_code == -signal.SIGXCPU:
                    raise self._timeout_error() from crash
                if not path.exists() and any(other.exists() for other, _ in self._attending):
                    continue  # its owner left before the child had opened it
                n_crashes += 1
                log.warning("analysis_child_crashed", file_hash=self._file_hash, exit_code=crash.exit_code)
        raise DecoderCrashedError("Reading this file crashed twice; it is not tried again for a while.")

    async def _attempt(self, path: Path) -> Message:
        clock = asyncio.get_running_loop().time
        began_s = clock()
        timer = asyncio.timeout(self._limits.wall_s(0.0))

        def on_progress(fields: Mapping[str, Any]) -> None:
            self._progress = Progress(_seconds(fields.get("done_s")) or 0.0, _seconds(fields.get("total_s")))
            max_s = max(self._progress.done_s, self._progress.total_s or 0.0)
            timer.reschedule(began_s + self._limits.wall_s(max_s))
            for _, listener in self._attending:
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
                    limits=self._limits.of_child,
                    on_progress=on_progress,
                )
        except TimeoutError as error:
            raise self._timeout_error() from error

    def _timeout_error(self) -> AnalysisTimeoutError:
        return AnalysisTimeoutError("The analysis took longer than a file of this length may take.")


def _seconds(said: object) -> float | None:
    """A time that a child said [s], or None where it said nothing of use: the file may have taken it over."""
    return float(said) if isinstance(said, int | float) and math.isfinite(said) else None
