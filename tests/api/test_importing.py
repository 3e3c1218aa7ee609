"""`import tactus` costs nothing until something is used, and tells type checkers everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tactus
from tests.cli.conftest import ROOT

MAX_IMPORT_CPU_S = 0.15
EXAMPLE = """
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from typing import assert_type

import tactus

samples = np.zeros((2, 44100), np.float32)
analysis = tactus.analyze(samples, 44100, type="basic", bpm_min=90.0, bpm_max=180.0)
assert_type(analysis, tactus.Analysis)
assert_type(analysis.bpm, float | None)
assert_type(analysis.beat_times, npt.NDArray[np.float64])
assert_type([chord.label for chord in analysis.chords], list[str])
assert_type(tactus.features("song.mp3", ["rms", "mfcc"]), dict[str, tactus.FeatureTimeline])
tactus.analyze("song.mp3", type="everything")  # type: ignore[arg-type]
for event in tactus.LiveAnalyzer(sample_rate=48000).step(samples):
    if isinstance(event, tactus.BeatPrediction):
        assert_type(event.audio_time_s, float)
    elif isinstance(event, tactus.LiveFrame):
        assert_type(event.spectrum, npt.NDArray[np.float32])
"""


def in_a_new_process(code: str) -> str:
    """What a program prints that begins with nothing imported."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    ran = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stderr == ""
    return ran.stdout


def test_importing_loads_neither_numpy_nor_the_service() -> None:
    code = "import sys, tactus; print(sorted(name for name in sys.modules if name.startswith('tactus')))"
    assert in_a_new_process(code) == "['tactus']\n"
    code = "import sys, tactus; print({'numpy', 'scipy', 'av', 'fastapi', 'pydantic'} & sys.modules.keys())"
    assert in_a_new_process(code) == "set()\n"


def test_importing_takes_little_processor_time() -> None:
    code = "import time; began_s = time.process_time(); import tactus; print(time.process_time() - began_s)"
    took_s = min(float(in_a_new_process(code)) for _ in range(3))
    assert took_s < MAX_IMPORT_CPU_S


def test_using_the_library_starts_no_service() -> None:
    code = "import sys, tactus; tactus.analyze; print({'fastapi', 'pydantic', 'redis', 'aiohttp'} & sys.modules.keys())"
    assert in_a_new_process(code) == "set()\n"


def test_every_public_name_can_be_used_and_is_documented() -> None:
    assert set(tactus.__all__) <= set(dir(tactus))
    for name in tactus.__all__:
        value = getattr(tactus, name)
        assert value is getattr(tactus, name)
        assert value.__doc__, name
        assert f"tactus.{name}" in (ROOT / "docs" / "python.md").read_text(), name


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tactus.no_such_name


def test_type_checkers_see_what_is_public(tmp_path: Path) -> None:
    example = tmp_path / "example.py"
    example.write_text(EXAMPLE)
    environment = {**os.environ, "MYPYPATH": str(ROOT / "src")}
    words = ["--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}", "--follow-imports=silent"]
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", *words, str(example)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
