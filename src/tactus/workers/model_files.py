"""What was learned, read from the program's own files."""

import hashlib
import io
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from tactus.analysis.networks import causal_rhythm, harmony, rhythm
from tactus.analysis.networks.harmony import HarmonyWeights
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.analysis.networks.weights import NetworkWeights


class WrongWeightsError(RuntimeError):
    """A file of weights is not the one that this program was released with."""


@cache
def network_weights() -> NetworkWeights:
    """The weights of all networks, read once; the fork server does so for all its children.

    Raises:
        WrongWeightsError: The installation is damaged.
    """
    return NetworkWeights(
        RhythmWeights.of(_arrays("rhythm.npz", rhythm.WEIGHTS_SHA256)),
        RhythmWeights.of(_arrays("live_rhythm.npz", causal_rhythm.WEIGHTS_SHA256)),
        HarmonyWeights.of(_arrays("harmony.npz", harmony.WEIGHTS_SHA256)),
    )


def _arrays(name: str, sha256: str) -> dict[str, np.ndarray[Any, Any]]:
    content = resources.files("tactus").joinpath("weights", name).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WrongWeightsError(f"weights/{name} is not what this program was released with; install it again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return dict(arrays)
