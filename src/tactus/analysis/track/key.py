"""Key: the tonic and mode that a piece's pitch classes agree with best."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Floats, Times

VERSION = 1

Mode = Literal["major", "minor"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Spelled with sharps, from C up."""

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

_SHARPNESS = 10.0
"""Of the softmax that turns correlations into shares: on pieces with known keys, the mean share is the share of those
that are right."""

_CONTRAST = (0.1, 2.0)
"""Ratio of deviation to mean of the twelve sums: below, all are as good as equal (noise); above, fewer than three
sound (a lone tone), and neither is a key."""

_LEAST_CORRELATION = 0.55
"""Drums agree less than this with any key, hardly any music does."""

_QUIET = 0.01
"""Frames this much quieter than the loudest count half."""

_FEWEST_FRAMES = 10
"""Frames that must sound: about a second."""

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


def key(chroma: Floats) -> Key:
    """The key of a piece, from the sum of its pitch classes.

    Each frame is divided by its strongest class, so that loud passages do not silence the others; the sum is correlated
    with 24 rotated profiles.

    Args:
        chroma: Strength of each pitch class, in tune, >= 0, shape `[n_frames, 12]`, C first.

    Returns:
        The key; without candidates for silence, noise, drums, a lone tone and less than
        a second of sound.

    Source: Krumhansl, "Cognitive Foundations of Musical Pitch", 1990, chapter 4 (correlation with key profiles).
    """
    strongest = chroma.max(axis=1, keepdims=True, initial=0)
    if not np.any(strongest > 0):
        return Key()
    shares = chroma / (strongest + _QUIET * strongest.max())
    classes: Times = np.sum(shares, axis=0, dtype=np.float64)
    if shares.max(axis=1).sum() < _FEWEST_FRAMES:
        return Key()
    if not _CONTRAST[0] <= classes.std() / classes.mean() <= _CONTRAST[1]:
        return Key()
    correlations = _correlations(classes)
    if correlations.max() < _LEAST_CORRELATION:
        return Key()
    shares = np.exp(_SHARPNESS * (correlations - correlations.max()))
    shares /= shares.sum()
    order = np.argsort(-shares, kind="stable")[:_N_CANDIDATES]
    candidates = (KeyCandidate(PITCH_CLASSES[k % 12], _MODES[k // 12], float(shares[k])) for k in order)
    return Key(tuple(candidates), major_share=float(shares[:12].sum()))


def _correlations(classes: Times) -> Times:
    """Pearson correlation with each key's profile, shape `[24]`: major from C up, then minor."""
    centred = classes - classes.mean()
    result: Times = _ROTATED_PROFILES @ (centred / np.linalg.norm(centred))
    return result


def _rotated_profiles() -> Times:
    """The profile of each key, of mean 0 and unit length, shape `[24, 12]`."""
    profiles = np.array([np.roll(profile, tonic) for profile in _PROFILES for tonic in range(12)])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    return profiles


_ROTATED_PROFILES = _rotated_profiles()
