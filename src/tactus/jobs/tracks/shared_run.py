"""Analyses that are shared by concurrent requests for the same file."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tactus.analysis.options import TrackOptions
from tactus.errors import DecoderCrashedError, ShuttingDownError
from tactus.jobs.tracks.admission import Admission
from tactus.jobs.tracks.analysis_cache import AnalysisCache
from tactus.jobs.tracks.corrections import Corrections
from tactus.jobs.tracks.limits import TrackLimits
from tactus.jobs.tracks.quarantine import Quarantine
from tactus.jobs.tracks.run import ProgressListener, TrackRun
from tactus.jobs.tracks.single_flight import SingleFlight
from tactus.logs import log
from tactus.workers.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class RunResult:
    """Result of an analysis.

    Args:
        bodies: One zstd-compressed analysis for each set of options.
        is_stored: Whether the cache has all of them.
    """

    bodies: Mapping[TrackOptions, bytes]
    is_stored: bool


@dataclass(slots=True)
class SharedRun:
    """An analysis in progress, and the callers that await it.

    Args:
        run: The analysis.
        flight: The task that runs and stores it.
        is_to_be_stored: Whether any caller wants the result stored.
    """

    run: TrackRun
    flight: SingleFlight[RunResult]
    is_to_be_stored: bool = False

    async def wait(self, path: Path, on_progress: ProgressListener | None, *, cache_result: bool) -> RunResult:
        """Wait for the result as one more caller.

        Args:
            path: Path of the caller's copy of the file, which must exist until this returns.
            on_progress: Called with the progress of the analysis.
            cache_result: Whether the caller wants the result stored.

        Raises:
            TactusError: The file could not be analysed; the error names the reason.
        """
        self.is_to_be_stored |= cache_result
        with self.run.caller(path, on_progress):
            return await self.flight.wait()


class SharedRuns:
    """Analyses in progress, by file and options.

    Args:
        supervisor: Supervisor of the child processes.
        cache: Store of the results.
        corrections: Corrections, read again when an analysis has ended.
        admission: Admission of the analyses.
        limits: Limits of each analysis.
        decode_limits: Limits of the decoder.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        cache: AnalysisCache,
        corrections: Corrections,
        admission: Admission,
        *,
        limits: TrackLimits,
        decode_limits: Mapping[str, float],
    ) -> None:
        self._supervisor = supervisor
        self._cache = cache
        self._corrections = corrections
        self._admission = admission
        self._limits = limits
        self._decode_limits = decode_limits
        self._quarantine = Quarantine(limits.quarantine_s)
        self._runs: dict[tuple[str, TrackOptions], SharedRun] = {}
        self._is_closed = False

    def find(self, file_hash: str, options: TrackOptions) -> SharedRun | None:
        """The analysis in progress of the same file whose result includes that of `options`, or None."""
        for (other_hash, other_options), shared in self._runs.items():
            if other_hash == file_hash and options in other_options.contained and shared.flight.is_open:
                return shared
        return None

    def start(self, file_hash: str, options: TrackOptions, version: str) -> SharedRun:
        """Start an analysis.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            options: Parameters of the analysis.
            version: Version of the analyzer.

        Raises:
            DecoderCrashedError: The file is in quarantine.
            OverloadedError: As many analyses run and wait as may.
            ShuttingDownError: The service is stopping.
        """
        self._quarantine.check(file_hash)
        if self._is_closed:
            raise ShuttingDownError  # for a caller that was reading the stores when the others were cancelled
        self._admission.admit()
        run = TrackRun(file_hash, options, self._decode_limits, self._limits, self._supervisor)

        def remove() -> None:
            self._admission.release()
            if self._runs.get((file_hash, options)) is shared:
                del self._runs[file_hash, options]

        shared = SharedRun(run, SingleFlight(self._run_and_store(file_hash, options, version, run), remove))
        self._runs[file_hash, options] = shared
        return shared

    async def aclose(self) -> None:
        """Cancel all analyses and wait until they have ended; no further one starts."""
        self._is_closed = True
        await asyncio.gather(*(shared.flight.aclose() for shared in self._runs.values()))

    async def _run_and_store(self, file_hash: str, options: TrackOptions, version: str, run: TrackRun) -> RunResult:
        shared = self._runs[file_hash, options]
        async with self._admission.slot():
            started_at_s = time.monotonic()
            try:
                result = await run.run_child()
            except DecoderCrashedError:
                self._quarantine.add(file_hash)
                raise
            took_s = round(time.monotonic() - started_at_s, 3)
        correction = await self._corrections.get(file_hash)  # it may have changed during the analysis
        is_stored = shared.is_to_be_stored and await self._cache.put(
            file_hash, version, result.bodies, result.retained, correction
        )
        log.info("track_analysed", file_hash=file_hash, type=options.analysis_type, took_s=took_s, is_stored=is_stored)
        return RunResult(result.bodies, is_stored)
