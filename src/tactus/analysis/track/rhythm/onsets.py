"""Onsets of a track: the moments at which something begins to sound."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.peaks import refined_peaks

REACH_FRAMES = 2
"""An onset is the largest value within so many frames on either side: 23 ms."""

AROUND_S = 0.1
"""The mean that an onset must exceed is taken over this time on either side [s]."""

RISE_SHARE = 0.2
"""How much the rise of the sound counts beside what the network hears. The network alone misses faint clicks; more of
the rise than a third loses pedalled pianos."""

THRESHOLD = 0.3
"""How likely an onset is where one is told: set on music, as the best balance of missed and invented ones."""

BAND_FLOOR = 0.2
"""A band is weighed as if it had at least this share of the mean band: an almost silent band is not blown up."""

ATTACK_LEAD_S = 0.0035
"""Onset strength peaks this long [s] before a click's start, as its logarithm rises while the click is still entering
the frame's window: measured on clicks, drums and impulses (2 to 5 ms), and added to what is told."""

FAINT = 0.2
"""Where the bands rise by less than this on average, nothing begins to sound: 0.02 per mel band, or 0.2 dB."""

SILENCE = 1e-3
"""Where the mean strength of all bands is below this, nothing began to sound at all."""


@dataclass(frozen=True, slots=True)
class Onsets:
    """When something begins to sound.

    Args:
        times: Moments [s], ascending, shape `[n_onsets]`.
        strengths: How strongly, relative to the strongest of the piece, in (0, 1], shape `[n_onsets]`.
        bands: The band (0 lowest) that rises most beyond its own average, shape `[n_onsets]`.
    """

    times: Times
    strengths: Floats
    bands: Ints


def onset_curve(onset_strengths: Floats) -> Floats:
    """One curve from many bands: each counts by how far it exceeds its own mean, so that a hi-hat equals a kick drum.

    Args:
        onset_strengths: Rise of each band, >= 0, shape `[n_frames, n_bands]`.

    Returns:
        Mean 1 or a little less over the piece, >= 0, shape `[n_frames]`; zero where the piece is silent.
    """
    if not len(onset_strengths):
        return np.zeros(0, np.float32)
    curve: Floats = banded(onset_strengths).mean(axis=1)
    return curve


def banded(onset_strengths: Floats) -> Floats:
    """Each band in units of its own mean (held up by `BAND_FLOOR`), shape `[n_frames, n_bands]`."""
    means = onset_strengths.mean(axis=0)
    overall = float(means.mean())
    if overall < SILENCE:
        return np.zeros_like(onset_strengths)
    values: Floats = (onset_strengths / (means + BAND_FLOOR * overall)).astype(np.float32, copy=False)
    return values


def onsets(onset_strengths: Floats, heard: Floats, frame_rate_hz: float, duration_s: float) -> Onsets:
    """Peaks of what the network hears and of how far the sound rises above what surrounds it.

    Args:
        onset_strengths: Rise of each band, >= 0, shape `[n_frames, n_bands]`; row k lies at `k / frame_rate_hz`.
        heard: How likely something begins to sound, as the rhythm network has it, in [0, 1], shape `[n_frames]`.
        frame_rate_hz: Rows per second [Hz].
        duration_s: Length of the piece [s]; no onset lies beyond it.

    Returns:
        The onsets; none in silence, in an empty piece or while a tone is steady.

    Source:
        S. Böck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012,
        section 2.3 (peak picking).
    """
    curve = onset_curve(onset_strengths)
    if not curve.any():
        return Onsets(np.empty(0), np.empty(0, np.float32), np.empty(0, np.int64))
    means = uniform_filter1d(curve, 2 * round(AROUND_S * frame_rate_hz) + 1, mode="nearest")
    likely = (1 - RISE_SHARE) * heard + RISE_SHARE * np.clip(curve - means, 0, 1)
    highest = maximum_filter1d(likely, 2 * REACH_FRAMES + 1, mode="constant")
    audible = onset_strengths.mean(axis=1) > FAINT
    frames = np.flatnonzero((likely >= highest) & (likely > THRESHOLD) & audible)
    frames = frames[np.concatenate(([True], np.diff(frames) > REACH_FRAMES))] if len(frames) else frames
    times = np.clip(sounding_times(frames, likely, curve, frame_rate_hz), 0, duration_s)
    bands = np.argmax(banded(onset_strengths)[frames], axis=1) if len(frames) else np.empty(0, np.int64)
    strongest = float(curve[frames].max()) if len(frames) else 1.0
    return Onsets(times, (curve[frames] / strongest).astype(np.float32), bands.astype(np.int64))


def sounding_times(frames: Ints, likely: Floats, curve: Floats, frame_rate_hz: float) -> Times:
    """When what is likely in some frames begins [s], shape `[n]`: where the sound rises near them, if it does.

    Args:
        frames: Peaks of `likely`, shape `[n]`.
        likely: How likely something begins, peaking in the frame whose centre is nearest, shape `[n_frames]`.
        curve: Onset strength, shape `[n_frames]`.
        frame_rate_hz: Frames per second [Hz].
    """
    if not len(frames):
        return np.empty(0)
    near = np.clip(frames[:, None] + np.arange(-REACH_FRAMES, REACH_FRAMES + 1), 0, len(curve) - 1)
    peaks = near[np.arange(len(frames)), np.argmax(curve[near], axis=1)]
    before, after = np.maximum(peaks - 1, 0), np.minimum(peaks + 1, len(curve) - 1)
    rises = (curve[peaks] > curve.mean()) & (curve[peaks] >= curve[before]) & (curve[peaks] >= curve[after])
    risen = attack_times(curve, peaks, frame_rate_hz)
    return np.where(rises, risen, refined_peaks(likely, frames) / frame_rate_hz)


def attack_times(curve: Floats, frames: Ints, frame_rate_hz: float) -> Times:
    """When what peaks in some frames begins [s], shape `[n]`.

    Nothing comes before the piece: what peaks in its first frame begins with it, at 0.

    Args:
        curve: Onset strength or what follows from it, shape `[n_frames]`.
        frames: Indices of its peaks, shape `[n]`.
        frame_rate_hz: Frames per second [Hz].
    """
    return np.where(frames > 0, refined_peaks(curve, frames) / frame_rate_hz + ATTACK_LEAD_S, 0.0)
