"""Click tracks: a copy of a track with clicks on its beats, to check them by ear."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from tactus.errors import AnalysisTimeoutError, DecoderCrashedError, InsufficientStorageError
from tactus.jobs.tracks.limits import TrackLimits
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
    """Write a track with clicks as a WAV file; an existing file is replaced once the new one is complete.

    Args:
        supervisor: Supervisor of the child process that decodes.
        path: Path of the track.
        out: Path of the WAV file.
        beat_times: Beats [s], ascending.
        downbeat_times: Beats that begin a bar [s].
        limits: Limits of the child process.

    Raises:
        TactusError: It could not be written; the error names the reason.
    """
    partial = out.with_name(f".{out.name}.part")
    decode_limits = {"max_s": limits.max_s}
    try:
        async with asyncio.timeout(limits.wall_s(limits.max_s)):
            await supervisor.call(
                WRITE,
                str(path),
                str(partial),
                (tuple(beat_times), tuple(downbeat_times)),
                decode_limits,
                limits=limits.child_limits,
            )
        partial.replace(out)
    except TimeoutError as error:
        raise AnalysisTimeoutError("Writing the clicks took too long.") from error
    except ChildCrashedError as error:
        raise DecoderCrashedError("Reading the file, or writing beside it, failed.") from error
    except OSError as error:
        raise InsufficientStorageError(f"The clicks could not be written ({error.strerror}).") from error
    finally:
        partial.unlink(missing_ok=True)
