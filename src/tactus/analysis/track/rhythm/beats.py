"""Beats of a track: activations for the beat decoder, and beat times from its path."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d, uniform_filter1d

from tactus.analysis.track.rhythm.onsets import onset_curve, refined_onset_times
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.bar_pointer import BeatPath, BeatSpace
from tactus.dsp.sampled import Sampled

BACKGROUND_S = 2.0
"""Window of the mean that onset strength must exceed [s]: a slow change of density is no rhythm."""

FULL_PERCENTILE = 99
"""Percentile of onset strength that maps to the maximum activation: it is exceeded about once a second."""

MAX_ACTIVATION = 0.9
"""Activation of a frame at that percentile."""

RISE_SHARE = 0.2
"""Weight of onset strength beside the network: it finds beats in sounds that the network was not trained on."""

AUDIBLE = 0.05
"""Beats are output from the first to the last frame with an onset activation above this: none lies in silence."""


@dataclass(frozen=True, slots=True)
class Beats:
    """Beats of a track.

    Args:
        times: Beat times [s], ascending, shape `[n_beats]`.
        confidences: Mean activation around each beat, in [0, 1], shape `[n_beats]`. Not calibrated.
    """

    times: Times
    confidences: Floats


def beat_activations(onset_strengths: Sampled[Floats]) -> Floats:
    """Beat activation from onset strength alone, in [0, MAX_ACTIVATION], shape `[n_frames]`.

    Args:
        onset_strengths: Feature `onset_strength`, >= 0, shape `[n_frames, n_bands]`.
    """
    curve = onset_curve(onset_strengths.values)
    if not curve.any():
        return curve
    smooth = correlate1d(curve, [0.25, 0.5, 0.25], mode="nearest")
    background = uniform_filter1d(smooth, 2 * round(BACKGROUND_S / 2 * onset_strengths.rate_hz) + 1, mode="nearest")
    above = np.maximum(0, smooth - background)
    full = float(np.percentile(above, FULL_PERCENTILE))
    if full <= 0:
        full = float(above.max()) or 1.0
    activations: Floats = (MAX_ACTIVATION * np.minimum(above / full, 1)).astype(np.float32, copy=False)
    return activations


def combined_activations(network_activations: Floats, onset_activations: Floats) -> Floats:
    """Beat activation for the decoder: weighted mean of network and onset strength, in [0, 1], shape `[n_frames]`.

    Args:
        network_activations: Beat activation of the rhythm network, in [0, 1], shape `[n_frames]`.
        onset_activations: Result of `beat_activations`, shape `[n_frames]`.
    """
    return (1 - RISE_SHARE) * network_activations + RISE_SHARE * onset_activations


def beats_from_path(
    path: BeatPath, space: BeatSpace, activations: Sampled[Floats], onset_activations: Floats, duration_s: float
) -> Beats:
    """Beats of a decoded path, each at the highest activation in the onset zone of its beat, to a fraction of a frame.

    Args:
        path: Result of the beat decoder, in frames.
        space: State space of the decoder: it defines the onset zone of each beat.
        activations: Beat activation that was decoded, in [0, 1], shape `[n_frames]`.
        onset_activations: Result of `beat_activations`, in [0, 1], shape `[n_frames]`.
        duration_s: Duration of the piece [s]; no beat lies beyond it.
    """
    audible = np.flatnonzero(onset_activations > AUDIBLE)
    if not len(audible) or not len(path.start_frames):
        return Beats(np.empty(0), np.empty(0, np.float32))
    zones = space.onset_frames[path.intervals_frames - space.intervals_frames[0]]
    starts, ends = np.maximum(path.start_frames, 0), path.start_frames + zones
    frames = np.array(
        [start + int(np.argmax(activations.values[start:end])) for start, end in zip(starts, ends, strict=True)],
        np.int64,
    )
    frames = frames[(frames >= audible[0]) & (frames <= audible[-1])]
    times = refined_onset_times(frames, activations, onset_activations)
    inside = times <= duration_s
    return Beats(times[inside], _support(activations.values, frames)[inside])


def _support(activations: Floats, frames: Ints) -> Floats:
    """Mean of the activation on each beat and the average over it and its four neighbours, in [0, 1]."""
    own = np.minimum(activations[frames] / MAX_ACTIVATION, 1)
    around = uniform_filter1d(own, 5, mode="nearest")
    values: Floats = ((own + around) / 2).astype(np.float32)
    return values
