"""Tempo of a track: how many beats a minute, how surely, and what else a listener could count."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.beat_hint import RATIOS
from tactus.analysis.networks.rhythm import tempo_classes_bpm
from tactus.analysis.track.confidence import tempo_posterior
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.bar_pointer import BeatSpace

UNHEARD = 0.02
"""What each other way to count is believed beyond what the network hears, and what all unnamed ones are together."""

MIN_PROBABILITY = 1e-4
"""No tempo is believed less than this: what the network holds impossible may still be the best path."""

SPAN_BEATS = 16
"""Tempo is measured over spans of this many beats where the piece has them: four bars, longer than any swing."""

RELATIONS: tuple[tuple[str, float], ...] = (*RATIOS.items(), ("4:3", 4 / 3), ("3:4", 3 / 4))
"""What else may be counted, as a multiple of the tempo."""


@dataclass(frozen=True, slots=True)
class TempoCandidate:
    """A tempo that a listener could count.

    Args:
        bpm: Beats per minute.
        confidence: How likely it is what people count, in [0, 1]; of all candidates they sum to 1 at most.
        relation: To the tempo that was chosen: "1", "x2", "x1/2", "3:2", ...
    """

    bpm: float
    confidence: float
    relation: str


def log_interval_weights(space: BeatSpace, frame_rate_hz: float, tempi: Floats) -> Times:
    """What is believed of the tempo, for every beat by its length, shape `[n_intervals]`.

    Args:
        space: Possible beats.
        frame_rate_hz: Frames per second [Hz].
        tempi: Belief of the rhythm network in each of its classes, shape `[n_tempi]`.

    Returns:
        Logarithm of the belief relative to the strongest, once a second: a long beat counts as much more as it lasts.
    """
    intervals_s = space.intervals_frames / frame_rate_hz
    beliefs = np.log(tempi.astype(np.float64) + MIN_PROBABILITY)
    classes = np.log(tempo_classes_bpm(len(tempi)))
    weights: Times = np.interp(np.log(60 / intervals_s), classes, beliefs - beliefs.max()) * intervals_s
    return weights


def bpm_of_beats(beat_times: Times) -> float | None:
    """Beats per minute: the median over spans of many beats, so that neither a slip nor jitter moves it.

    Args:
        beat_times: Moments [s], ascending, shape `[n_beats]`.

    Returns:
        Tempo [beats per minute]; None with fewer than three beats.
    """
    if len(beat_times) < 3:
        return None
    span = min(SPAN_BEATS, max(len(beat_times) // 2, 1))
    return float(60 * span / np.median(beat_times[span:] - beat_times[:-span]))


def periodicity(activations: Floats, lags: Times) -> Times:
    """How alike a curve is to itself some frames later, in [-1, 1], same shape as `lags`.

    Args:
        activations: Curve, shape `[n_frames]`.
        lags: Shifts [frames], >= 0, interpolated between whole frames.
    """
    centred = activations.astype(np.float64) - activations.mean()
    n = len(centred)
    power = float(centred @ centred)
    if power <= 0:
        return np.zeros_like(lags)
    longest = min(int(np.ceil(lags.max())) + 1, n - 1)
    size = 1 << int(np.ceil(np.log2(n + longest)))
    correlations = np.fft.irfft(np.abs(np.fft.rfft(centred, size)) ** 2, size)[: longest + 1]
    unbiased = correlations / power * (n / (n - np.arange(longest + 1)))
    return np.interp(lags, np.arange(longest + 1), unbiased, right=0.0)


def pulse(activations: Floats, interval_frames: float) -> float:
    """How regularly something sounds at a beat's length: mean periodicity at one, two and four beats, in [-1, 1].

    Four beats count as far as the piece holds eight.
    """
    lags = interval_frames * np.array([1.0, 2.0, 4.0])
    lags = lags[lags <= len(activations) / 2]
    return float(periodicity(activations, lags).mean()) if len(lags) else 0.0


def tempo_candidates(
    tempi: Floats, bpm: float, confidence: float, bpm_range: tuple[float, float]
) -> list[TempoCandidate]:
    """The tempo and what else could be counted, the chosen one first, the others by confidence.

    What the confidence of the chosen one leaves is shared among the others by how much the network believes in each.

    Args:
        tempi: Belief of the rhythm network in each of its classes, shape `[n_tempi]`.
        bpm: The tempo that was chosen.
        confidence: How likely it is right, in [0, 1].
        bpm_range: Alternatives outside are not named.
    """
    others = [(name, bpm * ratio) for name, ratio in RELATIONS if bpm_range[0] <= bpm * ratio <= bpm_range[1]]
    beliefs = [tempo_posterior(tempi, other) + UNHEARD for _, other in others]
    rest = (1 - confidence) / (sum(beliefs) + UNHEARD)
    candidates = [
        TempoCandidate(other, rest * posterior, name) for (name, other), posterior in zip(others, beliefs, strict=True)
    ]
    return [TempoCandidate(bpm, confidence, "1"), *sorted(candidates, key=lambda one: -one.confidence)]
