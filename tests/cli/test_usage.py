"""What every command holds to: help, usage errors with exit code 2, settings that cannot be followed, other doors."""

import sys

import pytest

from tactus import __version__
from tests.cli.conftest import ROOT, Terminal


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize(
    ("words", "said"),
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
def test_usage_is_told_with_exit_code_2(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    ran = terminal.run(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("usage: tactus")
    assert said in ran.stderr.splitlines()[-1]


@pytest.mark.usefixtures("clicks")
@pytest.mark.parametrize(
    "words", [("analyze", "clicks.wav"), ("live", "--source", "demo"), ("devices",), ("doctor",), ("serve",)]
)
def test_a_misspelt_setting_stops_every_command(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.environment["TACTUS_TOKEN"] = "secret"
    ran = terminal.run(*words)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "tactus: TACTUS_TOKEN is no setting of Tactus; .env.example lists them all.\n"


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


def test_main_py_serves(terminal: Terminal) -> None:
    ran = terminal.run("--help", program=(sys.executable, str(ROOT / "main.py")))
    assert ran.stdout.startswith("usage: tactus serve")
