"""Follows the beat of a stream and says each beat shortly before it sounds."""

import math
from dataclasses import dataclass, replace

import numpy as np

from tactus.analysis.live import bar_counter, steady_beat
from tactus.analysis.live.bar_counter import BarCount
from tactus.analysis.live.beat_activations import Activations
from tactus.analysis.live.beat_controls import TRACKED_BPM_RANGE
from tactus.analysis.live.beat_events import BeatCancelled, BeatPosition, BeatPrediction
from tactus.analysis.track.rhythm.downbeats import MIN_BEAT
from tactus.analysis.track.rhythm.onsets import ATTACK_LEAD_S
from tactus.dsp import forward_filter
from tactus.dsp.arrays import Floats
from tactus.dsp.bar_pointer import beat_space
from tactus.dsp.peaks import refined_peaks

AHEAD_FRAMES = 7
"""A beat is said when it is so many frames away or less: 81 ms at 86 frames per second, of which 23 to 35 ms are gone
when the frame is complete, 23 until the next two are, and up to 12 more until their block is delivered."""

OBSERVATION_LAMBDA = 12
"""A beat's onset is expected in its first 1/12: Krebs et al. (ISMIR 2015) take 1/16; live, where the moment of a beat
is known less well, this measured a little better on every kind of music."""

FRAMES_AT_ONCE = 2
"""The network speaks of two frames at once."""

LAG_FRAMES = 0.5
"""Onsets speak of the middle between two frames. With so much taken off, a metronome is told within 1 ms on average."""

NEAR_FRAMES = 2
"""A moment is meant to within so many frames."""

MIN_CONFIDENCE = 0.2
"""Beats less sure than this are not said."""

REFRACTORY = 0.6
"""After a beat, none is said for this part of its interval: each beat is said once."""

CONTINUITY_PRIOR, CONTINUITY_BEATS = 2.0, 2.5
"""Other beats than those that have been told have to be this much likelier, for so many beats after the last: where two
are alike, the beat does not jump from one to the other."""

CANCELLED = 0.3
"""A beat that was said is taken back when it is expected so many beats elsewhere."""

MOVED_FRAMES = 1.5
"""A beat that was said is said again, moved, when it is expected so many frames elsewhere."""

MAX_TEMPI, ONE_TEMPO, MIN_TEMPO_PROBABILITY = 3, 0.06, 0.01
"""Tempi that are told beside one another: how many, how near counts as one, and the least belief."""

REACH_FRAMES, CLEAR = 5, 0.1
"""A beat was heard where the network was surest, so many frames before it was said to sound or NEAR_FRAMES after, if it
was so sure; else it was where it was said to be."""

_N_KEPT = 24
"""Frames whose words are kept: more than lie between any beat and the moment when it is counted."""

QUIET_S = 2.5
"""When nothing that could be a beat sounded for so long, no beat is said."""


@dataclass(frozen=True, slots=True)
class BeatFilterState:
    """What the filter knows of a stream.

    Args:
        n_frames: Frames heard.
        posterior: Probability of each state of the bar-pointer model.
        curves: What the last frames have said, newest last, as in `Heard`, shape `[n, 3]`.
        last_audible_frame: When something that could be a beat last sounded.
        is_noise: Whether no onset stands out from the others.
        last_beat_s: When the newest beat that was said sounds [s].
        heard_s: When the last beats were heard, as far apart as expected [s], newest last.
        pending: The newest beat that was said, until it has sounded and was counted.
        n_sent: Beats said so far.
        count: Where in the bar the last counted beat was.
        bar: Number of the current bar.
        beat_in_bar: Of the last beat said; 0 before the first.
        next_beat_s: When the next beat is expected [s].
        interval_s: How long a beat lasts by now [s].
        confidence: How sure the next beat's moment is.
    """

    n_frames: int
    posterior: Floats
    curves: Floats
    last_audible_frame: int
    is_noise: bool
    last_beat_s: float
    heard_s: tuple[float, ...]
    pending: BeatPrediction | None
    n_sent: int
    count: BarCount
    bar: int
    beat_in_bar: int
    next_beat_s: float
    interval_s: float
    confidence: float


class BeatFilter:
    """Forward filtering of the bar-pointer model; holds tables only, so one object serves any number of streams.

    Args:
        frame_rate_hz: Frames per second [Hz].
        bpm_range: Lowest and highest tempo that is followed.
    """

    def __init__(self, frame_rate_hz: float, bpm_range: tuple[float, float] = TRACKED_BPM_RANGE) -> None:
        self.frame_rate_hz = frame_rate_hz
        space = beat_space(frame_rate_hz, bpm_range, observation_lambda=OBSERVATION_LAMBDA)
        self._states = forward_filter.beat_states(space)

    def start(self) -> BeatFilterState:
        """The state of a stream that has not begun."""
        return BeatFilterState(
            n_frames=0,
            posterior=forward_filter.prior(self._states),
            curves=np.zeros((_N_KEPT, 3), np.float32),
            last_audible_frame=-(10**9),
            is_noise=True,
            last_beat_s=-math.inf,
            heard_s=(),
            pending=None,
            n_sent=0,
            count=bar_counter.start(),
            bar=-1,
            beat_in_bar=0,
            next_beat_s=0.0,
            interval_s=0.0,
            confidence=0.0,
        )

    def step(
        self,
        state: BeatFilterState,
        heard: Activations,
        known_at_s: float,
        bpm_range: tuple[float, float] | None = None,
    ) -> tuple[BeatFilterState, list[BeatPrediction | BeatCancelled]]:
        """What the next frames let us say.

        Args:
            state: What `start` or the previous call returned.
            heard: What the next frames say, an even number of them.
            known_at_s: How much audio of this stream has been delivered [s].
            bpm_range: Lowest and highest tempo that is meant, where somebody has said so [bpm].
        """
        said: list[BeatPrediction | BeatCancelled] = []
        for first in range(0, len(heard.beats), FRAMES_AT_ONCE):
            state = self._after(state, heard, slice(first, first + FRAMES_AT_ONCE), bpm_range)
            state, words = self._spoken(state, known_at_s)
            said.extend(words)
        return state, said

    def reading(self, state: BeatFilterState, at_s: float) -> BeatPosition | None:
        """Where the music is at a moment near now [s]; None as long as no beat is followed."""
        if state.n_sent == 0 or state.confidence < MIN_CONFIDENCE or self._is_quiet(state):
            return None
        return BeatPosition(
            bpm=60 / state.interval_s,
            confidence=state.confidence,
            phase=_phase(at_s, state.next_beat_s, state.interval_s),
            beat_in_bar=state.beat_in_bar,
            bar=state.bar,
        )

    def tempi(self, state: BeatFilterState) -> list[tuple[float, float]]:
        """Tempi that a beat may have [bpm], and how likely each is, in [0, 1], the likeliest first; at most three."""
        weights = forward_filter.interval_posterior(self._states, state.posterior)
        intervals = self._states.space.intervals_frames
        found = []
        for _ in range(MAX_TEMPI):
            middle = intervals[int(np.argmax(weights))]
            are_near = np.abs(intervals / middle - 1) < ONE_TEMPO
            share = float(weights[are_near].sum())
            if share < MIN_TEMPO_PROBABILITY:
                break
            mean_frames = float(weights[are_near] @ intervals[are_near]) / share
            found.append((60 * self.frame_rate_hz / mean_frames, min(share, 1.0)))
            weights = np.where(are_near, 0, weights)
        return found

    def _after(
        self, state: BeatFilterState, heard: Activations, frames: slice, bpm_range: tuple[float, float] | None
    ) -> BeatFilterState:
        """After some frames more."""
        posterior = state.posterior
        for activation in heard.beats[frames].tolist():
            posterior = forward_filter.next_posterior(self._states, posterior, activation)
        if bpm_range is not None:
            shortest, longest = (60 * self.frame_rate_hz / bpm for bpm in reversed(bpm_range))
            posterior = forward_filter.within(self._states, posterior, shortest, longest)
        next_beat = forward_filter.next_beat(self._states, posterior)
        frames_left, confidence = _expected(next_beat, self._going_on(state))
        interval_s = self._interval_s(posterior)
        n_frames = state.n_frames + FRAMES_AT_ONCE
        # A beat's onset lies anywhere in its first frames.
        onset_zone = interval_s * self.frame_rate_hz / self._states.space.observation_lambda
        next_beat_s = (n_frames - 1 + frames_left + onset_zone / 2 - LAG_FRAMES) / self.frame_rate_hz + ATTACK_LEAD_S
        reach_s = onset_zone / 2 / self.frame_rate_hz
        next_beat_s, interval_s = steady_beat.near(state.heard_s, next_beat_s, interval_s, reach_s)
        audible = np.flatnonzero(heard.are_audible[frames])
        state = replace(
            state,
            n_frames=n_frames,
            posterior=posterior,
            curves=np.concatenate((state.curves[FRAMES_AT_ONCE:], heard.curves[frames])),
            last_audible_frame=state.n_frames + int(audible[-1]) if len(audible) else state.last_audible_frame,
            is_noise=bool(heard.are_noise[frames][-1]),
            next_beat_s=next_beat_s,
            interval_s=interval_s,
            confidence=confidence,
        )
        return self._with_sounded(state)

    def _spoken(
        self, state: BeatFilterState, known_at_s: float
    ) -> tuple[BeatFilterState, list[BeatPrediction | BeatCancelled]]:
        pending = state.pending
        if pending is not None and known_at_s <= pending.audio_time_s:
            # Once a beat has begun, the next one that the belief speaks of is a whole beat later.
            shift_s = state.next_beat_s - pending.audio_time_s
            shift_s -= state.interval_s * round(shift_s / state.interval_s)
            if abs(shift_s) > CANCELLED * state.interval_s and state.confidence >= MIN_CONFIDENCE:
                state = replace(
                    state,
                    pending=None,
                    last_beat_s=state.heard_s[-1] if state.heard_s else -math.inf,
                    beat_in_bar=pending.beat_in_bar - 1,
                )
                return state, [BeatCancelled(pending.number, known_at_s)]
            if abs(shift_s) * self.frame_rate_hz > MOVED_FRAMES and pending.audio_time_s + shift_s > known_at_s:
                moved = replace(
                    self._said(state, pending.number, pending.beat_in_bar, pending.bar, known_at_s),
                    audio_time_s=pending.audio_time_s + shift_s,
                )
                return replace(state, pending=moved, last_beat_s=moved.audio_time_s), [moved]
            return state, []
        away_frames = state.next_beat_s * self.frame_rate_hz - (state.n_frames - 1)
        is_due = away_frames <= AHEAD_FRAMES and state.next_beat_s - state.last_beat_s > REFRACTORY * state.interval_s
        if not is_due or state.confidence < MIN_CONFIDENCE or self._is_quiet(state):
            return state, []
        beat_in_bar = bar_counter.next_beat_in_bar(state.count)
        bar = state.bar + 1 if beat_in_bar == 1 or state.bar < 0 else state.bar
        beat = self._said(state, state.n_sent, beat_in_bar, bar, known_at_s)
        state = replace(
            state,
            pending=beat,
            last_beat_s=beat.audio_time_s,
            n_sent=state.n_sent + 1,
            bar=bar,
            beat_in_bar=beat_in_bar,
        )
        return state, [beat]

    def _said(
        self, state: BeatFilterState, number: int, beat_in_bar: int, bar: int, known_at_s: float
    ) -> BeatPrediction:
        return BeatPrediction(
            number=number,
            audio_time_s=state.next_beat_s,
            known_at_s=known_at_s,
            bpm=60 / state.interval_s,
            beat_in_bar=beat_in_bar,
            bar=bar,
            phase=_phase(known_at_s, state.next_beat_s, state.interval_s),
            confidence=state.confidence,
            predicted=known_at_s <= state.next_beat_s,
        )

    def _with_sounded(self, state: BeatFilterState) -> BeatFilterState:
        """Counts the pending beat once the frames around it have been heard."""
        pending = state.pending
        if pending is None or (state.n_frames - 1 - NEAR_FRAMES) / self.frame_rate_hz < pending.audio_time_s:
            return state
        first_frame = state.n_frames - len(state.curves)
        said = round(pending.audio_time_s * self.frame_rate_hz) - first_frame
        beats, firsts, brightness = state.curves.T
        peak = said - REACH_FRAMES + int(np.argmax(beats[said - REACH_FRAMES : said + NEAR_FRAMES + 1]))
        moment_s = pending.audio_time_s
        if beats[peak] > CLEAR:
            frame = first_frame + float(refined_peaks(beats, np.array([peak]))[0])
            moment_s = frame / self.frame_rate_hz + ATTACK_LEAD_S
        near = slice(peak - NEAR_FRAMES, peak + NEAR_FRAMES + 1)
        first = float(firsts[near].max()) / max(float(beats[peak]), MIN_BEAT)
        return replace(
            state,
            pending=None,
            count=bar_counter.counted(state.count, first, float(brightness[near].max())),
            heard_s=steady_beat.after(state.heard_s, moment_s, state.interval_s),
        )

    def _going_on(self, state: BeatFilterState) -> slice:
        """In how many frames the next beat begins if those that have been told go on; empty before the first."""
        now_s = (state.n_frames + FRAMES_AT_ONCE) / self.frame_rate_hz
        if not 0 < now_s - state.last_beat_s + AHEAD_FRAMES / self.frame_rate_hz < CONTINUITY_BEATS * state.interval_s:
            return slice(0)
        zone_s = state.interval_s / self._states.space.observation_lambda
        left_s = state.last_beat_s - zone_s / 2 - now_s
        frames_left = round(left_s % state.interval_s * self.frame_rate_hz)
        return slice(max(0, frames_left - 1 - NEAR_FRAMES), frames_left + NEAR_FRAMES + 2)

    def _interval_s(self, posterior: Floats) -> float:
        weights, intervals = (
            forward_filter.interval_posterior(self._states, posterior),
            self._states.space.intervals_frames,
        )
        best = int(np.argmax(weights))
        near = slice(max(0, best - NEAR_FRAMES), best + NEAR_FRAMES + 1)
        return float(weights[near] @ intervals[near] / weights[near].sum()) / self.frame_rate_hz

    def _is_quiet(self, state: BeatFilterState) -> bool:
        return state.is_noise or state.n_frames - state.last_audible_frame > QUIET_S * self.frame_rate_hz


def _expected(next_beat: Floats, going_on: slice) -> tuple[float, float]:
    """The likeliest number of frames to the next beat, between frames, and how much of the belief lies near it.

    Args:
        next_beat: Probability that it begins so many frames from now.
        going_on: Where it is if the beat that has been told goes on.
    """
    smooth = next_beat.copy()
    smooth[1:-1] += (next_beat[:-2] + next_beat[2:]) / 2
    smooth[going_on] *= CONTINUITY_PRIOR
    best = int(np.argmax(smooth))
    near = np.arange(max(1, best - NEAR_FRAMES), min(len(next_beat), best + NEAR_FRAMES + 1))
    mass = next_beat[near]
    total = float(mass.sum())
    return float(near @ mass) / total, total


def _phase(at_s: float, next_beat_s: float, interval_s: float) -> float:
    return float((1 - (next_beat_s - at_s) / interval_s) % 1.0)
