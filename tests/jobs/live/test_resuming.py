"""What one child of a session leaves to the next: audio time, the beat where it lasts, and what listeners have said."""

import orjson
import pytest

from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import BeatCommand, BeatControls
from tactus.analysis.live.pulse import Pulse
from tactus.jobs.live.progress import LiveProgress
from tactus.workers.live_handover import from_fields, to_fields

HELD = BeatClockState(
    BeatControls(hold=True, downbeat_is_set=True, bpm_range=(114.0, 126.0)),
    pulse=Pulse(10.0, 0.5),
    confidence=1.0,
    last_beat_s=10.0,
    beat_in_bar=2,
    bar=7,
)


def test_only_a_held_beat_is_handed_over() -> None:
    assert to_fields(HELD) is not None
    assert to_fields(BeatClockState(BeatControls(hold=True))) is None
    assert to_fields(BeatClockState(BeatControls(scale=2.0), HELD.pulse, last_beat_s=10.0)) is None


def test_a_beat_is_taken_over_as_it_was_left() -> None:
    beat = orjson.loads(orjson.dumps(to_fields(HELD)))
    assert from_fields({"beat": beat, "controls": None}) == HELD


def frame(
    audio_time_s: float, moment_s: float, *, n_applied: int = 0, beat: BeatClockState | None = None
) -> dict[str, object]:
    return {
        "type": "frame",
        "audio_time": audio_time_s,
        "moment_s": moment_s,
        "next_beat_id": 3,
        "n_applied": n_applied,
        "beat": beat and to_fields(beat),
    }


def test_audio_time_goes_on_with_the_clock_and_never_back() -> None:
    progress = LiveProgress(0, BeatControls())
    assert progress.handover(100.0)["audio_time"] == 0
    progress.update(frame(5.0, 105.3))
    later, earlier = progress.handover(107.3), progress.handover(105.1)
    assert (later["audio_time"], later["passed_over_s"]) == (pytest.approx(7.0), 0)
    assert (earlier["audio_time"], earlier["passed_over_s"]) == (5.0, pytest.approx(0.2))


def test_what_no_child_has_done_is_said_to_the_next() -> None:
    progress = LiveProgress(0, BeatControls(offset_s=0.05))
    for command in (BeatCommand(tempo="x2"), BeatCommand(resync=True), BeatCommand(hold=True)):
        progress.add_command(command, 100.0)
    progress.update(frame(5.0, 105.0, n_applied=2))
    progress.end_child()
    assert progress.controls == BeatControls(scale=2.0, offset_s=0.05, hold=True)  # the one is gone with its bars
    assert [fields["hold"] for fields in progress.commands] == [True]
    taken = from_fields(orjson.loads(orjson.dumps(progress.handover(106.0))))
    assert taken == BeatClockState(BeatControls(scale=2.0, offset_s=0.05))
    progress.update(frame(6.0, 106.0, n_applied=1))
    assert progress.commands == []


def test_what_was_said_of_a_beat_that_lasts_stays_until_it_is_released() -> None:
    progress = LiveProgress(0, BeatControls())
    for command in (BeatCommand(hold=True), BeatCommand(resync=True)):
        progress.add_command(command, 100.0)
    progress.update(frame(5.0, 105.0, n_applied=2, beat=HELD))
    progress.end_child()
    assert progress.beat_is_held
    assert progress.controls == BeatControls(hold=True, downbeat_is_set=True)
    assert from_fields(orjson.loads(orjson.dumps(progress.handover(106.0)))) == HELD
    progress.add_command(BeatCommand(release=True), 106.0)
    progress.update(frame(6.0, 106.0, n_applied=1))
    progress.end_child()
    assert not progress.beat_is_held
    assert progress.handover(107.0)["beat"] is None
    assert progress.controls == BeatControls()
