"""Writes trained weights as the service reads them: half precision, kernels in the order of its matrix products.

    python -m training.export WEIGHTS.pt src/tactus/weights/rhythm.npz

It prints the file's SHA-256, which belongs into `analysis/networks/rhythm.py`.
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
    arrays = {}
    for name in ("first", "second", "third"):
        arrays[f"{name}.kernel"] = w[f"{name}.weight"].transpose(2, 3, 1, 0)
        arrays[f"{name}.bias"] = w[f"{name}.bias"]
    arrays["harmonic.kernel"] = w["harmonic.weight"][:, 0, :, 0].T
    arrays["harmonic.bias"] = w["harmonic.bias"]
    for name in ("join", "curves", "tempo"):
        arrays[f"{name}.kernel"] = w[f"{name}.weight"][:, :, 0].T
        arrays[f"{name}.bias"] = w[f"{name}.bias"]
    for number in range(len(dilations)):
        arrays[f"block{number}.kernel"] = w[f"blocks.{number}.across.weight"].transpose(2, 1, 0)
        arrays[f"block{number}.bias"] = w[f"blocks.{number}.across.bias"]
        arrays[f"block{number}.out"] = w[f"blocks.{number}.out.weight"][:, :, 0].T
        arrays[f"block{number}.out_bias"] = w[f"blocks.{number}.out.bias"]
    halved = {name: np.ascontiguousarray(values, np.float16) for name, values in arrays.items()}
    return {**halved, "dilations": np.array(dilations, np.int32)}


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("weights", type=Path, help="as `training.train` wrote them")
    options.add_argument("target", type=Path, help="where the service's go, an .npz file")
    chosen = options.parse_args()
    kept = torch.load(chosen.weights)
    chosen.target.parent.mkdir(exist_ok=True)
    np.savez(chosen.target, **exported(kept["weights"], tuple(kept["shape"]["dilations"])))
    content = chosen.target.read_bytes()
    print(len(content), "bytes, SHA-256", hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main()
