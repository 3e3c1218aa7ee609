"""Makes analyses anew under a correction, from the evidence that was kept: the sound is not needed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from tactus.analysis.beat_hint import NO_HINT, TempoHint
from tactus.analysis.options import TrackOptions
from tactus.errors import AnalysisTimeoutError
from tactus.jobs.tracks.admission import Admission
from tactus.jobs.tracks.analysis_cache import AnalysisCache
from tactus.jobs.tracks.corrections import Correction
from tactus.jobs.tracks.run import TrackLimits, made_of
from tactus.logs import log
from tactus.workers.supervisor import ChildCrashedError, Supervisor

RECOMPOSE = "tactus.workers.track_child:recompose"


class Recomposition:
    """What does not depend on beats stays as it was told; what does is worked out again, in a child.

    Args:
        kept: Analyses that were made before.
        room: Who may work.
        supervisor: Who makes the child.
        limits: What it may use.
    """

    def __init__(self, kept: AnalysisCache, room: Admission, supervisor: Supervisor, limits: TrackLimits) -> None:
        self._kept = kept
        self._room = room
        self._supervisor = supervisor
        self._limits = limits

    async def most_complete(
        self, file_hash: str, version: str, correction: Correction, before: TempoHint = NO_HINT
    ) -> bytes | None:
        """The richest plain analysis under a correction, zstd-compressed: made anew where that makes a richer one.

        Args:
            file_hash: SHA-256 of the file.
            version: Of the analyzer.
            correction: What is said of the track.
            before: What was said before.

        Returns:
            None where nothing is kept that it could be made of.

        Raises:
            OverloadedError: As many work and wait as may.
            AnalysisTimeoutError: It took too long.
        """
        bodies = await self._kept.told(file_hash, correction.hint, version)
        retained = await self._kept.retained(file_hash, version)
        bases = (NO_HINT, before, await self._kept.hint_of_richest(file_hash, NO_HINT))
        for base in bases if retained is not None else ():
            told = await self._kept.told(file_hash, base, version) if base is not None else {}
            if retained is not None and len(told) > len(bodies):
                await self._kept.extend_ttl(file_hash, version, told)
                bodies = await self._made_anew(file_hash, retained, told, correction.hint) or bodies
                break
        if not bodies:
            return None
        await self._kept.keep(file_hash, version, bodies, retained or b"", correction)
        return list(bodies.values())[-1]

    async def _made_anew(
        self, file_hash: str, retained: bytes, told: Mapping[TrackOptions, bytes], hint: TempoHint
    ) -> dict[TrackOptions, bytes]:
        """Analyses with another hint, as far as the evidence bears them; none where it is damaged."""
        options = [replace(one, hint=hint) for one in told]
        self._room.enter()
        try:
            async with self._room.slot(), asyncio.timeout(self._limits.wall_s(0.0)):
                message = await self._supervisor.call(
                    RECOMPOSE, retained, list(told.values()), hint, limits=self._limits.of_child
                )
            return dict(made_of(message, options[: len(message.fields.get("parts", ()))]).bodies)
        except ChildCrashedError as crash:
            log.error("evidence_not_usable", file_hash=file_hash, exit_code=crash.exit_code)
            return {}
        except TimeoutError as error:
            raise AnalysisTimeoutError("Working out the correction took too long.") from error
        finally:
            self._room.leave()
