"""What the harmony network sees of the clips, detuned, transposed and recoloured by chance, and what it should say."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.harmony_network import N_CHORDS, N_CLASSES, N_KEYS, N_PITCHES, network_inputs

FRAME_RATE_HZ = 44100 / 8192
"""Of the network: two harmony frames each."""

WITHOUT_HARMONY = 0.05
"""Share of crops that are noise, a lone tone or silence, which have neither chord nor key."""

UNKNOWN = -100
"""No target: the chord is not in the vocabulary."""


@dataclass(frozen=True, slots=True)
class HarmonyClip:
    """A clip in memory.

    Args:
        pitches: float16 `[n_frames, 252]`, two harmony frames together.
        chords: Number of each frame's chord, `[n_frames]`.
        keys: Number of each frame's key, likewise.
    """

    pitches: NDArray[np.float16]
    chords: NDArray[np.int64]
    keys: NDArray[np.int64]


def load(path: Path) -> HarmonyClip:
    """A clip that `training.clips` made."""
    with np.load(path) as kept:
        n_frames = len(kept["pitches"]) // 2
        pitches = kept["pitches"][: 2 * n_frames].astype(np.float32).reshape(n_frames, 2, -1).mean(axis=1)
        times_s = (2 * np.arange(n_frames) + 0.5) / (2 * FRAME_RATE_HZ)
        chords = np.full(n_frames, UNKNOWN)
        for begin_s, end_s, root, quality in kept["chords"]:
            number = int(quality) * N_CLASSES + int(root) if quality >= 0 else UNKNOWN
            chords[(times_s >= begin_s) & (times_s < end_s)] = number
        keys = np.full(n_frames, N_KEYS - 1)
        for begin_s, tonic, is_minor in kept["keys"]:
            keys[times_s >= begin_s] = int(tonic) + N_CLASSES * int(is_minor)
        is_silent = ~kept["is_pitched"][: 2 * n_frames : 2]
        chords[is_silent] = N_CHORDS - 1
        if is_silent.all():
            keys[:] = N_KEYS - 1
        return HarmonyClip(pitches.astype(np.float16), chords, keys)


@dataclass(frozen=True, slots=True)
class HarmonyBatch:
    """Inputs and targets.

    Args:
        pitches: As the network takes them, `[n, n_frames, 84]`.
        chords: Number of each frame's chord, `[n, n_frames]`.
        keys: Number of each frame's key, likewise.
    """

    pitches: Tensor
    chords: Tensor
    keys: Tensor


def harmony_batch(
    rng: np.random.Generator, clips: list[HarmonyClip], size: int, n_frames: int, *, is_plain: bool = False
) -> HarmonyBatch:
    """Crops of chance clips; plain ones are as they were recorded."""
    crops = [_crop(rng, clips, n_frames, is_plain) for _ in range(size)]
    semitones, chords, keys = (np.stack(parts) for parts in zip(*crops, strict=True))
    return HarmonyBatch(network_inputs(torch.from_numpy(semitones)), torch.from_numpy(chords), torch.from_numpy(keys))


def _crop(
    rng: np.random.Generator, clips: list[HarmonyClip], n_frames: int, is_plain: bool
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    if not is_plain and rng.random() < WITHOUT_HARMONY:
        return _nothing(rng, n_frames)
    clip = clips[int(rng.integers(len(clips)))]
    begin = int(rng.integers(len(clip.chords) - n_frames + 1))
    rows = slice(begin, begin + n_frames)
    pitches = clip.pitches[rows].astype(np.float32)
    chords, keys = clip.chords[rows].copy(), clip.keys[rows].copy()
    if is_plain:
        return semitones(pitches, 0.0), chords, keys
    if rng.random() < 0.3:  # drums of another song, or noise
        other = clips[int(rng.integers(len(clips)))]
        if (other.keys == N_KEYS - 1).all():
            at = int(rng.integers(len(other.chords) - n_frames + 1))
            pitches = pitches + rng.uniform(0.2, 1.5) * other.pitches[at : at + n_frames]
    if rng.random() < 0.4:
        level = pitches.mean() * 10 ** rng.uniform(-2, -0.3)
        pitches = pitches + level * rng.exponential(1, pitches.shape).astype(np.float32)
    pitches = pitches * _equalizer(rng, pitches.shape[1])
    if rng.random() < 0.25:
        pitches[:, : 3 * int(rng.integers(3, 20))] *= rng.uniform(0, 0.3)
    if rng.random() < 0.25:
        pitches[:, -3 * int(rng.integers(3, 36)) :] *= rng.uniform(0, 0.3)
    up = int(rng.integers(-5, 7)) if rng.random() < 0.5 else 0
    moved = np.zeros_like(pitches)
    if up >= 0:
        moved[:, 3 * up :] = pitches[:, : pitches.shape[1] - 3 * up]
    else:
        moved[:, : 3 * up] = pitches[:, -3 * up :]
    is_chord, is_key = (chords >= 0) & (chords < N_CHORDS - 1), keys < N_KEYS - 1
    chords[is_chord] = chords[is_chord] // N_CLASSES * N_CLASSES + (chords[is_chord] + up) % N_CLASSES
    keys[is_key] = keys[is_key] // N_CLASSES * N_CLASSES + (keys[is_key] + up) % N_CLASSES
    return semitones(moved, float(rng.normal(0, 0.08))), chords, keys


def _nothing(
    rng: np.random.Generator, n_frames: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    kind = rng.integers(3)
    strengths = np.zeros((n_frames, N_PITCHES), np.float32)
    if kind == 0:  # noise: partials everywhere, more of them in the wide bands of high pitches
        strengths = rng.exponential(1, strengths.shape).astype(np.float32)
        strengths *= np.geomspace(1, 2 ** rng.uniform(-3, 7), N_PITCHES).astype(np.float32)
        strengths[rng.random(strengths.shape) < rng.uniform(0, 0.6)] = 0
    elif kind == 1:  # a tone, with or without overtones
        at = int(rng.integers(12, N_PITCHES))
        for n, up in enumerate((0, 12, 19, 24, 28, 31)[: int(rng.integers(1, 7))]):
            strengths[:, min(at + up, N_PITCHES - 1)] += 0.7**n
        strengths += np.float32(10 ** rng.uniform(-5, -2)) * rng.exponential(1, strengths.shape).astype(np.float32)
    return strengths, np.full(n_frames, N_CHORDS - 1), np.full(n_frames, N_KEYS - 1)


def semitones(pitches: NDArray[np.float32], away: float) -> NDArray[np.float32]:
    """Semitones of a piece that is tuned so far away (in semitones), `[n, 84]` from `[n, 252]`."""
    distance = np.abs(np.arange(pitches.shape[1])[:, None] / 3 - away - np.arange(N_PITCHES))
    matrix: NDArray[np.float32] = np.maximum(0, 1 - 2 * distance).astype(np.float32)
    return pitches @ matrix


def _equalizer(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    places = np.linspace(0, 1, n)
    nepers = rng.normal(0, 0.5) * (places - 0.5) * 2
    for k in range(1, 6):
        nepers = nepers + rng.normal(0, 0.25) * np.cos(np.pi * k * places)
    gains: NDArray[np.float32] = np.exp(nepers).astype(np.float32)
    return gains
