"""The live engine over sound that is already there: the same steps, no clock."""

from collections.abc import Iterable, Iterator

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.rhythm import RHYTHM_RATE_HZ, Event
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp.arrays import Floats

_HEAVY = ("frequency_data", "time_domain_data", "events", "onsets")


def live_events(weights: RhythmWeights, blocks: Iterable[Floats], chunk_size: int = 1024) -> Iterator[Event]:
    """What the live engine says of a stream, in the order in which it says it.

    Args:
        weights: Of the causal network.
        blocks: Mono samples at 44.1 kHz, full scale 1.0, each `[n]`. The engine hears one at a time, so their length
            is the delay of a sound card: 512 is what a live session works with.
        chunk_size: Samples per `frame` event, even.

    Yields:
        `onset`, `beat`, `beat_cancelled`, `tempo`; a `frame` with levels, beat and tempo (spectrum and waveform are
        left out) after each chunk; `state` when it falls silent and when it sounds again.
    """
    analyzer = LiveAnalyzer(weights, RHYTHM_RATE_HZ, chunk_size)
    state, silent = analyzer.start(), None
    for block in blocks:
        state, frames, events = analyzer.step(state, block)
        yield from events
        for frame in frames:
            if frame["state"]["silent"] is not silent:
                silent = frame["state"]["silent"]
                yield {"type": "state", "audio_time": frame["audio_time"], "silent": silent}
            yield {key: value for key, value in frame.items() if key not in _HEAVY}
