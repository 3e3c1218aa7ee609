"""Network weights, read from files of the package."""

import hashlib
import io
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np

from tactus.analysis.networks import causal_rhythm, harmony, rhythm
from tactus.analysis.networks.harmony import HarmonyWeights
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.analysis.networks.weights import NetworkWeights


class WrongWeightsError(RuntimeError):
    """A file of weights differs from the one of this release."""


@cache
def network_weights() -> NetworkWeights:
    """The weights of all networks, read once; the fork server reads them for all its children.

    Raises:
        WrongWeightsError: The installation is damaged.
    """
    return read_network_weights(resources.files("tactus").joinpath("weights"))


def read_network_weights(folder: Traversable) -> NetworkWeights:
    """Read the weights of all networks from the files of a folder, and check their hashes.

    Raises:
        WrongWeightsError: A file differs from the one of this release.
    """
    return NetworkWeights(
        RhythmWeights.of(_read_arrays(folder, "rhythm.npz", rhythm.WEIGHTS_SHA256)),
        RhythmWeights.of(_read_arrays(folder, "live_rhythm.npz", causal_rhythm.WEIGHTS_SHA256)),
        HarmonyWeights.of(_read_arrays(folder, "harmony.npz", harmony.WEIGHTS_SHA256)),
    )


def _read_arrays(folder: Traversable, name: str, sha256: str) -> dict[str, np.ndarray[Any, Any]]:
    content = folder.joinpath(name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WrongWeightsError(f"weights/{name} is not the file of this release; install Tactus again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)
