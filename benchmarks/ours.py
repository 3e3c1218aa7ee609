"""What the program itself costs: whole, by stage, by length. Run in the process of the benchmark, not in a child."""

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
from tactus.analysis.track.analyzer import CHARACTER_FEATURES, FRAME_FEATURES, RHYTHM_FEATURES, Block, TrackAnalyzer
from tactus.analysis.track.beat_dependent import beat_dependent_results
from tactus.analysis.track.rhythm.rhythm import rhythm
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.dsp.arrays import Floats
from tactus.dsp.grid import Grid
from tactus.workers import track_child
from tactus.workers.model_files import network_weights

LIMITS = DecodeLimits(max_s=6 * 3600.0)
OUTPUT = Grid(sample_rate=44100, frame_length=2048, hop_length=512)


class _Nobody:
    """A channel that nobody listens to."""

    def send(self, *_: Any) -> None:
        """Nothing."""


def whole(path: Path, analysis_type: AnalysisType = "full", timelines: TimelineOptions = PLAIN) -> None:
    """What the child process of a track does, from the file to a compressed body."""
    options = TrackOptions(analysis_type=analysis_type, timelines=timelines)
    track_child.analyse(_Nobody(), str(path), "0" * 64, options, asdict(LIMITS))  # type: ignore[arg-type]


def everything(file_format: FileFormat = "json") -> TimelineOptions:
    """Every feature of the catalogue, at every frame."""
    return TimelineOptions(features=tuple(feature.about.name for feature in catalogue()), file_format=file_format)


def stages(path: Path) -> Iterator[tuple[str, Cost]]:
    """CPU of each stage by itself; their sum is a little more than the whole, which shares spectra."""
    blocks = list(_blocks(path))
    yield "decode", cost(lambda: sum(block.shape[1] for block in _blocks(path)))
    for name, features in (("rhythm", RHYTHM_FEATURES), ("character", CHARACTER_FEATURES), ("output", FRAME_FEATURES)):
        yield f"frame features: {name}", cost(partial(_analyzer(features).run, blocks))
    yield "every feature of the catalogue", cost(partial(_analyzer(everything().features).run, blocks))
    timelines = _analyzer(RHYTHM_FEATURES).run(blocks)
    duration_s = sum(block.shape[1] for block in blocks) / OUTPUT.sample_rate
    strengths, rate_hz = timelines["onset_strength"].values, timelines["onset_strength"].grid.frame_rate_hz
    inputs = network_weights().rhythm, timelines["log_mel"].values, timelines["chroma_harmony"].values
    reading = rhythm_activations(*inputs)
    yield "what the rhythm network hears", cost(lambda: rhythm_activations(*inputs))
    yield "tempo, beats, bars, onsets", cost(lambda: rhythm(strengths, rate_hz, reading, duration_s=duration_s))
    pitches = _analyzer(("pitch_spectrum",)).run(blocks)["pitch_spectrum"].values
    yield "what the harmony network hears", cost(lambda: harmony_activations(network_weights().harmony, pitches, 0.0))
    analyzer = TrackAnalyzer(TrackOptions("basic"), network_weights())
    retained = analyzer.analysis(lambda: [Block(block, block) for block in blocks]).retained
    if retained is not None:
        yield (
            "all that depends on beats: these, chords, sections, mood",
            cost(lambda: beat_dependent_results(retained, NO_HINT)),
        )


def _analyzer(features: tuple[str, ...]) -> Analyzer:
    return Analyzer(features_for(features), grids(OUTPUT), features)


def _blocks(path: Path) -> Iterator[Floats]:
    with open_sound(path, LIMITS) as sound:
        yield from sound.blocks()
