"""What holds for every feature of the catalogue, whatever it measures.

Tolerances are shares of a feature's declared scale. A new feature is in these tests by standing in the catalogue.
"""

from functools import cache
from itertools import cycle

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import catalogue, features_for, grids
from tactus.analysis.feature import CHANNELS, About
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.grid import Grid
from tests.fixtures.signals import SAMPLE_RATE, chord, click_track, noise, pink_noise, song

OUTPUT = Grid(SAMPLE_RATE, 1024, 256)
"""Not equal to an inner grid, so that features with a grid of their own are seen to keep to it."""

ABOUTS = [feature.about for feature in catalogue()]
every_feature = pytest.mark.parametrize("about", ABOUTS, ids=lambda about: about.name)


def analyzer(about: About) -> Analyzer:
    return Analyzer(features_for([about.name]), grids(OUTPUT), output=[about.name])


def values(about: About, samples: Floats) -> Floats:
    return analyzer(about).run([samples])[about.name].values


def steps(about: About, samples: Floats, sizes: list[int]) -> Floats:
    """The same, stepped by hand in blocks of these sizes, round and round."""
    one, parts, first, rounds = analyzer(about), [], 0, cycle(sizes)
    state = one.start()
    while first < samples.shape[1]:
        size = next(rounds)
        state, part = one.step(state, samples[:, first : first + size])
        parts.append(part)
        first += size
    parts.append(one.finish(state))
    return all_rows(parts, about)


def all_rows(parts: list[dict[str, Floats]], about: About) -> Floats:
    """The rows of all parts, without those that a look-ahead gives of frames before the piece."""
    return np.concatenate([part[about.name] for part in parts])[about.latency_frames :]


def assert_close(actual: Floats, expected: Floats | Times, about: About, share: float = 1e-5) -> None:
    np.testing.assert_allclose(actual, expected, atol=share * about.scale, rtol=share)


@cache
def piece() -> Floats:
    """A second and a bit of music in stereo, of a length that is no multiple of anything."""
    samples = song(bpm=140, form="A", bars_per_section=4).samples[:, 3000 : 3000 + 50021]
    samples.flags.writeable = False
    return samples


@every_feature
@pytest.mark.parametrize("size", [127, 128, 512, 513, 4000])
def test_any_cutting_of_a_stream_gives_the_same_values(about: About, size: int) -> None:
    whole = values(about, piece())
    cut = steps(about, piece(), [size])
    assert cut.shape == whole.shape
    assert_close(cut, whole, about)


@every_feature
def test_single_samples_and_empty_blocks_give_the_same_values(about: About) -> None:
    samples = piece()[:, :4500]
    assert_close(steps(about, samples, [1, 0, 1, 1]), values(about, samples), about)


@every_feature
def test_two_streams_through_one_analyzer_do_not_mix(about: About) -> None:
    one = analyzer(about)
    streams = [piece(), np.stack((noise(3, 1.1), noise(4, 1.1)))]
    states = [one.start(), one.start()]
    parts: list[list[dict[str, Floats]]] = [[], []]
    for first in range(0, 60000, 1000):
        for index, stream in enumerate(streams):
            states[index], part = one.step(states[index], stream[:, first : first + 1000])
            parts[index].append(part)
    for index, stream in enumerate(streams):
        mixed = all_rows([*parts[index], one.finish(states[index])], about)
        assert_close(mixed, values(about, stream), about)


@every_feature
def test_a_kept_state_is_a_value_that_can_be_gone_back_to(about: About) -> None:
    one, samples = analyzer(about), piece()
    kept, _ = one.step(one.start(), samples[:, :20000])
    after, first = one.step(kept, samples[:, 20000:40000])
    one.step(after, samples[:, :20000])
    _, again = one.step(kept, samples[:, 20000:40000])
    np.testing.assert_array_equal(first[about.name], again[about.name])


@every_feature
@pytest.mark.parametrize("n_samples", [0, 1, 100, 30000])
def test_silence_gives_finite_values_of_the_declared_size(about: About, n_samples: int) -> None:
    rows = values(about, np.zeros((2, n_samples), np.float32))
    grid = grids(OUTPUT)[about.grid]
    expected = -(-n_samples // grid.hop_length) if about.grid == CHANNELS else grid.n_frames(n_samples)
    assert rows.dtype == np.float32
    assert rows.shape == (expected, about.size)
    assert np.isfinite(rows).all()


@every_feature
@pytest.mark.parametrize("level", [1e-30, 1e-12, 1.0, 1e4])
def test_no_level_of_sound_gives_infinity_or_nan(about: About, level: float) -> None:
    samples = np.float32(level) * np.stack((noise(1, 0.5), click_track(240, 0.5)))
    assert np.isfinite(values(about, samples)).all()


FIRST_COEFFICIENT = {"mfcc": np.sqrt(128)}
"""An orthonormal cosine transform puts a constant c over N bands into its first coefficient, as c * sqrt(N)."""


@every_feature
def test_doubling_the_signal_does_what_is_declared(about: About) -> None:
    # Noise under the music keeps every bin and band above the floors below which levels are not told apart.
    samples = 0.3 * piece() + pink_noise(5, 2.0, amplitude=0.02)[: piece().shape[1]]
    before, after = values(about, samples), values(about, 2 * samples)
    match about.gain:
        case "linear":
            assert_close(after, 2 * before, about, 1e-4)
        case "square":
            assert_close(after, 4 * before, about, 1e-4)
        case "free":
            assert_close(after, before, about, 1e-4)
        case "db":
            shift = np.zeros(about.size)
            shift[0] = 20 * np.log10(2) * FIRST_COEFFICIENT.get(about.name, 1.0)
            assert_close(after, before + shift, about, 1e-4)
        case "compressed":
            assert np.all(after >= before - 1e-4 * about.scale)
            assert np.all(after <= 2 * before + 1e-4 * about.scale)
            assert after.sum() > 1.01 * before.sum()


@every_feature
def test_what_comes_later_does_not_change_what_was_said(about: About) -> None:
    samples = piece()
    changed = samples.copy()
    changed[:, 30000:] = 0.5 * np.stack((noise(8, 2.0), noise(9, 2.0)))[:, : samples.shape[1] - 30000]
    grid = grids(OUTPUT)[about.grid]
    if about.grid == CHANNELS:
        n_same = 30000 // grid.hop_length
    else:
        # Frame k ends half a frame behind its centre.
        n_same = (30000 - grid.frame_length // 2) // grid.hop_length + 1
    n_same -= about.latency_frames
    before, after = values(about, samples), values(about, changed)
    assert n_same > 3
    assert_close(after[:n_same], before[:n_same], about)
    assert not np.allclose(after[n_same:], before[n_same:], atol=1e-3 * about.scale)


@every_feature
def test_values_of_music_reach_the_declared_scale(about: About) -> None:
    # A scale that is far off would make every tolerance above meaningless.
    samples = np.concatenate((piece(), np.stack(2 * [chord([60, 64, 67], 0.5)]), np.stack(2 * [noise(1, 0.5)])), axis=1)
    largest = np.abs(values(about, samples)).max()
    assert 0.02 * about.scale < largest < 20 * about.scale


def test_names_are_the_names_of_files_and_classes() -> None:
    for feature in catalogue():
        kind = type(feature)
        assert kind.__module__ == f"tactus.analysis.features.{feature.about.name}"
        assert kind.__name__ == "".join(word.capitalize() for word in feature.about.name.split("_"))
