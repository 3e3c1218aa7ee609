"""The onset detector at 100 frames per second: two bands that rise by 1 in every frame, and peaks above that."""

import numpy as np
import pytest

from tactus.analysis.live.events import OnsetEvent
from tactus.analysis.live.onset_detector import OnsetDetector
from tactus.dsp.arrays import Floats

RATE = 100.0
DETECTOR = OnsetDetector(RATE, n_bands=2)


def background(n: int = 400) -> Floats:
    return np.ones((n, 2), np.float32)


def with_peaks(**peaks: float) -> Floats:
    """The background, in some frames of which all bands are so much stronger: `at_300=4.0`."""
    strengths = background()
    for name, strength in peaks.items():
        strengths[int(name.removeprefix("at_"))] *= strength
    return strengths


def onsets(strengths: Floats, known_at_s: float = 9.0) -> list[OnsetEvent]:
    return DETECTOR.step(DETECTOR.start(), strengths, known_at_s)[1]


def frames_of(strengths: Floats) -> list[int]:
    return [round(onset.audio_time_s * RATE - 0.35) for onset in onsets(strengths)]


def test_a_peak_is_an_onset_three_and_a_half_milliseconds_later() -> None:
    [onset] = onsets(with_peaks(at_300=5.0))
    assert onset.audio_time_s == pytest.approx(3.0 + 0.0035)
    assert onset.known_at_s == 9.0
    # The means have risen from 1 to 1 + 4 / 301 by the peak's frame; a fifth of the mean of all holds them up.
    assert onset.strength == pytest.approx(5 / (1.2 * (1 + 4 / 301)), rel=1e-5)
    assert onset.band == 0


def test_an_onset_is_known_one_frame_after_its_peak() -> None:
    strengths = with_peaks(at_300=5.0)
    assert DETECTOR.step(DETECTOR.start(), strengths[:301], 3.01)[1] == []
    assert len(DETECTOR.step(DETECTOR.start(), strengths[:302], 3.02)[1]) == 1


def test_the_means_are_those_of_eight_seconds() -> None:
    state, _ = DETECTOR.step(DETECTOR.start(), background(1000), 10.0)
    state, _ = DETECTOR.step(state, np.array([[3.0, 1.0]], np.float32), 10.0)
    assert state.means.tolist() == pytest.approx([1 + 2 / 800, 1.0])


def test_the_band_is_the_one_that_rises_most_above_its_mean() -> None:
    strengths = background()
    strengths[:, 0] = 10.0
    strengths[300] = 25.0, 6.0
    assert [onset.band for onset in onsets(strengths)] == [1]


@pytest.mark.parametrize(("strength", "n"), [(1.65, 1), (1.55, 0)])
def test_an_onset_exceeds_the_mean_before_it_by_half(strength: float, n: int) -> None:
    """Steady sound has a curve of 1 / 1.2 = 0.833; an onset needs 1.333, which is 1.6 times as much."""
    assert len(onsets(with_peaks(at_300=strength))) == n


def test_the_mean_before_is_that_of_a_tenth_of_a_second() -> None:
    """A peak of 4 / 1.2 = 3.33 after a rise to 3 / 1.2 = 2.5 ten frames, or five frames, before it."""
    long, short = background(), background()
    long[290:300], short[295:300] = 3.0, 3.0
    long[300], short[300] = 3.3, 3.3
    assert 300 not in frames_of(long)
    assert 300 in frames_of(short)
    eleven = background()
    eleven[289] = 30.0
    eleven[300] = 2.2
    assert 300 in frames_of(eleven)
    ten = background()
    ten[290] = 30.0
    ten[300] = 2.2
    assert 300 not in frames_of(ten)


def test_only_the_strongest_peak_of_35_ms_is_an_onset() -> None:
    """At 100 frames per second, 35 ms are 4 frames."""
    assert frames_of(with_peaks(at_300=5.0, at_304=4.0)) == [300]
    assert frames_of(with_peaks(at_300=5.0, at_305=4.0)) == [300, 305]
    assert frames_of(with_peaks(at_300=4.0, at_304=9.0)) == [300]
    assert frames_of(with_peaks(at_300=4.0, at_305=9.0)) == [300, 305]


def test_a_rise_over_two_frames_is_one_onset_at_its_top() -> None:
    assert frames_of(with_peaks(at_300=3.0, at_301=5.0)) == [301]


def test_silence_has_no_onsets() -> None:
    assert onsets(np.zeros((400, 2), np.float32)) == []
    faint = np.full((400, 2), 0.0002, np.float32)
    faint[300] = 0.001
    assert onsets(faint) == []


def test_nothing_begins_before_the_stream() -> None:
    strengths = background(10)
    strengths[0] = 9.0
    [onset] = onsets(strengths)
    assert onset.audio_time_s == pytest.approx(0.0035)


def test_frames_one_by_one_give_the_same_onsets() -> None:
    strengths = with_peaks(at_100=3.0, at_200=4.0, at_300=5.0)
    state, found = DETECTOR.start(), []
    for row in strengths:
        state, more = DETECTOR.step(state, row[None], 9.0)
        found += more
    assert found == onsets(strengths)
    assert len(found) == 3
