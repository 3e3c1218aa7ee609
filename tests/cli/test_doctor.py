"""`tactus doctor` and `python test_audio.py`: one line per capability, and exit code 1 only if something is broken."""

import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Terminal
from tests.cli.test_devices import without_portaudio
from tests.fixtures.signals import noise
from tests.fixtures.virtual_microphone import VirtualMicrophone

CAPABILITIES = [
    "python", "decoders", "tracks", "live sound", "portaudio", "microphone", "redis", "storage", "port", "protections",
]  # fmt: skip


def verdicts(stdout: str) -> dict[str, str]:
    """What was found, by capability; remedies stand on lines that begin with a space."""
    lines = [line for line in stdout.splitlines()[:-1] if not line.startswith(" ")]
    return {line[8:20].strip(): line.split()[0] for line in lines}


def test_missing_redis_and_sound_card_are_no_failures(terminal: Terminal) -> None:
    without_portaudio(terminal)
    terminal.environment["REDIS_URL"] = "redis://127.0.0.1:9"
    ran = terminal.run(program=(sys.executable, str(ROOT / "test_audio.py")))
    assert (ran.returncode, ran.stderr) == (0, "")
    found = verdicts(ran.stdout)
    assert list(found) == CAPABILITIES
    assert {name for name, verdict in found.items() if verdict == "absent"} == {"portaudio", "microphone", "redis"}
    assert {name for name, verdict in found.items() if verdict == "ok"} == set(CAPABILITIES) - {
        "portaudio", "microphone", "redis",
    }  # fmt: skip
    assert "PortAudio library is missing" in ran.stdout
    assert "REDIS_URL" in ran.stdout


@pytest.mark.parametrize("sounding", [True, False])
def test_a_microphone_delivers_sound_or_only_zeros(
    terminal: Terminal, virtual_microphone: VirtualMicrophone, sounding: bool
) -> None:
    terminal.environment |= virtual_microphone.environment
    if sounding:
        with virtual_microphone.playing(noise(1, 1.0, amplitude=0.1)):
            ran = terminal.run("doctor")
    else:
        ran = terminal.run("doctor")
    assert ran.returncode == 0
    found = verdicts(ran.stdout)
    assert found["portaudio"] == "ok"
    assert found["microphone"] == ("ok" if sounding else "absent")
    assert ("nothing but zeros" in ran.stdout) is not sounding


def test_a_broken_capability_is_named_and_the_others_are_checked(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "broken" / "av").mkdir(parents=True)
    (tmp_path / "broken" / "av" / "__init__.py").write_text("raise ImportError('half installed')")
    terminal.environment["PYTHONPATH"] += f":{tmp_path / 'broken'}"
    ran = terminal.run("doctor", "--no-microphone")
    assert ran.returncode == 1
    found = verdicts(ran.stdout)
    assert list(found) == [name for name in CAPABILITIES if name != "microphone"]
    assert {name for name, verdict in found.items() if verdict == "BROKEN"} >= {"decoders", "tracks"}
    assert "half installed" in ran.stdout
    assert "broken" in ran.stdout.splitlines()[-1]
