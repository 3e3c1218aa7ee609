"""Settings, start and stop of the service: clear errors, bounded times."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.sync.client import connect

from tactus.errors import SettingsError
from tactus.settings import read_settings, setting_names
from tests.fixtures.service import MakeService, start_service
from tests.web.raw import connected
from tests.web.test_listening import close_code

GRACE_S = 1


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*setting_names(), "HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TACTUS_ALOWED_HOSTS", "x"),
        ("TACTUS_MAX_BODY_BYTES", "-1"),
        ("REDIS_URL", "http://localhost"),
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("CACHE_EXPIRY", "0"),
        ("N_FFT", "1000"),
        ("HOP_LENGTH", "4096"),
        ("CHUNK_SIZE", "1023"),
        ("LOG_LEVEL", "chatty"),
        ("TACTUS_ALLOWED_ORIGINS", "*"),
        ("TACTUS_ALLOWED_ORIGINS", "http://localhost:3000/"),
        ("TACTUS_ALLOWED_HOSTS", "*.example.org"),
        ("TACTUS_ALLOW_PRIVATE", "10.0.0.1/8"),
        ("TACTUS_API_TOKEN", "two words"),
        ("TACTUS_HOST", "example.org"),
        ("TACTUS_MAX_AUDIO_S", "nan"),
    ],
)
def test_invalid_settings_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        read_settings()


def test_a_misspelt_setting_in_the_env_file_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TACTUS_TOKEN=x\nSOMETHING_ELSE=1\n")
    with pytest.raises(SettingsError, match="TACTUS_TOKEN"):
        read_settings()


def test_the_environment_takes_precedence_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=9001\nCACHE_EXPIRY=60\nTACTUS_API_TOKEN=\n")
    monkeypatch.setenv("PORT", "9002")
    settings = read_settings()
    assert (settings.port, settings.cache_expiry_s, settings.api_token) == (9002, 60, None)
    assert read_settings(port=9003).port == 9003


def test_host_is_used_only_if_it_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "x86_64-conda-linux-gnu")  # as conda sets it
    assert read_settings().listen_host == "localhost"
    monkeypatch.setenv("HOST", "127.0.0.1")
    assert read_settings().listen_host == "127.0.0.1"


def test_the_network_is_reached_with_a_token_or_in_a_container_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="TACTUS_API_TOKEN"):
        read_settings(host="0.0.0.0")
    monkeypatch.setenv("TACTUS_CONTAINER", "true")
    assert read_settings().listen_host == "0.0.0.0"
    monkeypatch.delenv("TACTUS_CONTAINER")
    monkeypatch.setenv("TACTUS_API_TOKEN", "secret")
    settings = read_settings(host="0.0.0.0")
    assert not settings.is_loopback_only
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        ((), {"TACTUS_WRONG": "1"}, "TACTUS_WRONG"),
        ((), {"SAMPLE_RATE": "fast"}, "SAMPLE_RATE"),
        (("--host", "0.0.0.0"), {}, "TACTUS_API_TOKEN"),
        (("--host", "192.0.2.1"), {"TACTUS_API_TOKEN": "x"}, "192.0.2.1"),
    ],
)
def test_a_failed_start_is_reported_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], environment: dict[str, str], expected: str
) -> None:
    process = start_service(tmp_path, *arguments, **environment)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert expected in stderr
    assert len(stderr.splitlines()) == 1, stderr


def test_a_port_in_use_is_reported(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        process = start_service(tmp_path, "--port", str(port))
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert re.fullmatch(rf"tactus: .*{port} is taken.*\n", stderr)


def test_a_missing_temporary_folder_is_reported(tmp_path: Path) -> None:
    # Root may write everywhere, so the list of places to try is emptied instead of each being made read-only.
    code = (
        "import sys, tempfile, tactus.app as app; tempfile._candidate_tempdir_list = list; sys.exit(app.serve(port=0))"
    )
    environment = {"PATH": os.environ["PATH"], "TACTUS_DATA_FOLDER": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        env=environment,
        check=False,
    )
    assert ran.returncode == 1
    assert "TMPDIR" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_importing_has_no_effect() -> None:
    code = "import sys, threading, tactus.app; print(threading.active_count(), {'av', 'numpy'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("1 set()\n", "")


def test_the_api_process_stays_small(make_service: MakeService, short_song_wav: bytes) -> None:
    with make_service() as service, service.client() as client:
        assert client.post("/analyze-upload", files={"file": short_song_wav}).status_code == 200
        used_bytes = psutil.Process(service.process.pid).memory_info().rss
        assert used_bytes <= 100e6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_ends_everything_and_closes_live_connections(make_service: MakeService, number: int) -> None:
    with make_service(TACTUS_SHUTDOWN_GRACE_S=str(GRACE_S)) as service, service.client() as client:
        assert client.post("/live/start", json={"source": "demo"}).status_code == 200
        family = psutil.Process(service.process.pid).children(recursive=True)
        with connect(f"{service.websocket_url}/live/ws", proxy=None) as listener, connected(service) as half_sent:
            half_sent.sendall(
                b"POST /live/start HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b"Content-Length: 9\r\n\r\n{"
            )
            listener.recv(timeout=10)
            began_s = time.monotonic()
            service.process.send_signal(number)
            assert close_code(listener) in {1001, 1012}
            assert time.monotonic() - began_s < 2
            assert service.process.wait(20) == 0
            assert time.monotonic() - began_s < GRACE_S + 4
        _, alive = psutil.wait_procs(family, timeout=3)
        assert alive == []
        assert [line for line in service.complaints() if "Traceback" in str(line)] == []


def test_a_second_signal_ends_at_once(make_service: MakeService) -> None:
    with make_service(TACTUS_SHUTDOWN_GRACE_S="60") as service, connected(service) as half_sent:
        half_sent.sendall(b"POST /analyze HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        assert httpx.get(f"{service.url}/health", trust_env=False).status_code == 200
        service.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            service.process.wait(0.5)  # it waits for the request
        began_s = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(5) == 128 + signal.SIGTERM
        assert time.monotonic() - began_s < 2
