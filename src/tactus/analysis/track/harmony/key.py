"""Key of a piece (one of 24) and its changes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Floats, Times
from tactus.dsp.sampled import Sampled
from tactus.dsp.viterbi import viterbi

VERSION = 2

Mode = Literal["major", "minor"]

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""Names of the pitch classes, spelled with sharps."""

NO_KEY = 24
"""Index of "no key" among the probabilities, after twelve major and twelve minor keys."""

_MODES: tuple[Mode, Mode] = ("major", "minor")

_PROFILES = np.array(
    [
        [1.00, 0.00, 0.42, 0.00, 0.53, 0.37, 0.00, 0.77, 0.00, 0.38, 0.21, 0.30],
        [1.00, 0.00, 0.36, 0.39, 0.00, 0.38, 0.00, 0.74, 0.27, 0.00, 0.42, 0.23],
    ]
)
"""Key profiles, weight of each degree above the tonic in major and minor: Faraldo, Jordà and Herrera 2017, "A
multi-profile method for key estimation in EDM", profile bgate. Of Krumhansl-Kessler, Temperley (CBMS and Kostka-Payne),
Albrecht-Shanahan, EDMA and this one, it agrees best with annotated keys of recorded music."""

_PROFILE_WEIGHT = 6.0
"""Weight of the correlation with a key profile [nats]; results are about equal from 3 to 20."""

_QUIET, _TINY = 0.01, 1e-9
"""Level relative to the loudest frame at which a frame weighs half; least divisor."""

_MIN_CORRELATION = 0.72
"""Least correlation with its profile of a key estimated from chroma alone: the best of 24 keys reaches 0.3 in noise,
0.5 in drums, 0.69 in a single tone."""

_TEMPERATURE = 0.6
"""Factor of log-probabilities that maximises the likelihood of annotated keys (temperature scaling)."""

_CHANGE_COST = 20.0
"""Cost of a change of key [nats, log-probabilities being weighted by seconds]: twenty seconds in which another key is e
times likelier, or ten in which it is e^2 times."""

_N_CANDIDATES = 4
"""Number of key candidates."""


@dataclass(frozen=True, slots=True)
class KeyCandidate:
    """A key and its probability.

    Args:
        tonic: Pitch class, spelled with sharps.
        mode: Major or minor.
        confidence: Probability, in [0, 1]; the sum over all 24 keys is 1.
    """

    tonic: str
    mode: Mode
    confidence: float

    @property
    def camelot(self) -> str:
        """Code on the Camelot wheel, on which neighbouring keys mix well.

        Example:
            >>> KeyCandidate("A", "minor", 1.0).camelot
            '8A'
        """
        return f"{(7 * self._major_tonic() + 7) % 12 + 1}{'B' if self.mode == 'major' else 'A'}"

    @property
    def open_key(self) -> str:
        """Code in Open Key notation.

        Example:
            >>> KeyCandidate("C", "major", 1.0).open_key
            '1d'
        """
        return f"{(7 * self._major_tonic()) % 12 + 1}{'d' if self.mode == 'major' else 'm'}"

    def _major_tonic(self) -> int:
        """Pitch class of the tonic of the relative major key."""
        tonic = PITCH_CLASSES.index(self.tonic)
        return tonic if self.mode == "major" else (tonic + 3) % 12


@dataclass(frozen=True, slots=True)
class Key:
    """Key of a piece or section.

    Args:
        candidates: Most likely keys, best first; empty where there is no key.
        major_share: Probability of all major keys together, in [0, 1]; None without a key.
    """

    candidates: tuple[KeyCandidate, ...] = ()
    major_share: float | None = None

    @property
    def best(self) -> KeyCandidate | None:
        """Most likely key, or None."""
        return self.candidates[0] if self.candidates else None

    @property
    def confidence(self) -> float:
        """Probability of `best`, in [0, 1]; 0 without one."""
        return self.candidates[0].confidence if self.candidates else 0.0


@dataclass(frozen=True, slots=True)
class KeySpan:
    """A time span in one key.

    Args:
        start: Beginning [s].
        end: Beginning of the next span, or end of the piece [s].
        key: Key; without candidates where there is none.
    """

    start: float
    end: float
    key: Key


def key(log_probabilities: Floats, chroma: Floats) -> Key:
    """Key of a piece or part of it: product of two experts, the network and key profiles.

    Args:
        log_probabilities: Log-probability of each key at every frame, up to a constant: `HarmonyActivations.keys`,
            shape `[n_frames, 25]`.
        chroma: Strength of each pitch class over the same time, corrected for tuning, >= 0, shape `[n, 12]`, C first.

    Returns:
        Key; without candidates where "no key" is likelier than all keys together: in silence, noise, drums.

    Source: Hinton 2002, "Training products of experts by minimizing contrastive divergence" (the product); Krumhansl
        1990, "Cognitive Foundations of Musical Pitch", chapter 4 (correlation with key profiles).
    """
    if not len(log_probabilities):
        return Key()
    mean = log_probabilities.mean(axis=0, dtype=np.float64)
    if mean[NO_KEY] > np.logaddexp.reduce(mean[:NO_KEY]):
        return Key()
    scores = _TEMPERATURE * (mean[:NO_KEY] + _PROFILE_WEIGHT * _profile_correlations(chroma))
    probabilities = np.exp(scores - scores.max())
    probabilities /= probabilities.sum()
    order = np.argsort(-probabilities, kind="stable")[:_N_CANDIDATES]
    candidates = (KeyCandidate(PITCH_CLASSES[k % 12], _MODES[k // 12], float(probabilities[k])) for k in order)
    return Key(tuple(candidates), major_share=float(probabilities[:12].sum()))


def key_of_chroma(chroma: Floats) -> KeyCandidate | None:
    """Key with the best correlation between chroma and key profile: without a network, cheaper and less accurate.

    Args:
        chroma: Strength of each pitch class, corrected for tuning, >= 0, shape `[n, 12]`, C first.

    Returns:
        Key; None where no correlation is high enough: in silence, noise, a single tone.
    """
    if not len(chroma):
        return None
    correlations = _profile_correlations(chroma)
    best = int(np.argmax(correlations))
    if correlations[best] < _MIN_CORRELATION:
        return None
    odds = np.exp(_TEMPERATURE * _PROFILE_WEIGHT * (correlations - correlations[best]))
    return KeyCandidate(PITCH_CLASSES[best % 12], _MODES[best // 12], float(1 / odds.sum()))


def key_spans(log_probabilities: Sampled[Floats], chroma: Floats, duration_s: float) -> tuple[KeySpan, ...]:
    """Keys of a piece over time, contiguous from 0 to its end; a piece that does not modulate has one span.

    Args:
        log_probabilities: Log-probability of each key at every frame, up to a constant: `HarmonyActivations.keys`,
            shape `[n_frames, 25]`.
        chroma: Strength of each pitch class over the same time, corrected for tuning, >= 0, shape `[n, 12]`, C first.
        duration_s: Duration of the piece [s], > 0.

    Source: Chai and Vercoe 2005, "Detection of key change in classical piano music" (hidden Markov model).
    """
    values, rate_hz = log_probabilities.values, log_probabilities.rate_hz
    if not len(values):
        return (KeySpan(0.0, duration_s, Key()),)
    per_frame = len(chroma) / len(values)
    normalised = values - np.logaddexp.reduce(values, axis=1, keepdims=True)
    path = viterbi(normalised * np.float32(1 / rate_hz), -_CHANGE_COST)
    first = np.flatnonzero(np.diff(path, prepend=-1))
    starts = [0.0, *np.round(first[1:] / rate_hz, 6).tolist()]
    ends = [*starts[1:], duration_s]
    spans = zip(starts, ends, first, [*first[1:], len(path)], strict=True)
    return tuple(
        KeySpan(start, end, key(values[begin:stop], chroma[round(begin * per_frame) : round(stop * per_frame)]))
        for start, end, begin, stop in spans
    )


def _profile_correlations(chroma: Floats) -> Times:
    """Pearson correlation of the summed chroma with each key profile, shape `[24]`; 0 for silence.

    Each frame is divided by its strongest pitch class, so that loud passages do not dominate.
    """
    strongest = chroma.max(axis=1, keepdims=True, initial=0)
    shares = chroma / np.maximum(strongest + _QUIET * strongest.max(initial=0), _TINY)
    classes = shares.sum(axis=0, dtype=np.float64)
    classes -= classes.mean()
    correlations: Times = _ROTATED_PROFILES @ (classes / max(float(np.linalg.norm(classes)), _TINY))
    return correlations


def _rotated_profiles() -> Times:
    """Profile of each key with mean 0 and length 1, shape `[24, 12]`."""
    profiles = np.array([np.roll(profile, tonic) for profile in _PROFILES for tonic in range(12)])
    profiles -= profiles.mean(axis=1, keepdims=True)
    profiles /= np.linalg.norm(profiles, axis=1, keepdims=True)
    return profiles


_ROTATED_PROFILES = _rotated_profiles()
