"""Pulses, and the tracked beat: arithmetic of evenly spaced beats."""

import math

import pytest

from tactus.analysis.live.pulse import Pulse, TrackedBeat, wrapped

PULSE = Pulse(beat_s=10.0, interval_s=0.5)


@pytest.mark.parametrize(
    ("at_s", "phase"), [(10.0, 0.0), (10.125, 0.25), (9.9, 0.8), (10.5, 0.0), (12.25, 0.5), (0.1, 0.2)]
)
def test_phase_is_zero_on_beats_and_rises_between_them(at_s: float, phase: float) -> None:
    assert PULSE.phase(at_s) == pytest.approx(phase, abs=1e-9)


@pytest.mark.parametrize(("at_s", "beat_s"), [(10.7, 10.5), (10.8, 11.0), (9.2, 9.0), (10.0, 10.0)])
def test_the_nearest_beat(at_s: float, beat_s: float) -> None:
    assert PULSE.beat_near(at_s) == pytest.approx(beat_s)


@pytest.mark.parametrize(("at_s", "beat_s"), [(10.1, 10.5), (9.6, 10.0), (10.45, 10.5), (3.0, 3.5)])
def test_the_next_beat(at_s: float, beat_s: float) -> None:
    assert PULSE.beat_after(at_s) == pytest.approx(beat_s)


@pytest.mark.parametrize(
    ("pulse", "phase_error"),
    [
        (Pulse(10.1, 0.5), 0.2),  # 0.1 s late, a fifth of a beat
        (Pulse(9.9, 0.5), -0.2),
        (Pulse(10.3, 0.5), -0.4),  # as near to the beat after it
        (Pulse(3.1, 1.0), 0.2),  # in beats of the reference
    ],
)
def test_the_phase_error_is_how_far_beats_lie_behind_the_reference(pulse: Pulse, phase_error: float) -> None:
    assert pulse.phase_error(Pulse(0.0, 0.5)) == pytest.approx(phase_error)


@pytest.mark.parametrize(("beats", "shortest"), [(0.0, 0.0), (0.4, 0.4), (0.5, -0.5), (0.75, -0.25), (-1.1, -0.1)])
def test_phase_differences_go_the_shortest_way_round(beats: float, shortest: float) -> None:
    assert wrapped(beats) == pytest.approx(shortest)


def test_a_tracked_beat_is_moved_with_all_its_times() -> None:
    tracked = TrackedBeat(PULSE, confidence=0.7, last_beat_s=9.5, beat_in_bar=2, bar=3, meter=3)
    assert tracked.later(2.0) == TrackedBeat(
        Pulse(12.0, 0.5), confidence=0.7, last_beat_s=11.5, beat_in_bar=2, bar=3, meter=3
    )
    assert TrackedBeat().later(2.0) == TrackedBeat(None, 0.0, -math.inf, 0, -1, 4)
