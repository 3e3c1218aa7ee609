"""Loudness, against the values that EBU Tech 3341 and 3342 give for signals made from their text."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.loudness import Loudness, loudness
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import SILENCE_LUFS
from tests.fixtures.signals import silence, tone


def measured(samples: Floats) -> Loudness:
    """Loudness of samples `[n_channels, n]` at 44.1 kHz, through the feature of the catalogue."""
    analyzer = Analyzer(features_for(["k_weighted_power"]), INNER_GRIDS)
    return loudness(analyzer.run([samples])["k_weighted_power"][:, 0])


def stereo_tones(*parts: tuple[float, float]) -> Floats:
    """A 1 kHz sine in both channels: peak level [dBFS] and length [s] of each part."""
    mono = np.concatenate([tone(1000, seconds, amplitude=10 ** (level_db / 20)) for level_db, seconds in parts])
    return np.stack((mono, mono))


@pytest.mark.parametrize(
    ("parts", "expected_lufs"),
    [
        ([(-23.0, 20)], -23.0),  # Tech 3341 case 1
        ([(-33.0, 20)], -33.0),  # case 2
        ([(-36.0, 10), (-23.0, 60), (-36.0, 10)], -23.0),  # case 3: the relative gate
        ([(-72.0, 10), (-36.0, 10), (-23.0, 60), (-36.0, 10), (-72.0, 10)], -23.0),  # case 4: and the absolute one
        ([(-26.0, 20), (-20.0, 20.1), (-26.0, 20)], -23.0),  # case 5
    ],
    ids=["1", "2", "3", "4", "5"],
)
def test_integrated_loudness_of_tech_3341(parts: list[tuple[float, float]], expected_lufs: float) -> None:
    assert measured(stereo_tones(*parts)).integrated_lufs == pytest.approx(expected_lufs, abs=0.1)


@pytest.mark.parametrize(
    ("parts", "expected_lu"),
    [
        ([(-20.0, 20), (-30.0, 20)], 10.0),  # Tech 3342 case 1
        ([(-20.0, 20), (-15.0, 20)], 5.0),  # case 2
        ([(-40.0, 20), (-20.0, 20)], 20.0),  # case 3
        ([(-50.0, 20), (-35.0, 20), (-20.0, 20), (-35.0, 20), (-50.0, 20)], 15.0),  # case 4
    ],
    ids=["1", "2", "3", "4"],
)
def test_loudness_range_of_tech_3342(parts: list[tuple[float, float]], expected_lu: float) -> None:
    assert measured(stereo_tones(*parts)).range_lu == pytest.approx(expected_lu, abs=1.0)


def test_momentary_and_short_term_windows_fill_as_their_lengths_say() -> None:
    # After 0.2 s a window of 0.4 s is half full of the tone, one of 3 s to a fifteenth.
    found = measured(stereo_tones((-20.0, 5)))
    assert found.momentary_lufs[3:] == pytest.approx(-20.0, abs=0.1)
    assert found.momentary_lufs[1] == pytest.approx(-20 + 10 * np.log10(1 / 2), abs=0.1)
    assert found.short_term_lufs[29:] == pytest.approx(-20.0, abs=0.1)
    assert found.short_term_lufs[1] == pytest.approx(-20 + 10 * np.log10(2 / 30), abs=0.1)


@pytest.mark.parametrize("seconds", [0.0, 0.05, 5.0])
def test_silence_is_minus_70_and_never_less(seconds: float) -> None:
    found = measured(np.stack((silence(seconds), silence(seconds))))
    assert found.integrated_lufs == SILENCE_LUFS
    assert found.range_lu == 0.0
    assert np.all(found.momentary_lufs == SILENCE_LUFS)


def test_a_short_sound_is_measured_as_if_silence_followed() -> None:
    # 100 ms of a 400 ms window: a quarter of the power, 6.02 dB less.
    assert measured(stereo_tones((-20.0, 0.1))).integrated_lufs == pytest.approx(-26.02, abs=0.2)
