"""Downbeats of a track: which beats are the first of a bar, and how many beats a bar has."""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times

METRES: tuple[tuple[int, float], ...] = ((4, 0.80), (3, 0.14), (5, 0.015), (6, 0.03), (7, 0.015))
"""Beats in a bar, and how likely that is before anything is heard: most music counts four, some three."""

SHARPNESS = 0.5
"""How much one standard deviation of accent at a beat tells (natural logarithm of odds): set on music."""

HARMONY = ((1, 0.5), (2, 1.0), (4, 0.5))
"""Beats before and after over which harmony is compared, and how much a change of it counts: set on music."""

BASS, BRIGHTNESS = 0.5, 1.0
"""How much a strong entry of the bass counts for, and a bright one against, the first beat of a bar: set on music."""

BRIGHT_BANDS = slice(4, None)
"""Bands of onset strength above 2.6 kHz."""

STAY = 0.99
"""Probability that the next bar begins where it is expected; otherwise the count slips by a beat."""


@dataclass(frozen=True, slots=True)
class Bars:
    """How beats group into bars.

    Args:
        downbeats: Indices of the beats that begin a bar, ascending, shape `[n_bars]`.
        beats_per_bar: 3 to 7; None where there are too few beats to tell.
        confidence: How far the metre stands out, in [0, 1]; 0 with None. Not calibrated.
    """

    downbeats: Ints
    beats_per_bar: int | None
    confidence: float


def beat_accents(
    beat_times: Times,
    onset_strengths: Floats,
    frame_rate_hz: float,
    chroma: Floats | None = None,
    chroma_rate_hz: float = 0.0,
) -> Times:
    """How much each beat sounds like the first of a bar, in standard deviations, mean 0, shape `[n_beats]`.

    Harmony changes with the first beat, over spans of one, two and four beats; the bass drum falls on it, and the
    snare, which is brighter, on others.

    Args:
        beat_times: Moments [s], ascending, shape `[n_beats]`, at least two.
        onset_strengths: Rise of each band, low to high, shape `[n_frames, n_bands]`.
        frame_rate_hz: Rows of `onset_strengths` per second [Hz].
        chroma: Pitch classes over time, shape `[n, 12]`; without them harmony is not used.
        chroma_rate_hz: Rows of `chroma` per second [Hz].
    """
    frames = np.round(beat_times * frame_rate_hz).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(onset_strengths) - 1)
    at_beats = np.log1p(onset_strengths[near].max(axis=1))
    accents = BASS * _standardised(at_beats[:, 0]) - BRIGHTNESS * _standardised(at_beats[:, BRIGHT_BANDS].mean(axis=1))
    if chroma is not None and len(chroma):
        for n_beats, weight in HARMONY:
            accents = accents + weight * _standardised(harmonic_change(beat_times, chroma, chroma_rate_hz, n_beats))
    return accents


def harmonic_change(beat_times: Times, chroma: Floats, chroma_rate_hz: float, n_beats: int) -> Times:
    """How different the harmony of the next beats is from that of the last, one minus cosine, in [0, 1], `[n_beats]`.

    Args:
        beat_times: Moments [s], ascending, at least two.
        chroma: Pitch classes over time, >= 0, shape `[n, 12]`.
        chroma_rate_hz: Rows per second [Hz].
        n_beats: How many beats before and after are compared.
    """
    span_s = n_beats * float(np.median(np.diff(beat_times)))
    sums = np.concatenate((np.zeros((1, chroma.shape[1])), np.cumsum(chroma, axis=0, dtype=np.float64)))
    before, at, after = (
        np.clip(np.round((beat_times + shift_s) * chroma_rate_hz).astype(np.int64), 0, len(chroma))
        for shift_s in (-span_s, 0.0, span_s)
    )
    last, coming = sums[at] - sums[before], sums[after] - sums[at]
    norms = np.linalg.norm(last, axis=1) * np.linalg.norm(coming, axis=1)
    alike = np.divide((last * coming).sum(axis=1), norms, out=np.ones(len(norms)), where=norms > 0)
    change: Times = np.clip(1 - alike, 0, 1)
    return change


def bars(accents: Times) -> Bars:
    """The metre and the first beats that explain the accents best.

    For every metre a small hidden Markov model counts the beats of a bar; the first beat of a bar is expected to be
    accented, the others not. Viterbi decoding gives the count, likelihood and prior the metre.

    Args:
        accents: How much each beat sounds like the first of a bar, in standard deviations, shape `[n_beats]`.

    Returns:
        The bars; no metre and no downbeats with fewer than six beats.
    """
    if len(accents) < 6:
        return Bars(np.empty(0, np.int64), None, 0.0)
    scores, counts = [], []
    for metre, prior in METRES:
        score, count = _counted(accents, metre)
        scores.append(score + np.log(prior))
        counts.append(count)
    best = int(np.argmax(scores))
    margin = scores[best] - np.delete(scores, best).max()
    confidence = float(1 - np.exp(-margin / np.sqrt(len(accents))))
    return Bars(np.flatnonzero(counts[best] == 0), METRES[best][0], confidence)


def _counted(accents: Times, metre: int) -> tuple[float, Ints]:
    """Log-likelihood of the best count of a metre, and each beat's place in its bar, shape `[n_beats]`."""
    first = SHARPNESS * (accents * (metre - 1) / metre)
    other = -SHARPNESS * accents / metre
    slip = np.log((1 - STAY) / (metre - 1))
    score = np.full(metre, -np.log(metre))
    came_from = np.empty((len(accents), metre), np.int64)
    before = (np.arange(metre) - 1) % metre
    log_stay = np.log(STAY)
    for n, (is_first, is_other) in enumerate(zip(first, other, strict=True)):
        if n:
            moved = score[before] + log_stay
            slipped = int(np.argmax(score))
            from_best = score[slipped] + slip
            came_from[n] = np.where(moved >= from_best, before, slipped)
            score = np.maximum(moved, from_best)
        score += is_other
        score[0] += is_first - is_other
    count = np.empty(len(accents), np.int64)
    count[-1] = int(np.argmax(score))
    for n in range(len(accents) - 1, 0, -1):
        count[n - 1] = came_from[n, count[n]]
    return float(score.max()), count


def _standardised(values: Times) -> Times:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else np.zeros(len(values))
