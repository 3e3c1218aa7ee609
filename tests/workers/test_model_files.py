"""Network weights that differ from those of the release are refused."""

from importlib import resources
from pathlib import Path

import pytest

from tactus.workers.model_files import WrongWeightsError, network_weights, read_network_weights

RHYTHM = resources.files("tactus").joinpath("weights", "rhythm.npz").read_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", RHYTHM[:-1], RHYTHM + b"\0", RHYTHM[:5000] + bytes([RHYTHM[5000] ^ 1]) + RHYTHM[5001:]],
    ids=["empty", "cut short", "longer", "one bit off"],
)
def test_damaged_weights_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "rhythm.npz").write_bytes(content)
    with pytest.raises(WrongWeightsError, match="install Tactus again"):
        read_network_weights(tmp_path)


def test_the_weights_of_the_release_are_read() -> None:
    assert network_weights().rhythm.dilations == (1, 2, 4, 8, 16, 32, 64, 128, 256)
    assert network_weights().live_rhythm.dilations == (1, 2, 4, 8, 16, 32, 64, 128)
    assert network_weights().harmony.dilations == (1, 2, 4, 8, 16, 32)
