"""`tactus.features`: timelines of single features."""

from pathlib import Path

import numpy as np
import pytest

import tactus
from tactus.analysis.catalogue import catalogue
from tests.fixtures.signals import SAMPLE_RATE, Song, tone, wav_bytes


def test_every_feature_can_be_asked_for_by_name() -> None:
    assert tactus.feature_names() == tuple(feature.about.name for feature in catalogue())
    timelines = tactus.features(np.stack(2 * [tone(440, 1.0)]), tactus.feature_names(), SAMPLE_RATE)
    assert tuple(timelines) == tactus.feature_names()
    for feature in catalogue():
        timeline = timelines[feature.about.name]
        assert timeline.unit == feature.about.unit
        assert timeline.values.shape == (len(timeline.times), feature.about.size)
        assert timeline.values.dtype == np.float32


@pytest.mark.parametrize("sample_rate", [22050, 44100, 48000])
def test_a_tone_has_its_centroid_at_its_frequency_at_any_rate(sample_rate: int) -> None:
    centroids = tactus.features(tone(1000, 1.0, sample_rate=sample_rate), "spectral_centroid", sample_rate)
    np.testing.assert_allclose(centroids["spectral_centroid"].values[5:-5], 1000, atol=SAMPLE_RATE / 2048)


def test_frames_lie_where_they_are_asked_for() -> None:
    rms = tactus.features(tone(1000, 1.0), ["rms"], SAMPLE_RATE, frame_length=882, hop_length=441)["rms"]
    assert (rms.grid.frame_length, rms.grid.hop_length) == (882, 441)
    np.testing.assert_allclose(rms.times, np.arange(101) / 100)
    assert tactus.features(tone(1000, 1.0), "mfcc", SAMPLE_RATE, n_mfcc=20)["mfcc"].values.shape == (87, 20)


def test_they_are_the_frame_features_of_an_analysis(short_song: Song, tmp_path: Path) -> None:
    # Feature values do not depend on how a stream is cut to 1e-5 of their scale.
    path = tmp_path / "song.wav"
    path.write_bytes(wav_bytes(short_song.samples[:, : 10 * SAMPLE_RATE]))
    analysis = tactus.analyze(path)
    timelines = tactus.features(path, analysis.features)
    assert list(timelines) == list(analysis.features)
    scales = {feature.about.name: feature.about.scale for feature in catalogue()}
    for name, timeline in timelines.items():
        of_analysis = analysis.features[name]
        np.testing.assert_array_equal(timeline.times, of_analysis.times)
        np.testing.assert_allclose(timeline.values, of_analysis.values, rtol=1e-5, atol=1e-5 * scales[name])


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no_such_feature.*rms"):
        tactus.features(tone(440, 0.1), ["rms", "no_such_feature"], SAMPLE_RATE)
