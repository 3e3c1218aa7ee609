"""The network that hears the past only: the same in any pieces, deaf to what comes later, sure of beats."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.networks.causal_rhythm import CausalNetwork
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import noise, silence, song

HEARD = ("log_mel", "chroma_harmony")
ANALYZER = Analyzer(features_for(HEARD), INNER_GRIDS, HEARD)
FRAME_RATE_HZ = INNER_GRIDS["rhythm"].frame_rate_hz
NETWORK = CausalNetwork(network_weights().live_rhythm)
ROWS_PER_CHROMA = 8


def heard(samples: Floats) -> tuple[Floats, Floats]:
    timelines = ANALYZER.run([np.atleast_2d(samples)])
    return timelines["log_mel"].values, timelines["chroma_harmony"].values


def curves(log_mel: Floats, chroma: Floats, piece: int) -> Floats:
    """All that is said where rows come `piece` at a time, and those of the chroma as soon as they may."""
    state, said, n_chroma = NETWORK.start(), [], 0
    for first in range(0, len(log_mel), piece):
        n_due = (first + piece) // ROWS_PER_CHROMA + 1
        state, more = NETWORK.step(state, log_mel[first : first + piece], chroma[n_chroma:n_due])
        n_chroma = max(n_chroma, n_due)
        said.append(more)
    return np.concatenate(said)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64])
def test_pieces_of_any_length_say_the_same(piece: int) -> None:
    log_mel, chroma = heard(song(bpm=116, form="A").samples)
    whole = curves(log_mel, chroma, len(log_mel))
    assert len(whole) == len(log_mel) // 2 * 2
    assert curves(log_mel, chroma, piece) == pytest.approx(whole, abs=1e-6)


def test_what_comes_later_changes_nothing() -> None:
    log_mel, chroma = heard(song(bpm=116, form="A").samples)
    n = len(log_mel) // 2 // ROWS_PER_CHROMA * ROWS_PER_CHROMA
    other = np.concatenate((log_mel[:n], heard(noise(1, 10.0))[0][: len(log_mel) - n]))
    other_chroma = np.concatenate((chroma[: n // ROWS_PER_CHROMA], 1 - chroma[n // ROWS_PER_CHROMA :]))
    before, after = curves(log_mel, chroma, 4), curves(other, other_chroma, 4)
    assert np.array_equal(before[:n], after[:n])
    assert not np.allclose(before[n : len(after)], after[n:], atol=0.01)


def test_beats_of_a_song_are_likely_and_what_lies_between_is_not() -> None:
    piece = song(bpm=112, form="AB")
    beats = curves(*heard(piece.samples), 2)[:, 0]
    frames = np.round(piece.beat_times_s[8:-2] * FRAME_RATE_HZ).astype(np.int64)
    on_beats = np.max([beats[frames + shift] for shift in (-1, 0, 1)], axis=0)
    assert np.median(on_beats) > 0.5
    assert np.median(beats[(frames[:-1] + frames[1:]) // 2]) < 0.1


def test_in_silence_and_noise_no_beat_is_likely() -> None:
    assert curves(*heard(silence(10)), 2)[:, 0].max() < 0.5
    assert np.median(curves(*heard(noise(3, 10.0)), 2)[:, 0]) < 0.2
