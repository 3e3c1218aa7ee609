"""Rhythm network: activations of beats, downbeats and onsets in each frame, and probabilities of tempi.

A temporal convolutional network, trained on songs that `training/` composes by rules and renders, and on drummers'
performances: see docs/rhythm_model.md. It runs with numpy alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from tactus.dsp.arrays import Floats, Halves, Times
from tactus.dsp.convolution import add_over_time, over_time_and_bands, rectified, softmax

VERSION = 1

WEIGHTS_SHA256 = "23de2732eb0b88a5dbe35177691832f5f707edfd0de0eed9f63bf4b90f14dd9a"
"""Checksum of the weights file: weights and program belong together, and stored results to both."""

N_CURVES = 3
"""Activation curves: beat, downbeat, onset."""

MIN_BPM, MAX_BPM = 48.0, 230.0
"""Centers of the first and the last tempo class [beats per minute]."""

FRAMES_PER_CHROMA = 4
"""Network frames (two rhythm frames each) per row of the chroma."""

LEVEL, MIN_CHROMA = 4.0, 1e-3
"""Scale of the log-mel bands and of the pitch class shares, and the sum of pitch classes that counts as silence."""

_LEAD = 84
"""Network frames of silence before the piece (1 s), so that its first sound is an onset."""

_CHUNK = 1024
"""Network frames computed at a time."""

_HALO = 2
"""Network frames that the second and third convolution need on either side."""


@dataclass(frozen=True, slots=True, eq=False)
class RhythmWeights:
    """Weights of a rhythm network.

    Args:
        layers: Arrays by layer name, as `training/export.py` names them; kernels as `dsp.convolution` takes them,
            float32.
        dilations: Dilation of each temporal block [network frames].
    """

    layers: Mapping[str, Floats]
    dilations: tuple[int, ...]

    @staticmethod
    def of(arrays: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]) -> "RhythmWeights":
        """Weights from the arrays of a weights file.

        Raises:
            KeyError: The file is that of another network.
        """
        layers = {name: np.asarray(values, np.float32) for name, values in arrays.items() if name != "dilations"}
        return RhythmWeights(layers, tuple(int(dilation) for dilation in arrays["dilations"]))


@dataclass(frozen=True, slots=True, eq=False)
class RhythmActivations:
    """Output of the rhythm network; row k is at `k / frame_rate_hz` seconds, on the rhythm grid.

    Args:
        beats: Probability that a beat begins, in [0, 1], shape `[n_frames]`.
        downbeats: Probability that a bar begins, in [0, 1], shape `[n_frames]`.
        onsets: Probability that a sound begins, in [0, 1], shape `[n_frames]`.
        tempi: Probability of each tempo class over the whole piece, summing to 1, shape `[n_tempi]`.
    """

    beats: Floats
    downbeats: Floats
    onsets: Floats
    tempi: Floats

    @classmethod
    def of(cls, curves: Floats | Halves, tempi: Floats) -> Self:
        """Activations from columns of beats, downbeats and onsets, shape `[n_frames, 3]`, and tempi `[n_tempi]`."""
        beats, downbeats, onsets = np.asarray(curves, np.float32).T
        return cls(beats, downbeats, onsets, tempi)

    @property
    def curves(self) -> Floats:
        """Beats, downbeats and onsets as columns, shape `[n_frames, 3]`."""
        return np.stack((self.beats, self.downbeats, self.onsets), axis=1)


def tempo_classes_bpm(n_tempi: int) -> Times:
    """Center of each tempo class [beats per minute], logarithmically spaced, shape `[n_tempi]`."""
    return np.geomspace(MIN_BPM, MAX_BPM, n_tempi)


def rhythm_activations(weights: RhythmWeights, log_mel: Floats, chroma_harmony: Floats) -> RhythmActivations:
    """Run the rhythm network over a whole piece.

    Args:
        weights: Weights of the network.
        log_mel: Feature `log_mel` of the piece, shape `[n_frames, 64]`.
        chroma_harmony: Feature `chroma_harmony` of the piece, shape `[n_chroma_frames, 36]`.

    Returns:
        Activations; without rows, and with uniform tempi, for an empty piece.

    Source:
        S. Böck, M. Davies, "Deconstruct, analyse, reconstruct: how to improve tempo, beat, and downbeat estimation",
        ISMIR 2020: temporal convolutions over a spectrogram, several tasks at once.
    """
    layers = weights.layers
    n_frames = len(log_mel)
    n_tempi = layers["tempo.bias"].shape[0]
    if n_frames == 0:
        return RhythmActivations.of(np.empty((0, N_CURVES), np.float32), np.full(n_tempi, 1 / n_tempi, np.float32))
    harmony = _harmonic_change(layers, _after_silence(chroma_harmony, _LEAD // FRAMES_PER_CHROMA))
    rows = np.concatenate(list(_joined(layers, _after_silence(log_mel, 2 * _LEAD), harmony)))
    for number, dilation in enumerate(weights.dilations):
        name = f"block{number}"
        kernel, bias = layers[f"{name}.kernel"], layers[f"{name}.bias"]
        add_over_time(rows, kernel, bias, dilation, out=layers[f"{name}.out"], out_bias=layers[f"{name}.out_bias"])
    rows = rectified(rows[_LEAD:])
    curves = probabilities(rows @ layers["curves.kernel"] + layers["curves.bias"])
    curves = curves.reshape(len(rows), N_CURVES, 2).transpose(0, 2, 1).reshape(-1, N_CURVES)[:n_frames]
    tempi = softmax(rows @ layers["tempo.kernel"] + layers["tempo.bias"]).mean(axis=0)
    return RhythmActivations.of(curves, tempi.astype(np.float32))


def pitch_class_shares(chroma_harmony: Floats) -> Floats:
    """Input of the network from the fine chroma: share of each pitch class in its row, times `LEVEL`, `[n, 12]`.

    Args:
        chroma_harmony: Feature `chroma_harmony`, shape `[n, 36]`.
    """
    thirds = np.roll(chroma_harmony, 1, axis=1).reshape(-1, 12, 3)
    classes: Floats = thirds.sum(axis=2)
    classes *= LEVEL / (classes.sum(axis=1, keepdims=True) + MIN_CHROMA)
    return classes


def probabilities(logits: Floats) -> Floats:
    """Logistic function of logits, same shape."""
    return (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32, copy=False)


def _after_silence(rows: Floats, n: int) -> Floats:
    """The rows after n rows of zeros."""
    return np.concatenate((np.zeros((n, rows.shape[1]), np.float32), rows))


def _harmonic_change(layers: Mapping[str, Floats], chroma_harmony: Floats) -> Floats:
    """Temporal filters shared by all pitch classes, then their mean: invariant to transposition, `[n, n_harmonic]`."""
    classes = pitch_class_shares(chroma_harmony)
    kernel, bias = layers["harmonic.kernel"], layers["harmonic.bias"]
    reach = len(kernel) // 2
    if not len(classes):
        return np.zeros((1, kernel.shape[1]), np.float32)
    padded = np.pad(classes, ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    filtered = np.maximum(windows @ kernel + bias, 0)
    change: Floats = filtered.mean(axis=1).astype(np.float32, copy=False)
    return change


def _joined(layers: Mapping[str, Floats], log_mel: Floats, harmony: Floats) -> Iterator[Floats]:
    """Output of the three convolutions joined with harmony, `[n_network_frames, n_channels]`, in parts."""
    n_frames = len(log_mel)
    n_network = -(-n_frames // 2)
    for first in range(0, n_network, _CHUNK):
        last = min(first + _CHUNK, n_network)
        x = _inputs(log_mel, 2 * (first - _HALO) - 1, 2 * (last + _HALO) + 1)
        x = rectified(over_time_and_bands(x, layers["first.kernel"], layers["first.bias"], (2, 2)))
        _zero_outside(x, first - _HALO, n_network)
        x = rectified(over_time_and_bands(x, layers["second.kernel"], layers["second.bias"], (1, 2)))
        _zero_outside(x, first - 1, n_network)
        x = rectified(over_time_and_bands(x, layers["third.kernel"], layers["third.bias"], (1, 2)))
        at = np.minimum(np.arange(first, last) // FRAMES_PER_CHROMA, len(harmony) - 1)
        channels = x.transpose(0, 2, 1).reshape(last - first, -1)
        joined = np.concatenate((channels, harmony[at]), axis=1)
        yield rectified(joined @ layers["join.kernel"] + layers["join.bias"])


def _inputs(log_mel: Floats, begin: int, end: int) -> Floats:
    """Input of the first convolution: bands and their increase over two rows, `[end - begin, n_bands, 2]`.

    Outside the piece both are 0, as is the increase in its first and last row.
    """
    n_frames, n_bands = log_mel.shape
    inputs = np.zeros((end - begin, n_bands, 2), np.float32)
    low, high = max(begin, 0), min(end, n_frames)
    inputs[low - begin : high - begin, :, 0] = log_mel[low:high] / np.float32(LEVEL)
    low, high = max(begin, 1), min(end, n_frames - 1)
    if high > low:
        rises = log_mel[low + 1 : high + 1] - log_mel[low - 1 : high - 1]
        np.maximum(rises, 0, out=inputs[low - begin : high - begin, :, 1])
    return inputs


def _zero_outside(rows: Floats, first: int, n: int) -> None:
    """Zero the rows before and after the piece, in place; row 0 is network frame `first`."""
    rows[: max(0, -first)] = 0
    rows[max(0, n - first) :] = 0
