"""docs/python.md: every example works as it stands."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_run_from_top_to_bottom(
    tmp_path: Path, short_song_wav: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "song.mp3").write_bytes(short_song_wav)  # decoders look at the content, not at the name
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for example in EXAMPLES:
        exec(compile(example, "docs/python.md", "exec"), names)  # noqa: S102
    assert len(EXAMPLES) == PAGE.count("```python")
    assert "missing.mp3" in capsys.readouterr().out


def test_the_first_example_is_three_lines_from_a_file_to_its_beats() -> None:
    lines = [line for line in EXAMPLES[0].splitlines() if line]
    assert lines[0] == "import tactus"
    assert len(lines) == 3
    assert "beat_times" in lines[-1]
