"""Calibrated confidences: of results with a confidence of 0.8, about eight in ten are right.

Inputs of each confidence are combined by logistic regression, fitted on annotated music by `python -m
benchmarks.calibration`, which prints the weights below and the calibration error on music outside the fit.

Source: J. Platt, "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers, MIT Press
    1999: a logistic curve over a score makes a probability of it.
"""

import numpy as np

from tactus.analysis.beat_hint import RATIOS
from tactus.analysis.networks.rhythm import RhythmActivations, tempo_classes_bpm
from tactus.dsp.arrays import Floats, Ints, Times

TEMPO_WEIGHTS, TEMPO_BIAS = (1.65, -2.96), 0.34
"""Regression weights of `tempo_inputs`. A tempo is right within 4 % of the annotation."""

METER_WEIGHTS, METER_BIAS = (3.78, 0.32), 0.17
"""Regression weights of `meter_inputs`. A meter is right if it has as many beats per bar as the annotation."""

TEMPO_SPREAD = 0.06
"""Tempo classes within this ratio of a tempo count as that tempo."""

MIN_SUM = 0.02
"""Added to the probabilities of a tempo and its rival: where both are near 0, their ratio means little."""

NEAR_FRAMES = 2
"""Tolerance around a beat or downbeat in which its activation is looked up [frames]."""


def tempo_inputs(
    activations: RhythmActivations, bpm: float, beat_times: Times, frame_rate_hz: float
) -> tuple[float, float]:
    """Inputs of the tempo confidence, each in [0, 1].

    Args:
        activations: Output of the rhythm network.
        bpm: Estimated tempo [beats per minute].
        beat_times: Estimated beats [s].
        frame_rate_hz: Frame rate of the activations [Hz].

    Returns:
        Probability of the tempo relative to it and its strongest metrical alternative; mean beat activation half-way
        between the beats.
    """
    own = tempo_posterior(activations.tempi, bpm)
    rival = max(tempo_posterior(activations.tempi, bpm * ratio) for ratio in RATIOS.values())
    half_way = (beat_times[1:] + beat_times[:-1]) / 2
    return own / (own + rival + MIN_SUM), mean_near(activations.beats, half_way, frame_rate_hz)


def meter_inputs(
    margin: float, activations: RhythmActivations, downbeat_times: Times, frame_rate_hz: float
) -> tuple[float, float]:
    """Inputs of the meter confidence, each in [0, 1]: margin over the second-best meter, mean downbeat activation."""
    return margin, mean_near(activations.downbeats, downbeat_times, frame_rate_hz)


def tempo_confidence(inputs: tuple[float, float]) -> float:
    """Probability that a tempo is right, in [0, 1], from `tempo_inputs`."""
    return _logistic(inputs, TEMPO_WEIGHTS, TEMPO_BIAS)


def meter_confidence(inputs: tuple[float, float]) -> float:
    """Probability that the number of beats per bar is right, in [0, 1], from `meter_inputs`."""
    return _logistic(inputs, METER_WEIGHTS, METER_BIAS)


def tempo_posterior(tempi: Floats, bpm: float) -> float:
    """Probability of a tempo according to the rhythm network: sum over the tempo classes near it, in [0, 1]."""
    near = np.abs(np.log(tempo_classes_bpm(len(tempi)) / bpm)) < TEMPO_SPREAD
    return float(tempi[near].sum())


def mean_near(curve: Floats, times: Times, frame_rate_hz: float) -> float:
    """Mean activation at given times, each the maximum within `NEAR_FRAMES`.

    Args:
        curve: Activation, in [0, 1], shape `[n_frames]`.
        times: Times of beats or downbeats [s], shape `[n]`; the mean over none is 0.
        frame_rate_hz: Frames per second [Hz].
    """
    if not len(times) or not len(curve):
        return 0.0
    frames: Ints = np.round(times * frame_rate_hz).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-NEAR_FRAMES, NEAR_FRAMES + 1), 0, len(curve) - 1)
    return float(curve[near].max(axis=1).mean())


def _logistic(inputs: tuple[float, ...], weights: tuple[float, ...], bias: float) -> float:
    return float(1 / (1 + np.exp(-(np.dot(inputs, weights) + bias))))
