"""The media folder: the one folder whose files a remote caller may name."""

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
"""File name suffixes by which sound is recognised in a folder: lower case, dot included."""

MAX_NAMES = 1000
"""Files that are listed."""

MAX_ENTRIES = 20_000
"""Entries of the folder, and of those below it, that are looked at for them: somebody may open a whole disk."""

MAX_NAME_LENGTH = 1000
"""Characters of a name that can be asked for."""


@dataclass(frozen=True, slots=True)
class MediaNames:
    """What there is to be played.

    Args:
        names: As `media_file` takes them, in alphabetical order.
        complete: Whether these are all.
    """

    names: tuple[str, ...] = ()
    complete: bool = True


def media_file(folder: Path | None, name: str) -> Path:
    """The file of that name in the folder, or below it.

    Where it really lies decides: a name with `..`, an absolute one, or a link that leads elsewhere finds nothing, and
    the answer does not tell whether something is there.

    Args:
        folder: What the setting names; None: nothing may be played.
        name: Relative to it, with `/` between folders.

    Raises:
        ValidationError: No folder is set.
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
    except (OSError, ValueError, RuntimeError):  # not there; a NUL in it; links that go round in a circle
        pass
    raise NotFoundError("There is no such file in the media folder.")


def media_names(folder: Path) -> MediaNames:
    """The names of the sounds in the folder and below it: known by their suffix, not opened.

    Hidden ones are left out, and what `media_file` would not find: links that lead elsewhere, and names that no text
    can hold. Links to folders are not followed, as they may go round in a circle; folders that cannot be read are
    passed over.

    Args:
        folder: What the setting names.

    Raises:
        OSError: It cannot be read itself.
    """
    root = folder.resolve(strict=True)
    names: list[str] = []
    for n_before, entry in enumerate(_entries(root)):
        if n_before == MAX_ENTRIES:
            return MediaNames(_in_order(names), complete=False)
        name = Path(entry.path).relative_to(root).as_posix()
        if len(name) > MAX_NAME_LENGTH or not _is_text(name) or not _is_sound(entry, root):
            continue
        if len(names) == MAX_NAMES:
            return MediaNames(_in_order(names), complete=False)
        names.append(name)
    return MediaNames(_in_order(names))


def _entries(root: Path) -> Iterator["os.DirEntry[str]"]:
    """Everything in a folder, then what is in the folders in it, and so on; what is in hidden ones is left out."""
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
    if entry.name.startswith(".") or not entry.name.lower().endswith(SOUND_SUFFIXES):
        return False
    try:
        return entry.is_file() and (not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root))
    except (OSError, RuntimeError):  # a link that goes round in a circle
        return False


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # bytes of another encoding, which the system hands over as lone surrogates
        return False
    return True


def _in_order(names: list[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (name.casefold(), name)))
