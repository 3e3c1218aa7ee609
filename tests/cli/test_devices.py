"""`tactus devices`: what can be recorded here, and what to do where nothing can."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.fixtures.virtual_microphone import DEVICE, VirtualMicrophone


def without_portaudio(terminal: Terminal) -> None:
    """Let programs of this terminal find no PortAudio, as on a machine that has none."""
    folder = terminal.folder / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import ctypes.util\nfind = ctypes.util.find_library\n"
        "ctypes.util.find_library = lambda name: None if name == 'portaudio' else find(name)\n"
    )
    terminal.environment["PYTHONPATH"] += f":{folder}"


def test_the_inputs_are_listed(terminal: Terminal, virtual_microphone: VirtualMicrophone) -> None:
    terminal.environment |= virtual_microphone.environment
    ran = terminal.run("devices")
    assert (ran.returncode, ran.stderr) == (0, "")
    row = next(line.split() for line in ran.stdout.splitlines() if f" {DEVICE}" in line)
    listed = terminal.run("devices", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    device = next(one for one in json.loads(listed.stdout)["devices"] if one["id"] == DEVICE)
    assert row == [str(device["index"]), "mic_a", str(device["channels"]), f"{device['sample_rate']:.0f}", "Hz", DEVICE]


def test_without_portaudio_the_remedy_is_told(terminal: Terminal) -> None:
    without_portaudio(terminal)
    ran = terminal.run("devices")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("tactus: The PortAudio library is missing.")
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["devices", "live"])
def test_a_sound_library_that_crashes_takes_nobody_with_it(terminal: Terminal, tmp_path: Path, command: str) -> None:
    (tmp_path / "empty.conf").touch()
    terminal.environment["ALSA_CONFIG_PATH"] = str(tmp_path / "empty.conf")  # PortAudio aborts its process
    ran = terminal.run(command)
    assert (ran.returncode, ran.stdout.strip()) == (1, "")
    assert "crashed the sound library" in ran.stderr.splitlines()[-1]
