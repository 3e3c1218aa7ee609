"""Live analyzer: samples in, frames and events out, in one pure step."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tactus.analysis.live import build_and_drop
from tactus.analysis.live.band_powers import BandPowers, HopPowers
from tactus.analysis.live.beat_clock import BeatClockState, position
from tactus.analysis.live.beat_controls import BeatCommand
from tactus.analysis.live.beat_flags import BeatFlags
from tactus.analysis.live.build_and_drop import BuildDropState
from tactus.analysis.live.drums import NO_HITS
from tactus.analysis.live.events import LiveEvent, OnsetEvent
from tactus.analysis.live.frame import LiveFrame
from tactus.analysis.live.harmony import HarmonyState, HarmonyTracker
from tactus.analysis.live.levels import ATTACK_TAU_S, RELEASE_TAU_S, BandLevels, LevelMeter, LevelMeterState
from tactus.analysis.live.loudness import LoudnessMeter
from tactus.analysis.live.rhythm import RHYTHM_RATE_HZ, RhythmState, RhythmTracker
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp import framing, spectrum
from tactus.dsp.arrays import Floats, Times

MAX_HOP_SAMPLES = 512
"""Levels are measured over at most this many samples at a time."""

SILENCE_LEVEL = 0.001
"""Level below which a chunk counts as silent: -60 dBFS."""

SILENCE_S = 1.0
"""After this much silence a stream is silent [s]."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """State of the analysis of one live stream.

    Args:
        began_s: Audio time of the first sample [s].
        n_samples: Number of samples processed.
        waiting: Samples of the chunk that is not full yet.
        filters: State of the filters that the meters read.
        levels: State of the level meter.
        rhythm: State of onsets, drum hits and beats.
        harmony: State of chroma and key.
        loudness: State of the loudness meter.
        build_drop: State of build, drop and break.
        new_events: Events since the last frame.
        beat_flags: Beats that frames have yet to show.
        quiet_s: How long the level has been below `SILENCE_LEVEL` [s].
    """

    began_s: float
    n_samples: int
    waiting: Floats
    filters: Times
    levels: LevelMeterState
    rhythm: RhythmState
    harmony: HarmonyState
    loudness: Times
    build_drop: BuildDropState
    new_events: tuple[LiveEvent, ...] = ()
    beat_flags: BeatFlags = field(default_factory=BeatFlags)
    quiet_s: float = 0.0

    def audio_time_s(self, sample_rate: int) -> float:
        """Audio time of the end of the last block [s]."""
        return self.began_s + self.n_samples / sample_rate


class LiveAnalyzer:
    """Spectrum, levels, onsets, beats and harmony of a stream; holds tables only, so one object serves any number.

    Args:
        weights: Weights of the causal network.
        sample_rate: Sample rate of the stream and of its frames [Hz].
        chunk_size: Samples per frame, even.
        attack_s: Time constant with which gain-controlled levels rise [s].
        release_s: Time constant with which they fall [s].

    Raises:
        ValueError: The chunk size is odd or not positive.
    """

    def __init__(
        self,
        weights: RhythmWeights,
        sample_rate: int,
        chunk_size: int,
        attack_s: float = ATTACK_TAU_S,
        release_s: float = RELEASE_TAU_S,
    ) -> None:
        if chunk_size < 2 or chunk_size % 2:
            raise ValueError(f"chunk_size must be even and positive, not {chunk_size}")
        self.sample_rate = sample_rate
        self.chunk_size = chunk_size
        self._hop_length = max(n for n in range(1, MAX_HOP_SAMPLES + 1) if chunk_size % n == 0)
        self._powers = BandPowers(sample_rate, self._hop_length)
        self._levels = LevelMeter(sample_rate, self._hop_length, attack_s, release_s)
        self._loudness = LoudnessMeter(sample_rate, self._hop_length)
        self._rhythm = RhythmTracker(weights)
        self._harmony = HarmonyTracker()

    @property
    def needs_rhythm_blocks(self) -> bool:
        """Whether `step` needs the stream a second time at 44.1 kHz, because its own sample rate is another."""
        return self.sample_rate != RHYTHM_RATE_HZ

    def start(
        self, began_s: float = 0.0, first_beat_id: int = 0, beat_clock: BeatClockState | None = None
    ) -> LiveState:
        """The state before the first sample.

        Args:
            began_s: Audio time of the first sample [s].
            first_beat_id: Id of the first beat.
            beat_clock: The beat clock: of the stream before this one, or with controls in force; None: a new one.
        """
        return LiveState(
            began_s=began_s,
            n_samples=0,
            waiting=np.empty(0, np.float32),
            filters=self._powers.start(),
            levels=self._levels.start(),
            rhythm=self._rhythm.start(began_s, first_beat_id, beat_clock or BeatClockState()),
            harmony=self._harmony.start(),
            loudness=self._loudness.start(),
            build_drop=build_and_drop.start(),
        )

    def command(self, state: LiveState, command: BeatCommand, moment_s: float) -> LiveState:
        """The state after a listener command about the sound at `moment_s` of audio time [s]."""
        rhythm = self._rhythm.command(state.rhythm, command, moment_s, state.audio_time_s(self.sample_rate))
        return replace(state, rhythm=rhythm)

    def step(
        self, state: LiveState, block: Floats, rhythm_block: Floats | None = None
    ) -> tuple[LiveState, list[LiveFrame], list[LiveEvent]]:
        """Processes the next samples.

        Args:
            state: State returned by `start` or the previous call.
            block: The next samples, mono, full scale 1.0, shape `[n]`, any `n >= 0`.
            rhythm_block: The same at 44.1 kHz, where `needs_rhythm_blocks`.

        Returns:
            The next state; one frame for every chunk that is full now; the new events.

        Raises:
            ValueError: `rhythm_block` is missing.
        """
        if rhythm_block is None and self.needs_rhythm_blocks:
            raise ValueError(f"a stream at {self.sample_rate} Hz is needed at {RHYTHM_RATE_HZ} Hz as well")
        n_samples = state.n_samples + len(block)
        known_at_s = state.began_s + n_samples / self.sample_rate
        rhythm_samples = block if rhythm_block is None else rhythm_block
        harmony, chroma_harmony = self._harmony.step(state.harmony, rhythm_samples)
        rhythm, events = self._rhythm.step(state.rhythm, rhythm_samples, chroma_harmony, known_at_s)
        waiting, chunks = framing.hops(self.chunk_size, state.waiting, block)
        state = replace(
            state,
            n_samples=n_samples,
            waiting=waiting,
            rhythm=rhythm,
            harmony=harmony,
            new_events=(*state.new_events, *events),
            beat_flags=state.beat_flags.after(events),
        )
        frames = []
        for k, chunk in enumerate(chunks):
            end_s = known_at_s - (len(waiting) + (len(chunks) - 1 - k) * self.chunk_size) / self.sample_rate
            state, frame = self._frame(state, chunk, end_s)
            frames.append(frame)
        return state, frames, events

    def _frame(self, state: LiveState, chunk: Floats, end_s: float) -> tuple[LiveState, LiveFrame]:
        chunk_s = self.chunk_size / self.sample_rate
        filters, powers = self._powers.step(state.filters, chunk.reshape(-1, self._hop_length))
        levels, smoothed, raws = self._levels.step(state.levels, powers)
        loudness = self._loudness.step(state.loudness, [hop.weighted for hop in powers])
        build_drop = build_and_drop.step(state.build_drop, _build_drop_row(raws, powers), chunk_s)
        is_quiet = max(raw.overall for raw in raws) < SILENCE_LEVEL
        quiet_s = state.quiet_s + chunk_s if is_quiet else 0.0
        beat_flags, beat = state.beat_flags.shown_until(end_s)
        beat_position = position(state.rhythm.beat_clock, end_s)
        frame = LiveFrame(
            audio_time_s=end_s,
            sample_rate=self.sample_rate,
            waveform=chunk,
            spectrum=self._spectrum(chunk),
            levels=_maxima(smoothed),
            levels_raw=_maxima(raws),
            loudness=self._loudness.reading(loudness),
            beat=beat,
            position=beat_position,
            tempo_candidates=self._rhythm.tempo_candidates(state.rhythm) if beat_position else (),
            onsets=tuple(event for event in state.new_events if isinstance(event, OnsetEvent)),
            events=tuple(event for event in state.new_events if not isinstance(event, OnsetEvent)),
            drums=state.rhythm.hits,
            chroma=state.harmony.chroma,
            key=state.harmony.key,
            is_silent=quiet_s >= SILENCE_S,
            build_drop=build_drop.build_drop,
        )
        state = replace(
            state,
            filters=filters,
            levels=levels,
            loudness=loudness,
            build_drop=build_drop,
            rhythm=replace(state.rhythm, hits=NO_HITS),
            new_events=(),
            beat_flags=beat_flags,
            quiet_s=quiet_s,
        )
        return state, frame

    def _spectrum(self, chunk: Floats) -> Floats:
        """Magnitudes of the bins from 0 Hz up, a full-scale sine on a bin being 1.0, shape `[chunk_size / 2]`."""
        full_scale = np.float32(spectrum.full_scale_magnitude(self.chunk_size))
        magnitudes: Floats = spectrum.magnitudes(chunk)[:-1] / full_scale
        return magnitudes


def _build_drop_row(raws: Sequence[BandLevels], powers: Sequence[HopPowers]) -> build_and_drop.Row:
    """Mean power of low end, treble and the whole (K-weighted) over some hops."""
    lows = sum(raw.bass**2 for raw in raws) / 2 / len(raws)
    highs = sum(raw.treble**2 for raw in raws) / 2 / len(raws)
    return lows, highs, sum(hop.weighted for hop in powers) / len(powers)


def _maxima(levels: Sequence[BandLevels]) -> BandLevels:
    """The maximum of each level."""
    return BandLevels._make(map(max, *levels) if len(levels) > 1 else levels[0])
