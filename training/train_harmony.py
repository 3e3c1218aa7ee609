"""Trains the harmony network on clips and writes its weights.

    python -m training.train_harmony CLIPS_FOLDER WEIGHTS.pt --steps 6000

Clips whose number ends in 00 are held out, and the accuracy on them is printed; averaged weights are written.
"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.harmony_batches import UNKNOWN, HarmonyBatch, HarmonyClip, harmony_batch, load
from training.harmony_network import HarmonyNetwork, HarmonyShape
from training.learning import Learner, load_new

KEY_WEIGHT, MOMENT_WEIGHT = 0.5, 0.2
"""Of the whole crop's key, and of each moment's."""

SHORTEST, LONGEST = 64, 128
"""Frames of a crop: 12 to 24 s."""


def losses(network: HarmonyNetwork, shown: HarmonyBatch) -> tuple[Tensor, list[float]]:
    """What is minimised, and its parts: chords, key of the crop, keys of moments; shares that are right."""
    chords, keys = network(shown.pitches)
    each = F.cross_entropy(chords.flatten(0, 1), shown.chords.flatten(), ignore_index=UNKNOWN, label_smoothing=0.05)
    whole = keys.mean(dim=1)
    last = shown.keys.mode(dim=1).values
    key = F.cross_entropy(whole, last, label_smoothing=0.05)
    moments = F.cross_entropy(keys.flatten(0, 1), shown.keys.flatten())
    is_known = shown.chords != UNKNOWN
    right = (chords.argmax(dim=2) == shown.chords)[is_known].float().mean()
    return each + KEY_WEIGHT * key + MOMENT_WEIGHT * moments, [
        each.item(), key.item(), moments.item(), right.item(), (whole.argmax(dim=1) == last).float().mean().item(),
    ]  # fmt: skip


def train(chosen: argparse.Namespace) -> None:
    """Trains for so many steps, along one wave of the learning rate."""
    torch.manual_seed(0)
    torch.set_num_threads(chosen.threads)
    rng = np.random.default_rng(0)
    shape = HarmonyShape(n_filters=chosen.filters, n_channels=chosen.channels)
    network = HarmonyNetwork(shape)
    learner = Learner(network, chosen.start, rate=chosen.rate, n_steps=chosen.steps, weight_decay=1e-2)
    clips: dict[Path, HarmonyClip] = {}
    print(sum(value.numel() for value in network.parameters()), "weights", flush=True)
    began_s, parts = time.monotonic(), []
    for step in range(chosen.steps):
        if step % 500 == 0:
            shown_clips, held_out = load_new(chosen.folder, clips, load)
        n_frames = int(rng.integers(SHORTEST, LONGEST + 1))
        total, each = losses(network, harmony_batch(rng, shown_clips, chosen.size, n_frames))
        learner.step(total)
        parts.append(each)
        if step % 100 == 99:
            print(
                step + 1,
                f"{time.monotonic() - began_s:.0f} s",
                len(clips),
                np.mean(parts[-100:], axis=0).round(3),
                flush=True,
            )
        if step % 500 == 499 or step + 1 == chosen.steps:
            torch.save({"weights": learner.averaged, "shape": asdict(shape)}, chosen.weights)
            print("held out", _held_out(learner.averaged, shape, held_out), flush=True)


def _held_out(
    weights: dict[str, Tensor], shape: HarmonyShape, clips: list[HarmonyClip]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    network = HarmonyNetwork(shape)
    network.load_state_dict(weights)
    network.eval()
    rng = np.random.default_rng(1)
    with torch.no_grad():
        shown = (harmony_batch(rng, clips, 32, LONGEST, is_plain=True) for _ in range(6))
        return np.mean([losses(network, one)[1] for one in shown], axis=0).round(3)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("weights", type=Path)
    options.add_argument("--steps", type=int, default=6000)
    options.add_argument("--size", type=int, default=32, help="crops a step")
    options.add_argument("--rate", type=float, default=2e-3, help="highest learning rate")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--filters", type=int, default=HarmonyShape().n_filters)
    options.add_argument("--channels", type=int, default=HarmonyShape().n_channels)
    options.add_argument("--start", type=Path, help="weights to begin with")
    train(options.parse_args())


if __name__ == "__main__":
    main()
