"""A beat hint takes precedence over the sound, on a piece whose beats are known."""

import numpy as np
import pytest

from tactus.analysis.beat_hint import NO_HINT, RATIOS, HintError, Relation, TempoHint, hint_from
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.rhythm.hinted import BPM_TOLERANCE, bpm_range, with_downbeat
from tactus.analysis.track.rhythm.rhythm import Rhythm
from tactus.analysis.track.rhythm.taps import activations_with_taps, aligned_taps
from tactus.analysis.track.signal_pass import Block
from tactus.dsp.arrays import Times
from tactus.dsp.sampled import Sampled
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import scattered_clicks, song

BPM = 100.0
PIECE = song(bpm=BPM)


@pytest.fixture(scope="module")
def retained() -> RetainedFeatures:
    """Of a piece at 100 beats per minute in 4/4 whose hi-hat sounds between the beats, too."""
    found = TrackAnalyzer(TrackOptions("tempo_only"), network_weights()).analysis(
        lambda: [Block(PIECE.samples, PIECE.samples)]
    )
    assert found.retained is not None
    return found.retained


def rhythm_of(retained: RetainedFeatures, hint: TempoHint) -> Rhythm:
    return beat_dependent_results(retained, hint).rhythm


@pytest.mark.parametrize("correction", RATIOS)
def test_a_multiple_is_of_the_tempo_that_is_found_without_it(retained: RetainedFeatures, correction: Relation) -> None:
    without_hint = rhythm_of(retained, NO_HINT).bpm
    assert without_hint is not None
    assert without_hint == pytest.approx(BPM, rel=0.01)
    corrected = rhythm_of(retained, TempoHint(correction=correction))
    assert corrected.bpm == pytest.approx(without_hint * RATIOS[correction], rel=0.01)
    assert np.isin(corrected.downbeat_times, corrected.beat_times).all()


@pytest.mark.parametrize(
    ("hint", "low", "high"),
    [
        (TempoHint(bpm=50.0), 46.0, 54.0),
        (TempoHint(bpm=206.0), 189.5, 222.5),
        (TempoHint(bpm_min=120.0), 120.0, 240.0),
        (TempoHint(bpm_max=80.0), 40.0, 80.0),
        (TempoHint(bpm_min=140.0, bpm_max=160.0), 140.0, 160.0),
    ],
)
def test_the_tempo_lies_where_it_is_said_to(
    retained: RetainedFeatures, hint: TempoHint, low: float, high: float
) -> None:
    bpm = rhythm_of(retained, hint).bpm
    assert bpm is not None
    assert low * 0.99 <= bpm <= high * 1.01, "to a frame"


def test_a_range_with_one_end_is_an_octave_wide_at_least() -> None:
    assert bpm_range(TempoHint(bpm_min=200.0)) == (200.0, 400.0)
    assert bpm_range(TempoHint(bpm_max=60.0)) == (30.0, 60.0)
    assert bpm_range(TempoHint(bpm_max=180.0)) == (55.0, 180.0)
    assert bpm_range(TempoHint(bpm=100.0)) == pytest.approx((100 * (1 - BPM_TOLERANCE), 100 * (1 + BPM_TOLERANCE)))


@pytest.mark.parametrize("n_taps", [6, 12, 40])
@pytest.mark.parametrize("phase_offset", [0.0, 0.5])
def test_beats_fall_where_somebody_taps_even_on_off_beats(
    retained: RetainedFeatures, n_taps: int, phase_offset: float
) -> None:
    beat_s = 60 / BPM
    rng = np.random.default_rng(n_taps)
    wanted = PIECE.beat_times_s + phase_offset * beat_s
    taps = wanted[8 : 8 + n_taps] + rng.normal(0, 0.03, n_taps)  # as people tap: Repp 2005
    found = rhythm_of(retained, TempoHint(taps=tuple(taps.tolist())))
    assert found.bpm == pytest.approx(BPM, rel=0.01)
    away_s = np.abs((found.beat_times - phase_offset * beat_s + beat_s / 2) % beat_s - beat_s / 2)
    assert np.mean(away_s < 0.07) > 0.95, "mir_eval's tolerance, over the whole piece"


def test_taps_say_nothing_of_what_lies_beyond_them() -> None:
    activations = np.full(1000, 0.5, np.float32)
    taps = np.array([4.0, 4.5, 5.0, 5.5])
    held = activations_with_taps(Sampled(activations, 100.0), taps)
    np.testing.assert_array_equal(held[:375], activations[:375])
    np.testing.assert_array_equal(held[576:], activations[576:])
    assert (held[[400, 450, 500, 550]] > 0.9).all()
    assert (held[[425, 475, 525]] < 0.1).all()
    np.testing.assert_array_equal(activations_with_taps(Sampled(activations, 100.0), np.empty(0)), activations)


def test_taps_that_are_late_mean_the_beats_and_taps_between_them_mean_others() -> None:
    beats: Times = np.arange(0, 20, 0.5)
    np.testing.assert_allclose(aligned_taps(beats[4:9] + 0.1, beats), beats[4:9])
    np.testing.assert_allclose(aligned_taps(beats[4:9] + 0.2, beats), beats + 0.2)
    np.testing.assert_array_equal(aligned_taps(beats[4:9], np.empty(0)), beats[4:9])


@pytest.mark.parametrize("beat", [0, 1, 6, 7, 30])
def test_a_bar_begins_where_it_is_said_to(retained: RetainedFeatures, beat: int) -> None:
    without_hint = rhythm_of(retained, NO_HINT)
    moment_s = float(without_hint.beat_times[beat]) + 0.1
    found = rhythm_of(retained, TempoHint(downbeat_at=moment_s))
    np.testing.assert_array_equal(found.beat_times, without_hint.beat_times)
    assert found.time_signature == 4
    np.testing.assert_array_equal(found.downbeat_times, without_hint.beat_times[beat % 4 :: 4])


def test_bars_that_slip_go_on_to_slip() -> None:
    beats: Times = np.arange(16, dtype=np.float64)
    slipping = Rhythm(bpm=60.0, beat_times=beats, downbeat_times=beats[[0, 4, 9, 13]], time_signature=4)
    assert with_downbeat(slipping, 6.2).downbeat_times.tolist() == [2.0, 6.0, 11.0, 15.0]
    assert with_downbeat(slipping, 8.0).downbeat_times.tolist() == [0.0, 4.0, 8.0, 13.0]


def test_where_nothing_sounds_there_is_no_beat_whatever_is_said() -> None:
    silence = np.zeros((1000, 6), np.float32)
    retained = RetainedFeatures(
        duration_s=11.6,
        onset_strengths=Sampled(silence, 86.13),
        curves=np.zeros((1000, 3), np.float16),
        tempi=np.full(40, 1 / 40, np.float32),
        chroma=Sampled(np.zeros((100, 12), np.float32), 10.8),
    )
    for hint in (
        TempoHint(bpm=120.0),
        TempoHint(correction="x2"),
        TempoHint(taps=(1.0, 1.5, 2.0, 2.5), downbeat_at=1.0),
    ):
        assert rhythm_of(retained, hint).bpm is None


def test_who_knows_the_tempo_is_not_asked_whether_there_is_one() -> None:
    samples = scattered_clicks(1, 20.0)[None]
    for hint, has_tempo in (
        (NO_HINT, False),
        (TempoHint(bpm_min=80.0, bpm_max=160.0), False),
        (TempoHint(bpm=120.0), True),
    ):
        found = TrackAnalyzer(TrackOptions("tempo_only", hint=hint), network_weights()).analysis(
            lambda: [Block(samples, samples)]
        )
        assert (found.rhythm.bpm is not None) == has_tempo


def test_what_is_said_now_goes_before_what_was_said() -> None:
    first = TempoHint(correction="x2", downbeat_at=3.0)
    assert TempoHint(bpm=90.0).over(first) == TempoHint(bpm=90.0, downbeat_at=3.0)
    assert TempoHint(downbeat_at=5.0).over(first) == TempoHint(correction="x2", downbeat_at=5.0)
    assert NO_HINT.over(first) == first


@pytest.mark.parametrize(
    "hint", [NO_HINT, TempoHint(correction="3:2"), TempoHint(taps=(0.0, 1.0, 2.0, 3.5), downbeat_at=0)]
)
def test_a_hint_is_read_as_it_was_told(hint: TempoHint) -> None:
    assert hint_from(hint.to_dict()) == hint
    assert bool(hint.to_dict()) == (hint != NO_HINT)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"bpm": 100.0, "correction": "x2"}, "bpm"),
        ({"bpm": 19.9}, "bpm"),
        ({"bpm": float("nan")}, "bpm"),
        ({"bpm_min": 401.0}, "bpm_min"),
        ({"bpm_min": 100.0, "bpm_max": 99.0}, "bpm_min"),
        ({"correction": "x5"}, "correction"),
        ({"taps": (0.0, 1.0, 2.0)}, "taps"),
        ({"taps": (0.0, 1.0, 1.0, 2.0)}, "taps"),
        ({"taps": (0.0, 0.1, 0.2, 0.3)}, "taps"),
        ({"downbeat_at": -1.0}, "downbeat_at"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(values: dict[str, object], field: str) -> None:
    with pytest.raises(HintError) as caught:
        TempoHint(**values)  # type: ignore[arg-type]
    assert caught.value.field == field
