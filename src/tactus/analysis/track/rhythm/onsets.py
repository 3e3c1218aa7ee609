"""Onsets of a track: when notes, drum hits and other sounds begin."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.peaks import refined_peaks
from tactus.dsp.sampled import Sampled

REACH_FRAMES = 2
"""An onset is the maximum within this many frames on either side: 23 ms."""

AROUND_S = 0.1
"""Half window of the moving average that an onset must exceed [s]."""

RISE_SHARE = 0.2
"""Weight of onset strength beside the network. The network alone misses faint clicks; a weight above a third loses
pedalled pianos."""

THRESHOLD = 0.3
"""Least activation of an onset: tuned on music, for the best balance of missed and false onsets."""

BAND_FLOOR = 0.2
"""Each band is normalised by at least this share of the mean over all bands: an almost silent band is not amplified."""

ATTACK_LEAD_S = 0.0035
"""Onset strength peaks this long [s] before a click's start, as its logarithm rises while the click is still entering
the frame's window: measured on clicks, drums and impulses (2 to 5 ms), and added to onset times."""

FAINT = 0.2
"""Least mean onset strength of an onset: 0.02 per mel band, or 0.2 dB."""

SILENCE = 1e-3
"""A piece with less mean onset strength than this has no onset."""


@dataclass(frozen=True, slots=True)
class Onsets:
    """Onsets of a track.

    Args:
        times: Onset times [s], ascending, shape `[n_onsets]`.
        strengths: Strength relative to the strongest onset of the piece, in (0, 1], shape `[n_onsets]`.
        bands: Band (0 lowest) with the largest rise relative to its own mean, shape `[n_onsets]`.
    """

    times: Times
    strengths: Floats
    bands: Ints


def onset_curve(onset_strengths: Floats) -> Floats:
    """Onset strength of all bands in one curve: mean of `normalised_bands`, so that a hi-hat equals a kick drum.

    Args:
        onset_strengths: Feature `onset_strength`, >= 0, shape `[n_frames, n_bands]`.

    Returns:
        Mean 1 or a little less over the piece, >= 0, shape `[n_frames]`; zero where the piece is silent.
    """
    if not len(onset_strengths):
        return np.zeros(0, np.float32)
    curve: Floats = normalised_bands(onset_strengths).mean(axis=1)
    return curve


def normalised_bands(onset_strengths: Floats) -> Floats:
    """Onset strength of each band divided by its mean (floored by `BAND_FLOOR`), shape `[n_frames, n_bands]`."""
    means = onset_strengths.mean(axis=0)
    overall = float(means.mean())
    if overall < SILENCE:
        return np.zeros_like(onset_strengths)
    values: Floats = (onset_strengths / (means + BAND_FLOOR * overall)).astype(np.float32, copy=False)
    return values


def onsets(onset_strengths: Sampled[Floats], network_activations: Floats, duration_s: float) -> Onsets:
    """Peaks of the onset activation: network output combined with onset strength above its moving average.

    Args:
        onset_strengths: Feature `onset_strength`, >= 0, shape `[n_frames, n_bands]`.
        network_activations: Onset activation of the rhythm network, in [0, 1], shape `[n_frames]`.
        duration_s: Duration of the piece [s]; no onset lies beyond it.

    Returns:
        The onsets; none in silence, in an empty piece or while a tone is steady.

    Source:
        S. Böck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012,
        section 2.3 (peak picking).
    """
    rate_hz = onset_strengths.rate_hz
    curve = onset_curve(onset_strengths.values)
    if not curve.any():
        return Onsets(np.empty(0), np.empty(0, np.float32), np.empty(0, np.int64))
    means = uniform_filter1d(curve, 2 * round(AROUND_S * rate_hz) + 1, mode="nearest")
    activations = (1 - RISE_SHARE) * network_activations + RISE_SHARE * np.clip(curve - means, 0, 1)
    highest = maximum_filter1d(activations, 2 * REACH_FRAMES + 1, mode="constant")
    audible = onset_strengths.values.mean(axis=1) > FAINT
    frames = np.flatnonzero((activations >= highest) & (activations > THRESHOLD) & audible)
    frames = frames[np.concatenate(([True], np.diff(frames) > REACH_FRAMES))] if len(frames) else frames
    times = np.clip(refined_onset_times(frames, Sampled(activations, rate_hz), curve), 0, duration_s)
    normalised = normalised_bands(onset_strengths.values)
    bands = np.argmax(normalised[frames], axis=1) if len(frames) else np.empty(0, np.int64)
    strongest = float(curve[frames].max()) if len(frames) else 1.0
    return Onsets(times, (curve[frames] / strongest).astype(np.float32), bands.astype(np.int64))


def refined_onset_times(frames: Ints, activations: Sampled[Floats], curve: Floats) -> Times:
    """Times of activation peaks [s], shape `[n]`: at the peak of onset strength near each, if there is one.

    Args:
        frames: Frames in which the activation peaks, shape `[n]`.
        activations: Activation of onsets or beats, shape `[n_frames]`.
        curve: Onset strength, shape `[n_frames]`.
    """
    if not len(frames):
        return np.empty(0)
    near = np.clip(frames[:, None] + np.arange(-REACH_FRAMES, REACH_FRAMES + 1), 0, len(curve) - 1)
    peaks = near[np.arange(len(frames)), np.argmax(curve[near], axis=1)]
    before, after = np.maximum(peaks - 1, 0), np.minimum(peaks + 1, len(curve) - 1)
    is_rise = (curve[peaks] > curve.mean()) & (curve[peaks] >= curve[before]) & (curve[peaks] >= curve[after])
    rise_times = attack_times(Sampled(curve, activations.rate_hz), peaks)
    return np.where(is_rise, rise_times, refined_peaks(activations.values, frames) / activations.rate_hz)


def attack_times(curve: Sampled[Floats], frames: Ints) -> Times:
    """Start times of attacks from peaks of onset strength [s], shape `[n]`; 0 for a peak in the first frame.

    Args:
        curve: Onset strength or a function of it, shape `[n_frames]`.
        frames: Frames in which it peaks, shape `[n]`.
    """
    return np.where(frames > 0, refined_peaks(curve.values, frames) / curve.rate_hz + ATTACK_LEAD_S, 0.0)
