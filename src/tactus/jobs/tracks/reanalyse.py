"""Re-analysis of tracks under a correction, from their retained features: the audio is not needed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import TrackOptions
from tactus.errors import AnalysisTimeoutError
from tactus.jobs.tracks.admission import Admission
from tactus.jobs.tracks.analysis_cache import AnalysisCache
from tactus.jobs.tracks.corrections import Correction
from tactus.jobs.tracks.limits import TrackLimits
from tactus.jobs.tracks.run import parse_result
from tactus.logs import log
from tactus.workers.supervisor import ChildCrashedError, Supervisor

REANALYSE = "tactus.workers.track_child:reanalyse"


class Reanalysis:
    """Re-analysis in a child process: fields that depend on beats are computed again, all others are copied.

    Args:
        cache: Stored analyses.
        admission: Admission of the child process.
        supervisor: Supervisor of the child process.
        limits: Limits of the child process.
    """

    def __init__(self, cache: AnalysisCache, admission: Admission, supervisor: Supervisor, limits: TrackLimits) -> None:
        self._cache = cache
        self._admission = admission
        self._supervisor = supervisor
        self._limits = limits

    async def get_most_complete(
        self, file_hash: str, version: str, correction: Correction, before: TempoHint = NO_HINT
    ) -> bytes | None:
        """Return the most complete plain analysis under a correction, zstd-compressed.

        It is read from the cache, or computed and stored where that yields a more complete one.

        Args:
            file_hash: SHA-256 of the file, hexadecimal.
            version: Version of the analyzer.
            correction: The correction of the track.
            before: The previous correction.

        Returns:
            The analysis; None where nothing is stored to compute it from.

        Raises:
            OverloadedError: As many analyses run and wait as may.
            AnalysisTimeoutError: It took too long.
        """
        bodies = await self._cache.get_plain_bodies(file_hash, correction.hint, version)
        retained = await self._cache.get_retained(file_hash, version)
        hints = (NO_HINT, before, await self._cache.get_hint_of_most_complete(file_hash, NO_HINT))
        for hint in hints if retained is not None else ():
            stored = await self._cache.get_plain_bodies(file_hash, hint, version) if hint is not None else {}
            if retained is not None and len(stored) > len(bodies):
                await self._cache.extend_ttl(file_hash, version, stored)
                bodies = await self._reanalyse(file_hash, retained, stored, correction.hint) or bodies
                break
        if not bodies:
            return None
        await self._cache.put(file_hash, version, bodies, retained or b"", correction)
        return list(bodies.values())[-1]

    async def _reanalyse(
        self, file_hash: str, retained: bytes, stored: Mapping[TrackOptions, bytes], hint: TempoHint
    ) -> dict[TrackOptions, bytes]:
        """Compute analyses with another hint, as many as the retained features suffice for; none if damaged."""
        options = [replace(stored_options, hint=hint) for stored_options in stored]
        self._admission.admit()
        try:
            async with self._admission.slot(), asyncio.timeout(self._limits.wall_s(0.0)):
                message = await self._supervisor.call(
                    REANALYSE, retained, list(stored.values()), hint, limits=self._limits.child_limits
                )
            return dict(parse_result(message, options[: len(message.fields.get("parts", ()))]).bodies)
        except ChildCrashedError as crash:
            log.error("retained_features_not_usable", file_hash=file_hash, exit_code=crash.exit_code)
            return {}
        except TimeoutError as error:
            raise AnalysisTimeoutError("Computing the corrected analysis took too long.") from error
        finally:
            self._admission.release()
