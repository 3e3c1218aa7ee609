"""What a small neural network hears of harmony: how likely each chord and each key is at every moment.

It was trained on songs that `training/` composes by rules or takes from the POP909 data set, and renders: see
docs/harmony_model.md. It runs with numpy alone. All its layers treat the twelve pitch classes alike, as neighbours on a
circle: a transposed piece gets transposed answers, but for notes that it moves into another octave (from C up).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tactus.analysis.tuning import tuned_pitches
from tactus.dsp.arrays import Floats
from tactus.dsp.convolution import over_time, over_time_and_bands, rectified
from tactus.dsp.pitch_classes import N_OCTAVES

VERSION = 1

WEIGHTS_SHA256 = "8f3e867dcddbf3f08cef4d78a11a5bb0d2efad7adca87e35c06a7838f64092c5"
"""Of the file that holds the weights: they and the program belong together, and stored results to both."""

QUALITIES = ("maj7", "7", "min7", "hdim7", "maj", "min", "dim")
"""Of chords, as mir_eval spells them."""

N_CHORDS = 12 * len(QUALITIES) + 1
"""Quality by quality, each from C up; the last is "no chord"."""

N_KEYS = 25
"""Major from C up, then minor; the last is "no key"."""

FRAMES_TOGETHER = 2
"""Rows of the pitch spectrum that make a network frame."""

BELOW, ABOVE = 12, 24
"""Semitones around a pitch that its filters see."""

_COMPRESSION, _QUIET, _TINY = 20.0, 0.01, 1e-7

_CHUNK = 512
"""Network frames that are read at a time: memory does not grow with the length of the piece."""


@dataclass(frozen=True, slots=True, eq=False)
class HarmonyWeights:
    """What was learned.

    Args:
        layers: By the names that `training/export_harmony.py` gives them, float32.
        dilations: Of the blocks, in network frames.
    """

    layers: Mapping[str, Floats]
    dilations: tuple[int, ...]

    @staticmethod
    def of(arrays: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]) -> "HarmonyWeights":
        """From the arrays of the weights' file.

        Raises:
            KeyError: The file is another one's.
        """
        layers = {name: np.asarray(values, np.float32) for name, values in arrays.items() if name != "dilations"}
        around = {name: _around_the_circle(values) for name, values in layers.items() if name.endswith("around")}
        return HarmonyWeights({**layers, **around}, tuple(int(one) for one in arrays["dilations"]))


@dataclass(frozen=True, slots=True, eq=False)
class HarmonyActivations:
    """What the network hears; row k speaks of the rows `2 k` and `2 k + 1` of the harmony grid.

    Args:
        chords: Belief in each chord, summing to 1, shape `[n_frames, 85]`.
        keys: Logarithm of the belief in each key, up to a constant, shape `[n_frames, 25]`.
    """

    chords: Floats
    keys: Floats


def first_moment_s(frame_rate_hz: float) -> float:
    """The moment that the first row of a reading speaks of [s], from its rows per second [Hz]."""
    return (FRAMES_TOGETHER - 1) / (2 * FRAMES_TOGETHER * frame_rate_hz)


def harmony_activations(weights: HarmonyWeights, pitch_spectrum: Floats, cents: float) -> HarmonyActivations:
    """What the network hears in a piece.

    Args:
        weights: What was learned.
        pitch_spectrum: The feature of that name, shape `[n, 252]`.
        cents: How sharp the piece is tuned, as `tuning.tuning_cents` says.

    Returns:
        The reading, `n_frames = ceil(n / 2)`.

    Source:
        F. Korzeniowski, G. Widmer, "A fully convolutional deep auditory model for musical chord recognition", 2016, and
        "End-to-end musical key estimation using a convolutional neural network", 2017; A. Elowsson, A. Friberg,
        "Modeling music modality with a key-class invariant pitch chroma CNN", ISMIR 2019 (weights shared around the
        circle of pitch classes).
    """
    n_frames = -(-len(pitch_spectrum) // FRAMES_TOGETHER)
    if not n_frames:
        return HarmonyActivations(np.empty((0, N_CHORDS), np.float32), np.empty((0, N_KEYS), np.float32))
    loudest = float(pitch_spectrum.sum(axis=1).max())
    reach = sum(weights.dilations)
    chords, keys = [], []
    for first in range(0, n_frames, _CHUNK):
        begin, end = max(0, first - reach), min(first + _CHUNK + reach, n_frames)
        rows = _in_pairs(pitch_spectrum[FRAMES_TOGETHER * begin : FRAMES_TOGETHER * end])
        part = _read(weights, _shown(tuned_pitches(rows, cents), loudest))
        kept = slice(first - begin, min(first + _CHUNK, n_frames) - begin)
        chords.append(part.chords[kept])
        keys.append(part.keys[kept])
    return HarmonyActivations(np.concatenate(chords), np.concatenate(keys))


def _read(weights: HarmonyWeights, shown: Floats) -> HarmonyActivations:
    """The reading of a stretch, with silence around it."""
    layers = weights.layers
    n_frames, n_channels = len(shown), layers["fold.bias"].shape[0]
    x = _classes(layers, shown)
    for number, dilation in enumerate(weights.dilations):
        name = f"block{number}"
        # One row for each pitch class of each frame: twelve rows on lies the same class a frame later.
        lines = x.reshape(-1, n_channels)
        seen = rectified(over_time(lines, layers[f"{name}.kernel"], layers[f"{name}.bias"], 12 * dilation))
        x += _around(layers, name, seen.reshape(n_frames, -1))
    x = rectified(x)
    by_class = x.reshape(n_frames, 12, n_channels)
    whole = np.concatenate((by_class.mean(axis=1), by_class.max(axis=1)), axis=1)
    return HarmonyActivations(_beliefs(_told(layers, "chords", x, whole)), _told(layers, "keys", x, whole))


def _in_pairs(rows: Floats) -> Floats:
    """Means of two rows each; the last one, if it is alone, stands for itself."""
    if len(rows) % FRAMES_TOGETHER:
        rows = np.concatenate((rows, rows[-1:]))
    pairs: Floats = rows.reshape(-1, FRAMES_TOGETHER, rows.shape[1]).mean(axis=1)
    return pairs


def _shown(semitones: Floats, loudest: float) -> Floats:
    """Shares of each moment, compressed; moments 40 dB below the loudest count half."""
    sums = semitones.sum(axis=1, keepdims=True)
    shares: Floats = np.log1p(_COMPRESSION * semitones / (sums + np.float32(_QUIET * loudest + _TINY)))
    return shares


def _classes(layers: Mapping[str, Floats], shown: Floats) -> Floats:
    """Notes told from overtones and folded to pitch classes, `[n, 12 * n_channels]` from `[n, 84]`."""
    padded = np.pad(shown, ((0, 0), (BELOW, ABOVE)))[:, :, None]
    notes = rectified(over_time_and_bands(padded, layers["pitches.kernel"], layers["pitches.bias"], (1, 1)))
    octaves = notes.reshape(len(shown), N_OCTAVES, 12, -1).transpose(0, 2, 1, 3)
    folded = rectified(octaves.reshape(len(shown) * 12, -1) @ layers["fold.kernel"] + layers["fold.bias"])
    return folded.reshape(len(shown), -1)


def _around(layers: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    """What all pitch classes together say to each, `[n, 12 * n_out]` from `[n, 12 * n_in]`."""
    result: Floats = x @ layers[f"{name}.around"]
    result += np.tile(layers[f"{name}.around_bias"], 12)
    return result


def _told(layers: Mapping[str, Floats], name: str, x: Floats, whole: Floats) -> Floats:
    """Logits of each kind, from C up, then of "none"."""
    of_classes = _around(layers, name, x).reshape(len(x), 12, -1).transpose(0, 2, 1).reshape(len(x), -1)
    none = whole @ layers[f"{name}.none"] + layers[f"{name}.none_bias"]
    return np.concatenate((of_classes, none), axis=1)


def _around_the_circle(weights: Floats) -> Floats:
    """The matrix of a map that is the same seen from each class, `[12 * n_in, 12 * n_out]` from `[12, n_in, n_out]`.

    Entry d of the weights is how a class d semitones above speaks.
    """
    matrix = np.stack([np.roll(weights, target, axis=0) for target in range(12)], axis=2)
    return matrix.reshape(12 * weights.shape[1], -1)


def _beliefs(logits: Floats) -> Floats:
    """Softmax over the last axis."""
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True, initial=-np.inf))
    beliefs: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return beliefs
