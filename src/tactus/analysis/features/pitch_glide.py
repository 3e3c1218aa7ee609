"""Pitch glide: how much of what has a pitch slides from one pitch to another, as voices do."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats, Ints, Times

LOW_HZ, HIGH_HZ = 200.0, 3000.0
"""Where partials are looked for: of a voice, of several harmonics at a time."""

PROMINENCE = 2.5
"""A partial is so many times as strong as what lies two and three bins beside it: where the peak of a tone
has ended, and that of a voice's next harmonic, 100 Hz above, has not begun."""

AUDIBLE = 0.01
"""A partial has at least this share of the strongest bin: 40 dB below it."""

CENTS = (10.0, 14.0, 110.0, 130.0)
"""From frame to frame (12 ms) a glide is neither steadier than the first nor faster than the last, and wholly between
the second and the third: 12 cents are 10 semitones a second. A vibrato of three quarters of a semitone, six times a
second, moves by 33 at most, a speaking voice by as much or more; tones of fixed pitch that disturb each other by
some 5."""

_HISTORY_FRAMES = 2
_ASIDE = (-3, -2, 2, 3)
_APART_CENTS = 32768.0
"""Between two frames where partials are searched by pitch: more than any pitch has."""

_SILENCE = np.float32(1e-9)
"""Bins are not told apart below this; a full-scale sine has 512."""


class PitchGlide:
    """Share of the partials that rise or fall steadily over three frames, in [0, 1]; 0 where there is none; `[n, 1]`.

    A partial is a peak of the spectrum between 200 Hz and 3 kHz; it continues the nearest one of the frame before. It
    glides where it moved as `CENTS` says, twice in one direction. Partials count by the root of their magnitude.
    """

    about = About(
        name="pitch_glide",
        unit="",
        size=1,
        meaning="How much of what has a pitch slides: near 0 for keys and drums, 0.1 for singing, 0.3 for speech.",
        source="Serra and Smith 1990, Spectral modeling synthesis (partials); Regnier and Peeters 2009, Singing voice "
        "detection in music tracks using direct voice vibrato detection (voices are partials that move)",
        scale=1.0,
        gain="free",
        grid="rhythm",
    )

    def start(self) -> State:
        """The magnitudes of two frames of silence; an array `[2, n_bins]`, sized by the first step."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values `[n, 1]`."""
        bin_hz = frames.grid.sample_rate / frames.grid.frame_length
        first, last = round(LOW_HZ / bin_hz), round(HIGH_HZ / bin_hz)
        heard = frames.magnitude[:, first + _ASIDE[0] : last + 1 + _ASIDE[-1]]
        earlier = np.zeros((_HISTORY_FRAMES, heard.shape[1]), np.float32) if state is None else state
        history = np.concatenate((earlier, heard))
        return history[len(heard) :].copy(), _shares(history, first)[_HISTORY_FRAMES:, None]

    def finish(self, state: State) -> Floats:
        """It owes nothing."""
        return np.empty((0, 1), np.float32)


def _shares(magnitudes: Floats, first_bin: int) -> Floats:
    """Share of each frame's partials that glide, `[n_frames]`, from bins `[n_frames, n_bins]` whose fourth is given."""
    frames, bins = _partials(magnitudes)
    rows = magnitudes.reshape(-1)
    places = frames * magnitudes.shape[1] + bins
    strengths = rows[places]
    below, at, above = (np.log(np.maximum(rows[places + offset], _SILENCE)) for offset in (-1, 0, 1))
    curved = np.minimum(below - 2 * at + above, -1e-6)
    positions = bins + (first_bin + _ASIDE[0]) + 0.5 * (below - above) / curved
    previous, cents = _continued(frames, 1200 * np.log2(positions.astype(np.float64)))
    glides = _within(np.abs(cents)) * _within(np.abs(cents[previous])) * (cents * cents[previous] > 0)
    weights = np.sqrt(strengths)
    totals = np.bincount(frames, weights, len(magnitudes))
    gliding = np.bincount(frames, weights * glides, len(magnitudes))
    shares: Floats = (gliding / np.where(totals > 0, totals, 1)).astype(np.float32)
    return shares


def _partials(magnitudes: Floats) -> tuple[Ints, Ints]:
    """Frame and bin of each peak, ascending."""
    inner = magnitudes[:, _ASIDE[-1] : _ASIDE[0]]
    width = magnitudes.shape[1]

    def beside(offset: int) -> Floats:
        return magnitudes[:, _ASIDE[-1] + offset : width + _ASIDE[0] + offset]

    audible = np.maximum(AUDIBLE * magnitudes.max(axis=1, keepdims=True), _SILENCE)
    peaks = (inner > beside(-1)) & (inner >= beside(1)) & (inner > audible)
    frames, bins = np.nonzero(peaks)
    bins += _ASIDE[-1]
    aside = sum(magnitudes[frames, bins + offset] for offset in _ASIDE) / len(_ASIDE)
    prominent = magnitudes[frames, bins] > PROMINENCE * aside
    return frames[prominent], bins[prominent]


def _continued(frames: Ints, pitches: Times) -> tuple[Ints, Times]:
    """Of each partial the nearest one of the frame before, and how far it has moved since.

    Where the frame before has none, it is one of another frame, and has moved further than any glide.

    Args:
        frames: Of each partial, ascending, shape `[n]`.
        pitches: Of each [cents], ascending within a frame, in `[0, _APART_CENTS / 2]`, shape `[n]`.
    """
    places = frames * _APART_CENTS + pitches
    wanted = places - _APART_CENTS
    above = np.minimum(np.searchsorted(places, wanted), np.maximum(len(places) - 1, 0))
    below = np.maximum(above - 1, 0)
    nearest = np.where(places[above] - wanted < wanted - places[below], above, below)
    return nearest, wanted - places[nearest]


def _within(cents: Times) -> Times:
    """1 for movements that are glides, 0 for others, straight between."""
    low, some, most, high = CENTS
    shares: Times = np.clip(np.minimum((cents - low) / (some - low), (high - cents) / (high - most)), 0, 1)
    return shares
