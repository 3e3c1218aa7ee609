"""Harmony network: probabilities of chords and keys over time.

A convolutional network, trained on songs that `training/` composes by rules or takes from the POP909 data set, and
renders: see docs/harmony_model.md. It runs with numpy alone. Its layers share weights around the circle of pitch
classes: the output of a transposed piece is transposed, except for notes that the transposition moves into another
octave (octaves begin at C).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tactus.analysis.tuning import tuned_pitches
from tactus.dsp.arrays import Floats
from tactus.dsp.convolution import over_time, over_time_and_bands, rectified, softmax
from tactus.dsp.pitch_classes import N_OCTAVES

VERSION = 1

WEIGHTS_SHA256 = "8f3e867dcddbf3f08cef4d78a11a5bb0d2efad7adca87e35c06a7838f64092c5"
"""Checksum of the weights file: weights and program belong together, and stored results to both."""

QUALITIES = ("maj7", "7", "min7", "hdim7", "maj", "min", "dim")
"""Chord qualities, as mir_eval spells them."""

N_CHORDS = 12 * len(QUALITIES) + 1
"""Number of chords: quality by quality, each from C up; the last is "no chord"."""

N_KEYS = 25
"""Number of keys: major from C up, then minor; the last is "no key"."""

FRAMES_TOGETHER = 2
"""Rows of the pitch spectrum per network frame."""

BELOW, ABOVE = 12, 24
"""Semitones below and above a pitch that its filters cover."""

_COMPRESSION, _QUIET, _TINY = 20.0, 0.01, 1e-7
"""Factor before the logarithm; level relative to the loudest frame at which a frame counts half; floor of a sum."""

_CHUNK = 512
"""Network frames computed at a time, so that memory does not grow with the length of the piece."""


@dataclass(frozen=True, slots=True, eq=False)
class HarmonyWeights:
    """Weights of the harmony network.

    Args:
        layers: Arrays by layer name, as `training/export_harmony.py` names them, float32.
        dilations: Dilation of each block [network frames].
    """

    layers: Mapping[str, Floats]
    dilations: tuple[int, ...]

    @staticmethod
    def of(arrays: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]) -> "HarmonyWeights":
        """Weights from the arrays of a weights file.

        Raises:
            KeyError: The file is that of another network.
        """
        layers = {name: np.asarray(values, np.float32) for name, values in arrays.items() if name != "dilations"}
        around = {name: _around_the_circle(values) for name, values in layers.items() if name.endswith("around")}
        return HarmonyWeights({**layers, **around}, tuple(int(dilation) for dilation in arrays["dilations"]))


@dataclass(frozen=True, slots=True, eq=False)
class HarmonyActivations:
    """Output of the harmony network; row k covers the rows `2 k` and `2 k + 1` of the harmony grid.

    Args:
        chords: Probability of each chord, summing to 1, shape `[n_frames, 85]`.
        keys: Log-probability of each key, up to a constant, shape `[n_frames, 25]`.
    """

    chords: Floats
    keys: Floats


def first_row_s(frame_rate_hz: float) -> float:
    """Center of the first row of the output [s], from its rows per second [Hz]."""
    return (FRAMES_TOGETHER - 1) / (2 * FRAMES_TOGETHER * frame_rate_hz)


def harmony_activations(weights: HarmonyWeights, pitch_spectrum: Floats, cents: float) -> HarmonyActivations:
    """Run the harmony network over a whole piece.

    Args:
        weights: Weights of the network.
        pitch_spectrum: Feature `pitch_spectrum` of the piece, shape `[n, 252]`.
        cents: Tuning of the piece, from `tuning.tuning_cents` [cents].

    Returns:
        Probabilities in `ceil(n / 2)` rows.

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
        part = _part_activations(weights, _inputs(tuned_pitches(rows, cents), loudest))
        inner = slice(first - begin, min(first + _CHUNK, n_frames) - begin)
        chords.append(part.chords[inner])
        keys.append(part.keys[inner])
    return HarmonyActivations(np.concatenate(chords), np.concatenate(keys))


def _part_activations(weights: HarmonyWeights, inputs: Floats) -> HarmonyActivations:
    """Output of the network for part of a piece, padded with silence."""
    layers = weights.layers
    n_frames, n_channels = len(inputs), layers["fold.bias"].shape[0]
    x = _classes(layers, inputs)
    for number, dilation in enumerate(weights.dilations):
        name = f"block{number}"
        # One row for each pitch class of each frame: the same class one frame later is twelve rows further.
        by_class = x.reshape(-1, n_channels)
        filtered = rectified(over_time(by_class, layers[f"{name}.kernel"], layers[f"{name}.bias"], 12 * dilation))
        x += _around(layers, name, filtered.reshape(n_frames, -1))
    x = rectified(x)
    classes = x.reshape(n_frames, 12, n_channels)
    pooled = np.concatenate((classes.mean(axis=1), classes.max(axis=1)), axis=1)
    return HarmonyActivations(softmax(_logits(layers, "chords", x, pooled)), _logits(layers, "keys", x, pooled))


def _in_pairs(rows: Floats) -> Floats:
    """Means of successive pairs of rows; a single last row is its own mean."""
    if len(rows) % FRAMES_TOGETHER:
        rows = np.concatenate((rows, rows[-1:]))
    pairs: Floats = rows.reshape(-1, FRAMES_TOGETHER, rows.shape[1]).mean(axis=1)
    return pairs


def _inputs(semitones: Floats, loudest: float) -> Floats:
    """Share of each semitone in its frame, compressed; a frame 40 dB below the loudest counts half."""
    sums = semitones.sum(axis=1, keepdims=True)
    shares: Floats = np.log1p(_COMPRESSION * semitones / (sums + np.float32(_QUIET * loudest + _TINY)))
    return shares


def _classes(layers: Mapping[str, Floats], inputs: Floats) -> Floats:
    """Pitch classes, after filters that separate notes from overtones, `[n, 12 * n_channels]` from `[n, 84]`."""
    padded = np.pad(inputs, ((0, 0), (BELOW, ABOVE)))[:, :, None]
    notes = rectified(over_time_and_bands(padded, layers["pitches.kernel"], layers["pitches.bias"], (1, 1)))
    octaves = notes.reshape(len(inputs), N_OCTAVES, 12, -1).transpose(0, 2, 1, 3)
    folded = rectified(octaves.reshape(len(inputs) * 12, -1) @ layers["fold.kernel"] + layers["fold.bias"])
    return folded.reshape(len(inputs), -1)


def _around(layers: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    """Circular layer: each pitch class from all of them, `[n, 12 * n_out]` from `[n, 12 * n_in]`."""
    result: Floats = x @ layers[f"{name}.around"]
    result += np.tile(layers[f"{name}.around_bias"], 12)
    return result


def _logits(layers: Mapping[str, Floats], name: str, x: Floats, pooled: Floats) -> Floats:
    """Logits of each quality or mode, each from C up, then of "none"."""
    of_classes = _around(layers, name, x).reshape(len(x), 12, -1).transpose(0, 2, 1).reshape(len(x), -1)
    none = pooled @ layers[f"{name}.none"] + layers[f"{name}.none_bias"]
    return np.concatenate((of_classes, none), axis=1)


def _around_the_circle(weights: Floats) -> Floats:
    """Matrix of a circular layer, `[12 * n_in, 12 * n_out]`, from its weights `[12, n_in, n_out]`.

    Entry d of the weights is the influence of the class d semitones above.
    """
    matrix = np.stack([np.roll(weights, target, axis=0) for target in range(12)], axis=2)
    return matrix.reshape(12 * weights.shape[1], -1)
