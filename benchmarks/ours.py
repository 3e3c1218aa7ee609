"""CPU time of the program: in total, by stage, by length. Runs in the process of the benchmark, not in a child."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.clock import Cost, cost
from tactus.analysis.analyzer import Analyzer
from tactus.analysis.beat_hint import NO_HINT
from tactus.analysis.catalogue import catalogue, features_for, grids
from tactus.analysis.networks.harmony import harmony_activations
from tactus.analysis.networks.rhythm import rhythm_activations
from tactus.analysis.options import PLAIN, AnalysisType, FileFormat, TimelineOptions, TrackOptions
from tactus.analysis.track.analyzer import CHARACTER_FEATURES, FRAME_FEATURES, RHYTHM_FEATURES, TrackAnalyzer
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.rhythm.rhythm import rhythm
from tactus.analysis.track.signal_pass import Block
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tactus.dsp.sampled import Sampled
from tactus.workers import track_child
from tactus.workers.model_files import network_weights

LIMITS = DecodeLimits(max_s=6 * 3600.0)
OUTPUT = Grid(sample_rate=44100, frame_length=2048, hop_length=512)


class _NullChannel:
    """A channel that discards all messages."""

    def send(self, *_: Any) -> None:
        """Discard the message."""


def whole(path: Path, analysis_type: AnalysisType = "full", timelines: TimelineOptions = PLAIN) -> None:
    """Work of the child process of a track, from the file to a compressed body."""
    options = TrackOptions(analysis_type=analysis_type, timelines=timelines)
    track_child.analyse(_NullChannel(), str(path), "0" * 64, options, asdict(LIMITS))  # type: ignore[arg-type]


def everything(file_format: FileFormat = "json") -> TimelineOptions:
    """Options for every feature of the catalogue, at every frame."""
    return TimelineOptions(features=tuple(feature.about.name for feature in catalogue()), file_format=file_format)


def stages(path: Path) -> Iterator[tuple[str, Cost]]:
    """CPU time of each stage by itself; their sum is a little more than the total, which shares spectra."""
    blocks = list(_blocks(path))
    yield "decode", cost(lambda: sum(block.shape[1] for block in _blocks(path)))
    for name, features in (("rhythm", RHYTHM_FEATURES), ("character", CHARACTER_FEATURES), ("output", FRAME_FEATURES)):
        yield f"frame features: {name}", cost(partial(_analyzer(features).run, blocks))
    yield "every feature of the catalogue", cost(partial(_analyzer(everything().features).run, blocks))
    timelines = _analyzer(RHYTHM_FEATURES).run(blocks)
    duration_s = sum(block.shape[1] for block in blocks) / OUTPUT.sample_rate
    strengths = Sampled(timelines["onset_strength"].values, timelines["onset_strength"].grid.frame_rate_hz)
    inputs = network_weights().rhythm, timelines["log_mel"].values, timelines["chroma_harmony"].values
    activations = rhythm_activations(*inputs)
    yield "rhythm network", cost(lambda: rhythm_activations(*inputs))
    yield "tempo, beats, bars, onsets", cost(lambda: rhythm(strengths, activations, duration_s=duration_s))
    pitches = _analyzer(("pitch_spectrum",)).run(blocks)["pitch_spectrum"].values
    yield "harmony network", cost(lambda: harmony_activations(network_weights().harmony, pitches, 0.0))
    analyzer = TrackAnalyzer(TrackOptions("basic"), network_weights())
    retained = analyzer.analysis(lambda: [Block(block, block) for block in blocks]).retained
    if retained is not None:
        yield (
            "beat-dependent results: these, chords, sections, mood",
            cost(lambda: beat_dependent_results(retained, NO_HINT)),
        )


def _analyzer(features: tuple[str, ...]) -> Analyzer:
    return Analyzer(features_for(features), grids(OUTPUT), features)


def _blocks(path: Path) -> Iterator[Floats]:
    with open_sound(path, LIMITS) as sound:
        yield from sound.blocks()
