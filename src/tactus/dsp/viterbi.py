"""Viterbi decoding of a hidden Markov model in which all changes of state are equally likely."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


def viterbi(log_likelihoods: Floats | Times, change: float) -> Ints:
    """Most likely sequence of states, in O(n_states) per step.

    Args:
        log_likelihoods: Log-likelihood of each state at each step, shape `[n_steps, n_states]`, n_steps >= 1.
        change: Log-weight of a change of state relative to staying, < 0 [nats].

    Returns:
        Index of the state at each step, shape `[n_steps]`.

    Example:
        >>> log_likelihoods = np.log([[0.9, 0.1], [0.4, 0.6], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
        >>> viterbi(log_likelihoods, -2.0).tolist()
        [0, 0, 0, 1, 1]

    Source: Forney 1973, "The Viterbi algorithm".
    """
    n_steps, n_states = log_likelihoods.shape
    scores = log_likelihoods[0].astype(np.float64)
    came_from = np.empty((n_steps, n_states), np.int64)
    states = np.arange(n_states)
    for step in range(1, n_steps):
        best = int(np.argmax(scores))
        stays = scores >= scores[best] + change
        came_from[step] = np.where(stays, states, best)
        scores = np.where(stays, scores, scores[best] + change) + log_likelihoods[step]
    path = np.empty(n_steps, np.int64)
    path[-1] = np.argmax(scores)
    for step in range(n_steps - 1, 0, -1):
        path[step - 1] = came_from[step, path[step]]
    return path
