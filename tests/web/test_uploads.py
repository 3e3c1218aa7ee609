"""Uploads: one file per request, bounded in size and number, removed afterwards."""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.fixtures.service import MakeService, Service, running_service
from tests.web.raw import answer_to, connected

BOUNDARY = "frontier"
HEAD = f"POST /analyze-upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary={BOUNDARY}\r\n"
PART = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()
END = f"\r\n--{BOUNDARY}--\r\n".encode()


def with_length(body: bytes) -> bytes:
    return f"{HEAD}Content-Length: {len(body)}\r\n\r\n".encode() + body


def spooled(service: Service) -> list[Path]:
    """Files that the service holds of uploads."""
    folders = Path(tempfile.gettempdir()).glob("tactus-*")
    open_files = {Path(file.path) for file in psutil.Process(service.process.pid).open_files()}
    return [file for folder in folders for file in folder.iterdir() if file in open_files]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes bodies of a megabyte, and two uploads at once."""
    folder = tmp_path_factory.mktemp("small")
    with running_service(folder, TACTUS_MAX_BODY_BYTES=str(1 << 20), TACTUS_MAX_UPLOADS="2") as service:
        yield service


def test_a_song_is_analysed(client: httpx.Client, short_song_wav: bytes) -> None:
    answer = client.post("/analyze-upload", files={"file": ("song.wav", short_song_wav)})
    assert answer.status_code == 200, answer.text
    again = client.get(f"/analysis/{answer.json()['file_hash']}")
    assert again.json() == answer.json()


@pytest.mark.parametrize(
    ("files", "data"),
    [
        ({}, {"file": "a text"}),
        ({"song": b"x"}, {}),
        ([("file", b"x"), ("file", b"y")], {}),
        ({"file": b"x"}, {"title": "also this"}),
    ],
    ids=["text", "other-name", "two", "one-more-field"],
)
def test_forms_without_exactly_one_file_are_refused(client: httpx.Client, files: object, data: dict[str, str]) -> None:
    if files == {}:
        body = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"\r\n\r\na text'.encode() + END
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        answer = client.post("/analyze-upload", content=body, headers=headers)
    else:
        answer = client.post("/analyze-upload", files=files, data=data)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/validation")
    assert answer.json()["errors"][0]["field"] in {"file", "song", "title"}


def test_an_empty_form_has_no_file(service: Service) -> None:
    answer = answer_to(service, with_length(f"--{BOUNDARY}--\r\n".encode()))
    assert (answer.status, answer.slug) in {(422, "validation"), (400, "invalid-request")}


def test_an_empty_file_is_refused(client: httpx.Client) -> None:
    answer = client.post("/analyze-upload", files={"file": ("a.wav", b"")})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/empty-audio")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {},
        {"Content-Type": "multipart/mixed; boundary=x"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Encoding": "gzip"},
    ],
    ids=["json", "none", "mixed", "urlencoded", "gzip"],
)
def test_other_media_types_are_refused(client: httpx.Client, headers: dict[str, str]) -> None:
    answer = client.post("/analyze-upload", content=PART + b"x" + END, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media")


@pytest.mark.parametrize(
    "body",
    [
        PART + b"sound without an end",
        PART[:-4],
        b"--wrong\r\n" + PART + b"x" + END,
        b"preamble " * 100_000 + PART + b"x" + END,
        PART + b"x" + END + b"epilogue " * 100_000,
        b"--" + BOUNDARY.encode() + b"\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\nx" + END,
        b"--" + BOUNDARY.encode() + b"\r\n" + b"a: b\r\n" * 100_000 + b"\r\nx" + END,
        b"--" + BOUNDARY.encode() + b"\r\nContent-Type: audio/wav\r\n\r\nx" + END,
        PART.replace(b"Content-Disposition", b"Content-Disposition: form-data; name=x\r\nContent-Disposition")
        + b"x"
        + END,
    ],
    ids=[
        "no-end",
        "no-blank-line",
        "wrong-boundary",
        "preamble",
        "epilogue",
        "huge-header",
        "many-headers",
        "nameless",
        "twice",
    ],
)
def test_malformed_forms_are_refused(service: Service, body: bytes) -> None:
    answer = answer_to(service, with_length(body))
    assert (answer.status, answer.slug) == (400, "invalid-request")
    assert spooled(service) == []


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'b' * 30_000}"])
def test_invalid_boundaries_are_refused(service: Service, boundary: str) -> None:
    head = "POST /analyze-upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
    answer = answer_to(service, f"{head}Content-Type: multipart/form-data{boundary}\r\n\r\nx".encode())
    assert (answer.status, answer.slug) == (400, "invalid-request")


def test_file_names_are_never_paths(client: httpx.Client, tmp_path: Path) -> None:
    disposition = f'form-data; name="file"; filename="{tmp_path}/planted"; filename*=utf-8\'\'..%2F..%2Fplanted'
    body = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\nnot a sound".encode() + END
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = client.post("/analyze-upload", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert list(tmp_path.iterdir()) == []


def test_too_large_bodies_are_refused_before_they_are_read(small: Service) -> None:
    with connected(small) as connection:
        connection.sendall(f"{HEAD}Content-Length: {(1 << 20) + 1}\r\n\r\n".encode())  # and no byte of the body
        from tests.web.raw import read_answer  # noqa: PLC0415

        answer = read_answer(connection)
    assert (answer.status, answer.slug) == (413, "body-too-large")


def test_too_large_chunked_bodies_are_refused_at_the_limit(small: Service) -> None:
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    body = b"%x\r\n" % len(PART) + PART + b"\r\n" + chunk * 8
    answer = answer_to(small, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode() + body)
    assert (answer.status, answer.slug) == (413, "body-too-large")
    assert spooled(small) == []


def test_a_body_of_exactly_the_limit_is_accepted(small: Service) -> None:
    filling = (1 << 20) - len(PART) - len(END)
    answer = answer_to(small, with_length(PART + b"x" * filling + END))
    assert (answer.status, answer.slug) == (422, "undecodable-media")


def test_uploads_beyond_the_limit_are_refused_unread(small: Service) -> None:
    half = f"{HEAD}Content-Length: 500000\r\n\r\n".encode() + PART + b"x" * 300_000
    with connected(small) as first, connected(small) as second:
        for connection in (first, second):
            connection.sendall(half)
        _wait_until(lambda: len(spooled(small)) == 2)
        answer = answer_to(small, f"{HEAD}Content-Length: 500000\r\n\r\n".encode())
        assert (answer.status, answer.slug) == (503, "overloaded")
        assert int(answer.headers["retry-after"]) >= 1
    _wait_until(lambda: spooled(small) == [])
    assert answer_to(small, with_length(PART + b"x" + END)).status == 422
    assert small.complaints() == []


def test_spooled_files_are_private(small: Service) -> None:
    with connected(small) as connection:
        connection.sendall(f"{HEAD}Content-Length: 500000\r\n\r\n".encode() + PART + b"x" * 300_000)
        _wait_until(lambda: len(spooled(small)) == 1)
        [file] = spooled(small)
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700
    _wait_until(lambda: not file.exists())


def test_a_full_disk_is_an_insufficient_storage_error(make_service: MakeService, tmp_path: Path) -> None:
    folder = tmp_path / "away"
    folder.mkdir()
    with make_service(TMPDIR=str(folder)) as service:
        [private] = folder.glob("tactus-*")
        private.rmdir()  # as a read-only or vanished disk: nothing can be created there
        answer = answer_to(service, with_length(PART + b"x" + END))
        assert (answer.status, answer.slug) == (507, "insufficient-storage")


def _wait_until(condition: "object") -> None:
    """There is no event to await in another process; look again until it is so."""
    tick = threading.Event()
    for _ in range(200):
        if condition():  # type: ignore[operator]
            return
        tick.wait(0.05)
    raise AssertionError("it never came to be")
