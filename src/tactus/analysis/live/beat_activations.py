"""Beat activations of a stream, frame by frame: by the causal network, and by the onsets themselves."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.live import onset_curve
from tactus.analysis.live.onset_curve import OnsetCurveState
from tactus.analysis.networks.causal_rhythm import CausalNetwork, CausalState
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.analysis.track.rhythm.downbeats import BRIGHT_BANDS
from tactus.dsp.arrays import Floats, Mask

ONSET_SHARE = 0.4
"""Weight of onset strength beside the network in the beat activation: twice that of files, as the causal network is
less certain. Measured on music: from .3 to .5 beats are about as good, beyond that worse."""

AUDIBLE_ONSET, AUDIBLE_ACTIVATION = 0.1, 0.3
"""Something begins to sound where onset strength, or the network's onset activation, exceeds this. The second is needed
because soft music does not stand out after a loud beginning."""


@dataclass(frozen=True, slots=True, eq=False)
class Activations:
    """Beat activations of some frames.

    Args:
        beats: Activation of a beat in each frame, in [0, 1], shape `[n]`.
        curves: The network's activations of beat and downbeat, each in [0, 1], and the brightness of onsets (natural
            logarithm), as columns, shape `[n, 3]`.
        are_audible: Whether something begins to sound that could be a beat, shape `[n]`.
        are_noise: Whether no onset so far stands out from the others, shape `[n]`.
    """

    beats: Floats
    curves: Floats
    are_audible: Mask
    are_noise: Mask


@dataclass(frozen=True, slots=True, eq=False)
class ActivationState:
    """State of the activations of one stream.

    Args:
        network: State of the causal network.
        curve: State of the onset curve.
        waiting: Onset strength of the frames that the network has yet to evaluate, shape `[n, n_bands]`.
    """

    network: CausalState
    curve: OnsetCurveState
    waiting: Floats


class ActivationExtractor:
    """Steps streams from features to beat activations; holds tables only.

    Args:
        weights: Weights of the causal network.
        frame_rate_hz: Frames per second [Hz].
        n_bands: Number of bands of onset strength.
    """

    def __init__(self, weights: RhythmWeights, frame_rate_hz: float, n_bands: int = 6) -> None:
        self.frame_rate_hz = frame_rate_hz
        self.n_bands = n_bands
        self._network = CausalNetwork(weights)

    def start(self) -> ActivationState:
        """The state before the first frame."""
        waiting = np.empty((0, self.n_bands), np.float32)
        return ActivationState(self._network.start(), onset_curve.start(self.n_bands), waiting)

    def step(
        self, state: ActivationState, log_mel: Floats, onset_strengths: Floats, chroma_harmony: Floats
    ) -> tuple[ActivationState, Activations]:
        """Activations of the next frames that the network can evaluate, an even number of them.

        Args:
            state: State returned by `start` or the previous call.
            log_mel: The next rows of the feature of that name, shape `[n, 64]`, any `n >= 0`.
            onset_strengths: The next rows of onset strength, shape `[n, n_bands]`.
            chroma_harmony: The rows of the feature of that name that are complete by now, shape `[m, 36]`.
        """
        network, curves = self._network.step(state.network, log_mel, chroma_harmony)
        waiting = np.concatenate((state.waiting, onset_strengths))
        curve, onsets, are_noise = state.curve, np.empty(len(curves), np.float32), np.empty(len(curves), np.bool_)
        for k, strengths in enumerate(waiting[: len(curves)]):
            curve, onsets[k] = onset_curve.step(curve, strengths, self.frame_rate_hz)
            are_noise[k] = curve.is_noise
        activations = joined(curves, onsets, waiting[: len(curves)], are_noise)
        return ActivationState(network, curve, waiting[len(curves) :]), activations


def joined(curves: Floats, onsets: Floats, onset_strengths: Floats, are_noise: Mask) -> Activations:
    """Activations from what the network and the onset curve make of some frames.

    Args:
        curves: The network's activations of beat, downbeat and onset, each in [0, 1], shape `[n, 3]`.
        onsets: The onset curve, in [0, 1], shape `[n]`.
        onset_strengths: Onset strength of each band, >= 0, shape `[n, n_bands]`.
        are_noise: Whether no onset so far stands out from the others, shape `[n]`.
    """
    beats = (1 - ONSET_SHARE) * curves[:, 0] + ONSET_SHARE * onsets
    are_audible = (onsets > AUDIBLE_ONSET) | (curves[:, 2] > AUDIBLE_ACTIVATION)
    brightness = np.log1p(onset_strengths[:, BRIGHT_BANDS]).mean(axis=1)
    return Activations(beats, np.column_stack((curves[:, :2], brightness)), are_audible, are_noise)
