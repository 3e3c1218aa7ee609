"""`tactus.LiveAnalyzer`: blocks of live sound in, events and frames out."""

import numpy as np

from tactus.analysis.live import analyzer
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.live.events import LiveEvent
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.levels import ATTACK_TAU_S, RELEASE_TAU_S
from tactus.analysis.live.rhythm import RHYTHM_HOP_SAMPLES, RHYTHM_RATE_HZ
from tactus.api.samples import Samples, checked_rate, checked_samples
from tactus.audio.decoding.resample import Resampler
from tactus.dsp import framing
from tactus.dsp.arrays import Floats
from tactus.workers.model_files import network_weights


class LiveAnalyzer:
    """Predicted beats, onsets, levels, spectrum, chroma and key of one stream of live sound.

    Blocks may have any length; short ones (512 samples) give beats early enough to light a lamp on time. The analyzer
    remembers its stream: use one object per stream, or `reset` it.

    Args:
        sample_rate: Sample rate of the stream [Hz].
        chunk_size: Samples per frame, even.
        attack_s: Time constant with which gain-controlled levels rise [s].
        release_s: Time constant with which they fall [s].

    Raises:
        ValueError: The sample rate is out of range, or the chunk size is odd or not positive.

    Example:
        >>> live = LiveAnalyzer(sample_rate=44100, chunk_size=1024)
        >>> tone = np.sin(2 * np.pi * 441 * np.arange(2048) / 44100)
        >>> frames = [event for event in live.step(tone) if isinstance(event, LiveFrame)]
        >>> [round(frame.audio_time_s, 4) for frame in frames]
        [0.0232, 0.0464]
        >>> round(frames[-1].levels_raw.mid, 1)
        1.0
    """

    def __init__(
        self,
        sample_rate: int = 44100,
        chunk_size: int = 1024,
        *,
        attack_s: float = ATTACK_TAU_S,
        release_s: float = RELEASE_TAU_S,
    ) -> None:
        self.sample_rate = checked_rate(sample_rate)
        self.chunk_size = chunk_size
        weights = network_weights().live_rhythm
        self._analyzer = analyzer.LiveAnalyzer(weights, self.sample_rate, chunk_size, attack_s, release_s)
        self.reset()

    def reset(self) -> None:
        """Begin a new stream: the next sample has audio time 0."""
        self._state = self._analyzer.start()
        self._resampler = Resampler(self.sample_rate, RHYTHM_RATE_HZ, 1)

    @property
    def audio_time_s(self) -> float:
        """Audio time of the end of the last block [s]: how much sound there has been."""
        return self._state.audio_time_s(self.sample_rate)

    def step(self, block: Samples) -> list[LiveEvent | LiveFrame]:
        """Analyse the next block.

        Args:
            block: Samples, full scale 1.0, shape `[n]` or `[channels, n]`, any `n >= 0`; channels are mixed to mono.

        Returns:
            `BeatPrediction`, `BeatCancelled`, `OnsetEvent` and `TempoChange` in the order in which they are found, and
            a `LiveFrame` for each chunk that is complete. A beat is predicted before it sounds: its `audio_time_s` is
            later than `audio_time_s` of the analyzer.

        Raises:
            ValueError: Samples are not finite, or of a wrong type or shape.
        """
        if np.asarray(block).shape[-1:] == (0,):
            return []
        samples = framing.mono(checked_samples(block))
        results: list[LiveEvent | LiveFrame] = []
        while len(samples):  # in the pieces of a live session, so that its events come in its order
            n_samples = min(RHYTHM_HOP_SAMPLES, self.chunk_size - len(self._state.waiting))
            results += self._step(samples[:n_samples])
            samples = samples[n_samples:]
        return results

    def command(self, command: BeatCommand, audio_time_s: float | None = None) -> None:
        """Correct the beat: half or twice the tempo, taps, downbeat, hold, as `POST /live/control` does.

        Args:
            command: The change.
            audio_time_s: Audio time that it is about, such as that of a tap [s]; by default the end of the last block.
        """
        moment_s = self.audio_time_s if audio_time_s is None else audio_time_s
        self._state = self._analyzer.command(self._state, command, moment_s)

    def _step(self, samples: Floats) -> list[LiveEvent | LiveFrame]:
        at_rhythm_rate = self._resampler.step(samples[None])[0] if self._analyzer.needs_rhythm_blocks else None
        self._state, frames, events = self._analyzer.step(self._state, samples, at_rhythm_rate)
        return [*events, *frames]
