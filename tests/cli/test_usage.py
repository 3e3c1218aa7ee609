"""All commands: help, usage errors with exit code 2, invalid settings, `python -m tactus` and `main.py`."""

import json
import signal
import sys

import httpx
import pytest

from tactus import __version__
from tests.cli.conftest import ROOT, Terminal, stopped


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "COMMAND"),
        (("sing",), "sing"),
        (("analyze",), "FILE"),
        (("analyze", "clicks.wav", "--type", "some"), "some"),
        (("analyze", "clicks.wav", "--out", "out.xml"), ".parquet"),
        (("analyze", "clicks.wav", "--out", "nowhere/out.json"), "nowhere"),
        (("analyze", "clicks.wav", "silence.wav", "--out", "out.json"), ".jsonl"),
        (("analyze", ".", "--out", "out.json"), ".jsonl"),
        (("live", "--source", "file"), "--file"),
        (("live", "--file", "clicks.wav"), "--source file"),
        (("live", "--source", "demo", "--pace", "none", "--events"), "--source file"),
        (("live", "--source", "demo", "--device", "1"), "--device"),
        (("serve", "--port", "high"), "--port"),
    ],
)
def test_usage_errors_have_exit_code_2(terminal: Terminal, words: tuple[str, ...], expected: str) -> None:
    ran = terminal.run(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("usage: tactus")
    assert expected in ran.stderr.splitlines()[-1]


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize(
    "words", [("analyze", "clicks.wav"), ("live", "--source", "demo"), ("devices",), ("doctor",), ("serve",)]
)
def test_a_misspelt_setting_stops_every_command(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.environment["TACTUS_TOKEN"] = "secret"
    ran = terminal.run(*words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "tactus: TACTUS_TOKEN is not a setting of Tactus; .env.example lists them all.\n"


def test_the_module_is_the_same_program(terminal: Terminal) -> None:
    for program in ((sys.executable, "-m", "tactus"), None):
        ran = terminal.run("--version", program=program) if program else terminal.run("--version")
        assert (ran.returncode, ran.stdout) == (0, f"tactus {__version__}\n")


def test_help_names_every_command(terminal: Terminal) -> None:
    ran = terminal.run("--help")
    assert ran.returncode == 0
    for command in ("serve", "analyze", "live", "devices", "doctor"):
        assert f"\n    {command} " in ran.stdout
        assert terminal.run(command, "--help").returncode == 0


def test_main_py_serves_until_a_signal(terminal: Terminal) -> None:
    process = terminal.start("--port", "0", program=(sys.executable, str(ROOT / "main.py")))
    assert process.stderr
    ready = next(json.loads(line) for line in process.stderr if "service_ready" in line)
    with httpx.Client(base_url=ready["url"], trust_env=False) as client:
        assert client.get("/health").json()["status"] == "OK"
    process.send_signal(signal.SIGINT)  # and again, as `make` and a process group do when both pass it on
    assert stopped(process, signal.SIGTERM)[0] == 0
    assert list(terminal.temporary.iterdir()) == []
