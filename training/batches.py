"""What the network sees of the clips: crops, stretched and recoloured by chance, and what it should say of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tactus.analysis.features.log_mel import COMPRESSION
from training.network import N_BANDS, N_CURVES, NetworkShape, pitch_classes

FRAME_RATE_HZ = 44100 / 512
FRAMES_PER_CHROMA = 8
SLOWEST_BPM, FASTEST_BPM = 48.0, 230.0
"""Middles of the first and the last class of tempo."""

SHORTEST_CROP = 1536
"""Frames of a crop: 18 s."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip in memory.

    Args:
        log_mel: float16 `[n_frames, 64]`.
        chroma: Pitch classes `[n_harmony_frames, 12]`.
        events: Beats, downbeats, onsets [s].
        bpm: Beats per minute.
    """

    log_mel: Tensor
    chroma: Tensor
    events: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
    bpm: float


def load(path: Path) -> Clip:
    """A clip that `training.clips` made."""
    with np.load(path) as kept:
        chroma = pitch_classes(torch.from_numpy(kept["chroma"].astype(np.float32)))
        beats = kept["beats"]
        bpm = 60 / float(np.median(np.diff(beats)))
        return Clip(torch.from_numpy(kept["log_mel"]), chroma, (beats, kept["downbeats"], kept["onsets"]), bpm)


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs and targets.

    Args:
        log_mel: `[n, n_frames, 64]`.
        chroma: `[n, n_frames / 8, 12]`.
        curves: Targets in [0, 1], `[n, n_frames, 3]`.
        tempi: Targets, summing to 1, `[n, n_tempi]`.
    """

    log_mel: Tensor
    chroma: Tensor
    curves: Tensor
    tempi: Tensor


def batch(rng: np.random.Generator, clips: list[Clip], size: int, shape: NetworkShape, n_frames: int) -> Batch:
    """Crops of chance clips."""
    crops = [_crop(rng, clips[int(rng.integers(len(clips)))], n_frames, shape.n_tempi) for _ in range(size)]
    log_mel, chroma, curves, tempi = (torch.stack(parts) for parts in zip(*crops, strict=True))
    return Batch(_recoloured(rng, log_mel), chroma, curves, tempi)


def tempo_classes_bpm(n_tempi: int) -> NDArray[np.float64]:
    """Middle of each class of tempo [beats per minute], `[n_tempi]`."""
    return np.geomspace(SLOWEST_BPM, FASTEST_BPM, n_tempi)


def _crop(rng: np.random.Generator, clip: Clip, n_frames: int, n_tempi: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A stretch of a clip, half of them played up to 15 % faster or slower, transposed by any interval."""
    rate = float(np.exp(rng.uniform(-0.15, 0.15))) if rng.random() < 0.5 else 1.0
    n_source = min(int(n_frames * rate) // FRAMES_PER_CHROMA * FRAMES_PER_CHROMA, len(clip.log_mel) // 8 * 8)
    n_starts = (len(clip.log_mel) - n_source) // FRAMES_PER_CHROMA
    begin = int(rng.integers(n_starts + 1)) * FRAMES_PER_CHROMA
    log_mel = clip.log_mel[begin : begin + n_source].float()
    chroma = clip.chroma[begin // FRAMES_PER_CHROMA : (begin + n_source) // FRAMES_PER_CHROMA]
    scale = n_frames / n_source
    log_mel, chroma = _resized(log_mel, n_frames), _resized(chroma, n_frames // FRAMES_PER_CHROMA)
    chroma = torch.roll(chroma, int(rng.integers(12)), dims=1)
    curves = torch.zeros(n_frames, N_CURVES)
    for number, times in enumerate(clip.events):
        frames = np.round((times * FRAME_RATE_HZ - begin) * scale).astype(np.int64)
        for shift, value in ((1, 0.5), (-1, 0.5), (0, 1.0)):
            near = frames + shift
            near = near[(near >= 0) & (near < n_frames)]
            curves[near, number] = torch.maximum(curves[near, number], torch.tensor(value))
    classes = np.log(tempo_classes_bpm(n_tempi) / (clip.bpm / scale))
    weights = np.exp(-0.5 * (classes / 0.04) ** 2) + 1e-9
    return log_mel, chroma, curves, torch.from_numpy((weights / weights.sum()).astype(np.float32))


def _resized(rows: Tensor, n: int) -> Tensor:
    if len(rows) == n:
        return rows
    return F.interpolate(rows.T[None], size=n, mode="linear", align_corners=False)[0].T


def _recoloured(rng: np.random.Generator, log_mel: Tensor) -> Tensor:
    """Other levels, equalisers, band limits, noise floors and neighbours, in the logarithm of the bands."""
    size, bands = len(log_mel), torch.arange(N_BANDS)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))

    x = torch.log(torch.expm1(log_mel) / COMPRESSION + 1e-6)
    x = x + uniform(-1.8, 1.2, size, 1, 1)
    waves = torch.stack([torch.cos(np.pi * k * (bands + 0.5) / N_BANDS) for k in range(1, 6)])
    x = x + (torch.from_numpy(rng.normal(0, 0.35, (size, 5)).astype(np.float32)) @ waves)[:, None]
    for one in range(size):
        if rng.random() < 0.3:
            shift = int(rng.integers(-4, 5))
            x[one] = torch.roll(x[one], shift, dims=1)
            if shift > 0:
                x[one, :, :shift] = x[one, :, shift : shift + 1]
            elif shift < 0:
                x[one, :, shift:] = -10
        if rng.random() < 0.15:
            first = int(rng.integers(0, 56))
            x[one, :, first : first + int(rng.integers(3, 12))] -= float(rng.uniform(1, 6))
        if rng.random() < 0.1:
            x[one, :, int(rng.integers(30, 60)) :] = -11
        if rng.random() < 0.1:
            x[one, :, : int(rng.integers(2, 6))] -= 4
    magnitudes = torch.exp(x)
    floor = torch.exp(uniform(-11, -6, size, 1, 1))
    magnitudes = magnitudes + floor * uniform(0.3, 1.7, *x.shape)
    neighbours = torch.from_numpy(rng.permutation(size))
    audible = torch.from_numpy((rng.random((size, 1, 1)) < 0.12).astype(np.float32))
    magnitudes = magnitudes + audible * magnitudes[neighbours] * torch.exp(uniform(-5, -1.6, size, 1, 1))
    return torch.log1p(COMPRESSION * magnitudes)
