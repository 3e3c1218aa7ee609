"""One pass over the samples of a track: frame features, true peak, channel powers and waveform."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tactus.analysis.analyzer import Analyzer, Recording
from tactus.analysis.timeline import FeatureTimeline
from tactus.analysis.track.sound import waveform
from tactus.dsp import framing, true_peak
from tactus.dsp.arrays import Floats, Times
from tactus.dsp.true_peak import TruePeakState


@dataclass(frozen=True, slots=True)
class Block:
    """The next samples of a track, at both sample rates.

    Args:
        inner: Samples at `INNER_SAMPLE_RATE`, full scale 1.0, shape `[n_channels, n]`.
        output: The same sound at the sample rate of the output grid, shape `[n_channels, m]`; the same array where the
            rates are equal. One of the two may lag behind the other by a few milliseconds.
    """

    inner: Floats
    output: Floats

    def channel(self, number: int) -> "Block":
        """One channel of the block, as a block with one channel."""
        return Block(self.inner[[number]], self.output[[number]])


@dataclass(slots=True)
class SignalPass:
    """Measurements of one pass over a track.

    Args:
        n_samples: Length at `INNER_SAMPLE_RATE` [samples].
        mono_power: Sum of the squared samples of the mono mix.
        channel_powers: Sum of the squared samples of each channel, shape `[n_channels]`.
        true_peak: State of the true peak meter.
        waveform_points: Completed points of the waveform, as `waveform.extremes` returns them.
        waveform_rest: Samples of the last, incomplete point.
        timelines: Features by name.
    """

    n_samples: int = 0
    mono_power: float = 0.0
    channel_powers: Times = field(default_factory=lambda: np.zeros(1))
    true_peak: TruePeakState = field(default_factory=TruePeakState)
    waveform_points: list[Floats] = field(default_factory=lambda: [np.empty((0, 2), np.float32)])
    waveform_rest: Floats = field(default_factory=lambda: np.empty(0, np.float32))
    timelines: dict[str, FeatureTimeline] = field(default_factory=dict)

    def values(self, name: str) -> Floats:
        """Values of a feature, shape `[n_frames, size]`."""
        return self.timelines[name].values

    def drop(self, name: str) -> None:
        """Free the memory of a feature that is not read again."""
        del self.timelines[name]

    def measure(self, block: Block) -> None:
        """Add a block to all measurements but features and true peak."""
        self.n_samples += block.inner.shape[1]
        mono = framing.mono(block.output)
        self.mono_power += float(np.vdot(mono, mono))
        self.channel_powers = self.channel_powers + [float(np.vdot(channel, channel)) for channel in block.output]
        self.waveform_rest, points = waveform.extremes(self.waveform_rest, mono)
        self.waveform_points.append(points)


def signal_pass(blocks: Iterable[Block], inner: Analyzer, output: Analyzer, *, with_true_peak: bool) -> SignalPass:
    """Run two analyzers over a track and measure it.

    Args:
        blocks: Blocks of the track.
        inner: Analyzer of the samples at `INNER_SAMPLE_RATE`.
        output: Analyzer of the samples at the sample rate of the output grid; skipped without features.
        with_true_peak: Whether to measure the true peak.
    """
    result = SignalPass()
    recordings = Recording(inner), Recording(output)
    for block in blocks:
        result.measure(block)
        if with_true_peak:
            result.true_peak = true_peak.update(result.true_peak, block.inner)
        recordings[0].add(block.inner)
        if output.abouts:
            recordings[1].add(block.output)
    result.timelines = {name: timeline for part in recordings for name, timeline in part.finish().items()}
    return result
