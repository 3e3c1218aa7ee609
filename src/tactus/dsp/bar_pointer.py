"""The bar-pointer model of tempo and beat phase, and its Viterbi decoding.

A state is a beat length (its *interval*, in frames) and a position in it. The position moves on by one frame per frame;
the interval may change only where a new beat begins, and large changes are unlikely. Near the start of a beat strong
onsets are expected, elsewhere weak ones.

Between two beat starts the path is determined, so decoding needs values at beat starts only: a semi-Markov chain
whose segments are whole beats. It finds the same optimum as the frame-by-frame Viterbi algorithm, some fifty times
cheaper.

Source: F. Krebs, S. Böck, G. Widmer, "An efficient state-space model for joint tempo and meter tracking", ISMIR 2015
(state space, transition equation 8, observation of section 3.3).
"""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times

TRANSITION_LAMBDA = 100.0
"""Steadiness of tempo: a beat `r` times as long as the last has weight `exp(-lambda * |r - 1|)` (Krebs et al.)."""

OBSERVATION_LAMBDA = 16
"""The first 1/16 of a beat is where its onset is expected (Krebs et al. 2015)."""

MIN_PROBABILITY = 0.01
"""Activations are clipped this far from 0 and 1: no single frame can forbid a path, and a slow beat, in which an onset
is expected over several frames while it fills only one, is not penalised for each of the others."""


@dataclass(frozen=True, slots=True)
class BeatSpace:
    """State space of the bar-pointer model: possible beat lengths and the transitions between them.

    Args:
        intervals_frames: Beat lengths [frames], ascending by one, shape `[n_intervals]`.
        onset_frames: Frames at the start of a beat of each length in which its onset is expected, `[n_intervals]`.
        log_transitions: Natural logarithm of the probability of the next beat's length (column) given this one's
            (row), shape `[n_intervals, n_intervals]`.
        observation_lambda: Fraction of a beat in which its onset is expected, as 1/n.
        min_probability: Activations are clipped this far from 0 and 1.
    """

    intervals_frames: Ints
    onset_frames: Ints
    log_transitions: Times
    observation_lambda: int
    min_probability: float = MIN_PROBABILITY


@dataclass(frozen=True, slots=True)
class BeatPath:
    """The most likely sequence of beats.

    Args:
        start_frames: Frame in which each beat starts, ascending, shape `[n_beats]`. The first may be negative: that of
            a beat that began before the piece, whose onset may still lie in it.
        intervals_frames: Length of each beat [frames], shape `[n_beats]`; each but the last ends where the next starts.
        log_likelihood: Natural logarithm of the path's joint likelihood with the activations.
    """

    start_frames: Ints
    intervals_frames: Ints
    log_likelihood: float


def beat_space(
    frame_rate_hz: float,
    bpm_range: tuple[float, float],
    *,
    transition_lambda: float = TRANSITION_LAMBDA,
    observation_lambda: int = OBSERVATION_LAMBDA,
    min_probability: float = MIN_PROBABILITY,
) -> BeatSpace:
    """All beat lengths of whole frames whose tempo lies in a range.

    Args:
        frame_rate_hz: Frames per second [Hz].
        bpm_range: Lowest and highest tempo [beats per minute], both included (rounded outwards to whole frames).
        transition_lambda: Steadiness of tempo, >= 0.
        observation_lambda: Fraction of a beat in which its onset is expected, as 1/n.
        min_probability: Activations are clipped this far from 0 and 1.

    Raises:
        ValueError: The range is empty or not positive, or its beats are shorter than two frames.

    Example:
        >>> beat_space(50.0, (60, 75)).intervals_frames.tolist()
        [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50]
    """
    slowest_bpm, fastest_bpm = bpm_range
    if not 0 < slowest_bpm <= fastest_bpm:
        raise ValueError(f"bpm_range must ascend and be positive, not {bpm_range}")
    shortest = int(np.floor(60 * frame_rate_hz / fastest_bpm))
    longest = int(np.ceil(60 * frame_rate_hz / slowest_bpm))
    if shortest < 2:
        raise ValueError(f"{fastest_bpm} bpm needs beats of {shortest} frames at {frame_rate_hz} frames per second")
    intervals = np.arange(shortest, longest + 1, dtype=np.int64)
    log_weights = -transition_lambda * np.abs(intervals[None, :] / intervals[:, None] - 1)
    log_transitions = log_weights - np.log(np.exp(log_weights).sum(axis=1, keepdims=True))
    onset_frames = -(-intervals // observation_lambda)
    return BeatSpace(intervals, onset_frames, log_transitions, observation_lambda, min_probability)


def log_observations(activations: Floats | Times, space: BeatSpace) -> tuple[Times, Times]:
    """Log-likelihood of each frame in the onset part and in the rest of a beat.

    Args:
        activations: Probability that a beat starts here, in [0, 1], shape `[n_frames]`.
        space: Possible beats.

    Returns:
        `log(activation)` and `log((1 - activation) / (observation_lambda - 1))`, each `[n_frames]`.
    """
    clipped = np.clip(activations, space.min_probability, 1 - space.min_probability).astype(np.float64)
    return np.log(clipped), np.log((1 - clipped) / (space.observation_lambda - 1))


def most_likely_beats(
    activations: Floats | Times, space: BeatSpace, log_interval_weights: Times | None = None
) -> BeatPath:
    """Most likely sequence of beats: exact Viterbi decoding of the bar-pointer model.

    With `D[t, j]` the best log-likelihood of everything before frame `t` when a beat of interval `j` starts there,
    `D[t, j] = max over i of (E[t, i] + log_transitions[i, j])`, where `E[t, i] = D[t - i, i] + segment(t - i, i)` is
    that of a beat of interval `i` that ends there, and `segment` sums the frames of one whole beat by cumulative sums.
    As the shortest beat has `n` frames, `n` successive `t` do not depend on one another and are computed at once.

    All sums are relative to a piece without any beat (every frame in the rest of a beat), which keeps them small enough
    for single precision over hours.

    Args:
        activations: Probability that a beat starts here, in [0, 1], shape `[n_frames]`.
        space: Possible beats.
        log_interval_weights: Prior on tempo: added to the log-likelihood for every whole beat of each length, shape
            `[n_intervals]`; None: no prior.

    Returns:
        The path; without beats, with likelihood 0, where the piece is no longer than the longest beat.
    """
    intervals = space.intervals_frames
    n_frames, n_intervals = len(activations), len(intervals)
    shortest, longest = int(intervals[0]), int(intervals[-1])
    if n_frames <= longest:
        return BeatPath(np.empty(0, np.int64), np.empty(0, np.int64), -np.inf)
    log_onset, log_rest = log_observations(activations, space)
    gain_sum = np.concatenate(([0.0], np.cumsum(log_onset - log_rest)))
    weights = np.zeros(n_intervals) if log_interval_weights is None else log_interval_weights
    transitions = space.log_transitions.astype(np.float32)

    ends = np.full((n_frames + longest, n_intervals), -np.inf, np.float32)
    log_state = -np.log(intervals.sum())
    ends[:longest] = log_state + _unfinished_first_beats(space, gain_sum)
    columns = np.arange(n_intervals)
    buffer = np.empty((shortest, n_intervals, n_intervals), np.float32)
    for begin in range(0, n_frames, shortest):
        rows = np.arange(begin, min(begin + shortest, n_frames))
        onset_ends = np.minimum(rows[:, None] + space.onset_frames, n_frames)
        gains = gain_sum[onset_ends] - gain_sum[rows[:, None]] + weights
        starts = _starts(ends[rows], transitions, buffer)
        if begin == 0:
            starts[0] = log_state
        ends[rows[:, None] + intervals, columns] = starts + gains
    return _backtracked(ends, gain_sum, transitions, space, float(log_rest.sum()))


def _unfinished_first_beats(space: BeatSpace, gain_sum: Times) -> Floats:
    """Gain of the beats that began before the piece, by the frame in which they end, `[longest, n_intervals]`."""
    longest = int(space.intervals_frames[-1])
    ends_at = np.arange(longest)[:, None]
    onset_left = np.maximum(0, space.onset_frames - space.intervals_frames + ends_at)
    return np.where(ends_at < space.intervals_frames, gain_sum[onset_left], -np.inf).astype(np.float32)


def _starts(ends: Floats, transitions: Floats, buffer: Floats) -> Floats:
    """`D[t, j]` from `E[t, i]` of the same frames, shape `[n, n_intervals]`.

    `buffer` is work space of shape `[n, n_intervals, n_intervals]` or more: allocating it for each call is slow.
    """
    sums = np.add(ends[:, :, None], transitions, out=buffer[: len(ends)])
    best: Floats = sums.max(axis=1)
    return best


def _backtracked(ends: Floats, gain_sum: Times, transitions: Floats, space: BeatSpace, log_no_beats: float) -> BeatPath:
    """Path traced back from the best last beat, which may be cut off by the end of the piece."""
    intervals = space.intervals_frames
    n_frames = len(gain_sum) - 1
    last_starts = np.arange(n_frames - int(intervals[-1]), n_frames)
    onset_ends = np.minimum(last_starts[:, None] + space.onset_frames, n_frames)
    buffer = np.empty((len(last_starts), *transitions.shape), np.float32)
    finals = _starts(ends[last_starts], transitions, buffer) + gain_sum[onset_ends] - gain_sum[last_starts[:, None]]
    finals[last_starts[:, None] + intervals < n_frames] = -np.inf
    row, column = np.unravel_index(np.argmax(finals), finals.shape)
    starts, lengths = [int(last_starts[row])], [int(column)]
    while True:
        before = int(np.argmax(ends[starts[-1]] + transitions[:, lengths[-1]]))
        start = starts[-1] - int(intervals[before])
        if start + int(space.onset_frames[before]) > 0:
            starts.append(start)
            lengths.append(before)
        if start < 0:
            break
    return BeatPath(
        np.array(starts[::-1], np.int64), intervals[np.array(lengths[::-1])], float(finals[row, column]) + log_no_beats
    )
