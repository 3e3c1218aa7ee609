"""What a stream says of beats, frame by frame: by the causal network, and by the onsets themselves."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.live import onset_curve
from tactus.analysis.live.onset_curve import OnsetCurveState
from tactus.analysis.networks.causal_rhythm import CausalNetwork, CausalState
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.analysis.track.rhythm.downbeats import BRIGHT_BANDS
from tactus.dsp.arrays import Floats, Mask

RISE_SHARE = 0.4
"""How much onsets count for beats beside what the network hears: twice as much as in files, as it is less
sure of what it has not heard to the end. Measured on music: from .3 to .5 beats are about as good, beyond less."""

AUDIBLE, HEARD = 0.1, 0.3
"""Something begins to sound where onsets are this strong beside the strongest, or the network is so sure: after a loud
beginning, soft music does not stand out."""


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """What some frames say.

    Args:
        beats: How likely a beat begins in each, in [0, 1], shape `[n]`.
        curves: What the network says of beats and downbeats, each in [0, 1], and how brightly something begins (natural
            logarithm), side by side, shape `[n, 3]`.
        are_audible: Whether something begins to sound that could be a beat, shape `[n]`.
        are_noise: Whether no onset stands out from the others, by then, shape `[n]`.
    """

    beats: Floats
    curves: Floats
    are_audible: Mask
    are_noise: Mask


@dataclass(frozen=True, slots=True, eq=False)
class ActivationState:
    """Where a stream stands.

    Args:
        network: Of the causal network.
        curve: What onsets were like.
        waiting: Onset strength of the frame that the network waits with, `[0 or 1, n_bands]`.
    """

    network: CausalState
    curve: OnsetCurveState
    waiting: Floats


class ActivationExtractor:
    """Steps streams from features to what they say of beats; holds tables only.

    Args:
        weights: Of the causal network.
        frame_rate_hz: Frames per second [Hz].
        n_bands: Bands of onset strength.
    """

    def __init__(self, weights: RhythmWeights, frame_rate_hz: float, n_bands: int = 6) -> None:
        self.frame_rate_hz = frame_rate_hz
        self.n_bands = n_bands
        self._network = CausalNetwork(weights)

    def start(self) -> ActivationState:
        """The state of a stream that has not begun."""
        waiting = np.empty((0, self.n_bands), np.float32)
        return ActivationState(self._network.start(), onset_curve.start(self.n_bands), waiting)

    def step(
        self, state: ActivationState, log_mel: Floats, onset_strengths: Floats, chroma_harmony: Floats
    ) -> tuple[ActivationState, Activations]:
        """What the next frames say, where the network has said its word: an even number of them.

        Args:
            state: What `start` or the previous call returned.
            log_mel: The next rows of the feature of that name, `[n, 64]`, any `n >= 0`.
            onset_strengths: Likewise, `[n, n_bands]`.
            chroma_harmony: The rows of that feature that have become complete, `[m, 36]`.
        """
        network, curves = self._network.step(state.network, log_mel, chroma_harmony)
        waiting = np.concatenate((state.waiting, onset_strengths))
        curve, onsets, are_noise = state.curve, np.empty(len(curves), np.float32), np.empty(len(curves), np.bool_)
        for k, strengths in enumerate(waiting[: len(curves)]):
            curve, onsets[k] = onset_curve.step(curve, strengths, self.frame_rate_hz)
            are_noise[k] = curve.is_noise
        beats = (1 - RISE_SHARE) * curves[:, 0] + RISE_SHARE * onsets
        are_audible = (onsets > AUDIBLE) | (curves[:, 2] > HEARD)
        brightness = np.log1p(waiting[: len(curves), BRIGHT_BANDS]).mean(axis=1)
        heard = Activations(beats, np.column_stack((curves[:, :2], brightness)), are_audible, are_noise)
        return ActivationState(network, curve, waiting[len(curves) :]), heard
