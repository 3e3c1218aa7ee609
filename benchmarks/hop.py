"""`python -m benchmarks.hop [FILE]`: what the live analysis costs for each hop of 512 samples, in CPU time.

All that a session's process does for a hop but capturing: levels, loudness, spectrum, onsets, beats, harmony, passages,
and the encoding of a message where one is due. Without a file, the demo's music.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.audio.decoding.decode import open_sound
from tactus.audio.decoding.limits import DecodeLimits
from tactus.audio.sources.demo import Demo
from tactus.audio.sources.downmix import mono
from tactus.audio.sources.paced_player import in_blocks
from tactus.dsp.arrays import Floats
from tactus.formats.live_json import frame_arrays, frame_head
from tactus.workers.live_engine import to_float_array
from tactus.workers.live_message import encode
from tactus.workers.messages import Message
from tactus.workers.model_files import network_weights

RATE = 44100
HOP = 512
WARM = 200
"""Hops that fill caches and do not count."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="benchmarks.hop", description=__doc__)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--seconds", type=float, default=120.0)
    asked = parser.parse_args()
    print("| | mean | p50 | p99 | max | hops |\n|---|---|---|---|---|---|")
    for name, command in (("without a range", None), ("within a range of tempi", BeatCommand(tempo=(80.0, 160.0)))):
        costs_ms = _costs_ms(_sound(asked.file), asked.seconds, command)
        percentiles = statistics.quantiles(costs_ms, n=100)
        print(
            f"| {name} | {statistics.mean(costs_ms):.3f} ms | {percentiles[49]:.3f} ms | {percentiles[98]:.3f} ms "
            f"| {max(costs_ms):.3f} ms | {len(costs_ms)} |"
        )


def _sound(path: Path | None) -> Iterable[Floats]:
    if path is None:
        yield from Demo(RATE).beats()
        return
    with open_sound(path, DecodeLimits(), RATE) as sound:
        for block in sound.blocks():
            yield mono(block, None)


def _costs_ms(sound: Iterable[Floats], seconds: float, command: BeatCommand | None) -> list[float]:
    analyzer = LiveAnalyzer(network_weights().live_rhythm, RATE, 2 * HOP)
    state = analyzer.start()
    if command is not None:
        state = analyzer.command(state, command, 0.0)
    costs_ms = []
    for block in itertools.islice(in_blocks(iter(sound), HOP), WARM + round(seconds * RATE / HOP)):
        hop = np.ascontiguousarray(block)
        began = time.process_time()
        state, frames, _ = analyzer.step(state, hop)
        for frame in frames:
            arrays = map(to_float_array, frame_arrays(frame).values())
            Message("message", *encode(frame_head(frame), {}, *arrays)).encoded()
        costs_ms.append(1000 * (time.process_time() - began))
    return costs_ms[WARM:]


if __name__ == "__main__":
    main()
