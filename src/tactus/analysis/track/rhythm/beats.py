"""Beats of a track: when a listener would tap a foot."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import correlate1d, uniform_filter1d

from tactus.analysis.track.rhythm.onsets import onset_curve, sounding_times
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.bar_pointer import BeatPath, BeatSpace

BACKGROUND_S = 2.0
"""What is louder than the mean over this time [s] may be a beat: a slow change of density is no rhythm."""

FULL_PERCENTILE = 99
"""The onset strength that counts as a sure beat is exceeded in 1 % of the frames: about once a second."""

SURE = 0.9
"""Activation of such a frame."""

RISE_SHARE = 0.2
"""How much onsets count for beats beside what the network hears: they hold where it has heard nothing like it."""

AUDIBLE = 0.05
"""Beats are told from the first to the last frame whose activation exceeds this; nothing is tapped into silence."""


@dataclass(frozen=True, slots=True)
class Beats:
    """When a listener would tap.

    Args:
        times: Moments [s], ascending, shape `[n_beats]`.
        confidences: How well the sound supports each, in [0, 1], shape `[n_beats]`. Not calibrated.
    """

    times: Times
    confidences: Floats


def beat_activations(onset_strengths: Floats, frame_rate_hz: float) -> Floats:
    """How likely a beat starts in each frame, from onsets alone, in [0, SURE], shape `[n_frames]`.

    Args:
        onset_strengths: Rise of each band, >= 0, shape `[n_frames, n_bands]`.
        frame_rate_hz: Rows per second [Hz].
    """
    curve = onset_curve(onset_strengths)
    if not curve.any():
        return curve
    smooth = correlate1d(curve, [0.25, 0.5, 0.25], mode="nearest")
    background = uniform_filter1d(smooth, 2 * round(BACKGROUND_S / 2 * frame_rate_hz) + 1, mode="nearest")
    above = np.maximum(0, smooth - background)
    full = float(np.percentile(above, FULL_PERCENTILE))
    if full <= 0:
        full = float(above.max()) or 1.0
    activations: Floats = (SURE * np.minimum(above / full, 1)).astype(np.float32, copy=False)
    return activations


def likely_beats(heard: Floats, onset_activations: Floats) -> Floats:
    """How likely a beat starts in each frame: what the network hears, and a little of every onset; in [0, 1].

    Args:
        heard: By the rhythm network, in [0, 1], shape `[n_frames]`.
        onset_activations: As `beat_activations` gives them, same shape.
    """
    return (1 - RISE_SHARE) * heard + RISE_SHARE * onset_activations


def beats_of_path(
    path: BeatPath,
    space: BeatSpace,
    activations: Floats,
    onset_activations: Floats,
    *,
    frame_rate_hz: float,
    duration_s: float,
) -> Beats:
    """Where within the first moments of each beat of a path its onset lies, to a fraction of a frame.

    Args:
        path: Beats in frames.
        space: What the path was decoded with: how much of a beat its onset may lie in.
        activations: How likely a beat starts, in [0, 1], shape `[n_frames]`.
        onset_activations: How much sounds, in [0, 1], same shape.
        frame_rate_hz: Frames per second [Hz].
        duration_s: Length of the piece [s]; no beat lies beyond it.
    """
    heard = np.flatnonzero(onset_activations > AUDIBLE)
    if not len(heard) or not len(path.start_frames):
        return Beats(np.empty(0), np.empty(0, np.float32))
    zones = space.onset_frames[path.intervals_frames - space.intervals_frames[0]]
    starts, ends = np.maximum(path.start_frames, 0), path.start_frames + zones
    frames = np.array(
        [start + int(np.argmax(activations[start:end])) for start, end in zip(starts, ends, strict=True)], np.int64
    )
    told = (frames >= heard[0]) & (frames <= heard[-1])
    frames = frames[told]
    times = sounding_times(frames, activations, onset_activations, frame_rate_hz)
    inside = times <= duration_s
    return Beats(times[inside], _support(activations, frames)[inside])


def _support(activations: Floats, frames: Ints) -> Floats:
    """Half what sounds on a beat itself, half what sounds on average on it and its four neighbours; in [0, 1]."""
    own = np.minimum(activations[frames] / SURE, 1)
    around = uniform_filter1d(own, 5, mode="nearest")
    values: Floats = ((own + around) / 2).astype(np.float32)
    return values
