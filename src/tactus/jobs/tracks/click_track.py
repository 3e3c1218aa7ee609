"""Writes a track with clicks on its beats, so that anyone can hear whether they are right."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tactus.errors import AnalysisTimeoutError, DecoderCrashedError, InsufficientStorageError
from tactus.jobs.tracks.run import TrackLimits
from tactus.workers.supervisor import ChildCrashedError, Supervisor

WRITE = "tactus.workers.click_child:write"


async def write_click_track(
    supervisor: Supervisor,
    path: Path,
    out: Path,
    *,
    beat_times: Sequence[float],
    downbeat_times: Sequence[float],
    limits: TrackLimits,
) -> None:
    """Write a WAV file; one that was there is replaced once the new one is whole.

    Args:
        supervisor: Who makes the child that decodes.
        path: The track.
        out: The file to write.
        beat_times: Beats [s], ascending.
        downbeat_times: Those of them that begin a bar [s].
        limits: What it may use.

    Raises:
        TactusError: Why there is none.
    """
    part = out.with_name(f".{out.name}.part")
    decode_limits = {"max_s": limits.max_s}
    try:
        async with asyncio.timeout(limits.wall_s(limits.max_s)):
            await supervisor.call(
                WRITE,
                str(path),
                str(part),
                (tuple(beat_times), tuple(downbeat_times)),
                decode_limits,
                limits=limits.of_child,
            )
        part.replace(out)
    except TimeoutError as error:
        raise AnalysisTimeoutError("Writing the clicks took too long.") from error
    except ChildCrashedError as error:
        raise DecoderCrashedError("Reading the file, or writing beside it, failed.") from error
    except OSError as error:
        raise InsufficientStorageError(f"The clicks could not be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)
