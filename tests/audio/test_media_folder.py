"""What is listed of the media folder: sounds that can be played by these names, and no more than a bounded number."""

import os
from pathlib import Path

import pytest

from tactus.audio import media_folder as listing
from tactus.audio.media_folder import MediaNames, media_file, media_names


def touched(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_sounds_are_listed_with_their_folders_in_alphabetical_order(tmp_path: Path) -> None:
    touched(tmp_path, "b.wav", "A.FLAC", "sets/deep/c.mp3", "sets/clip.mp4", "cover.jpg", "notes.txt", "wav")
    names = media_names(tmp_path)
    assert names == MediaNames(("A.FLAC", "b.wav", "sets/clip.mp4", "sets/deep/c.mp3"))
    assert all(media_file(tmp_path, name).is_file() for name in names.names)


def test_an_empty_folder_has_no_names(tmp_path: Path) -> None:
    assert media_names(tmp_path) == MediaNames()


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        media_names(tmp_path / "gone")


def test_what_could_not_be_played_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    touched(tmp_path, "secret.wav", "elsewhere/other.wav")
    touched(folder, "heard.wav", ".hidden.wav", ".trash/old.wav", "folder.wav/within.wav")
    (folder / "inside.wav").symlink_to(folder / "heard.wav")
    (folder / "outside.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "nowhere.wav").symlink_to(tmp_path / "none.wav")
    (folder / "round.wav").symlink_to(folder / "round.wav")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.wav")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.wav")).touch()
    assert media_names(folder).names == ("folder.wav/within.wav", "heard.wav", "inside.wav")


def test_no_more_than_a_bounded_number_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path, *(f"{k:02}.wav" for k in range(10)))
    monkeypatch.setattr(listing, "MAX_NAMES", 10)
    assert media_names(tmp_path).complete
    monkeypatch.setattr(listing, "MAX_NAMES", 9)
    found = media_names(tmp_path)
    assert (len(found.names), found.complete) == (9, False)


def test_no_more_than_a_bounded_number_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touched(tmp_path, *(f".{k:02}.jpg" for k in range(10)))
    monkeypatch.setattr(listing, "MAX_ENTRIES", 10)
    assert media_names(tmp_path).complete
    monkeypatch.setattr(listing, "MAX_ENTRIES", 9)
    assert not media_names(tmp_path).complete
