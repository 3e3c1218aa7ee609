"""Confidence that means what it says: of results with a confidence of 0.8, about eight in ten are right.

What speaks for a result is weighed by logistic regression, fitted on annotated music by `python -m
benchmarks.calibration`, which prints the weights below and how far they are off on music that they were not fitted on.

Source: J. Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers, MIT Press
    1999: a logistic curve over a score makes a probability of it.
"""

import numpy as np

from tactus.analysis.beat_hint import RATIOS
from tactus.analysis.networks.rhythm import RhythmActivations, tempo_classes_bpm
from tactus.dsp.arrays import Floats, Ints, Times

TEMPO_WEIGHTS, TEMPO_BIAS = (1.65, -2.96), 0.34
"""Of `tempo_inputs`; right is within 4 % of what people count."""

METER_WEIGHTS, METER_BIAS = (3.78, 0.32), 0.17
"""Of `meter_inputs`; right is as many beats in a bar as people count."""

TEMPO_SPREAD = 0.06
"""Classes of tempo this part above or below a tempo speak for it."""

DOUBT = 0.02
"""Where the network believes in neither, little speaks for either."""

NEAR_FRAMES = 2
"""A beat is heard within so many frames of where it is told."""


def tempo_inputs(
    reading: RhythmActivations, bpm: float, beat_times: Times, frame_rate_hz: float
) -> tuple[float, float]:
    """What speaks for a tempo and against it, each in [0, 1].

    The network's belief in it as a share of this and its belief in the strongest rival; and how likely beats are
    half-way between its beats.
    """
    own = tempo_posterior(reading.tempi, bpm)
    rival = max(tempo_posterior(reading.tempi, bpm * ratio) for ratio in RATIOS.values())
    half_way = (beat_times[1:] + beat_times[:-1]) / 2
    return own / (own + rival + DOUBT), mean_near(reading.beats, half_way, frame_rate_hz)


def meter_inputs(
    margin: float, reading: RhythmActivations, downbeat_times: Times, frame_rate_hz: float
) -> tuple[float, float]:
    """What speaks for a metre: how far it stands out from others, and how likely its bars are; each in [0, 1]."""
    return margin, mean_near(reading.downbeats, downbeat_times, frame_rate_hz)


def tempo_confidence(retained: tuple[float, float]) -> float:
    """How likely a tempo is right, in [0, 1]."""
    return _logistic(retained, TEMPO_WEIGHTS, TEMPO_BIAS)


def meter_confidence(retained: tuple[float, float]) -> float:
    """How likely the number of beats in a bar is right, in [0, 1]."""
    return _logistic(retained, METER_WEIGHTS, METER_BIAS)


def tempo_posterior(tempi: Floats, bpm: float) -> float:
    """The network's belief in the classes around a tempo, in [0, 1]."""
    near = np.abs(np.log(tempo_classes_bpm(len(tempi)) / bpm)) < TEMPO_SPREAD
    return float(tempi[near].sum())


def mean_near(curve: Floats, times: Times, frame_rate_hz: float) -> float:
    """How likely something is where it is told: mean over the times of the largest value near each.

    Args:
        curve: How likely it is, in [0, 1], shape `[n_frames]`.
        times: Where it is told [s], shape `[n]`; none make 0.
        frame_rate_hz: Frames per second [Hz].
    """
    if not len(times) or not len(curve):
        return 0.0
    frames: Ints = np.round(times * frame_rate_hz).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-NEAR_FRAMES, NEAR_FRAMES + 1), 0, len(curve) - 1)
    return float(curve[near].max(axis=1).mean())


def _logistic(retained: tuple[float, ...], weights: tuple[float, ...], bias: float) -> float:
    return float(1 / (1 + np.exp(-(np.dot(retained, weights) + bias))))
