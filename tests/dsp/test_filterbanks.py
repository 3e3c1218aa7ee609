"""Banks are librosa's where it defines them; products with them are what the weights say."""

import librosa
import numpy as np
import pytest

from tactus.dsp import filterbanks

SIZES = [(44100, 2048), (22050, 1024), (48000, 4096), (8000, 512)]


@pytest.mark.parametrize(("sample_rate", "n_fft"), SIZES)
@pytest.mark.parametrize("n_bands", [40, 128])
@pytest.mark.filterwarnings("ignore:Empty filters detected:UserWarning")
def test_mel_bank_equals_librosa(sample_rate: int, n_fft: int, n_bands: int) -> None:
    expected = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_bands, dtype=np.float64)
    np.testing.assert_allclose(filterbanks.mel(sample_rate, n_fft, n_bands).weights, expected, atol=1e-8)


@pytest.mark.parametrize(("sample_rate", "n_fft"), SIZES)
@pytest.mark.parametrize("n_classes", [12, 36])
def test_chroma_bank_equals_librosa(sample_rate: int, n_fft: int, n_classes: int) -> None:
    expected = librosa.filters.chroma(sr=sample_rate, n_fft=n_fft, n_chroma=n_classes, tuning=0, dtype=np.float64)
    np.testing.assert_allclose(filterbanks.chroma(sample_rate, n_fft, n_classes).weights, expected, atol=1e-6)


@pytest.mark.parametrize(
    "bank",
    [
        filterbanks.mel(44100, 2048, 128),
        filterbanks.mel_means(44100, 2048, 64, 27.5, 10500),
        filterbanks.chroma(44100, 2048),
        filterbanks.ranges(44100, 2048, (20, 250, 4000, 20000)),
        filterbanks.mel(8000, 64, 128),
    ],
    ids=["mel", "mel means", "chroma", "ranges", "more bands than bins"],
)
def test_grouped_products_equal_the_whole_product(bank: filterbanks.FilterBank) -> None:
    spectra = np.random.default_rng(1).random((7, bank.weights.shape[1])).astype(np.float32)
    np.testing.assert_allclose(bank.bands(spectra), spectra @ bank.weights.T, rtol=1e-5, atol=1e-7)
    assert bank.bands(spectra[:0]).shape == (0, len(bank.weights))


def test_mel_scale_is_linear_below_1_khz_and_logarithmic_above() -> None:
    np.testing.assert_allclose(filterbanks.mel_from_hz(np.array([0.0, 500, 1000, 6400])), [0, 7.5, 15, 42])
    frequencies_hz = np.linspace(0, 22050, 999)
    np.testing.assert_allclose(
        filterbanks.hz_from_mel(filterbanks.mel_from_hz(frequencies_hz)), frequencies_hz, atol=1e-6
    )


def test_means_of_a_flat_spectrum_are_flat() -> None:
    bank = filterbanks.mel_means(44100, 2048, 64, 27.5, 10500)
    np.testing.assert_allclose(bank.bands(np.ones((1, 1025), np.float32)), 1, rtol=1e-5)
