"""Causal rhythm network, for streams: activations of beats, downbeats and onsets from the past only.

The layers of `networks.rhythm`, trained anew so that no output depends on a later frame: see docs/rhythm_model.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tactus.analysis.features.log_mel import N_BANDS
from tactus.analysis.networks.rhythm import (
    FRAMES_PER_CHROMA,
    LEVEL,
    N_CURVES,
    RhythmWeights,
    pitch_class_shares,
    probabilities,
)
from tactus.dsp.arrays import Floats
from tactus.dsp.convolution import rectified

WEIGHTS_SHA256 = "28d0e92bb8585b4afc4222e0b0b74d459cade65d0de6eca4156c831a8e781aea"
"""Checksum of the weights file."""

_RISE_FRAMES = 2
"""Rows of log-mel over which the increase of a band is taken."""

_PAIR = 2
"""Rows of log-mel per network frame."""

_N_CLASSES = 12


@dataclass(frozen=True, slots=True, eq=False)
class CausalState:
    """State of the network for one stream.

    Args:
        n_frames: Number of network frames computed.
        log_mel: Rows that filters still need, newest last, and one that waits for the second of its pair, `[n, 64]`.
        n_classes: Number of rows of pitch classes received.
        classes: Rows that filters still need, and rows received ahead of time, newest last, `[n, 12]`.
        change: Output of the filters over pitch classes, shape `[n_harmonic]`.
        firsts: Last outputs of the first convolution, `[n_times - 1, n_heights, n_filters]`.
        seconds: Last outputs of the second convolution, `[n_times - 1, n_heights, n_filters]`.
        blocks: Last inputs of each temporal block, `[reach, n_channels]`.
    """

    n_frames: int
    log_mel: Floats
    n_classes: int
    classes: Floats
    change: Floats
    firsts: Floats
    seconds: Floats
    blocks: tuple[Floats, ...]


class CausalNetwork:
    """The network; holds weights only, so one object serves any number of streams.

    Source:
        Böck and Davies, ISMIR 2020, as `networks.rhythm`; causal convolutions: S. Bai, J. Kolter, V. Koltun, "An
        empirical evaluation of generic convolutional and recurrent networks for sequence modeling", 2018.

    Args:
        weights: Weights of the causal network.
    """

    def __init__(self, weights: RhythmWeights) -> None:
        layers = weights.layers
        self._harmonic, self._harmonic_bias = layers["harmonic.kernel"], layers["harmonic.bias"]
        self._first = _Convolution(layers["first.kernel"], layers["first.bias"], N_BANDS)
        self._second = _Convolution(layers["second.kernel"], layers["second.bias"], self._first.n_heights)
        self._third = _Convolution(layers["third.kernel"], layers["third.bias"], self._second.n_heights)
        self._join, self._join_bias = layers["join.kernel"], layers["join.bias"]
        self._blocks = [_Block.of(layers, number, dilation) for number, dilation in enumerate(weights.dilations)]
        self._curves, self._curves_bias = layers["curves.kernel"], layers["curves.bias"]

    def start(self) -> CausalState:
        """State before the first frame: silence."""
        return CausalState(
            n_frames=0,
            log_mel=np.zeros((self._first.n_times - _PAIR + _RISE_FRAMES, N_BANDS), np.float32),
            n_classes=0,
            classes=np.zeros((len(self._harmonic), _N_CLASSES), np.float32),
            change=np.zeros_like(self._harmonic_bias),
            firsts=np.zeros((self._second.n_times - 1, self._first.n_heights, self._first.n_filters), np.float32),
            seconds=np.zeros((self._third.n_times - 1, self._second.n_heights, self._second.n_filters), np.float32),
            blocks=tuple(np.zeros((block.reach, len(self._join_bias)), np.float32) for block in self._blocks),
        )

    def step(self, state: CausalState, log_mel: Floats, chroma_harmony: Floats) -> tuple[CausalState, Floats]:
        """Run the network over the next rows.

        Args:
            state: State returned by `start` or the previous call.
            log_mel: The next rows of the feature `log_mel`, `[n, 64]`, any `n >= 0`.
            chroma_harmony: The new rows of the feature `chroma_harmony`, `[m, 36]`, any `m >= 0`.

        Returns:
            The next state, and the probability that a beat, a downbeat and an onset begin in each frame, each in
            [0, 1], shape `[k, 3]`, k even: frames are computed in pairs.
        """
        rows = state.log_mel if not len(log_mel) else np.concatenate((state.log_mel, log_mel))
        if len(chroma_harmony):
            classes = np.concatenate((state.classes, pitch_class_shares(chroma_harmony)))
            state = replace(state, classes=classes, n_classes=state.n_classes + len(chroma_harmony))
        n_seen = self._first.n_times + _RISE_FRAMES
        curves = []
        while len(rows) >= n_seen:
            state, pair = self._next_frame(state, rows[:n_seen])
            curves.append(pair)
            rows = rows[_PAIR:]
        state = replace(state, log_mel=rows)
        return state, np.concatenate(curves) if curves else np.empty((0, N_CURVES), np.float32)

    def _next_frame(self, state: CausalState, rows: Floats) -> tuple[CausalState, Floats]:
        """Compute one network frame from the input rows of the first convolution; its curves are two rows, `[2, 3]`."""
        change, classes = state.change, state.classes
        if state.n_frames % FRAMES_PER_CHROMA == 0:
            n_early = max(0, state.n_classes - state.n_frames // FRAMES_PER_CHROMA)
            classes = classes[-len(self._harmonic) - n_early :]
            window = classes[: len(self._harmonic)]
            change = np.maximum(window.T @ self._harmonic + self._harmonic_bias, 0).mean(axis=0)
        rises = np.maximum(rows[_RISE_FRAMES:] - rows[:-_RISE_FRAMES], 0)
        inputs = np.stack((rows[_RISE_FRAMES:] / np.float32(LEVEL), rises), axis=2)
        firsts = np.concatenate((state.firsts, self._first.of(inputs)[None]))
        seconds = np.concatenate((state.seconds, self._second.of(firsts)[None]))
        joined = np.concatenate((self._third.of(seconds).T.ravel(), change))
        row = rectified(joined @ self._join + self._join_bias)
        histories = []
        for block, before in zip(self._blocks, state.blocks, strict=True):
            history = np.concatenate((before, row[None]))
            row = block.after(row, history)
            histories.append(history[1:])
        curves = probabilities(rectified(row) @ self._curves + self._curves_bias)
        state = CausalState(
            n_frames=state.n_frames + 1,
            log_mel=state.log_mel,
            n_classes=state.n_classes,
            classes=classes,
            change=change,
            firsts=firsts[1:],
            seconds=seconds[1:],
            blocks=tuple(histories),
        )
        return state, curves.reshape(N_CURVES, _PAIR).T


class _Convolution:
    """Convolution over rows and bands with a stride of two bands, evaluated at one time.

    Args:
        kernel: Shape `[n_times, n_widths, n_channels, n_filters]`.
        bias: Shape `[n_filters]`.
        n_heights: Number of bands of the input.
    """

    def __init__(self, kernel: Floats, bias: Floats, n_heights: int) -> None:
        self.n_times, n_widths, n_channels, self.n_filters = kernel.shape
        self.n_heights = (n_heights - n_widths) // 2 + 1
        self._matrix, self._bias = kernel.reshape(-1, self.n_filters), bias
        places = np.arange(self.n_times * n_heights * n_channels).reshape(self.n_times, n_heights, n_channels)
        windows = sliding_window_view(places, n_widths, axis=1)[:, ::2].transpose(1, 0, 3, 2)
        self._places = np.ascontiguousarray(windows.reshape(self.n_heights, -1))

    def of(self, rows: Floats) -> Floats:
        """Output `[n_heights, n_filters]` for rows `[n_times, n_heights, n_channels]`."""
        return rectified(rows.ravel()[self._places] @ self._matrix + self._bias)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Residual temporal block: dilated filters over the past, added to the newest row."""

    dilation: int
    reach: int
    kernel: Floats
    bias: Floats
    out: Floats
    out_bias: Floats

    @classmethod
    def of(cls, layers: Mapping[str, Floats], number: int, dilation: int) -> Self:
        name = f"block{number}"
        n_taps, n_channels, _ = layers[f"{name}.kernel"].shape
        kernel = layers[f"{name}.kernel"].reshape(n_taps * n_channels, -1)
        others = (layers[f"{name}.{part}"] for part in ("bias", "out", "out_bias"))
        return cls(dilation, (n_taps - 1) * dilation, kernel, *others)

    def after(self, row: Floats, history: Floats) -> Floats:
        """Output `[n_channels]` for the newest row, from it and the rows before, `[reach + 1, n_channels]`."""
        inner = rectified(history[:: self.dilation].ravel() @ self.kernel + self.bias)
        return row + (inner @ self.out + self.out_bias)
