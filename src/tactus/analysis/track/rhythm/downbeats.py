"""Downbeats and meter of a track: which beats begin a bar, and how many beats a bar has."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.dsp.arrays import Floats, Ints, Times
from tactus.dsp.sampled import Sampled

METERS: tuple[tuple[int, float], ...] = ((4, 0.80), (3, 0.14), (5, 0.015), (6, 0.03), (7, 0.015))
"""Numbers of beats per bar and their prior probabilities: most music counts four, some three."""

SHARPNESS = 0.5
"""Log-odds of a downbeat per standard deviation of accent [nats]: tuned on music."""

HARMONY = ((1, 0.5), (2, 1.0), (4, 0.5))
"""Spans over which harmony is compared before and after a beat [beats], and weight of each change: tuned on music."""

BASS, BRIGHTNESS = 0.5, 1.0
"""Weight of a strong bass onset for, and of a bright onset against, a downbeat: tuned on music."""

BRIGHT_BANDS = slice(4, None)
"""Bands of onset strength above 2.6 kHz."""

MIN_SPREAD, MIN_HARMONIC_SPREAD = 0.1, 0.05
"""Floors of the standard deviations by which accents are normalised: in beats that all sound alike, to 10 % of their
strength or to 0.05 of harmonic change, the rest is no accent."""

EVENNESS = 0.3
"""Standard deviation of a metronome's clicks around "one bright, the others alike", in standard deviations of
brightness. No human plays that evenly: this pattern leaves 0.04 of a metronome's variance unexplained, and more than a
third of that of each of 100 pieces of music."""

NETWORK_WEIGHT = 0.5
"""Weight of the network's log-likelihoods beside the accents."""

MIN_ACTIVATION, MIN_BEAT = 0.05, 0.15
"""Limit of the network's downbeat probabilities, and floor of the beat activation that they are divided by: without a
beat, the downbeat activation means little."""

METRONOME_PRIOR = 0.05
"""Prior probability that a piece is a metronome."""

STAY = 0.99
"""Probability that the next bar begins where it is expected; otherwise the count slips by a beat."""


@dataclass(frozen=True, slots=True)
class Meter:
    """Grouping of beats into bars.

    Args:
        downbeats: Indices of the beats that begin a bar, ascending, shape `[n_bars]`.
        beats_per_bar: Beats per bar, 3 to 7; None with too few beats.
        margin: Margin of the meter over the second most likely one, in [0, 1]; 0 with None.
    """

    downbeats: Ints
    beats_per_bar: int | None
    margin: float


@dataclass(frozen=True, slots=True)
class Accents:
    """Cues of downbeats at each beat.

    Args:
        musical: Accent of a downbeat in music, in standard deviations, shape `[n_beats]`.
        brightness: Brightness of the onset, in standard deviations, mean 0, shape `[n_beats]`.
        downbeat_probabilities: Probability of a downbeat from the rhythm network, in (0, 1), shape `[n_beats]`.
    """

    musical: Times
    brightness: Times
    downbeat_probabilities: Times


def beat_accents(
    beat_times: Times,
    onset_strengths: Sampled[Floats],
    activations: RhythmActivations,
    chroma: Sampled[Floats] | None = None,
) -> Accents:
    """Downbeat cues of each beat.

    Harmony changes at downbeats, over spans of one, two and four beats; the bass drum falls on them, and the snare,
    which is brighter, on other beats. (A metronome's bright click is the downbeat: `meter` distinguishes the two.)

    Args:
        beat_times: Beats [s], ascending, shape `[n_beats]`, at least two.
        onset_strengths: Feature `onset_strength`, bands from low to high, shape `[n_frames, n_bands]`.
        activations: Output of the rhythm network, at the same rate.
        chroma: Strength of each pitch class, shape `[n, 12]`; without it harmony is not used.
    """
    frames = np.round(beat_times * onset_strengths.rate_hz).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(onset_strengths) - 1)
    at_beats = np.log1p(onset_strengths.values[near].max(axis=1))
    brightness = _standardised(at_beats[:, BRIGHT_BANDS].mean(axis=1), MIN_SPREAD)
    musical = BASS * _standardised(at_beats[:, 0], MIN_SPREAD) - BRIGHTNESS * brightness
    if chroma is not None and len(chroma):
        for n_beats, weight in HARMONY:
            change = harmonic_change(beat_times, chroma, n_beats)
            musical = musical + weight * _standardised(change, MIN_HARMONIC_SPREAD)
    beats, downbeats = activations.beats[near].max(axis=1), activations.downbeats[near].max(axis=1)
    probabilities = np.clip(downbeats / np.maximum(beats, MIN_BEAT), MIN_ACTIVATION, 1 - MIN_ACTIVATION)
    return Accents(musical, brightness, probabilities.astype(np.float64))


def harmonic_change(beat_times: Times, chroma: Sampled[Floats], n_beats: int) -> Times:
    """Change of harmony at each beat: cosine distance of the chroma after and before it, in [0, 1], `[n_beats]`.

    Args:
        beat_times: Beats [s], ascending, at least two.
        chroma: Strength of each pitch class, >= 0, shape `[n, 12]`.
        n_beats: Length of the compared spans [beats].
    """
    span_s = n_beats * float(np.median(np.diff(beat_times)))
    sums = np.concatenate((np.zeros((1, chroma.values.shape[1])), np.cumsum(chroma.values, axis=0, dtype=np.float64)))
    start, at, end = (
        np.clip(np.round((beat_times + shift_s) * chroma.rate_hz).astype(np.int64), 0, len(chroma))
        for shift_s in (-span_s, 0.0, span_s)
    )
    before, after = sums[at] - sums[start], sums[end] - sums[at]
    norms = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    similarity = np.divide((before * after).sum(axis=1), norms, out=np.ones(len(norms)), where=norms > 0)
    change: Times = np.clip(1 - similarity, 0, 1)
    return change


def meter(accents: Accents) -> Meter:
    """Most likely meter and downbeats.

    For every meter a small hidden Markov model counts the beats of a bar; downbeats are expected to be accented, other
    beats not. Viterbi decoding gives the count; likelihood and prior decide the meter. Every meter is scored twice: as
    music, and as a metronome, whose downbeats are bright and whose other beats are all alike.

    Args:
        accents: Downbeat cues of each beat.

    Returns:
        The meter; unknown and without downbeats for fewer than six beats.
    """
    if len(accents.musical) < 6:
        return Meter(np.empty(0, np.int64), None, 0.0)
    scores, counts = [], []
    for n_beats, prior in METERS:
        network = _network_log_likelihoods(accents.downbeat_probabilities, n_beats)
        music = _music_log_odds(accents.musical, n_beats) + NETWORK_WEIGHT * network
        metronome = music + _metronome_log_odds(accents.brightness, n_beats)
        hypotheses = (
            (np.log(1 - METRONOME_PRIOR), _decoded_count(music)),
            (np.log(METRONOME_PRIOR), _decoded_count(metronome)),
        )
        log_prior, (score, count) = max(hypotheses, key=lambda hypothesis: hypothesis[0] + hypothesis[1][0])
        scores.append(score + log_prior + np.log(prior))
        counts.append(count)
    best = int(np.argmax(scores))
    log_margin = scores[best] - np.delete(scores, best).max()
    margin = float(1 - np.exp(-log_margin / np.sqrt(len(accents.musical))))
    return Meter(np.flatnonzero(counts[best] == 0), METERS[best][0], margin)


def _music_log_odds(accents: Times, meter: int) -> Times:
    """Log-odds of each beat's accent at each position in the bar, `[n_beats, meter]`."""
    log_odds: Times = SHARPNESS * accents[:, None] * _downbeat_contrast(meter)
    return log_odds


def _network_log_likelihoods(probabilities: Times, meter: int) -> Times:
    """Log-likelihood of the network's downbeat probabilities at each position in the bar, `[n_beats, meter]`."""
    is_downbeat = np.arange(meter) == 0
    likelihood: Times = np.where(is_downbeat, np.log(probabilities)[:, None], np.log(1 - probabilities)[:, None])
    return likelihood


def _metronome_log_odds(brightness: Times, meter: int) -> Times:
    """Log-odds of each beat's brightness in a metronome against music, by position in the bar, `[n_beats, meter]`."""
    contrast = _downbeat_contrast(meter)
    expected = contrast / contrast.std()
    squared_error = ((brightness[:, None] - expected) / EVENNESS) ** 2
    log_odds: Times = 0.5 * (brightness[:, None] ** 2 - squared_error) - float(np.log(EVENNESS))
    return log_odds


def _downbeat_contrast(meter: int) -> Times:
    """One at the downbeat and zero at other positions, less the mean, shape `[meter]`."""
    contrast: Times = (np.arange(meter) == 0) - 1 / meter
    return contrast


def _decoded_count(log_odds: Times) -> tuple[float, Ints]:
    """Log-likelihood of the best count, and position of each beat in its bar, from `[n_beats, meter]`."""
    n_beats, meter = log_odds.shape
    log_stay, slip = float(np.log(STAY)), float(np.log((1 - STAY) / (meter - 1)))
    came_from = [[0] * meter]
    score: list[float] = []
    for odds in log_odds.tolist():  # of a handful of places: lists cost a tenth of arrays
        if not score:
            score = [odd - float(np.log(meter)) for odd in odds]
            continue
        best = max(score)
        slipped, from_best = score.index(best), best + slip
        moved = [score[place - 1] + log_stay for place in range(meter)]
        came_from.append([(k - 1) % meter if stay >= from_best else slipped for k, stay in enumerate(moved)])
        score = [max(stay, from_best) + odd for stay, odd in zip(moved, odds, strict=True)]
    count = np.empty(n_beats, np.int64)
    count[-1] = int(np.argmax(score))
    for n in range(n_beats - 1, 0, -1):
        count[n - 1] = came_from[n][count[n]]
    return max(score), count


def _standardised(values: Times, min_spread: float) -> Times:
    standardised: Times = (values - values.mean()) / max(float(values.std()), min_spread)
    return standardised
