"""Where librosa defines a feature, ours equals librosa's, to 1e-4 of the declared scale.

Our spectrum equals librosa's (`center=True`: zeros around the piece, as a stream has silence around it), and features
equal librosa's of the same spectrum. Its track-wide defaults, which no stream can know, are off: `top_db=None`,
`tuning=0`.
"""

from collections.abc import Callable
from functools import cache

import librosa
import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import features_for, grids
from tactus.dsp import framing, spectrum
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tests.fixtures.signals import chord, click_track, noise, pink_noise, scale, silence, song, sweep

GRIDS = [Grid(44100, 2048, 512), Grid(22050, 1024, 441), Grid(48000, 4096, 1024)]
grid_ids = [f"{grid.sample_rate}-{grid.frame_length}-{grid.hop_length}" for grid in GRIDS]

SIGNALS: dict[str, Callable[[int], Floats]] = {
    "music": lambda rate: song(form="B", bars_per_section=4, sample_rate=rate).samples.mean(axis=0)[: 4 * rate],
    "noise": lambda rate: noise(1, 1.5, sample_rate=rate),
    "pink noise and scale": lambda rate: (
        scale(sample_rate=rate)[: 2 * rate] + pink_noise(2, 2.0, amplitude=0.01, sample_rate=rate)
    ),
    "sweep": lambda rate: sweep(40, 0.45 * rate, 1.5, sample_rate=rate),
    "sound, silence, sound": lambda rate: np.concatenate(
        (chord([48, 52, 55], 0.4, sample_rate=rate), silence(0.5, rate), click_track(300, 0.7, sample_rate=rate))
    ),
}
every_grid = pytest.mark.parametrize("grid", GRIDS, ids=grid_ids)
every_signal = pytest.mark.parametrize("signal", SIGNALS)


@cache
def samples_of(signal: str, sample_rate: int) -> Floats:
    return np.asarray(SIGNALS[signal](sample_rate), np.float32)


def ours(name: str, signal: str, grid: Grid) -> Floats:
    analyzer = Analyzer(features_for([name], n_mfcc=20), grids(grid), output=[name])
    return analyzer.run([samples_of(signal, grid.sample_rate)[None, :]])[name].values


@cache
def magnitude(signal: str, grid: Grid) -> Floats:
    """Our spectrum as librosa takes it, `[n_bins, n_frames]`."""
    frames = framing.cut(
        grid, framing.start(grid), np.pad(samples_of(signal, grid.sample_rate), (0, grid.frame_length // 2))
    )
    return spectrum.magnitudes(frames[1]).T


def power(signal: str, grid: Grid) -> Floats:
    return magnitude(signal, grid) ** 2


@every_grid
@every_signal
def test_the_spectrum_equals_librosa(signal: str, grid: Grid) -> None:
    samples = samples_of(signal, grid.sample_rate).astype(np.float64)
    expected = np.abs(librosa.stft(samples, n_fft=grid.frame_length, hop_length=grid.hop_length))
    assert magnitude(signal, grid).dtype == np.float32
    np.testing.assert_allclose(magnitude(signal, grid), expected, atol=1e-6 * expected.max(), rtol=1e-5)


def rms(signal: str, grid: Grid) -> Floats:
    samples = samples_of(signal, grid.sample_rate)
    return librosa.feature.rms(y=samples, frame_length=grid.frame_length, hop_length=grid.hop_length)


def zero_crossing_rate(signal: str, grid: Grid) -> Floats:
    # librosa pads this one with copies of the piece's edge, which no stream can: its frames of the padded piece then.
    samples = np.pad(samples_of(signal, grid.sample_rate), grid.frame_length // 2)
    return librosa.feature.zero_crossing_rate(
        samples, frame_length=grid.frame_length, hop_length=grid.hop_length, center=False
    )


def mel(signal: str, grid: Grid) -> Floats:
    return librosa.feature.melspectrogram(S=power(signal, grid), sr=grid.sample_rate)


def mel_db(signal: str, grid: Grid) -> Floats:
    return librosa.power_to_db(mel(signal, grid), top_db=None)


def mfcc(signal: str, grid: Grid) -> Floats:
    return librosa.feature.mfcc(S=mel_db(signal, grid), n_mfcc=20)


def chroma(signal: str, grid: Grid) -> Floats:
    return librosa.feature.chroma_stft(S=power(signal, grid), sr=grid.sample_rate, tuning=0)


ORACLES: dict[str, Callable[[str, Grid], Floats]] = {
    "rms": rms,
    "zero_crossing_rate": zero_crossing_rate,
    "spectral_centroid": lambda signal, grid: librosa.feature.spectral_centroid(
        S=magnitude(signal, grid), sr=grid.sample_rate
    ),
    "spectral_bandwidth": lambda signal, grid: librosa.feature.spectral_bandwidth(
        S=magnitude(signal, grid), sr=grid.sample_rate
    ),
    "spectral_flatness": lambda signal, grid: librosa.feature.spectral_flatness(S=magnitude(signal, grid)),
    "mel": mel,
    "mfcc": mfcc,
    "mfcc_delta": lambda signal, grid: librosa.feature.delta(mfcc(signal, grid), mode="nearest"),
    "chroma": chroma,
    "tonnetz": lambda signal, grid: librosa.feature.tonnetz(chroma=chroma(signal, grid), sr=grid.sample_rate),
}


@every_grid
@every_signal
@pytest.mark.parametrize("name", ORACLES)
def test_equals_librosa(name: str, signal: str, grid: Grid) -> None:
    expected = ORACLES[name](signal, grid).T
    values = ours(name, signal, grid)
    about = features_for([name])[-1].about
    assert values.shape == expected.shape
    np.testing.assert_allclose(values, expected, atol=1e-4 * about.scale, rtol=1e-4)


@every_grid
@every_signal
@pytest.mark.parametrize(("name", "share"), [("spectral_rolloff", 0.85), ("spectral_rolloff_95", 0.95)])
def test_rolloff_equals_librosa_but_for_a_bin_in_few_frames(name: str, share: float, signal: str, grid: Grid) -> None:
    expected = librosa.feature.spectral_rolloff(
        S=magnitude(signal, grid).astype(np.float64), sr=grid.sample_rate, roll_percent=share
    ).T
    differences = np.abs(ours(name, signal, grid) - expected)
    bin_hz = grid.sample_rate / grid.frame_length
    # A share that is reached within rounding error of a bin's edge may be said of the bin beside it.
    assert np.mean(differences > 0.01 * bin_hz) <= 0.02
    assert differences.max() < 1.01 * bin_hz


@every_grid
@pytest.mark.parametrize("signal", ["noise", "pink noise and scale", "music"])
def test_contrast_equals_librosa_where_librosa_does_not_clip_levels(signal: str, grid: Grid) -> None:
    # librosa's clipping at 80 dB below the loudest is for the array it is given: one frame at a time has the least.
    expected = np.concatenate(
        [
            librosa.feature.spectral_contrast(S=frame[:, None], sr=grid.sample_rate)
            for frame in magnitude(signal, grid).T
        ],
        axis=1,
    ).T
    values = ours("spectral_contrast", signal, grid)
    whole = values.max(axis=1) < 60
    assert whole.mean() > 0.4
    np.testing.assert_allclose(values[whole], expected[whole], atol=1e-4 * 50, rtol=1e-4)


@every_grid
@every_signal
def test_deltas_inside_a_piece_equal_librosas_defaults(signal: str, grid: Grid) -> None:
    expected = librosa.feature.delta(mfcc(signal, grid)).T
    about = features_for(["mfcc_delta"])[-1].about
    inside = slice(about.latency_frames, -about.latency_frames)
    values = ours("mfcc_delta", signal, grid)
    np.testing.assert_allclose(values[inside], expected[inside], atol=1e-4 * about.scale, rtol=1e-4)
