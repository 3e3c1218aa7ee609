"""Taps of a listener as an input of the beat decoder."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.sampled import Sampled

TAP_SPREAD_S = 0.04
"""Standard deviation of taps around the beat [s]."""

TAP_WEIGHT = 0.9
"""Weight of taps against the beat activation of the sound."""

AGREEING = 0.25
"""Phase offset of taps from the estimated beats, in beats, from which they mark other beats than these."""


def activations_with_taps(activations: Sampled[Floats], taps: Times) -> Floats:
    """Beat activation combined with taps.

    From half a beat before the first tap to half a beat after the last, taps outweigh the sound: activation moves
    towards 1 near them and towards 0 between them, most of the way. Outside it is unchanged.

    Args:
        activations: Beat activation, in [0, 1], shape `[n_frames]`.
        taps: Times of the taps [s], ascending; may be empty.

    Returns:
        Activation in [0, 1], shape `[n_frames]`.

    Source: B. Repp, "Sensorimotor synchronization: a review of the tapping literature", Psychonomic Bulletin & Review
        12, 2005: taps vary by some 20 to 40 ms about the beat.
    """
    values = activations.values
    if not len(taps):
        return values
    frames_s = np.arange(len(values)) / activations.rate_hz
    margin_s = float(np.median(np.diff(taps))) / 2
    tapped = (frames_s >= taps[0] - margin_s) & (frames_s <= taps[-1] + margin_s)
    distances_s = np.abs(frames_s - taps[nearest(taps, frames_s)])
    near = np.exp(-0.5 * (distances_s / TAP_SPREAD_S) ** 2)
    weighted = near * (TAP_WEIGHT + (1 - TAP_WEIGHT) * values) + (1 - near) * (1 - TAP_WEIGHT) * values
    combined: Floats = np.where(tapped, weighted, values).astype(np.float32)
    return combined


def aligned_taps(taps: Times, beat_times: Times) -> Times:
    """Taps aligned with estimated beats: freed of their latency, or extended over the piece where they contradict.

    Taps near the estimated beats, on average a little early or late (as people and loudspeakers are), confirm these:
    their mean phase offset is removed. Taps between them contradict, all through the piece: before the first tap and
    after the last, further taps are added at the same phase offset from the estimated beats.

    Args:
        taps: Times of the taps [s], ascending, at least two.
        beat_times: Beats estimated from the sound in about the tapped tempo [s], ascending.

    Returns:
        Times of the tapped beats [s], ascending; the taps themselves where there are no estimated beats.
    """
    if len(beat_times) < 3:
        return taps
    at = np.clip(np.searchsorted(beat_times, taps, side="right") - 1, 0, len(beat_times) - 2)
    lengths = np.diff(beat_times)
    phases = (taps - beat_times[at]) / lengths[at]
    phase_offset = float(np.angle(np.mean(np.exp(2j * np.pi * phases)))) / (2 * np.pi)
    if abs(phase_offset) < AGREEING:
        without_offset: Times = taps - phase_offset * lengths[at]
        return without_offset
    moved = beat_times + phase_offset * np.append(lengths, lengths[-1])
    margin_s = float(np.median(np.diff(taps))) / 2
    return np.concatenate((moved[moved < taps[0] - margin_s], taps, moved[moved > taps[-1] + margin_s]))


def nearest(times: Times, moments: Times) -> Ints:
    """Index of the time nearest to each moment.

    Args:
        times: Ascending [s], at least one.
        moments: Any times [s], shape `[n]`.
    """
    after = np.clip(np.searchsorted(times, moments), 1, max(1, len(times) - 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    nearest: Ints = np.where(moments - times[before] <= times[after] - moments, before, after)
    return nearest
