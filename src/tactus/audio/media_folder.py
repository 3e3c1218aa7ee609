"""The media folder: the only folder whose files a remote client may select by name."""

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tactus.errors import NotFoundError, ValidationError

SOUND_SUFFIXES = (
    *(".wav", ".wave", ".w64", ".aif", ".aiff", ".aifc", ".flac"),
    *(".mp3", ".mp2", ".m4a", ".aac", ".ogg", ".oga", ".opus"),
    *(".mp4", ".mov", ".mkv", ".mka", ".webm"),
)
"""File name suffixes of audio files, lower case, with the dot."""


@dataclass(frozen=True, slots=True)
class ListingLimits:
    """Limits on the list of audio files of a folder.

    Args:
        max_names: Largest number of listed files.
        max_entries: Largest number of directory entries that are examined: the folder may be a whole disk.
        max_name_length: Longest listed name [characters].
    """

    max_names: int = 1000
    max_entries: int = 20_000
    max_name_length: int = 1000


@dataclass(frozen=True, slots=True)
class MediaNames:
    """Names of the audio files in the media folder.

    Args:
        names: Paths relative to the folder, as `media_file` takes them, in alphabetical order.
        complete: True if the list has all files.
    """

    names: tuple[str, ...] = ()
    complete: bool = True


def media_file(folder: Path | None, name: str) -> Path:
    """Find a file of the media folder by its name.

    The resolved path decides: a name with `..`, an absolute name, or a link out of the folder is not found, and the
    error does not reveal if such a file exists.

    Args:
        folder: The media folder; None: there is none.
        name: Path relative to the folder, with `/` between its parts.

    Raises:
        ValidationError: There is no media folder.
        NotFoundError: There is no such file in it.
    """
    if folder is None:
        raise ValidationError(
            "Files are played from one folder only, which the setting TACTUS_MEDIA_FOLDER names, and it is not set.",
            field="file",
            setting="TACTUS_MEDIA_FOLDER",
        )
    try:
        root = folder.resolve(strict=True)
        path = (root / name).resolve(strict=True)
        if path.is_relative_to(root) and path.is_file():
            return path
    except (OSError, ValueError, RuntimeError):  # no such file; a NUL character in the name; a cycle of links
        pass
    raise NotFoundError("There is no such file in the media folder.")


def media_names(folder: Path, limits: ListingLimits | None = None) -> MediaNames:
    """List the audio files in a folder and its subfolders, recognised by their suffix and not opened.

    Left out are hidden files and those that `media_file` would not find: links out of the folder, and names that are
    not valid text. Links to folders are not followed, as they may form a cycle; unreadable subfolders are skipped.

    Args:
        folder: The media folder.
        limits: Limits on the list; by default those of `ListingLimits`.

    Raises:
        OSError: The folder cannot be read.
    """
    limits = limits or ListingLimits()
    root = folder.resolve(strict=True)
    names: list[str] = []
    for n_examined, entry in enumerate(_entries(root)):
        if n_examined == limits.max_entries:
            return MediaNames(_sorted(names), complete=False)
        name = Path(entry.path).relative_to(root).as_posix()
        if len(name) > limits.max_name_length or not _is_text(name) or not _is_sound(entry, root):
            continue
        if len(names) == limits.max_names:
            return MediaNames(_sorted(names), complete=False)
        names.append(name)
    return MediaNames(_sorted(names))


def _entries(root: Path) -> Iterator["os.DirEntry[str]"]:
    """Directory entries of a folder, then of its subfolders, breadth first; hidden folders are not entered."""
    folders = deque([os.fspath(root)])
    while folders:
        folder = folders.popleft()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                        folders.append(entry.path)
                    yield entry
        except OSError:
            if folder == os.fspath(root):
                raise


def _is_sound(entry: "os.DirEntry[str]", root: Path) -> bool:
    """True if the entry is a visible audio file, or a link to one inside `root`."""
    if entry.name.startswith(".") or not entry.name.lower().endswith(SOUND_SUFFIXES):
        return False
    try:
        return entry.is_file() and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root))
    except (OSError, RuntimeError):  # a link to itself
        return False


def _is_text(name: str) -> bool:
    """False for names in another encoding, whose bytes the operating system returns as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _sorted(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (name.casefold(), name)))
