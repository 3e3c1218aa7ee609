"""Writes the harmony network's weights as the service reads them: half precision, ready for its matrix products.

    python -m training.export_harmony WEIGHTS.pt src/tactus/weights/harmony.npz

It prints the file's SHA-256, which belongs into `analysis/networks/harmony.py`.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray


def exported(weights: dict[str, torch.Tensor], dilations: tuple[int, ...]) -> dict[str, NDArray[np.generic]]:
    """The arrays of the file by name."""
    w = {name: value.numpy() for name, value in weights.items()}
    arrays = {
        "pitches.kernel": w["pitches.weight"].transpose(2, 3, 1, 0),
        "pitches.bias": w["pitches.bias"],
        "fold.kernel": w["fold.weight"].T,
        "fold.bias": w["fold.bias"],
    }
    for number in range(len(dilations)):
        arrays[f"block{number}.kernel"] = w[f"blocks.{number}.over_time.weight"].transpose(2, 1, 0)
        arrays[f"block{number}.bias"] = w[f"blocks.{number}.over_time.bias"]
        arrays[f"block{number}.around"] = w[f"blocks.{number}.around.weight"]
        arrays[f"block{number}.around_bias"] = w[f"blocks.{number}.around.bias"]
    for name, none in (("chords", "no_chord"), ("keys", "no_key")):
        arrays[f"{name}.around"] = w[f"{name}.weight"]
        arrays[f"{name}.around_bias"] = w[f"{name}.bias"]
        arrays[f"{name}.none"] = w[f"{none}.weight"].T
        arrays[f"{name}.none_bias"] = w[f"{none}.bias"]
    halved = {name: np.ascontiguousarray(values, np.float16) for name, values in arrays.items()}
    return {**halved, "dilations": np.array(dilations, np.int32)}


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("weights", type=Path)
    options.add_argument("target", type=Path)
    chosen = options.parse_args()
    kept = torch.load(chosen.weights)
    chosen.target.parent.mkdir(exist_ok=True)
    np.savez(chosen.target, **exported(kept["weights"], tuple(kept["shape"]["dilations"])))
    print(chosen.target.stat().st_size, "bytes, SHA-256", hashlib.sha256(chosen.target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
