"""Viterbi's path where every change is as likely as any other."""

import numpy as np

from tactus.dsp.arrays import Floats, Ints, Times


def likeliest_path(log_likelihoods: Floats | Times, change: float) -> Ints:
    """The best sequence of states, O(n_states) a step.

    Args:
        log_likelihoods: Of each state at each step, shape `[n_steps, n_states]`, n_steps >= 1.
        change: What is added where the state changes, < 0 [nats]; staying adds nothing.

    Returns:
        The number of the state at each step, shape `[n_steps]`.

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
