"""Where in a beat the music is now, as a probability over all states of the bar-pointer model: forward filtering.

The causal sibling of `bar_pointer.most_likely_beats`: one frame in, the belief after it out.
"""

from dataclasses import dataclass

import numpy as np

from tactus.dsp.arrays import Floats, Ints
from tactus.dsp.bar_pointer import BeatSpace

_MIN_PROBABILITY = 1e-6
"""Less belief than this is no more than rounding."""

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
    """Before anything is heard, every state is equally likely."""
    n_states = len(states.frames_left)
    return np.full(n_states, 1 / n_states, np.float32)


def next_posterior(states: BeatStates, posterior: Posterior, activation: float) -> Posterior:
    """The belief one frame later.

    Args:
        states: Tables of the beat space.
        posterior: After the previous frame.
        activation: How likely a beat starts in the new frame, in [0, 1].

    Returns:
        The next belief, sum 1; the one given is not changed.
    """
    least = states.space.min_probability
    held = min(max(activation, least), 1 - least)
    moved = np.empty_like(posterior)
    moved[1:] = posterior[:-1]
    moved[states.first] = posterior[states.last] @ states.transitions
    on_rest = (1 - held) / (states.space.observation_lambda - 1)
    moved *= np.float32(on_rest) + np.float32(held - on_rest) * states.expects_onset
    moved /= moved.sum()
    return moved


def within(states: BeatStates, posterior: Posterior, shortest: float, longest: float) -> Posterior:
    """The belief of somebody who knows how long a beat lasts, about.

    Args:
        states: Tables of the beat space.
        posterior: What is believed otherwise.
        shortest: Frames that a beat lasts at least; may lie between whole frames.
        longest: And at most. Where no whole frame lies between, the nearest is meant.

    Returns:
        The belief in beats of these lengths, sum 1; all alike where there was none.
    """
    intervals = states.space.intervals_frames
    are_meant = (intervals >= shortest) & (intervals <= longest)
    if not are_meant.any():
        are_meant[np.argmin(np.abs(intervals - (shortest + longest) / 2))] = True
    allowed = np.repeat(are_meant, intervals).astype(np.float32)
    held = posterior * allowed
    total = float(held.sum())
    return held / np.float32(total) if total > _MIN_PROBABILITY else allowed / allowed.sum()


def next_beat(states: BeatStates, posterior: Posterior) -> Floats:
    """Probability that the next beat starts so many frames from now, shape `[longest interval + 1]`, index 0 unused."""
    return np.bincount(
        states.frames_left, weights=posterior, minlength=int(states.space.intervals_frames[-1]) + 1
    ).astype(np.float32)


def interval_posterior(states: BeatStates, posterior: Posterior) -> Floats:
    """Probability of each interval, shape `[n_intervals]`."""
    return np.add.reduceat(posterior, states.first)
