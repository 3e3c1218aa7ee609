"""Key: which of 24 a piece is in, and where it changes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Floats
from tactus.dsp.likeliest_path import likeliest_path

VERSION = 2

Mode = Literal["major", "minor"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Spelled with sharps, from C up."""

NO_KEY = 24
"""Its number among the beliefs, behind twelve major keys and twelve minor ones."""

_MODES: tuple[Mode, Mode] = ("major", "minor")

_SHARPNESS = 0.7
"""By which logarithms of beliefs are stretched: with it, what is said of keys that people named is likeliest."""

_CHANGE_COST = 20.0
"""What a change of key has to gain [nats, a moment's belief counting by its seconds]: twenty seconds in which another
key is e times likelier, or ten in which it is e^2 times."""

_N_CANDIDATES = 4


@dataclass(frozen=True, slots=True)
class KeyCandidate:
    """One key that a piece may be in.

    Args:
        tonic: Pitch class, spelled with sharps.
        mode: Major or minor.
        confidence: Its share of the belief, in [0, 1]; all 24 sum to 1.
    """

    tonic: str
    mode: Mode
    confidence: float

    @property
    def camelot(self) -> str:
        """Its place on the Camelot wheel, on which neighbours mix well.

        Example:
            >>> KeyCandidate("A", "minor", 1.0).camelot
            '8A'
        """
        return f"{(7 * self._major_tonic() + 7) % 12 + 1}{'B' if self.mode == 'major' else 'A'}"

    @property
    def open_key(self) -> str:
        """Its Open Key notation.

        Example:
            >>> KeyCandidate("C", "major", 1.0).open_key
            '1d'
        """
        return f"{(7 * self._major_tonic()) % 12 + 1}{'d' if self.mode == 'major' else 'm'}"

    def _major_tonic(self) -> int:
        tonic = PITCH_CLASSES.index(self.tonic)
        return tonic if self.mode == "major" else (tonic + 3) % 12


@dataclass(frozen=True, slots=True)
class Key:
    """What can be said of a piece's key.

    Args:
        candidates: The likeliest keys, best first; empty where there is no key to speak of.
        major_share: Belief in major keys against minor ones, in [0, 1]; None without a key.
    """

    candidates: tuple[KeyCandidate, ...] = ()
    major_share: float | None = None

    @property
    def best(self) -> KeyCandidate | None:
        """The key, or None."""
        return self.candidates[0] if self.candidates else None

    @property
    def confidence(self) -> float:
        """Belief in `best`, in [0, 1]; 0 without one."""
        return self.candidates[0].confidence if self.candidates else 0.0


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A stretch in one key.

    Args:
        start: Its first moment [s].
        end: The next stretch's first moment, or the piece's end [s].
        key: The key; without candidates where there is none.
    """

    start: float
    end: float
    key: Key


def key(beliefs: Floats) -> Key:
    """The key of a piece, or of a stretch of it.

    Args:
        beliefs: Logarithm of the belief in each key at every moment, up to a constant: `HarmonyReading.keys`, shape
            `[n_frames, 25]`.

    Returns:
        The key; without candidates where "no key" is likelier than any: for silence, noise, drums.
    """
    if not len(beliefs):
        return Key()
    mean = _SHARPNESS * beliefs.mean(axis=0, dtype=np.float64)
    shares = np.exp(mean - mean.max())
    shares /= shares.sum()
    if shares.argmax() == NO_KEY:
        return Key()
    order = np.argsort(-shares[:NO_KEY], kind="stable")[:_N_CANDIDATES]
    candidates = (KeyCandidate(PITCH_CLASSES[k % 12], _MODES[k // 12], float(shares[k])) for k in order)
    return Key(tuple(candidates), major_share=float(shares[:12].sum() / shares[:NO_KEY].sum()))


def key_spans(beliefs: Floats, frame_rate_hz: float, duration_s: float) -> tuple[KeySpan, ...]:
    """Where a piece is in which key, contiguous from 0 to its end; a piece that does not modulate has one.

    The likeliest sequence of keys, where each change costs as much as `_CHANGE_COST` says.

    Args:
        beliefs: As `key` takes them.
        frame_rate_hz: Their rows per second [Hz].
        duration_s: Length of the piece [s], > 0.

    Source: Chai and Vercoe 2005, "Detection of key change in classical piano music" (hidden Markov model).
    """
    if not len(beliefs):
        return (KeySpan(0.0, duration_s, Key()),)
    logs = beliefs - np.logaddexp.reduce(beliefs, axis=1, keepdims=True)
    path = likeliest_path(logs * np.float32(1 / frame_rate_hz), -_CHANGE_COST)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    starts = [0.0, *np.round(first[1:] / frame_rate_hz, 6).tolist()]
    ends = [*starts[1:], duration_s]
    stretches = zip(starts, ends, first, [*first[1:], len(path)], strict=True)
    return tuple(KeySpan(start, end, key(beliefs[begin:stop])) for start, end, begin, stop in stretches)
