"""Retained features are read as they were written, and damaged ones are refused."""

from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import TrackAnalyzer
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.retained_features import RetainedFeatures
from tactus.analysis.track.signal_pass import Block
from tactus.dsp.sampled import Sampled
from tactus.formats.analysis_json import beat_dependent_fields, encoded
from tactus.formats.retained_features import MAX_BYTES, read_retained, retained_bytes
from tactus.workers.model_files import network_weights
from tests.fixtures.signals import Song


@pytest.fixture(scope="module")
def retained(short_song: Song) -> RetainedFeatures:
    samples = short_song.samples
    found = TrackAnalyzer(TrackOptions("basic"), network_weights()).analysis(lambda: [Block(samples, samples)])
    assert found.retained is not None
    return found.retained


def test_results_of_stored_features_equal_those_of_the_sound(retained: RetainedFeatures, short_song: Song) -> None:
    hint = TempoHint(correction="x1/2", downbeat_at=4.0)
    samples = short_song.samples
    fresh = TrackAnalyzer(TrackOptions("basic", hint=hint), network_weights()).analysis(
        lambda: [Block(samples, samples)]
    )
    assert fresh.retained is not None
    content = retained_bytes(retained)
    assert content is not None
    from_stored = encoded(beat_dependent_fields(beat_dependent_results(read_retained(content), hint), hint))
    assert from_stored == encoded(beat_dependent_fields(beat_dependent_results(fresh.retained, hint), hint)), (
        "to the bit"
    )


def test_it_is_small(retained: RetainedFeatures) -> None:
    content = retained_bytes(retained)
    assert content is not None
    assert len(content) < 6_000 * retained.duration_s, "four minutes in 1.4 MB"


def test_of_hours_none_is_kept(retained: RetainedFeatures) -> None:
    n_rows = MAX_BYTES // 24
    assert retained_bytes(replace(retained, onset_strengths=Sampled(np.zeros((n_rows, 6), np.float32), 86.13))) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda content: b"",
        lambda content: b"{}",
        lambda content: content[:-1],
        lambda content: content + b"0",
        lambda content: content.replace(b"float32", b"object_", 1),
        lambda content: content.replace(b'"chroma"', b'"chrome"', 1),
        lambda content: b"[1]\n" + content,
    ],
)
def test_rubbish_is_refused(retained: RetainedFeatures, change: object) -> None:
    content = retained_bytes(retained)
    assert callable(change)
    with pytest.raises(ValueError, match=r"retained features|JSON|unexpected|buffer|line|reshape"):
        read_retained(change(content))
