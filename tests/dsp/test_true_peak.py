"""True peak: what an interpolation of all samples says, however the stream is cut, and whatever is passed over."""

import numpy as np
import pytest
import scipy.signal

from tactus.dsp.arrays import Floats
from tactus.dsp.true_peak import TruePeakState, finish, update
from tests.fixtures.signals import SAMPLE_RATE, click_track, noise, pink_noise, silence, song, tone

SOUNDS = {
    "music": song(bpm=140, form="A", bars_per_section=4).samples[:, 3000:103_021],
    "noise": np.stack((noise(1, 1.0), noise(2, 1.0))),
    "pink noise": pink_noise(3, 1.0)[None],
    "clicks": click_track(240, 1.0)[None],
    "a tone between its samples": tone(SAMPLE_RATE / 4, 1.0)[None, 100:],
    "one sample": np.full((1, 1), 0.5, np.float32),
}


def true_peak(samples: Floats, size: int | None = None) -> float:
    state = TruePeakState()
    for first in range(0, samples.shape[1], size or samples.shape[1]):
        state = update(state, samples[:, first : first + (size or samples.shape[1])])
    return finish(state)


@pytest.mark.parametrize("name", SOUNDS)
@pytest.mark.parametrize("size", [1, 47, 48, 49, 4000])
def test_any_cutting_of_a_stream_gives_the_same_peak(name: str, size: int) -> None:
    samples = SOUNDS[name][:, :20_000]
    assert true_peak(samples, size) == pytest.approx(true_peak(samples), rel=1e-6)


@pytest.mark.parametrize("name", SOUNDS)
def test_it_is_the_highest_of_all_moments(name: str) -> None:
    # The same interpolation, by scipy and of every moment: a Kaiser window of beta 5 over eight samples on either side.
    moments = np.arange(-32, 33) / 4
    window = np.i0(5 * np.sqrt(np.maximum(0, 1 - (moments / 8) ** 2))) / np.i0(5)
    kernel = np.sinc(moments) * window
    kernel[32 % 4 :: 4] /= kernel[32 % 4 :: 4].sum()
    for phase in (1, 2, 3):
        kernel[phase::4] /= kernel[phase::4].sum()
    padded = np.pad(SOUNDS[name].astype(np.float64), ((0, 0), (8, 16)))
    everywhere = scipy.signal.upfirdn(kernel, padded, up=4, axis=1)
    last = 4 * (8 + 8 + SOUNDS[name].shape[1])  # silence follows; what rings later is lower
    assert true_peak(SOUNDS[name]) == pytest.approx(np.abs(everywhere[:, :last]).max(), rel=1e-5)


def test_a_peak_that_no_sample_shows_is_found_wherever_it_lies() -> None:
    # Between two samples of one half, where the band-limited pulse is 1: at four moments a sample, no more than 0.2 dB
    # are missed (EBU Tech 3341, cases 20 to 23).
    for place in (0.0, 30.3, 47.5, 48.25, 1000.5, 9999.75):
        moments = np.arange(20_000) - 5_000 - place
        pulse = np.sinc(moments / 2) * np.exp(-((moments / 40) ** 2))
        assert 20 * np.log10(true_peak(pulse[None].astype(np.float32))) == pytest.approx(0, abs=0.2)


def test_it_is_never_below_the_largest_sample_and_moves_with_the_gain() -> None:
    for samples in SOUNDS.values():
        assert true_peak(samples) >= np.abs(samples).max()
        assert true_peak(4 * samples) == pytest.approx(4 * true_peak(samples), rel=1e-6)


def test_silence_has_none_and_neither_has_nothing() -> None:
    assert true_peak(silence(0.1)[None]) == 0.0
    assert finish(TruePeakState()) == 0.0
    assert finish(update(TruePeakState(), np.empty((2, 0), np.float32))) == 0.0
