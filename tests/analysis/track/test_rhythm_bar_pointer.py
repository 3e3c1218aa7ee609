"""The semi-Markov decoder and the forward filter against the frame-by-frame definitions of the model."""

import numpy as np
import pytest

from tactus.dsp.arrays import Times
from tactus.dsp.bar_pointer import BeatSpace, beat_space, log_observations, most_likely_beats
from tactus.dsp.forward_filter import beat_states, interval_posterior, next_beat, next_posterior, prior


def frame_by_frame(activations: Times, space: BeatSpace) -> tuple[Times, Times]:
    """Best log-likelihood (Viterbi) and filtered probability (forward) over all states after the last frame.

    Every state is a pair of interval and position, moved with a full transition matrix.
    """
    states = [(j, p) for j, length in enumerate(space.intervals_frames) for p in range(length)]
    transition = np.full((len(states), len(states)), -np.inf)
    for row, (j, p) in enumerate(states):
        for column, (k, q) in enumerate(states):
            if j == k and q == p + 1:
                transition[row, column] = 0.0
            elif p == space.intervals_frames[j] - 1 and q == 0:
                transition[row, column] = space.log_transitions[j, k]
    log_onset, log_rest = log_observations(activations, space)
    on_beat = np.array([p < space.onset_frames[j] for j, p in states])
    best = np.full(len(states), -np.log(len(states)))
    total = best.copy()
    for n in range(len(activations)):
        if n:
            best = (best[:, None] + transition).max(axis=0)
            total = np.logaddexp.reduce(total[:, None] + transition, axis=0)
        heard = np.where(on_beat, log_onset[n], log_rest[n])
        best, total = best + heard, total + heard
    return best, np.exp(total - np.logaddexp.reduce(total))


@pytest.mark.parametrize("seed", range(12))
def test_decoding_whole_beats_is_exact(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = beat_space(20, (60, 180), transition_lambda=rng.uniform(0, 100), observation_lambda=int(rng.integers(2, 9)))
    activations = rng.uniform(0, 1, int(rng.integers(22, 90))) ** 3
    path = most_likely_beats(activations, space)
    assert path.log_likelihood == pytest.approx(frame_by_frame(activations, space)[0].max(), abs=1e-3)


def test_beats_follow_one_another_without_gaps() -> None:
    path = most_likely_beats(np.random.default_rng(1).uniform(0, 1, 3000) ** 4, beat_space(86, (55, 215)))
    assert (np.diff(path.start_frames) == path.intervals_frames[:-1]).all()


def test_every_weight_on_a_tempo_draws_the_path_to_it() -> None:
    space = beat_space(50, (50, 200))
    activations = np.zeros(2000)
    activations[::25] = 0.9
    slower = np.where(space.intervals_frames == 50, 40.0, 0.0)
    assert np.median(most_likely_beats(activations, space).intervals_frames) == 25
    assert np.median(most_likely_beats(activations, space, slower).intervals_frames) == 50


def test_too_short_a_piece_has_no_path() -> None:
    assert len(most_likely_beats(np.full(80, 0.5), beat_space(86, (55, 215))).start_frames) == 0


@pytest.mark.parametrize("bpm_range", [(0, 100), (120, 60), (-5, 10), (60, 6000)])
def test_impossible_ranges_are_refused(bpm_range: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="bpm"):
        beat_space(86, bpm_range)


@pytest.mark.parametrize("seed", range(4))
def test_filtering_is_the_forward_algorithm(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space = beat_space(20, (60, 180), transition_lambda=20, observation_lambda=4)
    states = beat_states(space)
    activations = rng.uniform(0, 1, 50) ** 2
    posterior = prior(states)

    for activation in activations:
        posterior = next_posterior(states, posterior, float(activation))
    assert posterior.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(posterior, frame_by_frame(activations, space)[1], atol=2e-3)


def test_steady_beats_are_foreseen() -> None:
    states = beat_states(beat_space(86, (55, 215)))
    posterior = prior(states)
    for frame in range(40 * 12 + 30):
        posterior = next_posterior(states, posterior, 0.9 if frame % 40 == 0 else 0.0)
    foreseen = int(np.argmax(next_beat(states, posterior)))
    assert 11 - 2 <= foreseen <= 11  # an onset may lie in any of the first three frames of its beat
    assert states.space.intervals_frames[np.argmax(interval_posterior(states, posterior))] == 40
