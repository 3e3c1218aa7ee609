"""What beats carry, on rhythms that were made by a formula: subdivision, tempo over time and swing."""

import numpy as np
import pytest

from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.rhythm.groove import Groove, groove
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.rhythm.tempo_curve import STEADY, tempo_curve
from tactus.analysis.track.signal_pass import Block
from tactus.dsp.arrays import Floats, Times
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import SAMPLE_RATE, click_track, silence, song


def rhythm_with(beat_times: Times, places: list[list[float]], *, jitter_s: float = 0.008) -> Rhythm:
    """Onsets at places in [0, 1) of each beat, as exact as people are; places take turns by stretches of beats."""
    rng = np.random.default_rng(3)
    lengths = np.diff(beat_times)
    region = -(-len(lengths) // len(places))
    places_s = [
        beat + length * place
        for k, (beat, length) in enumerate(zip(beat_times, lengths, strict=False))
        for place in places[k // region]
    ]
    onsets = np.sort(np.array(places_s) + rng.normal(0, jitter_s, len(places_s)))
    strengths = np.ones(len(onsets), np.float32)
    return Rhythm(
        bpm=120.0, beat_times=np.round(beat_times, 6), onset_times=np.round(onsets, 6), onset_strengths=strengths
    )


BEATS: Times = np.arange(0, 40, 0.5)


@pytest.mark.parametrize(
    ("places", "per_beat"),
    [
        ([[0.0, 0.5]], 2),
        ([[0.0]], 2),
        ([[0.0, 1 / 3, 2 / 3]], 3),
        ([[0.0, 2 / 3]], 3),
        ([[0.0, 0.25, 0.5, 0.75]], 4),
        ([[0.0, 0.75]], 4),
    ],
)
def test_a_beat_has_as_many_tatums_as_are_played(places: list[list[float]], per_beat: int) -> None:
    found = groove(rhythm_with(BEATS, places)).tatums
    assert found.per_beat == per_beat
    expected = np.append((BEATS[:-1, None] + 0.5 * np.arange(per_beat) / per_beat).ravel(), BEATS[-1])
    np.testing.assert_allclose(found.times, expected, atol=1e-6)


def test_the_subdivision_may_change() -> None:
    found = groove(rhythm_with(np.arange(0, 64.5, 0.5), [[0.0, 0.5], [0.0, 1 / 3, 2 / 3]])).tatums
    steps = np.diff(found.times)
    assert (np.abs(steps[found.times[:-1] < 31] - 0.25) < 1e-5).all()
    assert (np.abs(steps[found.times[:-1] > 33] - 0.5 / 3) < 1e-5).all()


@pytest.mark.parametrize("n_beats", [0, 1, 2, 3, 9])
def test_beats_are_tatums_to_the_bit(n_beats: int) -> None:
    beats = np.round(0.1 + np.cumsum(np.random.default_rng(n_beats).uniform(0.4, 0.6, n_beats)), 6)
    found = groove(rhythm_with(beats, [[0.0, 0.5]]))
    assert set(beats.tolist()) <= set(found.tatums.times.tolist())
    assert (np.diff(found.tatums.times) > 0).all()
    assert (found.tatums.per_beat is None) == (n_beats == 0)
    np.testing.assert_array_equal(found.tatums.times, np.round(found.tatums.times, 6))


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0, 2.5])
def test_swing_is_the_ratio_that_is_played(ratio: float) -> None:
    found = groove(rhythm_with(BEATS, [[0.0, ratio / (1 + ratio)]])).swing
    assert found.ratio == pytest.approx(ratio, rel=0.05)
    assert found.confidence > 0.9


@pytest.mark.parametrize(
    "places", [[[0.0]], [[0.0, 0.25, 0.5, 0.75]], [[0.0, 0.25, 0.75]], [[0.0, 0.3], [0.0, 0.9]]], ids=str
)
def test_where_no_off_beat_stands_out_no_swing_is_said(places: list[list[float]]) -> None:
    found = groove(rhythm_with(BEATS, places)).swing
    assert found.ratio is None
    assert found.confidence == 0.0


def speeding_up(from_bpm: float, to_bpm: float, duration_s: float) -> Times:
    """Beats of a tempo that grows evenly in time: beat n is where the integral of tempo, `a t + b t^2 / 2`, is n."""
    a, b = from_bpm / 60, (to_bpm - from_bpm) / 60 / duration_s
    n = np.arange(int(a * duration_s + b * duration_s**2 / 2))
    return n / a if b == 0 else (-a + np.sqrt(a**2 + 2 * b * n)) / b


@pytest.mark.parametrize(("from_bpm", "to_bpm"), [(90, 150), (160, 80), (100, 108)])
def test_a_changing_tempo_is_told_as_it_changes(from_bpm: float, to_bpm: float) -> None:
    beats = speeding_up(from_bpm, to_bpm, 60.0)
    jittered = beats + np.random.default_rng(1).normal(0, 0.004, len(beats))
    found = tempo_curve(jittered)
    at: Times = np.linspace(2, 58, 50)
    interpolated = np.interp(at, found.times, found.bpm)
    np.testing.assert_allclose(interpolated, from_bpm + (to_bpm - from_bpm) * at / 60, rtol=0.025)
    assert len(found.times) < 20
    # The share of the time at which an even growth lies within 4 % of its middle.
    middle = (from_bpm + to_bpm) / 2
    assert found.stability == pytest.approx(min(1.0, 2 * STEADY * middle / abs(to_bpm - from_bpm)), abs=0.1)


def test_a_steady_piece_has_one_tempo_from_beginning_to_end() -> None:
    found = tempo_curve(BEATS + np.random.default_rng(1).normal(0, 0.004, len(BEATS)))
    assert len(found.times) <= 3
    assert found.times[0] == pytest.approx(BEATS[0], abs=0.02)
    assert found.times[-1] == pytest.approx(BEATS[-1], abs=0.02)
    np.testing.assert_allclose(found.bpm, 120, rtol=0.015)
    assert found.stability == 1.0


def test_a_slip_is_no_change_of_tempo() -> None:
    slipping = np.delete(BEATS, [20, 50])
    found = tempo_curve(slipping)
    np.testing.assert_allclose(found.bpm, 120, rtol=0.01)


def groove_of(samples: Floats) -> Groove:
    found = TrackAnalyzer(TrackOptions("tempo_only"), network_weights()).analysis(lambda: [Block(samples, samples)])
    assert {*found.rhythm.downbeat_times} <= {*found.rhythm.beat_times} <= {*found.groove.tatums.times}
    return found.groove


@pytest.mark.parametrize(("ratio", "per_beat"), [(1.0, 2), (2.0, 3)])
def test_swing_is_heard(ratio: float, per_beat: int) -> None:
    beat_s = 0.5
    samples = click_track(120.0, 24.0, beats_per_bar=4)
    hat = (np.random.default_rng(1).standard_normal(2000) * np.exp(-np.arange(2000) / 300)).astype(np.float32)
    for beat in range(46):
        first = round((beat + ratio / (1 + ratio)) * beat_s * SAMPLE_RATE)
        samples[first : first + len(hat)] += 0.1 * hat
    found = groove_of(samples[None])
    assert found.swing.ratio == pytest.approx(ratio, rel=0.06)
    assert found.tatums.per_beat == per_beat


def test_of_a_song_with_straight_eighths_that_is_said() -> None:
    piece = song(form="AAAA")
    found = groove_of(piece.samples)
    assert found.swing.ratio == pytest.approx(1.0, rel=0.05)
    assert found.tatums.per_beat == 2
    assert found.tempo_curve.stability == 1.0


def test_without_beats_there_is_nothing_to_carry() -> None:
    found = groove_of(silence(5.0)[None])
    assert len(found.tatums.times) == len(found.tempo_curve.times) == 0
    assert found.tatums.per_beat is None
    assert found.swing.ratio is None
    assert found.tempo_curve.stability == 0.0
