"""The project around the program: locks, make targets, setup scripts, the Docker image."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

LOCKS = ("run", "dev", "build")
TEXTS = {".py", ".md", ".sh", ".toml", ".txt", ".yaml", ".js", ".css", ".html", ".json", ""}
_OUTSIDE_OF_MAKE = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
OURS = ("src", "tests", "docs", "scripts", "requirements", "benchmarks", ".ci")


def pins(lock: str) -> dict[str, str]:
    """Each requirement of a lock with its version and marker, by name."""
    found = re.findall(r"^([a-z0-9.-]+)==([^\\\n]+?) *\\?$", (ROOT / "requirements" / f"{lock}.txt").read_text(), re.M)
    return dict(found)


def ran(
    *words: str, folder: Path = ROOT, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        words,
        cwd=folder,
        env=dict(environment if environment is not None else _OUTSIDE_OF_MAKE),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def few_programs(folder: Path, *names: str) -> dict[str, str]:
    """An environment in which only these programs can be found."""
    folder.mkdir()
    for name in names:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    return {"PATH": str(folder)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_without_any_url(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    entries = [entry for entry in re.split(r"^(?=[a-z0-9])", text, flags=re.M) if entry.strip()]
    assert len(entries) == len(pins(lock)) > 1
    assert all("--hash=sha256:" in entry for entry in entries)
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", text)


def test_all_ways_of_installing_take_the_same_versions() -> None:
    locked = pins("run")
    assert pins("versions") == locked
    tests = pins("dev")
    assert {name: tests.get(name) for name in locked} == locked
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["-c requirements/versions.txt", "."]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for lock, required in (("run", project["dependencies"]), ("dev", project["optional-dependencies"]["dev"])):
        named = {re.split(r"[<>=;\[ ]", requirement)[0] for requirement in required}
        assert named <= pins(lock).keys()


def test_no_file_names_a_home_folder() -> None:
    for path in our_files():
        assert not re.search(r"/(?:home|Users|root)/\w", path.read_text()), path


def our_files() -> Iterator[Path]:
    for room in OURS:
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts:
                yield path
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS and path.name != ".env")


def test_the_makefile_has_what_the_documents_name() -> None:
    helped = ran("make", "help")
    assert helped.returncode == 0
    listed = set(re.findall(r"^  make (\S+)", helped.stdout, re.M))
    assert {"run", "test", "check", "bench"} <= listed
    for document in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        named = re.findall(r"(?:`|^ {4})make ([a-z-]+)", document.read_text(), re.M)
        assert set(named) <= listed, document


def test_make_run_becomes_the_service() -> None:
    # make hands signals to the program only where no shell stands between them.
    assert ran("make", "-n", "run").stdout.splitlines()[-1] == "exec .venv/bin/tactus serve"


def test_a_moved_or_broken_environment_is_created_again(tmp_path: Path) -> None:
    script = str(ROOT / "scripts" / "environment.sh")
    here = Path(sys.prefix)
    assert ran("sh", script, "check", here.name, folder=here.parent).returncode == 0
    assert ran("sh", script, "check", ".venv", folder=tmp_path).returncode != 0  # there is none
    moved = tmp_path / here.name
    shutil.copytree(here / "bin", moved / "bin", symlinks=True)
    shutil.copy(here / "pyvenv.cfg", moved)
    (moved / "lib").symlink_to(here / "lib")
    assert ran("sh", script, "check", moved.name, folder=tmp_path).returncode != 0
    pip = moved / "bin" / "pip"
    pip.write_text(pip.read_text().replace(str(here), str(moved)))
    assert ran("sh", script, "check", moved.name, folder=tmp_path).returncode == 0
    (moved / "bin" / "python").unlink()
    (moved / "bin" / "python").symlink_to(tmp_path / "gone")
    assert ran("sh", script, "check", moved.name, folder=tmp_path).returncode != 0


def test_a_missing_python_is_reported_in_one_line(tmp_path: Path) -> None:
    programs = few_programs(tmp_path / "bin", "sh", "grep")
    completed = ran(
        "sh", "scripts/environment.sh", "make", ".none", "requirements/run.txt", "python3", environment=programs
    )
    assert completed.returncode == 1
    assert "3.11, 3.12 or 3.13" in completed.stderr
    assert len(completed.stderr.splitlines()) == 1
    assert not (ROOT / ".none").exists()


@pytest.mark.parametrize(("purpose", "code", "expected"), [("test", 0, "redis-server"), ("venv", 1, "python3-venv")])
def test_missing_system_packages_are_reported_in_one_line(
    tmp_path: Path, purpose: str, code: int, expected: str
) -> None:
    programs = few_programs(tmp_path / "bin", "sh", "uname", "grep", "ls", "id")  # no apt-get, no sudo
    completed = ran("sh", "scripts/system_packages.sh", purpose, environment=programs)
    assert (completed.returncode, completed.stdout) == (code, "")
    assert len(completed.stderr.splitlines()) == 1
    assert expected in completed.stderr
    assert "Without" in completed.stderr


def test_the_first_failing_step_ends_the_gate(tmp_path: Path) -> None:
    programs = few_programs(tmp_path / "bin", "bash", "env", "dirname")
    (tmp_path / "bin" / "make").write_text('#!/usr/bin/env bash\necho "make $1"\n[ "$1" != "$FAILS" ]\n')
    (tmp_path / "bin" / "make").chmod(0o755)
    gate = str(ROOT / ".ci" / "run")
    twice = ["check", "test", "test"]  # failed tests are given one more try by themselves
    for fails, code, targets in (("none", 0, ["check", "test"]), ("check", 1, ["check"]), ("test", 1, twice)):
        completed = ran(gate, environment={**programs, "FAILS": fails, "CI": "true"})
        assert completed.returncode == code
        assert [line for line in completed.stdout.splitlines() if line.startswith("make ")] == [
            f"make {n}" for n in targets
        ]


def test_the_docker_context_contains_all_copied_files() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.M)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists()
        assert name.split("/")[0] not in ignored
