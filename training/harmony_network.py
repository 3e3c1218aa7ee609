"""The harmony network as PyTorch trains it; `tactus.analysis.networks.harmony` runs the same layers with numpy.

All layers treat the twelve pitch classes alike, as neighbours on a circle: every clip teaches all twelve keys. Only in
which octave a note lies (from C up) has weights of its own.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.music.song import QUALITIES

N_CLASSES, N_OCTAVES = 12, 7
N_PITCHES = N_CLASSES * N_OCTAVES
N_QUALITIES = len(QUALITIES)
N_CHORDS = N_CLASSES * N_QUALITIES + 1
"""Quality by quality, each from C up; the last is "no chord"."""

N_KEYS = 2 * N_CLASSES + 1
"""Major from C up, then minor; the last is "no key"."""

BELOW, ABOVE = 12, 24
"""Semitones around a pitch that distinguish a note from an overtone: the octave below, three partials above."""


@dataclass(frozen=True, slots=True)
class HarmonyShape:
    """Sizes of the network.

    Args:
        n_filters: Over neighbouring pitches.
        n_channels: Values of each pitch class.
        dilations: Of the blocks, in network frames (two harmony frames, 0.19 s).
    """

    n_filters: int = 16
    n_channels: int = 24
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)


class Around(nn.Module):
    """A linear map of all channels of all pitch classes, the same seen from each class."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(N_CLASSES, n_in, n_out) / (N_CLASSES * n_in) ** 0.5)
        self.bias = nn.Parameter(torch.zeros(n_out))

    def forward(self, x: Tensor) -> Tensor:
        """`[batch, n_frames, 12, n_in]` to `[batch, n_frames, 12, n_out]`."""
        n_batch, n_frames, _, n_in = x.shape
        matrix = torch.stack([torch.roll(self.weight, target, dims=0) for target in range(N_CLASSES)], dim=2)
        y = x.reshape(n_batch, n_frames, -1) @ matrix.reshape(N_CLASSES * n_in, -1)
        return y.view(n_batch, n_frames, N_CLASSES, -1) + self.bias


class HarmonyBlock(nn.Module):
    """What happens around a moment in each pitch class, then what the classes together make of it; a residual."""

    KERNEL = 3

    def __init__(self, n_channels: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.dilation = dilation
        self.over_time = nn.Conv1d(n_channels, n_channels, self.KERNEL, dilation=dilation, padding=dilation)
        self.around = Around(n_channels, n_channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """`[batch, n_frames, 12, n_channels]` to the same."""
        n_batch, n_frames, _, n_channels = x.shape
        lines = x.permute(0, 2, 3, 1).reshape(n_batch * N_CLASSES, n_channels, n_frames)
        seen = leaky(self.over_time(lines)).view(n_batch, N_CLASSES, n_channels, n_frames).permute(0, 3, 1, 2)
        result: Tensor = x + self.around(self.dropout(seen))
        return result


class HarmonyNetwork(nn.Module):
    """From the pitches of each moment to chords and keys.

    Source:
        F. Korzeniowski, G. Widmer, "A fully convolutional deep auditory model for musical chord recognition", 2016, and
        "End-to-end musical key estimation using a convolutional neural network", 2017 (convolutions over pitch and
        time, chords and keys as classes); weights shared around the circle of pitch classes are as in B. Elowsson,
        A. Friberg, "Modeling music modality with a key-class invariant pitch chroma CNN", ISMIR 2019.
    """

    def __init__(self, shape: HarmonyShape, dropout: float = 0.1) -> None:
        super().__init__()
        self.shape = shape
        self.pitches = nn.Conv2d(1, shape.n_filters, (1, BELOW + ABOVE + 1))
        self.fold = nn.Linear(shape.n_filters * N_OCTAVES, shape.n_channels)
        self.blocks = nn.ModuleList(HarmonyBlock(shape.n_channels, d, dropout) for d in shape.dilations)
        self.chords = Around(shape.n_channels, N_QUALITIES)
        self.no_chord = nn.Linear(2 * shape.n_channels, 1)
        self.keys = Around(shape.n_channels, 2)
        self.no_key = nn.Linear(2 * shape.n_channels, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, pitches: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of chords and keys.

        Args:
            pitches: Result of `network_inputs`, `[batch, n_frames, 84]`.

        Returns:
            `[batch, n_frames, 85]` and `[batch, n_frames, 25]`.
        """
        n_batch, n_frames, _ = pitches.shape
        x = leaky(self.pitches(F.pad(pitches[:, None], (BELOW, ABOVE))))
        x = x.permute(0, 2, 3, 1).reshape(n_batch, n_frames, N_OCTAVES, N_CLASSES, -1).transpose(2, 3)
        x = leaky(self.fold(x.reshape(n_batch, n_frames, N_CLASSES, -1)))
        x = self.dropout(x)
        for block in self.blocks:
            x = block(x)
        x = leaky(x)
        whole = torch.cat((x.mean(dim=2), x.amax(dim=2)), dim=2)
        chords = self.chords(x).transpose(2, 3).reshape(n_batch, n_frames, -1)
        keys = self.keys(x).transpose(2, 3).reshape(n_batch, n_frames, -1)
        return torch.cat((chords, self.no_chord(whole)), dim=2), torch.cat((keys, self.no_key(whole)), dim=2)


def leaky(x: Tensor) -> Tensor:
    """X above 0, a twentieth of it below."""
    return F.leaky_relu(x, 0.05)


def network_inputs(semitones: Tensor) -> Tensor:
    """What the network is shown of semitones' strengths, `[..., n_frames, 84]`: shares of each moment, compressed."""
    sums = semitones.sum(dim=-1, keepdim=True)
    shares = semitones / (sums + 0.01 * sums.amax(dim=-2, keepdim=True) + 1e-7)
    return torch.log1p(20 * shares)
