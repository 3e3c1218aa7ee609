"""Ids of output beats: one for each beat, through gaps and commands."""

from tactus.analysis.live.beat_ids import BeatIds
from tactus.analysis.live.events import BeatCancelled, BeatPrediction


def beat(number: int) -> BeatPrediction:
    return BeatPrediction(number, 1.0, 0.95, 120.0, 1, 0, 0.9, 0.8, predicted=True)


def test_a_new_beat_has_the_next_id_and_keeps_it() -> None:
    ids = BeatIds(next_id=7)
    assert (ids.pending_id, ids.n_predictions) == (None, 0)
    assert ids.is_new(beat(0))
    first = ids.after(beat(0))
    assert first == BeatIds(next_id=8, n_predictions=1, pending_id=7)
    assert not first.is_new(beat(0))
    assert first.after(beat(0)) == first  # moved
    assert first.after(BeatCancelled(0, 0.97)) == first
    assert first.after(beat(1)) == BeatIds(next_id=9, n_predictions=2, pending_id=8)


def test_predictions_that_are_not_passed_on_use_no_id_and_stay_unknown() -> None:
    ids = BeatIds(next_id=3, n_predictions=2, pending_id=2).superseding([beat(1), beat(2)])
    assert ids == BeatIds(next_id=3, n_predictions=3, pending_id=None)
    assert not ids.is_new(beat(2))
    assert ids.superseding([]) == ids
    assert ids.superseding([beat(1)]) == ids
    assert ids.after(beat(3)).pending_id == 3


def test_generated_beats_use_ids_of_the_same_series() -> None:
    assert BeatIds(next_id=3, n_predictions=2).after_generated() == BeatIds(next_id=4, n_predictions=2)
