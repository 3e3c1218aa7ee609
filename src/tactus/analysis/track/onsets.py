"""Onsets of a track: the moments at which something begins to sound."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.peaks import refined_peaks

PEAK_S = 0.035
"""An onset is the largest value within this time on either side [s]."""

AROUND_S = 0.1
"""The mean that an onset must exceed is taken over this time on either side [s]."""

THRESHOLD = 0.45
"""How far an onset must exceed that mean, in means of the whole piece."""

BAND_FLOOR = 0.2
"""A band is weighed as if it had at least this share of the mean band: an almost silent band is not blown up."""

ATTACK_LEAD_S = 0.0035
"""Onset strength peaks this long [s] before a click's start, as its logarithm rises while the click is still entering
the frame's window: measured on clicks, drums and impulses (2 to 5 ms), and added to what is told."""

FAINT = 0.7
"""Where the bands rise by less than this on average, nothing begins to sound: 0.07 per mel band, or 0.6 dB. Steady
tones ripple by 0.01 (sines) to 0.6 (full-scale square waves) as frames move along their waves; half of the onsets of
every piece of music lie above 1.6."""

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


def onsets(onset_strengths: Floats, frame_rate_hz: float, duration_s: float) -> Onsets:
    """Peaks of the onset curve that stand out from what surrounds them, and can be heard at all.

    Args:
        onset_strengths: Rise of each band, >= 0, shape `[n_frames, n_bands]`; row k lies at `k / frame_rate_hz`.
        frame_rate_hz: Rows per second [Hz].
        duration_s: Length of the piece [s]; no onset lies beyond it.

    Returns:
        The onsets; none in silence, in an empty piece or while a tone is steady.

    Source:
        S. Böck, F. Krebs, M. Schedl, "Evaluating the online capabilities of onset detection methods", ISMIR 2012,
        section 2.3 (peak picking), with values set on music.
    """
    curve = onset_curve(onset_strengths)
    if not curve.any():
        return Onsets(np.empty(0), np.empty(0, np.float32), np.empty(0, np.int64))
    reach = round(PEAK_S * frame_rate_hz)
    means = uniform_filter1d(curve, 2 * round(AROUND_S * frame_rate_hz) + 1, mode="nearest")
    highest = maximum_filter1d(curve, 2 * reach + 1, mode="constant")
    heard = onset_strengths.mean(axis=1) > FAINT
    frames = np.flatnonzero((curve >= highest) & (curve > means + THRESHOLD) & heard)
    frames = frames[np.concatenate(([True], np.diff(frames) > reach))] if len(frames) else frames
    times = np.clip(attack_times(curve, frames, frame_rate_hz), 0, duration_s)
    bands = np.argmax(banded(onset_strengths)[frames], axis=1) if len(frames) else np.empty(0, np.int64)
    strongest = float(curve[frames].max()) if len(frames) else 1.0
    return Onsets(times, (curve[frames] / strongest).astype(np.float32), bands.astype(np.int64))


def attack_times(curve: Floats, frames: Ints, frame_rate_hz: float) -> Times:
    """When what peaks in some frames begins [s], shape `[n]`.

    Nothing comes before the piece: what peaks in its first frame begins with it, at 0.

    Args:
        curve: Onset strength or what follows from it, shape `[n_frames]`.
        frames: Indices of its peaks, shape `[n]`.
        frame_rate_hz: Frames per second [Hz].
    """
    return np.where(frames > 0, refined_peaks(curve, frames) / frame_rate_hz + ATTACK_LEAD_S, 0.0)
