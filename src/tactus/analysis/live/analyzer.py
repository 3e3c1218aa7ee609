"""Live sound in one pure step: samples in, what a picture needs out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tactus.analysis.live import build_and_drop, drums
from tactus.analysis.live.band_powers import BandPowers
from tactus.analysis.live.beat_clock import BeatClockState
from tactus.analysis.live.beat_controls import NO_CONTROLS, BeatCommand
from tactus.analysis.live.build_and_drop import BuildDropState
from tactus.analysis.live.harmony import Harmony, HarmonyState
from tactus.analysis.live.levels import ATTACK_TAU_S, NAMES, RELEASE_TAU_S, Levels, LevelsState, Row
from tactus.analysis.live.loudness import Loudness
from tactus.analysis.live.rhythm import NO_HITS, RHYTHM_RATE_HZ, Event, Rhythm, RhythmState
from tactus.analysis.networks.rhythm import RhythmWeights
from tactus.dsp import framing, spectrum
from tactus.dsp.arrays import Floats, Times

_MAX_HOP_SAMPLES = 512
_SILENCE_LEVEL = 0.001
"""-60 dBFS: below it a room is called silent."""
_SILENCE_S = 1.0
_RAW_NAMES = tuple(f"{name}_raw" for name in NAMES)
_LOW, _HIGH, _WHOLE = map(NAMES.index, ("bass_level", "treble_level", "overall_volume"))
_DECIMALS = 5
"""Of levels, spectrum and waveform: -100 dBFS, below the noise of 16 bits."""
_LATE_BEAT_S = 0.25
"""A beat that is first heard of so long after it sounded lights no lamp [s]."""


@dataclass(frozen=True, slots=True)
class LiveState:
    """Where a live stream stands.

    Args:
        began_s: Audio time of its first sample [s].
        n_samples: How many have been heard.
        waiting: Samples of the chunk that is not full yet.
        filters: Of what the meters read.
        levels: Of the meters.
        rhythm: Of the beat tracker.
        harmony: Of pitch classes and key.
        loudness: Of the loudness meter.
        passage: Of build, drop and break.
        news: What has been said since the last frame.
        due: Beats that have been said and have not sounded, by id.
        flagged: Id of the newest beat that a frame has shown; beats up to it are never shown again.
        quiet_s: For how long it has been silent [s].
    """

    began_s: float
    n_samples: int
    waiting: Floats
    filters: Times
    levels: LevelsState
    rhythm: RhythmState
    harmony: HarmonyState
    loudness: Times
    passage: BuildDropState
    news: tuple[Event, ...] = ()
    due: Mapping[int, Event] | None = None
    flagged: int = -1
    quiet_s: float = 0.0

    def audio_time_s(self, sample_rate: int) -> float:
        """Where the stream is, in audio time: the end of its last block [s]."""
        return self.began_s + self.n_samples / sample_rate


class LiveAnalyzer:
    """Spectrum, levels, onsets and beats of a stream; holds tables only, so one object serves any number of streams.

    Args:
        weights: Of the causal network.
        sample_rate: Of the stream and the frames [Hz].
        chunk_size: Samples per frame, even.
        attack_s: Time constant with which levels rise [s].
        release_s: With which they fall [s].

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
        self._hop_length = max(n for n in range(1, _MAX_HOP_SAMPLES + 1) if chunk_size % n == 0)
        self._powers = BandPowers(sample_rate, self._hop_length)
        self._levels = Levels(sample_rate, self._hop_length, attack_s, release_s)
        self._loudness = Loudness(sample_rate, self._hop_length)
        self._rhythm = Rhythm(weights)
        self._harmony = Harmony()

    @property
    def needs_rhythm_blocks(self) -> bool:
        """Whether `step` wants the stream a second time at 44.1 kHz, because its own rate is another."""
        return self.sample_rate != RHYTHM_RATE_HZ

    def start(
        self, began_s: float = 0.0, first_beat_id: int = 0, beat_clock: BeatClockState | None = None
    ) -> LiveState:
        """The state of a stream whose first sample sounds at audio time `began_s`.

        Args:
            began_s: Audio time [s].
            first_beat_id: Id of its first beat.
            beat_clock: Who tells its beats: of a stream that this one goes on, or with what listeners have said before.
        """
        return LiveState(
            began_s=began_s,
            n_samples=0,
            waiting=np.empty(0, np.float32),
            filters=self._powers.start(),
            levels=self._levels.start(),
            rhythm=self._rhythm.start(began_s, first_beat_id, beat_clock or BeatClockState(NO_CONTROLS)),
            harmony=self._harmony.start(),
            loudness=self._loudness.start(),
            passage=build_and_drop.start(),
        )

    def command(self, state: LiveState, command: BeatCommand, moment_s: float) -> LiveState:
        """After a listener's word about the beat, who heard what was at audio time `moment_s` [s] when saying it."""
        rhythm = self._rhythm.command(state.rhythm, command, moment_s, state.audio_time_s(self.sample_rate))
        return replace(state, rhythm=rhythm)

    def step(
        self, state: LiveState, block: Floats, rhythm_block: Floats | None = None
    ) -> tuple[LiveState, list[dict[str, Any]], list[Event]]:
        """What `block` lets us say.

        Args:
            state: What `start` or the previous call returned.
            block: The next samples, mono, full scale 1.0, shape `[n]`, any `n >= 0`.
            rhythm_block: The same at 44.1 kHz, where `needs_rhythm_blocks`.

        Returns:
            The next state; one frame for every chunk that is full now; the events that were said.

        Raises:
            ValueError: `rhythm_block` is missing.
        """
        if rhythm_block is None and self.needs_rhythm_blocks:
            raise ValueError(f"a stream at {self.sample_rate} Hz is needed at {RHYTHM_RATE_HZ} Hz as well")
        n_samples = state.n_samples + len(block)
        known_at_s = state.began_s + n_samples / self.sample_rate
        heard = block if rhythm_block is None else rhythm_block
        harmony, chroma = self._harmony.step(state.harmony, heard)
        rhythm, events = self._rhythm.step(state.rhythm, heard, chroma, known_at_s)
        waiting, chunks = framing.hops(self.chunk_size, state.waiting, block)
        due, news = dict(state.due or {}), (*state.news, *events)
        for event in events:
            if event["type"] == "beat" and event["id"] > state.flagged:
                due[event["id"]] = event
            elif event["type"] == "beat_cancelled":
                due.pop(event["id"], None)
        state = replace(state, n_samples=n_samples, waiting=waiting, rhythm=rhythm, harmony=harmony, news=news, due=due)
        frames = []
        for k, chunk in enumerate(chunks):
            end_s = known_at_s - (len(waiting) + (len(chunks) - 1 - k) * self.chunk_size) / self.sample_rate
            state, frame = self._frame(state, chunk, end_s)
            frames.append(frame)
        return state, frames, events

    def _frame(self, state: LiveState, chunk: Floats, end_s: float) -> tuple[LiveState, dict[str, Any]]:
        filters, powers = self._powers.step(state.filters, chunk.reshape(-1, self._hop_length))
        levels, smoothed, raws = self._levels.step(state.levels, powers)
        weighted = [each.weighted for each in powers]
        loudness = self._loudness.step(state.loudness, weighted)
        momentary_lufs, short_term_lufs = self._loudness.reading(loudness)
        lows, highs = (sum(raw[band] ** 2 for raw in raws) / 2 / len(raws) for band in (_LOW, _HIGH))
        heard = (lows, highs, sum(weighted) / len(weighted))
        passage = build_and_drop.step(state.passage, heard, self.chunk_size / self.sample_rate)
        loudest = max(raw[_WHOLE] for raw in raws)
        quiet_s = state.quiet_s + self.chunk_size / self.sample_rate if loudest < _SILENCE_LEVEL else 0.0
        sounding = [event for event in (state.due or {}).values() if event["audio_time"] <= end_s]
        beats = [event for event in sounding if event["audio_time"] > end_s - _LATE_BEAT_S]
        flagged = max((state.flagged, *(event["id"] for event in sounding)))
        due = {number: event for number, event in (state.due or {}).items() if event not in sounding}
        frame = {
            "type": "frame",
            "audio_time": round(end_s, 6),
            "sample_rate": self.sample_rate,
            "frequency_data": self._spectrum(chunk),
            "time_domain_data": np.round(chunk, _DECIMALS),
            **_greatest(NAMES, smoothed),
            **_greatest(_RAW_NAMES, raws),
            "loudness_momentary": round(momentary_lufs, 2),
            "loudness_short_term": round(short_term_lufs, 2),
            "beat_detected": bool(beats),
            "beat": beats[-1] if beats else None,
            **self._rhythm.reading(state.rhythm, end_s),
            "onsets": [event for event in state.news if event["type"] == "onset"],
            "events": [event for event in state.news if event["type"] != "onset"],
            "drums": _hits(state.rhythm),
            "chroma": np.round(state.harmony.chroma, 3),
            "key": _key(state.harmony),
            "state": {"silent": quiet_s >= _SILENCE_S, "passage": passage.passage},
        }
        state = replace(
            state,
            filters=filters,
            levels=levels,
            loudness=loudness,
            passage=passage,
            rhythm=replace(state.rhythm, hits=NO_HITS),
            news=(),
            due=due,
            flagged=flagged,
            quiet_s=quiet_s,
        )
        return state, frame

    def _spectrum(self, chunk: Floats) -> Floats:
        """Magnitudes of the bins from 0 Hz up, a full-scale sine on a bin being 1.0, `[chunk_size / 2]`."""
        magnitudes = spectrum.magnitudes(chunk)[:-1] / np.float32(spectrum.full_scale_magnitude(self.chunk_size))
        return np.round(magnitudes, _DECIMALS)


def _greatest(names: Sequence[str], rows: Sequence[Row]) -> dict[str, float]:
    """Of each column."""
    return {name: round(max(column), _DECIMALS) for name, *column in zip(names, *rows, strict=True)}


def _hits(rhythm: RhythmState) -> dict[str, float]:
    return {name: round(hit, 2) for name, hit in zip(drums.NAMES, rhythm.hits, strict=True)}


def _key(harmony: HarmonyState) -> dict[str, Any] | None:
    key = harmony.key
    return None if key is None else {"tonic": key.tonic, "mode": key.mode, "confidence": round(key.confidence, 3)}
