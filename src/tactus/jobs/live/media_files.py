"""The files of the media folder that live sessions can play, with the reason where there are none."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tactus.audio.media_folder import media_names


@dataclass(frozen=True, slots=True)
class MediaList:
    """The files that a live session may play by name.

    Args:
        files: File names in alphabetical order.
        complete: False for a folder with too many files to list them all.
        reason: Reason for an empty list ("no-media-folder", "media-folder-unreadable", "no-media-file"); None where
            there are files.
        remedy: What the owner of the service can do about it, a sentence.
    """

    files: tuple[str, ...] = ()
    complete: bool = True
    reason: str | None = None
    remedy: str | None = None


async def list_media_files(folder: Path | None) -> MediaList:
    """List the media folder.

    Args:
        folder: The media folder; None where no folder is set: nothing may be played.
    """
    if folder is None:
        return MediaList(
            reason="no-media-folder",
            remedy="No folder is open: set TACTUS_MEDIA_FOLDER to the one whose files may be played.",
        )
    try:
        found = await asyncio.to_thread(media_names, folder)
    except OSError:
        return MediaList(
            reason="media-folder-unreadable",
            remedy="The folder that TACTUS_MEDIA_FOLDER names cannot be read: is it there, and open to this user?",
        )
    if not found.names:
        return MediaList(
            complete=found.complete,
            reason="no-media-file",
            remedy="There is no sound in the folder that TACTUS_MEDIA_FOLDER names: put some there, such as set.flac.",
        )
    return MediaList(found.names, found.complete)
