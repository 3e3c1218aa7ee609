"""Key: which of 24 a piece is in, and where it changes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.viterbi import viterbi

VERSION = 2

Mode = Literal["major", "minor"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Spelled with sharps, from C up."""

NO_KEY = 24
"""Its number among the beliefs, behind twelve major keys and twelve minor ones."""

_MODES: tuple[Mode, Mode] = ("major", "minor")

_PROFILES = np.array(
    [
        [1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30],
        [1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23],
    ]
)
"""Weight of each degree above the tonic in major and minor: Faraldo, Jordà and Herrera 2017, "A multi-profile method
for key estimation in EDM", profile bgate. Of Krumhansl-Kessler, Temperley (CBMS and Kostka-Payne), Albrecht-Shanahan,
EDMA and this one, it agrees best with keys that people named for recorded music."""

_PROFILE_WEIGHT = 6.0
"""Nats that a perfect agreement with a profile is worth; anything from 3 to 20 does as well."""

_QUIET, _TINY = 0.01, 1e-9
"""Frames this much quieter than the loudest count half; what silence is divided by."""

_MIN_AGREEMENT = 0.72
"""Correlation with its profile below which no key is said of pitch classes alone: in noise the best of 24 reaches .3,
of drums .5, of a single tone .69."""

_SHARPNESS = 0.6
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


def key(beliefs: Floats, chroma: Floats) -> Key:
    """The key of a piece, or of a stretch of it.

    Two experts who have never heard of each other: the network, and the agreement of the sounding pitch classes with
    key profiles. Their logarithms are added.

    Args:
        beliefs: Logarithm of the belief in each key at every moment, up to a constant: `HarmonyActivations.keys`, shape
            `[n_frames, 25]`.
        chroma: Strength of each pitch class in the same stretch, in tune, >= 0, shape `[n, 12]`, C first.

    Returns:
        The key; without candidates where "no key" is likelier than all keys together: for silence, noise, drums.

    Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence" (the product); Krumhansl
        1990, "Cognitive Foundations of Musical Pitch", chapter 4 (correlation with key profiles).
    """
    if not len(beliefs):
        return Key()
    mean = beliefs.mean(axis=0, dtype=np.float64)
    if mean[NO_KEY] > np.logaddexp.reduce(mean[:NO_KEY]):
        return Key()
    both = _SHARPNESS * (mean[:NO_KEY] + _PROFILE_WEIGHT * _agreement(chroma))
    shares = np.exp(both - both.max())
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")[:_N_CANDIDATES]
    candidates = (KeyCandidate(PITCH_CLASSES[k % 12], _MODES[k // 12], float(shares[k])) for k in order)
    return Key(tuple(candidates), major_share=float(shares[:12].sum()))


def key_of_chroma(chroma: Floats) -> KeyCandidate | None:
    """The key that agrees best with the sounding pitch classes, for those who have no network: cheap, and less sure.

    Args:
        chroma: Strength of each pitch class, in tune, >= 0, shape `[n, 12]`, C first.

    Returns:
        The key; None where nothing agrees well: in silence, noise, a single tone.
    """
    if not len(chroma):
        return None
    agreement = _agreement(chroma)
    best = int(np.argmax(agreement))
    if agreement[best] < _MIN_AGREEMENT:
        return None
    beliefs = np.exp(_SHARPNESS * _PROFILE_WEIGHT * (agreement - agreement[best]))
    return KeyCandidate(PITCH_CLASSES[best % 12], _MODES[best // 12], float(1 / beliefs.sum()))


def key_spans(beliefs: Floats, chroma: Floats, frame_rate_hz: float, duration_s: float) -> tuple[KeySpan, ...]:
    """Where a piece is in which key, contiguous from 0 to its end; a piece that does not modulate has one.

    The likeliest sequence of keys, where each change costs as much as `_CHANGE_COST` says.

    Args:
        beliefs: As `key` takes them.
        chroma: Likewise, evenly spread over the piece.
        frame_rate_hz: Their rows per second [Hz].
        duration_s: Length of the piece [s], > 0.

    Source: Chai and Vercoe 2005, "Detection of key change in classical piano music" (hidden Markov model).
    """
    if not len(beliefs):
        return (KeySpan(0.0, duration_s, Key()),)
    per_frame = len(chroma) / len(beliefs)
    logs = beliefs - np.logaddexp.reduce(beliefs, axis=1, keepdims=True)
    path = viterbi(logs * np.float32(1 / frame_rate_hz), -_CHANGE_COST)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    starts = [0.0, *np.round(first[1:] / frame_rate_hz, 6).tolist()]
    ends = [*starts[1:], duration_s]
    stretches = zip(starts, ends, first, [*first[1:], len(path)], strict=True)
    return tuple(
        KeySpan(start, end, key(beliefs[begin:stop], chroma[round(begin * per_frame) : round(stop * per_frame)]))
        for start, end, begin, stop in stretches
    )


def _agreement(chroma: Floats) -> Times:
    """Pearson correlation of the pitch classes' sum with each key's profile, shape `[24]`; 0 of silence.

    Each frame is divided by its strongest class, so that loud passages do not silence the others.
    """
    strongest = chroma.max(axis=1, keepdims=True, initial=0)
    shares = chroma / np.maximum(strongest + _QUIET * strongest.max(initial=0), _TINY)
    classes = shares.sum(axis=0, dtype=np.float64)
    classes -= classes.mean()
    agreement: Times = _ROTATED_PROFILES @ (classes / max(float(np.linalg.norm(classes)), _TINY))
    return agreement


def _rotated_profiles() -> Times:
    """The profile of each key, of mean 0 and unit length, shape `[24, 12]`."""
    profiles = np.array([np.roll(profile, tonic) for profile in _PROFILES for tonic in range(12)])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    return profiles


_ROTATED_PROFILES = _rotated_profiles()
