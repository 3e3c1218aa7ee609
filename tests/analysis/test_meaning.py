"""What the values of a feature mean: numbers from formulas and standards, for signals made from formulas."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import features_for, grids
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tests.fixtures.signals import (
    SAMPLE_RATE,
    chord,
    click_track,
    noise,
    pink_noise,
    pitch_hz,
    silence,
    sweep,
    tone,
)

OUTPUT = Grid(SAMPLE_RATE, 2048, 512)
BIN_HZ = SAMPLE_RATE / 2048


def values(name: str, samples: Floats) -> Floats:
    """All rows."""
    return Analyzer(features_for([name]), grids(OUTPUT), output=[name]).run([np.atleast_2d(samples)])[name].values


def inner(name: str, samples: Floats) -> Floats:
    """Rows of frames that lie within the sound, edges left out."""
    return values(name, samples)[5:-5]


def test_full_scale_sine_has_an_rms_of_one_over_root_two_and_half_the_energy() -> None:
    np.testing.assert_allclose(inner("rms", tone(1000)), np.sqrt(0.5), rtol=1e-3)
    np.testing.assert_allclose(inner("energy", tone(1000)), 0.5, rtol=2e-3)


@pytest.mark.parametrize("frequency_hz", [100.0, 1000.0, 5512.5])
def test_a_sine_crosses_zero_twice_a_period(frequency_hz: float) -> None:
    # A frame may hold one crossing more or less than the mean.
    expected = 2 * frequency_hz / SAMPLE_RATE
    np.testing.assert_allclose(inner("zero_crossing_rate", tone(frequency_hz)), expected, atol=1.5 / 2048)


@pytest.mark.parametrize("frequency_hz", [200.0, 1000.0, 10000.0])
def test_centroid_and_rolloff_of_a_tone_lie_at_its_frequency(frequency_hz: float) -> None:
    samples = tone(frequency_hz)
    np.testing.assert_allclose(inner("spectral_centroid", samples), frequency_hz, atol=BIN_HZ)
    np.testing.assert_allclose(inner("spectral_rolloff", samples), frequency_hz, atol=1.5 * BIN_HZ)


def test_white_noise_spreads_evenly_up_to_half_the_sample_rate() -> None:
    # Magnitudes of white noise are the same everywhere on average: mean of a uniform distribution over 0..22050 Hz,
    # its quantiles, and its deviation, width / sqrt(12).
    samples, nyquist_hz = noise(1, 3.0), SAMPLE_RATE / 2
    assert inner("spectral_centroid", samples).mean() == pytest.approx(nyquist_hz / 2, rel=0.01)
    assert inner("spectral_bandwidth", samples).mean() == pytest.approx(nyquist_hz / np.sqrt(12), rel=0.01)
    assert inner("spectral_rolloff", samples).mean() == pytest.approx(0.85 * nyquist_hz, rel=0.01)
    assert inner("spectral_rolloff_95", samples).mean() == pytest.approx(0.95 * nyquist_hz, rel=0.01)


def test_bandwidth_of_two_equal_tones_is_half_their_distance() -> None:
    # Both on bins, so that the window spreads them alike.
    low, high = 100 * BIN_HZ, 300 * BIN_HZ
    samples = 0.5 * (tone(low) + tone(high))
    np.testing.assert_allclose(inner("spectral_centroid", samples), (low + high) / 2, rtol=1e-3)
    np.testing.assert_allclose(inner("spectral_bandwidth", samples), (high - low) / 2, rtol=1e-3)


def test_flatness_tells_noise_from_tones() -> None:
    # Powers of noise are exponentially distributed: geometric over arithmetic mean is exp(-gamma), Euler's constant.
    assert inner("spectral_flatness", noise(1, 3.0)).mean() == pytest.approx(np.exp(-np.euler_gamma), rel=0.02)
    assert inner("spectral_flatness", tone(1000)).max() < 1e-4
    np.testing.assert_array_equal(values("spectral_flatness", silence(0.5)), 1)


@pytest.mark.parametrize(
    ("samples", "db_per_octave"), [(noise(1, 3.0), 0.0), (pink_noise(1, 3.0), -10 * np.log10(2))], ids=["white", "pink"]
)
def test_slope_of_noise_is_its_definition(samples: Floats, db_per_octave: float) -> None:
    # The logarithm of the power of few bins of noise lies below that of its mean: 2.5 dB for one bin, at the low end.
    assert inner("spectral_slope", samples).mean() == pytest.approx(db_per_octave, abs=0.3)


def test_contrast_is_large_only_where_a_tone_stands_out() -> None:
    # 1 kHz lies in the fourth band, 800-1600 Hz.
    contrast = inner("spectral_contrast", 0.5 * tone(1000, 2.0) + noise(1, 2.0, amplitude=0.001)).mean(axis=0)
    assert contrast.argmax() == 3
    assert contrast[3] > np.delete(contrast, 3).max() + 10


def test_flux_is_nothing_while_a_tone_is_held_and_jumps_where_it_begins() -> None:
    samples = np.concatenate((silence(0.5), tone(21 * BIN_HZ, 1.0)))
    # The sudden end is an event too, and left out.
    flux = values("spectral_flux", samples)[:-8, 0]
    begins = round(0.5 * SAMPLE_RATE / 512)
    assert abs(int(flux.argmax()) - begins) <= 2
    # In all, the spectrum grows once from nothing to the tone's: its peak of 1 and half of that on either side.
    assert flux[: begins + 8].sum() > 2
    assert flux[begins + 8 :].max() < 1e-3


@pytest.mark.parametrize(("frequency_hz", "band"), [(100.0, 0), (1000.0, 1), (8000.0, 2)])
def test_a_full_scale_sine_has_its_rms_in_its_band_and_nothing_in_others(frequency_hz: float, band: int) -> None:
    levels = inner("band_levels", tone(frequency_hz))
    np.testing.assert_allclose(levels[:, band], np.sqrt(0.5), rtol=1e-3)
    assert np.delete(levels, band, axis=1).max() < 0.005


def test_squares_of_the_band_levels_add_up_to_the_energy() -> None:
    samples = noise(1, 3.0)
    inside = (20000 - 20) / (SAMPLE_RATE / 2)
    assert np.mean(np.sum(inner("band_levels", samples) ** 2, axis=1)) == pytest.approx(
        inside * inner("energy", samples).mean(), rel=0.01
    )


def test_a_rising_tone_climbs_the_mel_bands() -> None:
    loudest = inner("mel", sweep(200, 15000, 3.0)).argmax(axis=1)
    assert np.all(np.diff(loudest) >= 0)
    assert loudest[0] < 15
    assert loudest[-1] > 100


def test_first_mfcc_is_the_level_and_the_second_the_balance_of_bass_and_treble() -> None:
    # An orthonormal cosine transform puts a constant c over 128 bands into the first coefficient as c sqrt(128).
    samples = pink_noise(1, 2.0, amplitude=0.1)
    shift = inner("mfcc", 2 * samples) - inner("mfcc", samples)
    np.testing.assert_allclose(shift[:, 0], 20 * np.log10(2) * np.sqrt(128), rtol=1e-4)
    np.testing.assert_allclose(shift[:, 1:], 0, atol=0.01)
    assert inner("mfcc", samples)[:, 1].mean() > inner("mfcc", noise(1, 2.0))[:, 1].mean() + 50


@pytest.mark.parametrize("pitch_class", range(12))
def test_chroma_of_a_note_is_highest_at_its_pitch_class(pitch_class: int) -> None:
    samples = tone(pitch_hz(72 + pitch_class), 0.5)
    chroma = inner("chroma", samples)
    assert np.all(chroma.argmax(axis=1) == pitch_class)
    np.testing.assert_array_equal(chroma.max(axis=1), 1)
    fine = values("chroma_harmony", samples)[2:-2]
    assert np.all(fine.argmax(axis=1) == 3 * pitch_class)


def test_a_chord_shows_its_three_notes() -> None:
    samples = chord([60, 64, 67], 2.0, n_harmonics=1)
    strongest = np.sort(np.argsort(inner("chroma", samples), axis=1)[:, -3:], axis=1)
    assert np.all(strongest == [0, 4, 7])
    fine = values("chroma_harmony", samples)[3:-3]
    assert np.all(np.sort(np.argsort(fine, axis=1)[:, -3:], axis=1) == [0, 12, 21])
    # Three partials of peak a each, and little else.
    others = np.delete(fine, [0, 12, 21], axis=1)
    assert others.max() < 0.15 * fine.max()


@pytest.mark.parametrize("cents", [-50 / 3, 0, 50 / 3, 100 / 3])
def test_fine_chroma_shows_how_a_note_is_tuned(cents: float) -> None:
    fine = values("chroma_harmony", tone(pitch_hz(69 + cents / 100), 2.0))[3:-3].mean(axis=0)
    # Centre of mass around A, which is class 27; a third of a semitone a class.
    near = np.arange(24, 31)
    centre = np.sum(near * fine[near]) / np.sum(fine[near])
    assert (centre - 27) * 100 / 3 == pytest.approx(cents, abs=1.0)


def test_fine_chroma_has_the_amplitude_of_a_partial() -> None:
    on_a_bin_hz = 100 * SAMPLE_RATE / 8192
    fine = values("chroma_harmony", tone(on_a_bin_hz, 2.0, amplitude=0.5))[3:-3]
    np.testing.assert_allclose(fine.sum(axis=1), 0.5, rtol=1e-2)


def test_tonnetz_of_a_pitch_class_lies_on_its_circles() -> None:
    # Harte et al. 2006, equations 2-3: phi = r sin/cos(k * 7 pi / 6), (k * 3 pi / 2), (k * 2 pi / 3), radii 1, 1, 0.5.
    chroma = inner("chroma", chord([60, 64, 67], 1.0))
    shares = (chroma / chroma.sum(axis=1, keepdims=True)).astype(np.float64)
    k = np.arange(12)
    rows = [
        radius * phase_offset(k * angle)
        for radius, angle in ((1, 7 * np.pi / 6), (1, 3 * np.pi / 2), (0.5, 2 * np.pi / 3))
        for phase_offset in (np.sin, np.cos)
    ]
    expected = shares @ np.array(rows).T
    np.testing.assert_allclose(inner("tonnetz", chord([60, 64, 67], 1.0)), expected, atol=1e-5)


def test_onset_strength_rises_at_every_click_and_nowhere_else() -> None:
    strength = values("onset_strength", click_track(120, 5.0, offset_s=0.25)).sum(axis=1)
    frame_rate_hz = SAMPLE_RATE / 512
    loud = np.flatnonzero(strength > 0.3 * strength.max())
    times_s = loud / frame_rate_hz
    clicks_s = np.arange(0.25, 5.0, 0.5)
    distances_s = np.abs(times_s[:, None] - clicks_s)
    assert np.all(distances_s.min(axis=1) < 0.04)
    assert np.all(distances_s.min(axis=0) < 0.025)


def test_a_steady_crescendo_has_the_same_slope_in_every_frame() -> None:
    # Noise that repeats every hop is the same in every frame but for its level. 40 dB a second raise every mel level by
    # 40 * 512 / 44100 dB a frame, and the orthonormal transform puts sqrt(128) times that into the first coefficient.
    n_hops, db_per_frame = 90, 40 * 512 / SAMPLE_RATE
    hiss = np.tile(noise(1, 1.0)[:512], n_hops)
    louder = 0.01 * hiss * 10 ** (db_per_frame * np.arange(len(hiss)) / 512 / 20)
    slopes = values("mfcc_delta", louder.astype(np.float32))[10:-10]
    np.testing.assert_allclose(slopes[:, 0], db_per_frame * np.sqrt(128), rtol=1e-3)
    np.testing.assert_allclose(slopes[:, 1:], 0, atol=1e-3)


def test_nothing_changes_while_a_tone_is_held() -> None:
    np.testing.assert_allclose(inner("mfcc_delta", np.tile(noise(2, 1.0)[:512], 60))[4:-4], 0, atol=1e-3)


def test_onset_strength_knows_bass_from_treble() -> None:
    for frequency_hz, band in ((60.0, 0), (9000.0, 5)):
        burst = np.concatenate((silence(0.3), tone(frequency_hz, 0.3) * np.hanning(round(0.3 * SAMPLE_RATE))))
        assert values("onset_strength", burst.astype(np.float32)).sum(axis=0).argmax() == band


def test_vibrato_is_no_onset() -> None:
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    partials = [np.sin(k * (2 * np.pi * 440 * t + 8 * np.sin(2 * np.pi * 6 * t) / 6)) / k for k in range(1, 9)]
    vibrato = 0.3 * np.sum(partials, axis=0)
    struck = np.concatenate((silence(1.0), 0.3 * chord([69], 1.0, n_harmonics=8)))
    held = values("onset_strength", vibrato.astype(np.float32))[20:-20].sum(axis=1).max()
    assert held < 0.2 * values("onset_strength", struck).sum(axis=1).max()


def test_loudness_of_the_reference_sine() -> None:
    # BS.1770-4: 0 dBFS at 997 Hz in one front channel is -3.01 LUFS; in both of stereo twice the power, 0.00.
    def lufs(samples: Floats) -> float:
        return float(-0.691 + 10 * np.log10(values("k_weighted_power", samples)[5:-1].mean()))

    reference = tone(997.0, 2.0)
    quiet = np.zeros_like(reference)
    assert lufs(np.stack((reference, quiet))) == pytest.approx(-3.01, abs=0.01)
    assert lufs(np.stack((reference, reference))) == pytest.approx(0.0, abs=0.01)
    # In 5.1 a surround channel counts 1.41 (+1.49 dB), and the low-frequency channel not at all.
    five_one = [quiet] * 6
    assert lufs(np.stack([*five_one[:4], reference, quiet])) == pytest.approx(-3.01 + 1.49, abs=0.01)
    np.testing.assert_array_equal(values("k_weighted_power", np.stack([*five_one[:3], reference, quiet, quiet])), 0)


def test_peak_is_of_the_loudest_channel_and_of_every_sample() -> None:
    samples = np.zeros((2, 10000), np.float32)
    samples[0, 100], samples[1, 4500], samples[1, 9999] = 0.5, -0.75, 0.25
    np.testing.assert_array_equal(values("peak", samples)[:, 0], [0.5, 0.75, 0.25])
