"""Forward filter of the bar-pointer model: the probability of each tempo and beat phase, given the past.

The causal sibling of `bar_pointer.most_likely_beats`: one activation in, the posterior after it out.
"""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints
from tactus.dsp.bar_pointer import BeatSpace

_MIN_PROBABILITY = 1e-6
"""A smaller total probability is no more than a rounding error."""

Posterior = Floats
"""Probability of each state, sum 1, shape `[n_states]`: positions of the shortest beat, then of the next longer, ..."""


@dataclass(frozen=True, slots=True)
class BeatStates:
    """Tables over all states of a beat space, one row per position of each interval.

    Args:
        space: Possible beats.
        first: Index of the first position of each interval, shape `[n_intervals]`.
        last: Index of its last position, shape `[n_intervals]`.
        expects_onset: 1 where a beat's onset is expected, else 0, shape `[n_states]`.
        frames_left: Frames until the next beat starts, >= 1, shape `[n_states]`.
        transitions: Probability of the next interval (column) given this one's (row).
    """

    space: BeatSpace
    first: Ints
    last: Ints
    expects_onset: Floats
    frames_left: Ints
    transitions: Floats


def beat_states(space: BeatSpace) -> BeatStates:
    """The states of a beat space."""
    intervals = space.intervals_frames
    ends = np.cumsum(intervals)
    first = ends - intervals
    lengths = np.repeat(intervals, intervals)
    positions = np.arange(ends[-1]) - np.repeat(first, intervals)
    expects = positions < np.repeat(space.onset_frames, intervals)
    return BeatStates(
        space=space,
        first=first,
        last=ends - 1,
        expects_onset=expects.astype(np.float32),
        frames_left=lengths - positions,
        transitions=np.exp(space.log_transitions).astype(np.float32),
    )


def prior(states: BeatStates) -> Posterior:
    """Uniform prior over all states."""
    n_states = len(states.frames_left)
    return np.full(n_states, 1 / n_states, np.float32)


def next_posterior(states: BeatStates, posterior: Posterior, activation: float) -> Posterior:
    """Posterior one frame later: transition, then observation.

    Args:
        states: Tables of the beat space.
        posterior: Posterior after the previous frame.
        activation: Probability that a beat starts in the new frame, in [0, 1].

    Returns:
        The next posterior, sum 1; the one given is not changed.
    """
    floor = states.space.min_probability
    clipped = min(max(activation, floor), 1 - floor)
    moved = np.empty_like(posterior)
    moved[1:] = posterior[:-1]
    moved[states.first] = posterior[states.last] @ states.transitions
    in_rest = (1 - clipped) / (states.space.observation_lambda - 1)
    moved *= np.float32(in_rest) + np.float32(clipped - in_rest) * states.expects_onset
    moved /= moved.sum()
    return moved


def within(states: BeatStates, posterior: Posterior, shortest: float, longest: float) -> Posterior:
    """Posterior conditioned on a range of beat lengths.

    Args:
        states: Tables of the beat space.
        posterior: Posterior over all states.
        shortest: Shortest beat [frames]; may lie between whole frames.
        longest: Longest beat [frames]. Where no whole number of frames lies in the range, the nearest one counts.

    Returns:
        The posterior of beats of these lengths, sum 1; uniform where they had no probability.
    """
    intervals = states.space.intervals_frames
    in_range = (intervals >= shortest) & (intervals <= longest)
    if not in_range.any():
        in_range[np.argmin(np.abs(intervals - (shortest + longest) / 2))] = True
    allowed = np.repeat(in_range, intervals).astype(np.float32)
    conditioned = posterior * allowed
    total = float(conditioned.sum())
    return conditioned / np.float32(total) if total > _MIN_PROBABILITY else allowed / allowed.sum()


def next_beat(states: BeatStates, posterior: Posterior) -> Floats:
    """Probability that the next beat starts k frames from now, shape `[longest interval + 1]`; index 0 is unused."""
    return np.bincount(
        states.frames_left, weights=posterior, minlength=int(states.space.intervals_frames[-1]) + 1
    ).astype(np.float32)


def interval_posterior(states: BeatStates, posterior: Posterior) -> Floats:
    """Probability of each interval, shape `[n_intervals]`."""
    return np.add.reduceat(posterior, states.first)
