"""The command line as a user has it: the installed program in a process of its own, with a clean environment."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.fixtures.signals import click_track, silence, wav_bytes

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (str(Path(sys.executable).with_name("tactus")),)
CLICKS_BPM = 120.0
CLICKS_S = 12.0
_KEPT = ("PATH", "LANG", "COVERAGE_PROCESS_START")


class Terminal:
    """Runs programs in a folder of its own, with nothing in their environment but what `environment` says.

    Args:
        folder: A new one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.environment = {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(folder),
            "TMPDIR": str(self.temporary),
            "TACTUS_DATA_FOLDER": str(folder / "data"),
            "PYTHONPATH": str(ROOT / "src"),
            "COLUMNS": "100",
        }
        self._started: list[subprocess.Popen[str]] = []

    def run(self, *words: str, program: tuple[str, ...] = PROGRAM) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end; it must not need more than a minute."""
        return subprocess.run(
            [*program, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(
        self,
        *words: str,
        program: tuple[str, ...] = PROGRAM,
        stdout: int = subprocess.PIPE,
        in_background: bool = False,
    ) -> "subprocess.Popen[str]":
        """Start a command that lasts; in the background of a shell's script interruptions are ignored."""
        interruption = signal.SIG_IGN if in_background else signal.SIG_DFL
        process = subprocess.Popen(
            [*program, *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, interruption),  # noqa: PLW1509  no lock is held
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what a test has left."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()


def stopped(process: "subprocess.Popen[str]", number: int) -> tuple[int, str]:
    """Send a signal, and return exit code and standard error. No child process may outlive the program."""
    family = psutil.Process(process.pid).children(recursive=True)
    assert family, "it had no child to leave behind"
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    return process.returncode, stderr


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def clicks(terminal: Terminal) -> Path:
    """A click track in the terminal's folder, beside `silence.wav` and a text that calls itself `text.mp3`."""
    path = terminal.folder / "clicks.wav"
    path.write_bytes(wav_bytes(click_track(CLICKS_BPM, CLICKS_S)))
    (terminal.folder / "silence.wav").write_bytes(wav_bytes(silence(3.0)))
    (terminal.folder / "text.mp3").write_text("This is no sound. " * 100)
    return path
