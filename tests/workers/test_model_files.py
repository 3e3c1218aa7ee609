"""Weights that are not the program's own are refused."""

from importlib import resources
from pathlib import Path

import pytest

from tactus.workers.model_files import WrongWeightsError, network_weights

SOUND = resources.files("tactus").joinpath("weights", "rhythm.npz").read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", SOUND[:-1], SOUND + b"\0", SOUND[:5000] + bytes([SOUND[5000] ^ 1]) + SOUND[5001:]],
    ids=["empty", "cut short", "longer", "one bit off"],
)
def test_damaged_weights_are_refused(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "rhythm.npz").write_bytes(content)
    monkeypatch.setattr(resources, "files", lambda _: tmp_path)
    with pytest.raises(WrongWeightsError, match="install it again"):
        network_weights.__wrapped__()  # what was read before is kept


def test_the_programs_own_weights_are_taken() -> None:
    assert network_weights().rhythm.dilations == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert network_weights().live_rhythm.dilations == (1, 2, 4, 8, 16, 32, 64, 128)
    assert network_weights().harmony.dilations == (1, 2, 4, 8, 16, 32)
