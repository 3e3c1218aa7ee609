"""Loudness and true peak, against the values that EBU Tech 3341 and 3342 give for signals made from their text."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import INNER_GRIDS, features_for
from tactus.analysis.track.sound.loudness import Loudness, loudness
from tactus.audio.decoding.resample import Resampler
from tactus.dsp import true_peak
from tactus.dsp.arrays import Floats
from tactus.dsp.loudness import SILENCE_LUFS
from tests.fixtures.ebu_vectors import NAMES, Vector, vectors
from tests.fixtures.signals import SAMPLE_RATE, silence, tone


def measured(samples: Floats) -> Loudness:
    """Loudness of samples `[n_channels, n]` at 44.1 kHz, through the feature of the catalogue."""
    analyzer = Analyzer(features_for(["k_weighted_steps"]), INNER_GRIDS)
    return loudness(analyzer.run([samples])["k_weighted_steps"].values)


def readings(vector: Vector, sample_rate: int) -> list[float]:
    """What is read of a vector, as of a file with that rate: extremes of what must hold still."""
    resampler = Resampler(sample_rate, SAMPLE_RATE, len(vector.samples))
    samples = np.concatenate((resampler.step(vector.samples), resampler.finish()), axis=1)
    if vector.measure == "true peak":
        return [20 * np.log10(true_peak.finish(true_peak.update(true_peak.TruePeakState(), samples)))]
    found = measured(samples)
    steady = slice(round(10 * vector.steady_from_s) - 1, samples.shape[1] // (SAMPLE_RATE // 10))
    curve = {"momentary": found.momentary_lufs, "short-term": found.short_term_lufs}.get(vector.measure)
    if curve is not None:
        return [float(curve[steady].min()), float(curve[steady].max())]
    values = {
        "integrated": found.integrated_lufs,
        "range": found.range_lu,
        "max momentary": found.max_momentary_lufs,
        "max short-term": found.max_short_term_lufs,
    }
    return [values[vector.measure]]


@pytest.mark.parametrize("sample_rate", [44100, 48000])
@pytest.mark.parametrize("name", NAMES)
def test_a_meter_reads_what_the_standard_says(name: str, sample_rate: int) -> None:
    for vector in vectors(name, sample_rate):
        below, above = vector.tolerance
        for reading in readings(vector, sample_rate):
            assert vector.expected - below <= reading <= vector.expected + above


def stereo_tones(*parts: tuple[float, float]) -> Floats:
    """A 1 kHz sine in both channels: peak level [dBFS] and length [s] of each part."""
    mono = np.concatenate([tone(1000, seconds, amplitude=10 ** (level_db / 20)) for level_db, seconds in parts])
    return np.stack((mono, mono))


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
    assert found.integrated_lufs == found.max_momentary_lufs == found.max_short_term_lufs == SILENCE_LUFS
    assert found.range_lu == 0.0
    assert np.all(found.momentary_lufs == SILENCE_LUFS)
    assert found.replay_gain_db is None


def test_a_short_sound_is_measured_as_if_silence_followed() -> None:
    # 100 ms of a 400 ms window: a quarter of the power, 6.02 dB less.
    found = measured(stereo_tones((-20.0, 0.1)))
    assert found.integrated_lufs == pytest.approx(-26.02, abs=0.2)
    assert found.max_momentary_lufs == pytest.approx(-26.02, abs=0.2)


def test_with_its_replay_gain_every_piece_is_as_loud_as_minus_18_lufs() -> None:
    for level_db in (-30.0, -18.0, -6.0):
        samples = stereo_tones((level_db, 3))
        gain_db = measured(samples).replay_gain_db
        assert gain_db is not None
        assert measured(samples * np.float32(10 ** (gain_db / 20))).integrated_lufs == pytest.approx(-18.0, abs=0.01)
