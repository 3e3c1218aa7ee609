"""Listing of the media folder: audio files that can be played by their names, up to a limit."""

import os
from pathlib import Path

import pytest

from tactus.audio.media_folder import ListingLimits, MediaNames, media_file, media_names


def create_files(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_audio_files_are_listed_with_their_folders_in_alphabetical_order(tmp_path: Path) -> None:
    create_files(tmp_path, "b.wav", "A.FLAC", "sets/deep/c.mp3", "sets/clip.mp4", "cover.jpg", "notes.txt", "wav")
    names = media_names(tmp_path)
    assert names == MediaNames(("A.FLAC", "b.wav", "sets/clip.mp4", "sets/deep/c.mp3"))
    assert all(media_file(tmp_path, name).is_file() for name in names.names)


def test_an_empty_folder_has_no_names(tmp_path: Path) -> None:
    assert media_names(tmp_path) == MediaNames()


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="missing"):
        media_names(tmp_path / "missing")


def test_files_that_cannot_be_played_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "media"
    create_files(tmp_path, "secret.wav", "elsewhere/other.wav")
    create_files(folder, "visible.wav", ".hidden.wav", ".trash/old.wav", "folder.wav/within.wav")
    (folder / "inside.wav").symlink_to(folder / "visible.wav")
    (folder / "outside.wav").symlink_to(tmp_path / "secret.wav")
    (folder / "nowhere.wav").symlink_to(tmp_path / "none.wav")
    (folder / "round.wav").symlink_to(folder / "round.wav")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(folder / "pipe.wav")
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.wav")).touch()
    assert media_names(folder).names == ("folder.wav/within.wav", "inside.wav", "visible.wav")


def test_the_number_of_listed_files_is_limited(tmp_path: Path) -> None:
    create_files(tmp_path, *(f"{k:02}.wav" for k in range(10)))
    assert media_names(tmp_path, ListingLimits(max_names=10)).complete
    listed = media_names(tmp_path, ListingLimits(max_names=9))
    assert (len(listed.names), listed.complete) == (9, False)


def test_the_number_of_examined_entries_is_limited(tmp_path: Path) -> None:
    create_files(tmp_path, *(f".{k:02}.jpg" for k in range(10)))
    assert media_names(tmp_path, ListingLimits(max_entries=10)).complete
    assert not media_names(tmp_path, ListingLimits(max_entries=9)).complete


def test_the_length_of_names_is_limited(tmp_path: Path) -> None:
    create_files(tmp_path, "1234.wav", "12345.wav")
    assert media_names(tmp_path, ListingLimits(max_name_length=8)) == MediaNames(("1234.wav",))
