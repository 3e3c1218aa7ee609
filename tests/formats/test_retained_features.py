"""Evidence comes back as it was, and rubbish is refused as such."""

from dataclasses import replace

import numpy as np
import pytest

from tactus.analysis.beat_hint import TempoHint
from tactus.analysis.options import TrackOptions
from tactus.analysis.track.analyzer import Block, TrackAnalyzer
from tactus.analysis.track.beat_dependent import beaten
from tactus.analysis.track.retained_features import Evidence
from tactus.formats.analysis_json import beaten_fields, encoded
from tactus.formats.retained_features import LARGEST_BYTES, evidence_bytes, read_evidence
from tactus.workers.model_files import learned
from tests.fixtures.signals import Song


@pytest.fixture(scope="module")
def evidence(short_song: Song) -> Evidence:
    samples = short_song.samples
    found = TrackAnalyzer(TrackOptions("basic"), learned()).analysis(lambda: [Block(samples, samples)])
    assert found.evidence is not None
    return found.evidence


def test_what_follows_from_kept_evidence_is_what_follows_from_the_sound(evidence: Evidence, short_song: Song) -> None:
    hint = TempoHint(correction="x1/2", downbeat_at=4.0)
    samples = short_song.samples
    heard = TrackAnalyzer(TrackOptions("basic", hint=hint), learned()).analysis(lambda: [Block(samples, samples)])
    assert heard.evidence is not None
    content = evidence_bytes(evidence)
    assert content is not None
    from_kept = encoded(beaten_fields(beaten(read_evidence(content), hint), hint))
    assert from_kept == encoded(beaten_fields(beaten(heard.evidence, hint), hint)), "to the bit"


def test_it_is_small(evidence: Evidence) -> None:
    content = evidence_bytes(evidence)
    assert content is not None
    assert len(content) < 6_000 * evidence.duration_s, "four minutes in 1.4 MB"


def test_of_hours_none_is_kept(evidence: Evidence) -> None:
    n_rows = LARGEST_BYTES // 24
    assert evidence_bytes(replace(evidence, onset_strengths=np.zeros((n_rows, 6), np.float32))) is None


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
def test_rubbish_is_refused(evidence: Evidence, change: object) -> None:
    content = evidence_bytes(evidence)
    assert callable(change)
    with pytest.raises(ValueError, match=r"evidence|JSON|unexpected|buffer|line|reshape"):
        read_evidence(change(content))
