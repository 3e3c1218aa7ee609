"""Tells which files of the media folder a live session can play, and why where there are none."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tactus.audio.media_folder import media_names


@dataclass(frozen=True, slots=True)
class MediaList:
    """The files that a live session may play by name.

    Args:
        files: Their names, in alphabetical order.
        complete: Whether these are all; a folder with very many is not listed to its end.
        reason: Why there are none ("no-media-folder", "media-folder-unreadable", "no-media-file"); None where
            there are some.
        remedy: What to do about it, a sentence.
    """

    files: tuple[str, ...] = ()
    complete: bool = True
    reason: str | None = None
    remedy: str | None = None


async def media_list(folder: Path | None) -> MediaList:
    """What is in the media folder at this moment.

    Args:
        folder: What the setting names; None: nothing may be played.
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
