"""Pitch glide: share of the partials that glide in pitch, as those of voices do."""

import numpy as np

from tactus.analysis.feature import About, Frames, State
from tactus.dsp.arrays import Floats, Ints, Times

LOW_HZ, HIGH_HZ = 200.0, 3000.0
"""Range in which partials are detected [Hz]: of a voice, it holds several harmonics."""

PROMINENCE = 2.5
"""Minimum ratio of a partial to the mean of the bins two and three bins beside it: there the main lobe of a tone has
ended, and that of a voice's next harmonic, 100 Hz above, has not begun."""

AUDIBLE = 0.01
"""Minimum ratio of a partial to the strongest bin of its frame: -40 dB."""

CENTS = (10.0, 14.0, 110.0, 130.0)
"""Movement from frame to frame (12 ms) that counts as a glide: a trapezoid that rises from the first to the second
value and falls from the third to the fourth. 12 cents are 10 semitones a second. A vibrato of three quarters of a
semitone, six times a second, moves by at most 33, a speaking voice by as much or more; beating tones of fixed pitch by
some 5."""

_HISTORY_FRAMES = 2
_ASIDE = (-3, -2, 2, 3)
_APART_CENTS = 32768.0
"""Offset between the pitches of successive frames [cents], larger than any pitch: it makes one sorted array of all."""

_SILENCE = np.float32(1e-9)
"""Magnitudes below this count as silence; a full-scale sine has 512."""


class PitchGlide:
    """Share of the partials that rise or fall steadily over three frames, in [0, 1], shape `[n, 1]`; 0 without any.

    A partial is a spectral peak between 200 Hz and 3 kHz; it continues the nearest one of the frame before. It glides
    where it moved by a distance within `CENTS` twice in the same direction. Partials are weighted by the square root of
    their magnitude.
    """

    about = About(
        name="pitch_glide",
        unit="",
        size=1,
        meaning="Share of partials that glide in pitch: near 0 for keys and drums, 0.1 for singing, 0.3 for speech.",
        source="Serra and Smith 1990, Spectral modeling synthesis (partials); Regnier and Peeters 2009, Singing voice "
        "detection in music tracks using direct voice vibrato detection (voices are partials that move)",
        scale=1.0,
        gain="free",
        grid="rhythm",
    )

    def start(self) -> State:
        """None, for two frames of silence; then the magnitudes of the last two frames, `[2, n_bins]`."""
        return None

    def step(self, state: State, frames: Frames) -> tuple[State, Floats]:
        """Values of the next frames, `[n, 1]`."""
        bin_hz = frames.grid.sample_rate / frames.grid.frame_length
        first, last = round(LOW_HZ / bin_hz), round(HIGH_HZ / bin_hz)
        magnitudes = frames.magnitude[:, first + _ASIDE[0] : last + 1 + _ASIDE[-1]]
        earlier = np.zeros((_HISTORY_FRAMES, magnitudes.shape[1]), np.float32) if state is None else state
        history = np.concatenate((earlier, magnitudes))
        return history[len(magnitudes) :].copy(), _shares(history, first)[_HISTORY_FRAMES:, None]

    def finish(self, state: State) -> Floats:
        """No rows: the feature does not look ahead."""
        return np.empty((0, 1), np.float32)


def _shares(magnitudes: Floats, first_bin: int) -> Floats:
    """Gliding share of the partials of each frame, `[n_frames]`; column 3 of the magnitudes is bin `first_bin`."""
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
    """Frame and column of each partial, ascending."""
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
    """Index of the nearest partial of the frame before, and the movement since then [cents], for each partial.

    Where the frame before has no partial, the index is that of another frame, and the movement exceeds any glide.

    Args:
        frames: Frame of each partial, ascending, shape `[n]`.
        pitches: Pitch of each partial [cents], ascending within a frame, in `[0, _APART_CENTS / 2]`, shape `[n]`.
    """
    places = frames * _APART_CENTS + pitches
    before = places - _APART_CENTS
    above = np.minimum(np.searchsorted(places, before), np.maximum(len(places) - 1, 0))
    below = np.maximum(above - 1, 0)
    nearest = np.where(places[above] - before < before - places[below], above, below)
    return nearest, before - places[nearest]


def _within(cents: Times) -> Times:
    """The trapezoid of `CENTS`: 1 for movements that are glides, 0 for others, linear in between."""
    low, rises_to, falls_from, high = CENTS
    shares: Times = np.clip(np.minimum((cents - low) / (rises_to - low), (high - cents) / (high - falls_from)), 0, 1)
    return shares
