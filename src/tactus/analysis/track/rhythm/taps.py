"""Taps of a listener as evidence of where the beats are."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times

TAP_SPREAD_S = 0.04
"""How far taps fall from the beat [s]: the spread of people's taps."""

TAP_WEIGHT = 0.9
"""How much a tap counts against what is heard."""

AGREEING = 0.25
"""Taps that fall this part of a beat away from beats, or more, mean others."""


def near_taps(activations: Floats, frame_rate_hz: float, taps: Times) -> Floats:
    """How likely a beat starts in each frame, for somebody who also knows when a listener tapped.

    From half a beat before the first tap to half a beat after the last, taps outweigh what is heard: activation moves
    towards 1 near them and towards 0 between them, most of the way. What lies outside stays as it was.

    Args:
        activations: In [0, 1], shape `[n_frames]`.
        frame_rate_hz: Frames per second [Hz].
        taps: When somebody tapped [s], ascending; may be empty.

    Returns:
        In [0, 1], same shape.

    Source: B. Repp, "Sensorimotor synchronization: a review of the tapping literature", Psychonomic Bulletin & Review
        12, 2005: taps vary by some 20 to 40 ms about the beat.
    """
    if not len(taps):
        return activations
    frames_s = np.arange(len(activations)) / frame_rate_hz
    margin_s = float(np.median(np.diff(taps))) / 2
    tapped = (frames_s >= taps[0] - margin_s) & (frames_s <= taps[-1] + margin_s)
    distances_s = np.abs(frames_s - taps[nearest(taps, frames_s)])
    near = np.exp(-0.5 * (distances_s / TAP_SPREAD_S) ** 2)
    held = near * (TAP_WEIGHT + (1 - TAP_WEIGHT) * activations) + (1 - near) * (1 - TAP_WEIGHT) * activations
    values: Floats = np.where(tapped, held, activations).astype(np.float32)
    return values


def understood(taps: Times, beat_times: Times) -> Times:
    """What taps mean: that the beats that were heard are the beats, or that those between them are.

    Whoever taps near the beats that were heard, on average a little early or late (as people do, and loudspeakers),
    means these: taps lose that lead or lag. Whoever taps between them means others, all through the piece: before the
    first tap and after the last, more taps follow the beats that were heard, as far from them as the taps are.

    Args:
        taps: When somebody tapped [s], ascending, at least two.
        beat_times: Beats that were heard in about the tapped tempo [s], ascending.

    Returns:
        When the beats that are meant sound [s], ascending; the taps themselves where no beat was heard.
    """
    if len(beat_times) < 3:
        return taps
    at = np.clip(np.searchsorted(beat_times, taps, side="right") - 1, 0, len(beat_times) - 2)
    lengths = np.diff(beat_times)
    turns = (taps - beat_times[at]) / lengths[at]
    phase_offset = float(np.angle(np.mean(np.exp(2j * np.pi * turns)))) / (2 * np.pi)
    if abs(phase_offset) < AGREEING:
        meant: Times = taps - phase_offset * lengths[at]
        return meant
    moved = beat_times + phase_offset * np.append(lengths, lengths[-1])
    margin_s = float(np.median(np.diff(taps))) / 2
    return np.concatenate((moved[moved < taps[0] - margin_s], taps, moved[moved > taps[-1] + margin_s]))


def nearest(times: Times, moments: Times) -> Ints:
    """The index of the time that is nearest to each moment; times ascend, at least one."""
    after = np.clip(np.searchsorted(times, moments), 1, max(1, len(times) - 1))
    before = after - 1
    after = np.minimum(after, len(times) - 1)
    nearest: Ints = np.where(moments - times[before] <= times[after] - moments, before, after)
    return nearest
