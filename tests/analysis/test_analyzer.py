"""Many features in one pass."""

import numpy as np
import pytest

from tactus.analysis.analyzer import Analyzer
from tactus.analysis.catalogue import catalogue, features_for, grids, versions
from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tests.fixtures.signals import SAMPLE_RATE, noise, tone

OUTPUT = Grid(SAMPLE_RATE, 2048, 512)


class NextLevel:
    """The largest sample of the frame after: a feature that looks one frame ahead."""

    about = About(
        name="next_level",
        unit="",
        size=1,
        meaning="",
        source="",
        scale=1.0,
        gain="linear",
        latency_frames=1,
    )

    def start(self) -> State:
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        return state, np.abs(frames.signal).max(axis=1, keepdims=True)

    def finish(self, state: State) -> Floats:
        return np.zeros((1, 1), np.float32)


def test_a_timeline_has_a_row_for_every_frame_of_its_grid() -> None:
    samples = np.stack((noise(1, 2.0), tone(440, 2.0)))
    analyzer = Analyzer(catalogue(), grids(OUTPUT))
    timelines = analyzer.run([samples[:, :50000], samples[:, 50000:]])
    assert set(timelines) == {feature.about.name for feature in catalogue()}
    for name, about in analyzer.abouts.items():
        timeline = timelines[name]
        is_framed = about.grid != "channels"
        n_rows = 1 + 2 * SAMPLE_RATE // timeline.grid.hop_length if is_framed else 20
        assert timeline.values.shape == (n_rows, about.size)
        assert timeline.values.dtype == np.float32
        # Frames are centred on their hops; what is not cut into frames is that of the 100 ms around the moment.
        assert timeline.times[0] == (0 if is_framed else 0.05)
        assert timeline.times[-1] == pytest.approx(2 if is_framed else 1.95, abs=timeline.grid.hop_length / 44100)


def test_values_do_not_depend_on_which_other_features_are_asked_for() -> None:
    samples = noise(1, 1.0)[None, :]
    together = Analyzer(catalogue(), grids(OUTPUT)).run([samples])
    for feature in catalogue():
        name = feature.about.name
        alone = Analyzer(features_for([name]), grids(OUTPUT), output=[name]).run([samples])
        assert list(alone) == [name]
        np.testing.assert_array_equal(alone[name].values, together[name].values)


def test_results_of_inner_grids_do_not_depend_on_the_output_grid() -> None:
    samples = np.stack((noise(1, 1.0), noise(2, 1.0)))
    names = [feature.about.name for feature in catalogue() if feature.about.grid != "output"]
    shared = Analyzer(catalogue(), grids(OUTPUT)).run([samples])
    apart = Analyzer(catalogue(), grids(Grid(SAMPLE_RATE, 4096, 1000))).run([samples])
    for name in names:
        np.testing.assert_array_equal(shared[name].values, apart[name].values)


def test_grids_of_the_same_numbers_share_their_spectra() -> None:
    n_spectra = []

    class Counting:
        """Stands on a grid and counts the different Frames that it and its twin on another name were given."""

        def __init__(self, name: str, grid: str) -> None:
            self.about = About(name=name, unit="", size=1, meaning="", source="", scale=1.0, gain="linear", grid=grid)

        def start(self) -> State:
            return None

        def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
            n_spectra.append(id(frames.magnitude))
            return frames.magnitude, frames.magnitude[:, :1]

        def finish(self, state: State) -> Floats:
            return np.empty((0, 1), np.float32)

    both = [Counting("one", "output"), Counting("two", "rhythm")]
    samples = noise(1, 0.1)[None, :]
    equal = Analyzer(both, grids(OUTPUT))
    equal.step(equal.start(), samples)
    assert len(n_spectra) == 2
    assert len(set(n_spectra)) == 1
    n_spectra.clear()
    unequal = Analyzer(both, grids(Grid(SAMPLE_RATE, 2048, 256)))
    state, _ = unequal.step(unequal.start(), samples)
    assert len(set(n_spectra)) == 2
    assert state.features["one"].shape != state.features["two"].shape


def test_a_look_ahead_is_undone_in_the_timeline() -> None:
    # A click at frame 20: its neighbour says so one frame early, and the timeline keeps the number of rows.
    samples = np.zeros((1, 64 * 512), np.float32)
    samples[0, 20 * 512] = 1
    grid = Grid(SAMPLE_RATE, 512, 512)
    levels = Analyzer([NextLevel()], {"output": grid}).run([samples])["next_level"].values
    assert levels.shape == (65, 1)
    np.testing.assert_array_equal(np.flatnonzero(levels), [19])


def test_features_that_read_others_bring_them_along_in_order() -> None:
    names = [feature.about.name for feature in features_for(["onset_strength", "tonnetz"])]
    assert names == ["chroma", "tonnetz", "log_mel", "onset_strength"]


def test_parameters_reach_the_features() -> None:
    (mfcc,) = features_for(["mfcc"], n_mfcc=20)
    assert mfcc.about.size == 20
    with pytest.raises(ValueError, match="n_mfcc must lie in"):
        features_for(["mfcc"], n_mfcc=0)


@pytest.mark.parametrize("name", ["no_such_feature", ""])
def test_an_unknown_feature_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(ValueError, match="rms"):
        features_for([name])


def test_features_that_cannot_be_computed_together_are_refused() -> None:
    tonnetz = features_for(["tonnetz"])[-1]
    with pytest.raises(ValueError, match="reads chroma"):
        Analyzer([tonnetz], grids(OUTPUT))
    with pytest.raises(ValueError, match="unknown grid"):
        Analyzer(features_for(["onset_strength"]), {"output": OUTPUT})
    with pytest.raises(ValueError, match="one sample rate"):
        Analyzer(features_for(["rms", "onset_strength"]), grids(Grid(22050, 2048, 512)))
    # One that is not used may differ.
    Analyzer(features_for(["rms"]), grids(Grid(22050, 2048, 512)))


def test_versions_name_what_a_result_was_made_by() -> None:
    assert versions(["rms"]) == "rms.1"
    assert versions(["tonnetz"]).split() == sorted(versions(["tonnetz", "chroma"]).split())
    assert len(versions().split()) == len(catalogue())
