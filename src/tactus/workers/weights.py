"""What was learned, read from the program's own files."""

import hashlib
import io
from functools import cache
from importlib import resources

import numpy as np

from tactus.analysis.track.rhythm_network import WEIGHTS_SHA256, RhythmWeights


class WrongWeightsError(RuntimeError):
    """The file of weights is not the one that this program was released with."""


@cache
def rhythm_weights() -> RhythmWeights:
    """The weights of the rhythm network, read once; the fork server does so for all its children.

    Raises:
        WrongWeightsError: The installation is damaged.
    """
    content = resources.files("tactus").joinpath("weights", "rhythm.npz").read_bytes()
    if hashlib.sha256(content).hexdigest() != WEIGHTS_SHA256:
        raise WrongWeightsError("weights/rhythm.npz is not what this program was released with; install it again")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return RhythmWeights.of(dict(arrays))
