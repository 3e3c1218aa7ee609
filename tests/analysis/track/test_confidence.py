"""Inputs of the confidences of tempo and meter, and the confidences."""

import numpy as np
import pytest

from tactus.analysis.networks.rhythm import RhythmActivations, tempo_classes_bpm
from tactus.analysis.track.confidence import (
    mean_near,
    meter_confidence,
    meter_inputs,
    tempo_confidence,
    tempo_inputs,
    tempo_posterior,
)
from tactus.dsp.arrays import Floats, Times

N_TEMPI = 40
FRAME_RATE_HZ = 100.0
BPM = 100.0
BEAT_TIMES = np.arange(0.5, 20, 60 / BPM)
HALF_WAY = (BEAT_TIMES[1:] + BEAT_TIMES[:-1]) / 2
NO_TIMES = np.empty(0)


def tempo_probabilities(**shares: float) -> Floats:
    """Probabilities of tempi by name, as in `bpm100=0.6`, each in the nearest class."""
    tempi = np.zeros(N_TEMPI, np.float32)
    for name, share in shares.items():
        tempi[np.argmin(np.abs(np.log(tempo_classes_bpm(N_TEMPI) / float(name.removeprefix("bpm")))))] += share
    return tempi


def curve_at(*times: Times) -> Floats:
    """1 at these moments, 0 elsewhere."""
    curve = np.zeros(2100, np.float32)
    curve[np.round(np.concatenate(times) * FRAME_RATE_HZ).astype(np.int64)] = 1
    return curve


def reading(tempi: Floats, beats: Floats | None = None, downbeats: Floats | None = None) -> RhythmActivations:
    nothing = np.zeros(2100, np.float32)
    return RhythmActivations(
        nothing if beats is None else beats, nothing if downbeats is None else downbeats, nothing, tempi
    )


def inputs_of(tempi: Floats, beats: Floats | None = None) -> tuple[float, float]:
    return tempo_inputs(reading(tempi, beats), BPM, BEAT_TIMES, FRAME_RATE_HZ)


@pytest.mark.parametrize("rival", ["bpm200", "bpm50", "bpm150", "bpm67"])
def test_a_strong_rival_takes_its_share(rival: str) -> None:
    alone, _ = inputs_of(tempo_probabilities(bpm100=1.0))
    weak, _ = inputs_of(tempo_probabilities(bpm100=0.8, **{rival: 0.2}))
    strong, _ = inputs_of(tempo_probabilities(bpm100=0.5, **{rival: 0.5}))
    assert 1 > alone > weak > strong
    assert strong == pytest.approx(0.5, abs=0.02)


def test_a_tempo_that_is_no_multiple_is_no_rival() -> None:
    beside, _ = inputs_of(tempo_probabilities(bpm100=0.5, bpm120=0.5))
    alone, _ = inputs_of(tempo_probabilities(bpm100=0.5))
    assert beside == alone


def test_beats_half_way_make_a_tempo_less_likely() -> None:
    tempi = tempo_probabilities(bpm100=1.0)
    clear, doubled = inputs_of(tempi, curve_at(BEAT_TIMES)), inputs_of(tempi, curve_at(BEAT_TIMES, HALF_WAY))
    assert (clear[1], doubled[1]) == (0, 1)
    assert tempo_confidence(clear) > tempo_confidence(doubled)


def test_a_rival_makes_a_tempo_less_likely() -> None:
    assert tempo_confidence(inputs_of(tempo_probabilities(bpm100=1.0))) > tempo_confidence(
        inputs_of(tempo_probabilities(bpm100=0.4, bpm200=0.6))
    )


def test_a_meter_is_likelier_the_more_it_stands_out_and_the_likelier_its_bars_are() -> None:
    bars = BEAT_TIMES[::4]
    sure, unsure = (
        reading(tempo_probabilities(bpm100=1.0), downbeats=downbeats)
        for downbeats in (curve_at(bars), curve_at(NO_TIMES))
    )
    assert meter_inputs(0.4, sure, bars, FRAME_RATE_HZ) == (0.4, 1.0)
    assert meter_inputs(0.4, unsure, bars, FRAME_RATE_HZ) == (0.4, 0.0)
    assert meter_confidence((0.9, 0.5)) > meter_confidence((0.1, 0.5))
    assert meter_confidence((0.4, 1.0)) > meter_confidence((0.4, 0.0))


@pytest.mark.parametrize("inputs", [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
def test_confidences_are_neither_certain_nor_impossible(inputs: tuple[float, float]) -> None:
    assert 0 < tempo_confidence(inputs) < 1
    assert 0 < meter_confidence(inputs) < 1


def test_where_nothing_is_believed_nothing_speaks_for_a_tempo() -> None:
    assert inputs_of(np.zeros(N_TEMPI, np.float32)) == (0.0, 0.0)


@pytest.mark.parametrize("bpm", [20.0, 48.0, 100.0, 230.0, 400.0])
def test_belief_in_a_tempo_lies_between_none_and_all(bpm: float) -> None:
    even = np.full(N_TEMPI, 1 / N_TEMPI, np.float32)
    assert 0 <= tempo_posterior(even, bpm) < 0.2
    assert (tempo_posterior(even, bpm) == 0) == (bpm in (20.0, 400.0)), "far outside there is no class"


def test_the_mean_of_no_times_is_none_and_times_outside_count_at_the_ends() -> None:
    curve = curve_at(np.array([0.0, 1.0]))
    assert mean_near(curve, NO_TIMES, FRAME_RATE_HZ) == 0
    assert mean_near(np.empty(0, np.float32), BEAT_TIMES, FRAME_RATE_HZ) == 0
    assert mean_near(curve, np.array([1.02]), FRAME_RATE_HZ) == 1
    assert mean_near(curve, np.array([1.03]), FRAME_RATE_HZ) == 0
    assert mean_near(curve, np.array([-1.0, 50.0]), FRAME_RATE_HZ) == 0.5
