"""The description of the analyzer in the package is that of the code of the analysis."""

from dataclasses import asdict

import pytest

from tactus.analysis.catalogue import catalogue, grids
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.version import analyzer_version
from tactus.dsp.grid import Grid
from tactus.errors import ValidationError
from tactus.jobs.tracks.analyzer_description import describe_analyzer, ensure_features


def test_the_generated_version_is_current() -> None:
    """Fails after a version was raised: run `make docs`."""
    description = describe_analyzer(TrackOptions())
    assert description.analyzer_version == description.fields["analyzer_version"] == analyzer_version()


@pytest.mark.parametrize("options", [TrackOptions(), TrackOptions(n_mfcc=20, sample_rate=48000, hop_length=1024)])
def test_the_generated_catalogue_is_current(options: TrackOptions) -> None:
    """Fails after a feature has changed: run `make docs`."""
    features = describe_analyzer(options).fields["features"]
    abouts = [feature.about for feature in catalogue(n_mfcc=options.n_mfcc)]
    assert [feature["name"] for feature in features] == [about.name for about in abouts]
    grid_of = grids(Grid(options.sample_rate, options.frame_length, options.hop_length))
    for feature, about in zip(features, abouts, strict=True):
        for field in ("unit", "size", "meaning", "source", "version", "latency_frames", "grid"):
            assert feature[field] == getattr(about, field), about.name
        assert feature["is_framed"] == (about.grid != "channels")
        assert feature.items() >= asdict(grid_of[about.grid]).items()


def test_unknown_features_are_refused_with_the_known_ones() -> None:
    ensure_features(["rms", "chroma"])
    with pytest.raises(ValidationError, match=r"no feature 'loudnes'; there are rms, "):
        ensure_features(["rms", "loudnes"])
