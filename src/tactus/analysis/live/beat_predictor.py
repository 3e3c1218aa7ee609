"""Beat predictor: tracks the beat of a stream by forward filtering, and predicts each beat shortly before it sounds.

The causal sibling of `track/rhythm/beats`: the same bar-pointer model, of which only the past is known.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from tactus.analysis.live import bar_counter, steady_beat
from tactus.analysis.live.bar_counter import BarCount
from tactus.analysis.live.beat_activations import Activations
from tactus.analysis.live.beat_position import TempoCandidate
from tactus.analysis.live.events import BeatCancelled, BeatEvent, BeatPrediction
from tactus.analysis.live.pulse import Pulse, TrackedBeat
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.analysis.track.rhythm.downbeats import MIN_BEAT
from tactus.analysis.track.rhythm.onsets import ATTACK_LEAD_S
from tactus.dsp import forward_filter
from tactus.dsp.arrays import Floats
from tactus.dsp.bar_pointer import beat_space
from tactus.dsp.peaks import refined_peaks

AHEAD_FRAMES = 7
"""A beat is predicted when it is this many frames away or fewer: 81 ms at 86 frames per second, of which 23 to 35 ms
have passed when the frame is complete, 23 more until the next two are, and up to 12 more until their block is there."""

OBSERVATION_LAMBDA = 12
"""A beat's onset is expected in its first 1/12: Krebs et al. (ISMIR 2015) take 1/16; live, where the time of a beat is
less certain, this measured a little better on every kind of music."""

FRAMES_AT_ONCE = 2
"""The network evaluates two frames at a time."""

LAG_FRAMES = 0.5
"""Onset strength of a frame is centred between it and the frame before. With this much taken off the predicted time,
the beats of a metronome are right to 1 ms on average."""

NEAR_FRAMES = 2
"""Tolerance of a time: it is meant to within this many frames."""

MIN_CONFIDENCE = 0.2
"""Beats less certain than this are not predicted."""

REFRACTORY = 0.6
"""After a beat, no other is predicted for this part of its interval: each beat is predicted once."""

CONTINUITY_PRIOR, CONTINUITY_BEATS = 2.0, 2.5
"""Weight of times that continue the predicted beats, and for how many beats after the last one: where two alternatives
are equally probable, the beat does not jump between them."""

CANCEL_BEATS = 0.3
"""A predicted beat is cancelled when it is expected this much of a beat elsewhere."""

MOVE_FRAMES = 1.5
"""A predicted beat is moved when it is expected this many frames elsewhere."""

MAX_TEMPI, SAME_TEMPO, MIN_TEMPO_PROBABILITY = 3, 0.06, 0.01
"""Tempo candidates: how many at most, how near two tempi count as one, and the least probability."""

REACH_FRAMES, MIN_PEAK = 5, 0.1
"""A beat sounded at the network's highest activation from this many frames before its predicted time to NEAR_FRAMES
after it, if that activation is high enough; else at its predicted time."""

_N_KEPT = 24
"""Frames whose activations are kept: more than lie between any beat and the frame in which it is counted."""

QUIET_S = 2.5
"""Without anything that could be a beat for this long, no beat is predicted [s]."""


@dataclass(frozen=True, slots=True)
class BeatPredictorState:
    """State of the predictor for one stream. Times count from the start of the stream.

    Args:
        n_frames: Number of frames processed.
        posterior: Probability of each state of the bar-pointer model, shape `[n_states]`.
        curves: `Activations.curves` of the last frames, newest last, shape `[n, 3]`.
        last_audible_frame: Newest frame in which something that could be a beat sounded.
        is_noise: Whether no onset stands out from the others.
        last_beat_s: When the newest predicted beat sounds [s]; minus infinity before the first.
        sounded_s: When the last beats sounded, as far as they are evenly spaced [s], newest last.
        pending: The newest prediction, until the beat has sounded and was counted.
        n_predicted: Number of beats predicted.
        count: Position of the last counted beat in its bar.
        meter: Beats in a bar, by that count.
        bar: Number of the current bar; -1 before the first.
        beat_in_bar: Position of the newest predicted beat in its bar; 0 before the first.
        next_beat_s: When the next beat is expected [s].
        interval_s: Time between beats [s].
        confidence: Probability that the next beat sounds within NEAR_FRAMES of `next_beat_s`.
    """

    n_frames: int
    posterior: Floats
    curves: Floats
    last_audible_frame: int
    is_noise: bool
    last_beat_s: float
    sounded_s: tuple[float, ...]
    pending: BeatPrediction | None
    n_predicted: int
    count: BarCount
    meter: int
    bar: int
    beat_in_bar: int
    next_beat_s: float
    interval_s: float
    confidence: float


class BeatPredictor:
    """Forward filtering of the bar-pointer model; holds tables only, so one object serves any number of streams.

    Args:
        frame_rate_hz: Frames per second [Hz].
        bpm_range: Lowest and highest tempo that is tracked [beats per minute].
    """

    def __init__(self, frame_rate_hz: float, bpm_range: tuple[float, float] = TRACKED_BPM_RANGE) -> None:
        self.frame_rate_hz = frame_rate_hz
        space = beat_space(frame_rate_hz, bpm_range, observation_lambda=OBSERVATION_LAMBDA)
        self._states = forward_filter.beat_states(space)

    def start(self) -> BeatPredictorState:
        """The state before the first frame."""
        count = bar_counter.start()
        return BeatPredictorState(
            n_frames=0,
            posterior=forward_filter.prior(self._states),
            curves=np.zeros((_N_KEPT, 3), np.float32),
            last_audible_frame=-(10**9),
            is_noise=True,
            last_beat_s=-math.inf,
            sounded_s=(),
            pending=None,
            n_predicted=0,
            count=count,
            meter=bar_counter.meter(count),
            bar=-1,
            beat_in_bar=0,
            next_beat_s=0.0,
            interval_s=0.0,
            confidence=0.0,
        )

    def step(
        self,
        state: BeatPredictorState,
        activations: Activations,
        known_at_s: float,
        bpm_range: tuple[float, float] | None = None,
    ) -> tuple[BeatPredictorState, list[BeatEvent]]:
        """Processes the next frames.

        Args:
            state: State returned by `start` or the previous call.
            activations: Beat activations of the next frames, an even number of them.
            known_at_s: How much audio of this stream has been delivered [s].
            bpm_range: Lowest and highest tempo that a listener allows [beats per minute]; None: all tracked tempi.

        Returns:
            The next state, and new, moved and cancelled beats, numbered from 0.
        """
        events: list[BeatEvent] = []
        for first in range(0, len(activations.beats), FRAMES_AT_ONCE):
            state = self._updated(state, activations, slice(first, first + FRAMES_AT_ONCE), bpm_range)
            state, event = self._predicted(state, known_at_s)
            events += [event] if event else []
        return state, events

    def tracked(self, state: BeatPredictorState) -> TrackedBeat:
        """The beat that is tracked now; its `pulse` is None while no beat is certain enough, or nothing sounds."""
        is_lost = state.n_predicted == 0 or state.confidence < MIN_CONFIDENCE or self._is_quiet(state)
        return TrackedBeat(
            pulse=None if is_lost else Pulse(state.next_beat_s, state.interval_s),
            confidence=0.0 if is_lost else state.confidence,
            last_beat_s=state.last_beat_s,
            beat_in_bar=state.beat_in_bar,
            bar=state.bar,
            meter=state.meter,
        )

    def tempo_candidates(self, state: BeatPredictorState) -> tuple[TempoCandidate, ...]:
        """Tempi that the beat may have, the most probable first, at most `MAX_TEMPI`."""
        weights = forward_filter.interval_posterior(self._states, state.posterior)
        intervals = self._states.space.intervals_frames
        found = []
        for _ in range(MAX_TEMPI):
            center = intervals[int(np.argmax(weights))]
            are_near = np.abs(intervals / center - 1) < SAME_TEMPO
            probability = float(weights[are_near].sum())
            if probability < MIN_TEMPO_PROBABILITY:
                break
            mean_frames = float(weights[are_near] @ intervals[are_near]) / probability
            found.append(TempoCandidate(60 * self.frame_rate_hz / mean_frames, min(probability, 1.0)))
            weights = np.where(are_near, 0, weights)
        return tuple(found)

    def _updated(
        self,
        state: BeatPredictorState,
        activations: Activations,
        frames: slice,
        bpm_range: tuple[float, float] | None,
    ) -> BeatPredictorState:
        """The posterior, and what is expected by it, after some more frames."""
        posterior = state.posterior
        for activation in activations.beats[frames].tolist():
            posterior = forward_filter.next_posterior(self._states, posterior, activation)
        if bpm_range is not None:
            shortest, longest = (60 * self.frame_rate_hz / bpm for bpm in reversed(bpm_range))
            posterior = forward_filter.within(self._states, posterior, shortest, longest)
        next_beat = forward_filter.next_beat(self._states, posterior)
        frames_left, confidence = expected_frames(next_beat, self._continuing_frames(state))
        interval_s = self._interval_s(posterior)
        n_frames = state.n_frames + FRAMES_AT_ONCE
        # A beat's onset lies anywhere in its first frames.
        onset_zone = interval_s * self.frame_rate_hz / self._states.space.observation_lambda
        next_beat_s = (n_frames - 1 + frames_left + onset_zone / 2 - LAG_FRAMES) / self.frame_rate_hz + ATTACK_LEAD_S
        reach_s = onset_zone / 2 / self.frame_rate_hz
        next_beat_s, interval_s = steady_beat.near(state.sounded_s, next_beat_s, interval_s, reach_s)
        audible = np.flatnonzero(activations.are_audible[frames])
        state = replace(
            state,
            n_frames=n_frames,
            posterior=posterior,
            curves=np.concatenate((state.curves[FRAMES_AT_ONCE:], activations.curves[frames])),
            last_audible_frame=state.n_frames + int(audible[-1]) if len(audible) else state.last_audible_frame,
            is_noise=bool(activations.are_noise[frames][-1]),
            next_beat_s=next_beat_s,
            interval_s=interval_s,
            confidence=confidence,
        )
        return self._with_beat_counted(state)

    def _predicted(self, state: BeatPredictorState, known_at_s: float) -> tuple[BeatPredictorState, BeatEvent | None]:
        """Corrects the pending beat while it has not sounded, or predicts the next one once it is due."""
        if state.pending is not None and known_at_s <= state.pending.audio_time_s:
            return self._corrected(state, state.pending, known_at_s)
        away_frames = state.next_beat_s * self.frame_rate_hz - (state.n_frames - 1)
        is_due = away_frames <= AHEAD_FRAMES and state.next_beat_s - state.last_beat_s > REFRACTORY * state.interval_s
        if not is_due or state.confidence < MIN_CONFIDENCE or self._is_quiet(state):
            return state, None
        beat_in_bar = bar_counter.next_beat_in_bar(state.count)
        bar = state.bar + 1 if beat_in_bar == 1 or state.bar < 0 else state.bar
        beat = _prediction(state, state.n_predicted, beat_in_bar, bar, known_at_s)
        state = replace(
            state,
            pending=beat,
            last_beat_s=beat.audio_time_s,
            n_predicted=state.n_predicted + 1,
            bar=bar,
            beat_in_bar=beat_in_bar,
        )
        return state, beat

    def _corrected(
        self, state: BeatPredictorState, pending: BeatPrediction, known_at_s: float
    ) -> tuple[BeatPredictorState, BeatEvent | None]:
        """Cancels or moves a beat that has not sounded, where it is expected elsewhere by now."""
        # Once a beat has begun, the posterior is about the one after it, a whole interval later.
        shift_s = state.next_beat_s - pending.audio_time_s
        shift_s -= state.interval_s * round(shift_s / state.interval_s)
        if abs(shift_s) > CANCEL_BEATS * state.interval_s and state.confidence >= MIN_CONFIDENCE:
            state = replace(
                state,
                pending=None,
                last_beat_s=state.sounded_s[-1] if state.sounded_s else -math.inf,
                beat_in_bar=pending.beat_in_bar - 1,
            )
            return state, BeatCancelled(pending.id, known_at_s)
        if abs(shift_s) * self.frame_rate_hz > MOVE_FRAMES and pending.audio_time_s + shift_s > known_at_s:
            moved = replace(
                _prediction(state, pending.id, pending.beat_in_bar, pending.bar, known_at_s),
                audio_time_s=pending.audio_time_s + shift_s,
            )
            return replace(state, pending=moved, last_beat_s=moved.audio_time_s), moved
        return state, None

    def _with_beat_counted(self, state: BeatPredictorState) -> BeatPredictorState:
        """Counts the pending beat in its bar once the frames around it have been processed."""
        pending = state.pending
        if pending is None or (state.n_frames - 1 - NEAR_FRAMES) / self.frame_rate_hz < pending.audio_time_s:
            return state
        first_frame = state.n_frames - len(state.curves)
        expected = round(pending.audio_time_s * self.frame_rate_hz) - first_frame
        beats, downbeats, brightness = state.curves.T
        start = expected - REACH_FRAMES
        peak = start + int(np.argmax(beats[start : expected + NEAR_FRAMES + 1]))
        sounded_s = pending.audio_time_s
        if beats[peak] > MIN_PEAK:
            frame = first_frame + float(refined_peaks(beats, np.array([peak]))[0])
            sounded_s = frame / self.frame_rate_hz + ATTACK_LEAD_S
        near = slice(peak - NEAR_FRAMES, peak + NEAR_FRAMES + 1)
        downbeat = float(downbeats[near].max()) / max(float(beats[peak]), MIN_BEAT)
        count = bar_counter.counted(state.count, downbeat, float(brightness[near].max()))
        return replace(
            state,
            pending=None,
            count=count,
            meter=bar_counter.meter(count),
            sounded_s=steady_beat.after(state.sounded_s, sounded_s, state.interval_s),
        )

    def _continuing_frames(self, state: BeatPredictorState) -> slice:
        """In how many frames the next beat starts if the predicted beats continue; empty where there are none."""
        now_s = (state.n_frames + FRAMES_AT_ONCE) / self.frame_rate_hz
        if not 0 < now_s - state.last_beat_s + AHEAD_FRAMES / self.frame_rate_hz < CONTINUITY_BEATS * state.interval_s:
            return slice(0)
        zone_s = state.interval_s / self._states.space.observation_lambda
        left_s = state.last_beat_s - zone_s / 2 - now_s
        frames_left = round(left_s % state.interval_s * self.frame_rate_hz)
        return slice(max(0, frames_left - 1 - NEAR_FRAMES), frames_left + NEAR_FRAMES + 2)

    def _interval_s(self, posterior: Floats) -> float:
        """Mean interval near the most probable one [s]."""
        weights = forward_filter.interval_posterior(self._states, posterior)
        intervals = self._states.space.intervals_frames
        best = int(np.argmax(weights))
        near = slice(max(0, best - NEAR_FRAMES), best + NEAR_FRAMES + 1)
        return float(weights[near] @ intervals[near] / weights[near].sum()) / self.frame_rate_hz

    def _is_quiet(self, state: BeatPredictorState) -> bool:
        return state.is_noise or state.n_frames - state.last_audible_frame > QUIET_S * self.frame_rate_hz


def expected_frames(next_beat: Floats, continuing: slice) -> tuple[float, float]:
    """Most probable number of frames to the next beat, between frames, and the probability near it.

    Args:
        next_beat: Probability that the beat starts in this many frames, shape `[n]`, index 0 unused.
        continuing: The frames in which it starts if the predicted beats continue.
    """
    smooth = next_beat.copy()
    smooth[1:-1] += (next_beat[:-2] + next_beat[2:]) / 2
    smooth[continuing] *= CONTINUITY_PRIOR
    best = int(np.argmax(smooth))
    near = np.arange(max(1, best - NEAR_FRAMES), min(len(next_beat), best + NEAR_FRAMES + 1))
    mass = next_beat[near]
    total = float(mass.sum())
    return float(near @ mass) / total, total


def _prediction(state: BeatPredictorState, id_: int, beat_in_bar: int, bar: int, known_at_s: float) -> BeatPrediction:
    return BeatPrediction(
        id=id_,
        audio_time_s=state.next_beat_s,
        known_at_s=known_at_s,
        bpm=60 / state.interval_s,
        beat_in_bar=beat_in_bar,
        bar=bar,
        phase=Pulse(state.next_beat_s, state.interval_s).phase(known_at_s),
        confidence=state.confidence,
        predicted=known_at_s <= state.next_beat_s,
    )
