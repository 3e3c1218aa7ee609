"""States of the beat predictor for its tests: at 100 frames per second, with beats of 48 frames (125 beats per minute).

Most tests begin in a state whose posterior is certain: so many frames of the beat have passed. Then what has to be
predicted follows by arithmetic. After the next two frames, a beat that starts in `left` frames is expected at

    (n_frames - 1 + left + 2 - 0.5) / 100 + 0.0035 s

since its onset lies anywhere in its first 4 frames (a twelfth), onset strength is centred half a frame earlier, and
peaks 3.5 ms before the sound.
"""

from dataclasses import replace

import numpy as np

from tactus.analysis.live.beat_activations import Activations
from tactus.analysis.live.beat_predictor import BeatPredictor, BeatPredictorState
from tactus.analysis.live.events import BeatEvent, BeatPrediction
from tactus.analysis.ranges import TRACKED_BPM_RANGE
from tactus.dsp import forward_filter
from tactus.dsp.arrays import Floats
from tactus.dsp.bar_pointer import beat_space

RATE = 100.0
INTERVAL = 48
INTERVAL_S = 0.48
N_FRAMES = 1000
PREDICTOR = BeatPredictor(RATE)
STATES = forward_filter.beat_states(beat_space(RATE, TRACKED_BPM_RANGE, observation_lambda=12))


def posterior(*weights: tuple[int, int, float]) -> Floats:
    """Probabilities that beats of some intervals start in so many frames: (interval, frames left, probability)."""
    values = np.zeros(len(STATES.frames_left), np.float32)
    for interval, left, weight in weights:
        first = int(STATES.first[list(STATES.space.intervals_frames).index(interval)])
        values[first + interval - left] += weight
    return values


def state_with(*weights: tuple[int, int, float], **fields: object) -> BeatPredictorState:
    """A state after a thousand frames, by what will be so after two more."""
    state = replace(
        PREDICTOR.start(),
        n_frames=N_FRAMES,
        posterior=posterior(*((interval, left + 2, weight) for interval, left, weight in weights)),
        last_audible_frame=N_FRAMES,
        interval_s=INTERVAL_S,
    )
    return replace(state, **fields)  # type: ignore[arg-type]


def state_at(left: int, **fields: object) -> BeatPredictorState:
    """A state of which it is certain that a beat starts so many frames after two more."""
    return state_with((INTERVAL, left, 1.0), **fields)


def frames(
    n: int = 2, *, beats: float = 0.1, curves: Floats | None = None, audible: bool = False, noise: bool = False
) -> Activations:
    """Frames that speak for no position in the beat: the certain posterior moves on."""
    curves = np.zeros((n, 3), np.float32) if curves is None else curves
    return Activations(np.full(n, beats, np.float32), curves, np.full(n, audible), np.full(n, noise))


def expected_s(left: float, n_frames: int = N_FRAMES + 2) -> float:
    return (n_frames - 1 + left + 2 - 0.5) / RATE + 0.0035


def stepped(
    state: BeatPredictorState, known_at_s: float = 10.0, activations: Activations | None = None
) -> tuple[BeatPredictorState, list[BeatEvent]]:
    return PREDICTOR.step(state, activations or frames(), known_at_s)


def pending(at_s: float, number: int = 4, beat_in_bar: int = 3) -> dict[str, object]:
    """Fields of a state that has predicted a beat."""
    beat = BeatPrediction(number, at_s, at_s - 0.05, 125.0, beat_in_bar, 2, 0.9, 0.8, predicted=True)
    return {"pending": beat, "last_beat_s": at_s, "n_predicted": number + 1, "beat_in_bar": beat_in_bar, "bar": 2}
