"""Beat activations: how the network and the onset curve are joined, and that both are of the same frames."""

import numpy as np
import pytest

from tactus.analysis.live import onset_curve
from tactus.analysis.live.beat_activations import ActivationExtractor, joined
from tactus.analysis.networks.causal_rhythm import CausalNetwork
from tactus.dsp.arrays import Floats, Mask
from tactus.workers.model_files import network_weights

RATE = 100.0
QUIET: Mask = np.zeros(1, np.bool_)


def one_frame(
    beat: float = 0.0, onset_activation: float = 0.0, onset: float = 0.0
) -> tuple[Floats, Floats, Floats, Mask]:
    curves = np.array([[beat, 0.7, onset_activation]], np.float32)
    return curves, np.array([onset], np.float32), np.ones((1, 6), np.float32), QUIET


def test_a_beat_is_six_tenths_network_and_four_tenths_onset() -> None:
    assert joined(*one_frame(beat=0.5, onset=0.25)).beats.tolist() == pytest.approx([0.6 * 0.5 + 0.4 * 0.25])


@pytest.mark.parametrize(
    ("onset", "onset_activation", "is_audible"),
    [(0.09, 0.29, False), (0.11, 0.0, True), (0.0, 0.31, True), (0.11, 0.31, True)],
)
def test_something_sounds_by_the_onset_curve_or_by_the_network(
    onset: float, onset_activation: float, is_audible: bool
) -> None:
    activations = joined(*one_frame(beat=0.9, onset=onset, onset_activation=onset_activation))
    assert activations.are_audible.tolist() == [is_audible]


def test_curves_are_beat_downbeat_and_brightness_of_the_upper_two_bands() -> None:
    curves, onsets, _, _ = one_frame(beat=0.5)
    strengths = np.array([[9, 9, 9, 9, np.e - 1, np.e**2 - 1]], np.float32)
    activations = joined(curves, onsets, strengths, ~QUIET)
    assert activations.curves.tolist()[0] == pytest.approx([0.5, 0.7, 1.5])
    assert activations.are_noise.tolist() == [True]


def test_network_and_onsets_are_of_the_same_frames() -> None:
    """Fed frame by frame: the network evaluates two at once, and the last one waits."""
    rng = np.random.default_rng(0)
    log_mel = rng.uniform(0, 3, (61, 64)).astype(np.float32)
    strengths = rng.uniform(0, 1, (61, 6)).astype(np.float32)
    chroma = np.ones((1, 36), np.float32)
    weights = network_weights().live_rhythm
    extractor = ActivationExtractor(weights, RATE)
    state, parts = extractor.start(), []
    for k in range(61):
        rows = slice(k, k + 1)
        state, part = extractor.step(state, log_mel[rows], strengths[rows], chroma if k == 0 else chroma[:0])
        parts.append(part)
    assert {len(part.beats) for part in parts} == {0, 2}
    n = sum(len(part.beats) for part in parts)
    assert n == 60
    assert np.array_equal(state.waiting, strengths[60:])
    network = CausalNetwork(weights)
    curves = network.step(network.start(), log_mel, chroma)[1]
    curve, onsets = onset_curve.start(6), []
    for row in strengths[:n]:
        curve, onset = onset_curve.step(curve, row, RATE)
        onsets.append(onset)
    beats = np.concatenate([part.beats for part in parts])
    assert beats == pytest.approx(0.6 * curves[:n, 0] + 0.4 * np.array(onsets), abs=1e-5)
    brightness = np.concatenate([part.curves for part in parts])[:, 2]
    assert brightness == pytest.approx(np.log1p(strengths[:n, 4:]).mean(axis=1), abs=1e-6)
    assert parts[-1].are_noise.tolist() == [True] * len(parts[-1].beats)
