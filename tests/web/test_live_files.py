"""What may be played from the media folder is listed by name, to whoever may call, and an empty list says why."""

from pathlib import Path

from tests.fixtures.service import MakeService, Service
from tests.fixtures.signals import tone, wav_bytes


def test_files_are_listed_by_the_names_that_start_them(make_service: MakeService, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    (folder / "sets").mkdir(parents=True)
    for name in ("sets/friday.wav", "Intro.wav"):
        (folder / name).write_bytes(wav_bytes(tone(1000.0, 5.0)))
    with make_service(TACTUS_MEDIA_FOLDER=str(folder)) as service, service.client() as client:
        told = client.get("/live/files").json()
        assert told == {"files": ["Intro.wav", "sets/friday.wav"], "complete": True}
        for name in told["files"]:
            answer = client.post("/live/start", json={"source": "file", "file": name})
            assert answer.status_code == 200, answer.text
            client.post("/live/stop")
        for file in (folder / "Intro.wav", folder / "sets" / "friday.wav"):
            file.unlink()
        told = client.get("/live/files").json()  # asked anew each time
        assert (told["files"], told["reason"]) == ([], "no-media-file")
        (folder / "sets").rmdir()
        folder.rmdir()
        told = client.get("/live/files").json()
        assert (told["files"], told["reason"]) == ([], "media-folder-unreadable")
        assert str(tmp_path) not in told["remedy"]


def test_without_a_folder_it_says_what_to_set(service: Service) -> None:
    with service.client() as client:
        told = client.get("/live/files").json()
    assert (told["files"], told["reason"]) == ([], "no-media-folder")
    assert "TACTUS_MEDIA_FOLDER" in told["remedy"]


def test_where_a_token_is_set_names_are_for_its_holders(make_service: MakeService) -> None:
    with make_service(TACTUS_API_TOKEN="correct-horse") as service, service.client() as client:
        assert client.get("/live/files").status_code == 401
        token = {"Authorization": "Bearer correct-horse"}
        assert client.get("/live/files", headers=token).status_code == 200
