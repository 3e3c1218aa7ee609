"""The live analyzer run over sound that is already there: the same steps, without a clock."""

from collections.abc import Iterable, Iterator

from tactus.analysis.live.analyzer import LiveAnalyzer
from tactus.analysis.live.events import LiveEvent
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.rhythm import RHYTHM_RATE_HZ
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp.arrays import Floats


def live_run(
    weights: RhythmWeights, blocks: Iterable[Floats], chunk_size: int = 1024
) -> Iterator[LiveEvent | LiveFrame]:
    """Events and frames of a stream, in the order in which the live analyzer makes them.

    Args:
        weights: Weights of the causal network.
        blocks: Mono samples at 44.1 kHz, full scale 1.0, each `[n]`. The analyzer gets one at a time, so their length
            is the delay of a sound card: a live session works with 512.
        chunk_size: Samples per frame, even.

    Yields:
        Events of a block as soon as it is processed, then the frames that it completes.
    """
    analyzer = LiveAnalyzer(weights, RHYTHM_RATE_HZ, chunk_size)
    state = analyzer.start()
    for block in blocks:
        state, frames, events = analyzer.step(state, block)
        yield from events
        yield from frames
