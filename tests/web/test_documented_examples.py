"""The examples of the first version's documentation, as they stand there: an httpx client, and fetch in Node."""

import asyncio
import functools
import http.server
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fixtures.service import Service, running_service

_NODE_MISSING = "node is missing, and an example runs in it: sudo apt-get install nodejs (or make test as root)."


@pytest.fixture(scope="module")
def song_url(tmp_path_factory: pytest.TempPathFactory, short_song_wav: bytes) -> Iterator[str]:
    """A song behind an address on this machine."""
    folder = tmp_path_factory.mktemp("songs")
    (folder / "song.wav").write_bytes(short_song_wav)
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/song.wav"
        server.shutdown()
        thread.join()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def open_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that may fetch from this machine."""
    with running_service(tmp_path_factory.mktemp("open"), TACTUS_ALLOW_PRIVATE="127.0.0.0/8") as service:
        yield service


async def analyze_track(base: str, url: str) -> dict[str, object]:
    async with httpx.AsyncClient(timeout=60.0, trust_env=False) as client:
        response = await client.post(f"{base}/analyze", json={"file_url": url})
        analysis: dict[str, object] = response.json()
        return analysis


def test_a_python_client_analyses_a_track(open_service: Service, song_url: str) -> None:
    analysis = asyncio.run(analyze_track(open_service.url, song_url))
    assert isinstance(analysis["bpm"], float)
    assert analysis["key"] in {"C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B", None}


def test_a_python_client_starts_live_analysis(open_service: Service) -> None:
    """Without a microphone the answer says so; with one it records. The call itself stands as documented."""
    with open_service.client() as client:
        started = client.post("/live/start")
        status = client.get("/live/status").json()
        assert status["is_recording"] is (started.status_code == 200)
        if started.status_code != 200:
            assert started.json()["type"] in {"/problems/audio-unavailable", "/problems/device-timeout"}
        client.post("/live/stop")
        devices = client.get("/devices").json()["devices"]
        assert all({"index", "name"} <= device.keys() for device in devices)


def test_fetch_in_node_analyses_a_track(open_service: Service, song_url: str, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail(_NODE_MISSING, pytrace=False)
    script = tmp_path / "analyze.mjs"
    script.write_text(
        f"""
const response = await fetch("{open_service.url}/analyze", {{
  method: "POST",
  headers: {{ "Content-Type": "application/json" }},
  body: JSON.stringify({{ file_url: "{song_url}", analysis_type: "full" }}),
}});
const analysis = await response.json();
console.log(JSON.stringify({{ status: response.status, bpm: analysis.bpm, key: analysis.key }}));
"""
    )
    ran = subprocess.run([node, str(script)], capture_output=True, text=True, timeout=90, check=True)
    result = json.loads(ran.stdout)
    assert result["status"] == 200
    assert isinstance(result["bpm"], int | float)


def test_a_loopback_url_is_refused_with_the_setting_that_allows_it(client: httpx.Client, song_url: str) -> None:
    answer = client.post("/analyze", json={"file_url": song_url})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/source-blocked")
    assert "TACTUS_ALLOW_PRIVATE" in answer.json()["detail"]
