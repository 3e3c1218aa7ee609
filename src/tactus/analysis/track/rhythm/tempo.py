"""Tempo of a track and its metrical alternatives."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.beat_hint import RATIOS
from tactus.analysis.networks.rhythm import tempo_classes_bpm
from tactus.analysis.track.confidence import tempo_posterior
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.bar_pointer import BeatSpace

ALTERNATIVE_FLOOR = 0.02
"""Added to the network's probability of each alternative tempo, and once for all tempi without a name."""

MIN_PROBABILITY = 1e-4
"""Least probability of a tempo class in decoding: a tempo that the network excludes may still give the best path."""

SPAN_BEATS = 16
"""Tempo is measured over spans of up to this many beats: four bars, longer than any swing."""

RELATIONS: tuple[tuple[str, float], ...] = (*RATIOS.items(), ("4:3", 4 / 3), ("3:4", 3 / 4))
"""Metrical alternatives by name, as multiples of the tempo."""


@dataclass(frozen=True, slots=True)
class TempoCandidate:
    """A tempo at which listeners could tap.

    Args:
        bpm: Tempo [beats per minute].
        confidence: Probability that listeners tap at it, in [0, 1]; the sum over all candidates is at most 1.
        relation: Ratio to the chosen tempo: "1", "x2", "x1/2", "3:2", ...
    """

    bpm: float
    confidence: float
    relation: str


def log_interval_weights(space: BeatSpace, frame_rate_hz: float, tempi: Floats) -> Times:
    """Log-weight of each beat interval for the decoder, from tempo probabilities, shape `[n_intervals]`.

    Args:
        space: State space of the decoder.
        frame_rate_hz: Frames per second [Hz].
        tempi: Probability of each tempo class from the rhythm network, shape `[n_tempi]`.

    Returns:
        Log-probability relative to the most likely tempo, times the interval in seconds: each second weighs the same.
    """
    intervals_s = space.intervals_frames / frame_rate_hz
    log_probabilities = np.log(tempi.astype(np.float64) + MIN_PROBABILITY)
    classes = np.log(tempo_classes_bpm(len(tempi)))
    relative = log_probabilities - log_probabilities.max()
    weights: Times = np.interp(np.log(60 / intervals_s), classes, relative) * intervals_s
    return weights


def bpm_of_beats(beat_times: Times) -> float | None:
    """Tempo of beats: median over spans of many beats, which is robust against slips and jitter.

    Args:
        beat_times: Beat times [s], ascending, shape `[n_beats]`.

    Returns:
        Tempo [beats per minute]; None with fewer than three beats.
    """
    if len(beat_times) < 3:
        return None
    span = min(SPAN_BEATS, max(len(beat_times) // 2, 1))
    return float(60 * span / np.median(beat_times[span:] - beat_times[:-span]))


def periodicity(activations: Floats, lags: Times) -> Times:
    """Unbiased, normalised autocorrelation at given lags, in [-1, 1], shape of `lags`.

    Args:
        activations: Any curve, shape `[n_frames]`.
        lags: Lags [frames], >= 0; interpolated between whole frames.
    """
    centred = activations.astype(np.float64) - activations.mean()
    n = len(centred)
    power = float(centred @ centred)
    if power <= 0:
        return np.zeros_like(lags)
    max_lag = min(int(np.ceil(lags.max())) + 1, n - 1)
    size = 1 << int(np.ceil(np.log2(n + max_lag)))
    correlations = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: max_lag + 1]
    unbiased = correlations / power * (n / (n - np.arange(max_lag + 1)))
    return np.interp(lags, np.arange(max_lag + 1), unbiased, right=0.0)


def pulse(activations: Floats, interval_frames: float) -> float:
    """Regularity at a beat interval: mean autocorrelation at one, two and four beats, in [-1, 1].

    Lags above half the piece are left out: four beats need a piece of eight.
    """
    lags = interval_frames * np.array([1.0, 2.0, 4.0])
    lags = lags[lags <= len(activations) / 2]
    return float(periodicity(activations, lags).mean()) if len(lags) else 0.0


def tempo_candidates(
    tempi: Floats, bpm: float, confidence: float, bpm_range: tuple[float, float]
) -> list[TempoCandidate]:
    """The tempo and its metrical alternatives: the chosen tempo first, then by descending confidence.

    The probability that the chosen tempo is wrong is shared among the alternatives in proportion to the network's
    probabilities.

    Args:
        tempi: Probability of each tempo class from the rhythm network, shape `[n_tempi]`.
        bpm: Chosen tempo [beats per minute].
        confidence: Probability that it is right, in [0, 1].
        bpm_range: Range of the alternatives [beats per minute].
    """
    others = [(name, bpm * ratio) for name, ratio in RELATIONS if bpm_range[0] <= bpm * ratio <= bpm_range[1]]
    posteriors = [tempo_posterior(tempi, other) + ALTERNATIVE_FLOOR for _, other in others]
    factor = (1 - confidence) / (sum(posteriors) + ALTERNATIVE_FLOOR)
    candidates = [
        TempoCandidate(other, factor * posterior, name)
        for (name, other), posterior in zip(others, posteriors, strict=True)
    ]
    return [TempoCandidate(bpm, confidence, "1"), *sorted(candidates, key=lambda candidate: -candidate.confidence)]
