"""Downbeats of a track: which beats are the first of a bar, and how many beats a bar has."""

from dataclasses import dataclass

import numpy as np

from tactus.analysis.networks.rhythm import RhythmActivations
from tactus.dsp.arrays import Floats, Ints, Times

METERS: tuple[tuple[int, float], ...] = ((4, 0.80), (3, 0.14), (5, 0.015), (6, 0.03), (7, 0.015))
"""Beats in a bar, and how likely that is before anything is heard: most music counts four, some three."""

SHARPNESS = 0.5
"""How much one standard deviation of accent at a beat tells (natural logarithm of odds): set on music."""

HARMONY = ((1, 0.5), (2, 1.0), (4, 0.5))
"""Beats before and after over which harmony is compared, and how much a change of it counts: set on music."""

BASS, BRIGHTNESS = 0.5, 1.0
"""How much a strong entry of the bass counts for, and a bright one against, the first beat of a bar: set on music."""

BRIGHT_BANDS = slice(4, None)
"""Bands of onset strength above 2.6 kHz."""

MIN_SPREAD, MIN_HARMONIC_SPREAD = 0.1, 0.05
"""Standard deviations below these are taken for these: beats that all sound alike, to 10 % of their strength or to
0.05 of harmonic change, do not tell a first beat by what is left."""

EVENNESS = 0.3
"""How far, in standard deviations of brightness, a metronome's clicks lie from "one bright, the others alike". Nobody
plays that evenly: this pattern leaves 0.04 of a metronome's variance unexplained, and more than a third of that of each
of 100 pieces of music."""

HEARD = 0.5
"""How much the network's word counts beside the accents, which are measured by themselves."""

MIN_ACTIVATION, MIN_BEAT = 0.05, 0.15
"""The network is never surer than this; and where it hears no beat it says little about bars."""

METRONOME = 0.05
"""How likely a piece is a metronome, before anything is heard."""

STAY = 0.99
"""Probability that the next bar begins where it is expected; otherwise the count slips by a beat."""


@dataclass(frozen=True, slots=True)
class Bars:
    """How beats group into bars.

    Args:
        downbeats: Indices of the beats that begin a bar, ascending, shape `[n_bars]`.
        beats_per_bar: 3 to 7; None where there are too few beats to tell.
        margin: How far the metre stands out from the next likely one, in [0, 1]; 0 with None.
    """

    downbeats: Ints
    beats_per_bar: int | None
    margin: float


@dataclass(frozen=True, slots=True)
class Accents:
    """What tells the first beat of a bar from the others.

    Args:
        musical: How much each beat sounds like the first of a bar of music, in standard deviations, shape `[n_beats]`.
        brightness: How bright each beat begins, in standard deviations, mean 0, shape `[n_beats]`.
        heard: How likely each beat begins a bar, as the rhythm network hears it, in (0, 1), shape `[n_beats]`.
    """

    musical: Times
    brightness: Times
    heard: Times


def beat_accents(
    beat_times: Times,
    onset_strengths: Floats,
    reading: RhythmActivations,
    frame_rate_hz: float,
    *,
    chroma: Floats | None = None,
    chroma_rate_hz: float = 0.0,
) -> Accents:
    """How much each beat sounds like the first of a bar.

    Harmony changes with the first beat, over spans of one, two and four beats; the bass drum falls on it, and the
    snare, which is brighter, on others. (The bright click of a metronome is the first: `bars` tells the two apart.)

    Args:
        beat_times: Moments [s], ascending, shape `[n_beats]`, at least two.
        onset_strengths: Rise of each band, low to high, shape `[n_frames, n_bands]`.
        reading: What the network hears, frame by frame with them.
        frame_rate_hz: Rows of `onset_strengths` per second [Hz].
        chroma: Pitch classes over time, shape `[n, 12]`; without them harmony is not used.
        chroma_rate_hz: Rows of `chroma` per second [Hz].
    """
    frames = np.round(beat_times * frame_rate_hz).astype(np.int64)
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(onset_strengths) - 1)
    at_beats = np.log1p(onset_strengths[near].max(axis=1))
    brightness = _standardised(at_beats[:, BRIGHT_BANDS].mean(axis=1), MIN_SPREAD)
    musical = BASS * _standardised(at_beats[:, 0], MIN_SPREAD) - BRIGHTNESS * brightness
    if chroma is not None and len(chroma):
        for n_beats, weight in HARMONY:
            change = harmonic_change(beat_times, chroma, chroma_rate_hz, n_beats)
            musical = musical + weight * _standardised(change, MIN_HARMONIC_SPREAD)
    beats, bars_begin = reading.beats[near].max(axis=1), reading.downbeats[near].max(axis=1)
    heard = np.clip(bars_begin / np.maximum(beats, MIN_BEAT), MIN_ACTIVATION, 1 - MIN_ACTIVATION)
    return Accents(musical, brightness, heard.astype(np.float64))


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


def bars(accents: Accents) -> Bars:
    """The metre and the first beats that explain the accents best.

    For every metre a small hidden Markov model counts the beats of a bar; the first beat of a bar is expected to be
    accented, the others not. Viterbi decoding gives the count, likelihood and prior the metre. Every metre is read
    twice: as music, and as a metronome, in which the first beat is bright and all others are alike.

    Args:
        accents: What tells first beats from others.

    Returns:
        The bars; no metre and no downbeats with fewer than six beats.
    """
    if len(accents.musical) < 6:
        return Bars(np.empty(0, np.int64), None, 0.0)
    scores, counts = [], []
    for meter, prior in METERS:
        music = _as_music(accents.musical, meter) + HEARD * _as_heard(accents.heard, meter)
        readings = (
            (np.log(1 - METRONOME), _counted(music)),
            (np.log(METRONOME), _counted(music + _as_metronome(accents.brightness, meter))),
        )
        log_prior, (score, count) = max(readings, key=lambda reading: reading[0] + reading[1][0])
        scores.append(score + log_prior + np.log(prior))
        counts.append(count)
    best = int(np.argmax(scores))
    margin = scores[best] - np.delete(scores, best).max()
    stands_out = float(1 - np.exp(-margin / np.sqrt(len(accents.musical))))
    return Bars(np.flatnonzero(counts[best] == 0), METERS[best][0], stands_out)


def _as_music(accents: Times, meter: int) -> Times:
    """Log-odds of each beat's accent at each place of a bar, `[n_beats, metre]`."""
    log_odds: Times = SHARPNESS * accents[:, None] * _first_among(meter)
    return log_odds


def _as_heard(heard: Times, meter: int) -> Times:
    """Log-likelihood of what the network hears at each place of a bar, `[n_beats, metre]`."""
    likelihood: Times = np.where(np.arange(meter) == 0, np.log(heard)[:, None], np.log(1 - heard)[:, None])
    return likelihood


def _as_metronome(brightness: Times, meter: int) -> Times:
    """Log-odds of each beat's brightness at each place of an even bar against that of any piece, `[n_beats, metre]`."""
    places = _first_among(meter)
    expected = places / places.std()
    odd = ((brightness[:, None] - expected) / EVENNESS) ** 2
    log_odds: Times = 0.5 * (brightness[:, None] ** 2 - odd) - float(np.log(EVENNESS))
    return log_odds


def _first_among(meter: int) -> Times:
    """One at the first place of a bar and zero at the others, with mean 0, shape `[metre]`."""
    places: Times = (np.arange(meter) == 0) - 1 / meter
    return places


def _counted(log_odds: Times) -> tuple[float, Ints]:
    """Log-likelihood of the best count, and each beat's place in its bar, from `[n_beats, metre]`."""
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
        came_from.append([(k - 1) % meter if one >= from_best else slipped for k, one in enumerate(moved)])
        score = [max(one, from_best) + odd for one, odd in zip(moved, odds, strict=True)]
    count = np.empty(n_beats, np.int64)
    count[-1] = int(np.argmax(score))
    for n in range(n_beats - 1, 0, -1):
        count[n - 1] = came_from[n][count[n]]
    return max(score), count


def _standardised(values: Times, min_spread: float) -> Times:
    standardised: Times = (values - values.mean()) / max(float(values.std()), min_spread)
    return standardised
