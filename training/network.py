"""The rhythm network as PyTorch trains it; `tactus.analysis.networks.rhythm` runs the same layers with numpy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

N_BANDS, N_CLASSES = 64, 12
N_CURVES = 3
"""Beat, downbeat, onset."""

CHROMA_FRAMES = 4
"""A harmony frame lasts so many frames of the network."""


@dataclass(frozen=True, slots=True)
class NetworkShape:
    """Sizes of the network.

    Args:
        n_channels: Width of the temporal blocks.
        dilations: Of the temporal blocks, in network frames (two rhythm frames, 23 ms).
        n_filters: Of the three convolutions over time and frequency.
        n_harmonic: Temporal filters over pitch classes.
        n_tempi: Classes of tempo, evenly spaced by logarithm.
        is_causal: Whether no output sees a later frame.
    """

    n_channels: int = 48
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    n_filters: tuple[int, int, int] = (12, 16, 20)
    n_harmonic: int = 12
    n_tempi: int = 40
    is_causal: bool = False


CAUSAL_DILATIONS = (1, 2, 4, 8, 16, 32, 64, 128)
"""Of the causal network: no tap lies farther back than the crops that it learns from are long."""


class TemporalBlock(nn.Module):
    """A dilated convolution over time and a residual."""

    KERNEL = 5

    def __init__(self, n_channels: int, dilation: int, *, is_causal: bool, dropout: float) -> None:
        super().__init__()
        reach = dilation * (self.KERNEL - 1)
        self.padding = (reach, 0) if is_causal else (reach // 2, reach // 2)
        self.across = nn.Conv1d(n_channels, n_channels, self.KERNEL, dilation=dilation)
        self.out = nn.Conv1d(n_channels, n_channels, 1)
        self.dropout = nn.Dropout1d(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """`[batch, n_channels, n_frames]` to the same."""
        return x + self.out(self.dropout(leaky(self.across(F.pad(x, self.padding)))))


class RhythmNetwork(nn.Module):
    """Temporal convolutions over log-mel frames and pitch classes; outputs per frame for beats, bars, onsets, tempo.

    Two rhythm frames make a network frame. Three small convolutions gather time and frequency, temporal filters over
    each pitch class alike (so that transposition changes nothing) detect harmonic change, dilated residual blocks see
    24 s to either side.

    Source:
        S. Böck, M. Davies, "Deconstruct, analyse, reconstruct: how to improve tempo, beat, and downbeat estimation",
        ISMIR 2020 (temporal convolutional network with several tasks); the layers here are smaller.
    """

    def __init__(self, shape: NetworkShape, dropout: float = 0.08) -> None:
        super().__init__()
        self.shape = shape
        a, b, c = shape.n_filters
        self.first = nn.Conv2d(2, a, (4, 5), stride=(2, 2))
        self.second = nn.Conv2d(a, b, (3, 5), stride=(1, 2))
        self.third = nn.Conv2d(b, c, (3, 5), stride=(1, 2))
        self.harmonic = nn.Conv2d(1, shape.n_harmonic, (HARMONIC_KERNEL, 1))
        self.join = nn.Conv1d(c * N_HEIGHTS + shape.n_harmonic, shape.n_channels, 1)
        self.blocks = nn.ModuleList(
            TemporalBlock(shape.n_channels, dilation, is_causal=shape.is_causal, dropout=dropout)
            for dilation in shape.dilations
        )
        self.curves = nn.Conv1d(shape.n_channels, 2 * N_CURVES, 1)
        self.tempo = nn.Conv1d(shape.n_channels, shape.n_tempi, 1)
        self.dropout = nn.Dropout2d(dropout)
        nn.init.constant_(self.curves.bias, -2.5)  # type: ignore[arg-type]

    def forward(self, log_mel: Tensor, chroma: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the curves and of the tempo.

        Args:
            log_mel: The feature of that name, `[batch, n_frames, 64]`, n_frames a multiple of 8.
            chroma: Pitch classes as `pitch_classes` gives them, `[batch, n_frames / 8, 12]`.

        Returns:
            `[batch, n_frames, 3]` and `[batch, n_frames / 2, n_tempi]`.
        """
        causal = self.shape.is_causal
        x = with_rises(log_mel, is_causal=causal)
        x = leaky(self.first(F.pad(x, (0, 0, 2, 0) if causal else (0, 0, 1, 1))))
        x = self.dropout(leaky(self.second(F.pad(x, (0, 0, 2, 0) if causal else (0, 0, 1, 1)))))
        x = leaky(self.third(F.pad(x, (0, 0, 2, 0) if causal else (0, 0, 1, 1))))
        n_batch, n_filters, n_frames, n_heights = x.shape
        x = x.permute(0, 1, 3, 2).reshape(n_batch, n_filters * n_heights, n_frames)
        x = leaky(self.join(torch.cat((x, self._harmony(chroma)), dim=1)))
        for block in self.blocks:
            x = block(x)
        x = leaky(x)
        curves = self.curves(x).view(n_batch, N_CURVES, 2, n_frames).permute(0, 3, 2, 1)
        return curves.reshape(n_batch, 2 * n_frames, N_CURVES), self.tempo(x).transpose(1, 2)

    def _harmony(self, chroma: Tensor) -> Tensor:
        """Change of the pitch classes, `[batch, n_harmonic, n_frames]`; each frame holds for four of the network."""
        reach = HARMONIC_KERNEL - 1
        if self.shape.is_causal:  # a harmony frame is complete when the next one's moment has come
            chroma = chroma[:, :-1]
            padded = F.pad(chroma[:, None], (0, 0, reach + 1, 0))
        else:
            padded = F.pad(chroma[:, None], (0, 0, reach // 2, reach // 2), mode="replicate")
        filtered = F.relu(self.harmonic(padded))
        return filtered.mean(dim=3).repeat_interleave(CHROMA_FRAMES, dim=2)


def hear_with(network: RhythmNetwork, exported: Mapping[str, NDArray[np.generic]]) -> None:
    """Gives a network the layers before the temporal blocks of one that the service runs.

    Args:
        network: What is changed, as wide as the other one.
        exported: Arrays as `training.export` writes them.
    """
    kept = {name: torch.from_numpy(np.asarray(values, np.float32)) for name, values in exported.items()}
    with torch.no_grad():
        for name in ("first", "second", "third"):
            layer = getattr(network, name)
            layer.weight.copy_(kept[f"{name}.kernel"].permute(3, 2, 0, 1))
            layer.bias.copy_(kept[f"{name}.bias"])
        network.harmonic.weight.copy_(kept["harmonic.kernel"].T[:, None, :, None])
        network.harmonic.bias.copy_(kept["harmonic.bias"])  # type: ignore[union-attr]
        network.join.weight.copy_(kept["join.kernel"].T[:, :, None])
        network.join.bias.copy_(kept["join.bias"])  # type: ignore[union-attr]


HARMONIC_KERNEL = 13
"""Harmony frames that the filters over pitch classes see: 1.2 s."""

N_HEIGHTS = 5
"""What three convolutions leave of 64 bands."""


def leaky(x: Tensor) -> Tensor:
    """X above 0, a twentieth of it below."""
    return F.leaky_relu(x, 0.05)


def with_rises(log_mel: Tensor, *, is_causal: bool) -> Tensor:
    """The bands and how far they rise over two frames, `[batch, 2, n_frames, n_bands]`."""
    rises = F.relu(log_mel[:, 2:] - log_mel[:, :-2])
    rises = F.pad(rises, (0, 0, 2, 0) if is_causal else (0, 0, 1, 1))
    return torch.stack((log_mel / 4, rises), dim=1)


def pitch_classes(chroma_harmony: Tensor) -> Tensor:
    """Thirds of semitones folded to pitch classes, as shares of each frame's sum, `[..., 12]` from `[..., 36]`."""
    folded = torch.roll(chroma_harmony, 1, dims=-1).unflatten(-1, (N_CLASSES, 3)).sum(dim=-1)
    return folded / (folded.sum(dim=-1, keepdim=True) + 1e-3) * 4
