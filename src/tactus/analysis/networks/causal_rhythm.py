"""The rhythm network that hears the past only, a few frames of a stream at a time.

The same layers as `track.rhythm_network`, trained anew so that no output sees a later frame: see docs/rhythm_model.md.
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
"""Of the file that holds the weights."""

_RISE_FRAMES = 2
"""How far a band has risen is told over so many rows of log-mel."""

_PAIR = 2
"""Rows of log-mel that make a frame of the network."""

_N_CLASSES = 12


@dataclass(frozen=True, slots=True, eq=False)
class CausalState:
    """What the network remembers of a stream.

    Args:
        n_frames: Network frames heard.
        log_mel: Rows that filters still see, newest last, and one that waits for its neighbour, `[n, 64]`.
        n_classes: Rows of pitch classes that have come.
        classes: Those that filters still see, and those that come early, newest last, `[n, 12]`.
        change: What filters over pitch classes say of them, `[n_harmonic]`.
        firsts: The last rows of the first convolution, `[n_times - 1, n_heights, n_filters]`.
        seconds: Likewise of the second.
        blocks: The last rows that each temporal block has seen, `[reach, n_channels]`.
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
    """Steps streams through the layers; holds weights only, so one object serves any number of them.

    Source:
        Böck and Davies, ISMIR 2020, as `track.rhythm_network`; causal convolutions: S. Bai, J. Kolter, V. Koltun, "An
        empirical evaluation of generic convolutional and recurrent networks for sequence modeling", 2018.

    Args:
        weights: Of the network that hears the past only.
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
        """The state of a stream that has not begun: silence lies before it."""
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
        """What the next rows let the network say.

        Args:
            state: What `start` or the previous call returned.
            log_mel: The next rows of the feature of that name, `[n, 64]`, any `n >= 0`.
            chroma_harmony: The rows of the feature of that name that are complete by now, `[m, 36]`, any `m >= 0`.

        Returns:
            The next state, and how likely a beat, a downbeat and an onset begin in each frame, each in [0, 1], shape
            `[k, 3]`, k even: a frame waits for its neighbour.
        """
        rows = state.log_mel if not len(log_mel) else np.concatenate((state.log_mel, log_mel))
        if len(chroma_harmony):
            classes = np.concatenate((state.classes, pitch_class_shares(chroma_harmony)))
            state = replace(state, classes=classes, n_classes=state.n_classes + len(chroma_harmony))
        n_seen = self._first.n_times + _RISE_FRAMES
        curves = []
        while len(rows) >= n_seen:
            state, said = self._heard(state, rows[:n_seen])
            curves.append(said)
            rows = rows[_PAIR:]
        state = replace(state, log_mel=rows)
        return state, np.concatenate(curves) if curves else np.empty((0, N_CURVES), np.float32)

    def _heard(self, state: CausalState, rows: Floats) -> tuple[CausalState, Floats]:
        """One network frame more, of which the first convolution sees rows of log-mel; the curves of two frames."""
        change, classes = state.change, state.classes
        if state.n_frames % FRAMES_PER_CHROMA == 0:
            n_early = max(0, state.n_classes - state.n_frames // FRAMES_PER_CHROMA)
            classes = classes[-len(self._harmonic) - n_early :]
            seen = classes[: len(self._harmonic)]
            change = np.maximum(seen.T @ self._harmonic + self._harmonic_bias, 0).mean(axis=0)
        rises = np.maximum(rows[_RISE_FRAMES:] - rows[:-_RISE_FRAMES], 0)
        shown = np.stack((rows[_RISE_FRAMES:] / np.float32(LEVEL), rises), axis=2)
        firsts = np.concatenate((state.firsts, self._first.of(shown)[None]))
        seconds = np.concatenate((state.seconds, self._second.of(firsts)[None]))
        heard = np.concatenate((self._third.of(seconds).T.ravel(), change))
        row = rectified(heard @ self._join + self._join_bias)
        histories = []
        for block, before in zip(self._blocks, state.blocks, strict=True):
            seen = np.concatenate((before, row[None]))
            row = block.after(row, seen)
            histories.append(seen[1:])
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
    """Filters over a few rows and every other band, placed on as many rows as they see.

    Args:
        kernel: Shape `[n_times, n_widths, n_channels, n_filters]`.
        bias: Shape `[n_filters]`.
        n_heights: Of what it sees.
    """

    def __init__(self, kernel: Floats, bias: Floats, n_heights: int) -> None:
        self.n_times, n_widths, n_channels, self.n_filters = kernel.shape
        self.n_heights = (n_heights - n_widths) // 2 + 1
        self._matrix, self._bias = kernel.reshape(-1, self.n_filters), bias
        places = np.arange(self.n_times * n_heights * n_channels).reshape(self.n_times, n_heights, n_channels)
        windows = sliding_window_view(places, n_widths, axis=1)[:, ::2].transpose(1, 0, 3, 2)
        self._places = np.ascontiguousarray(windows.reshape(self.n_heights, -1))

    def of(self, rows: Floats) -> Floats:
        """What the filters say, `[n_heights, n_filters]`, of rows `[n_times, n_heights, n_channels]`."""
        return rectified(rows.ravel()[self._places] @ self._matrix + self._bias)


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """A temporal block: filters over every `dilation`-th row, and what they add to the newest."""

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

    def after(self, row: Floats, seen: Floats) -> Floats:
        """The newest row `[n_channels]` after the block, which sees it and those before, `[reach + 1, n_channels]`."""
        inner = rectified(seen[:: self.dilation].ravel() @ self.kernel + self.bias)
        return row + (inner @ self.out + self.out_bias)
