"""The one folder whose files a caller from outside may name."""

from pathlib import Path

from tactus.errors import NotFoundError, ValidationError


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
