"""Trains the rhythm network on clips and writes its weights.

    python -m training.train CLIPS_FOLDER WEIGHTS.pt --steps 12000

Clips whose number ends in 00 are held out, and their loss is printed; averaged weights are written.
"""

import argparse
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from training.batches import SHORTEST_CROP, Batch, Clip, batch, load
from training.learning import Learner, load_new
from training.network import CAUSAL_DILATIONS, NetworkShape, RhythmNetwork, hear_with

CURVE_WEIGHTS = torch.tensor((1.0, 1.0, 0.3))
"""Beats, downbeats, onsets: onsets are many."""

TEMPO_WEIGHT = 0.03


def loss(network: RhythmNetwork, shown: Batch) -> tuple[Tensor, list[float]]:
    """What is minimised, and its parts: beats, downbeats, onsets, tempo."""
    curves, tempi = network(shown.log_mel, shown.chroma)
    each = F.binary_cross_entropy_with_logits(curves, shown.curves, reduction="none").mean(dim=(0, 1))
    tempo = -(F.log_softmax(tempi, dim=2) * shown.tempi[:, None]).sum(dim=2).mean()
    return (each * CURVE_WEIGHTS).sum() + TEMPO_WEIGHT * tempo, [*each.tolist(), tempo.item()]


def train(chosen: argparse.Namespace) -> None:
    """Trains for so many steps, along one wave of the learning rate."""
    torch.manual_seed(0)
    torch.set_num_threads(chosen.threads)
    rng = np.random.default_rng(0)
    dilations = CAUSAL_DILATIONS if chosen.causal else NetworkShape().dilations
    shape = NetworkShape(n_channels=chosen.channels, dilations=dilations, is_causal=chosen.causal)
    network = RhythmNetwork(shape, chosen.dropout)
    if chosen.ears:
        with np.load(chosen.ears) as exported:
            hear_with(network, exported)
    learner = Learner(network, chosen.start, rate=chosen.rate, n_steps=chosen.steps, weight_decay=1e-3)
    clips: dict[Path, Clip] = {}
    print(sum(value.numel() for value in network.parameters()), "weights", flush=True)
    began_s, parts = time.monotonic(), []
    for step in range(chosen.steps):
        if step % 500 == 0:
            shown_clips, held_out = load_new(chosen.folder, clips, load)
        shown = batch(rng, shown_clips, chosen.size, shape, SHORTEST_CROP)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            total, each = loss(network, shown)
        learner.step(total)
        parts.append(each)
        if step % 100 == 99:
            print(
                step + 1,
                f"{time.monotonic() - began_s:.0f} s",
                len(clips),
                np.mean(parts[-100:], axis=0).round(4),
                flush=True,
            )
        if step % 500 == 499 or step + 1 == chosen.steps:
            torch.save({"weights": learner.averaged, "shape": asdict(shape)}, chosen.weights)
            print("held out", _held_out_loss(learner.averaged, shape, held_out).round(4), flush=True)


def _held_out_loss(
    weights: dict[str, Tensor], shape: NetworkShape, clips: list[Clip]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    network = RhythmNetwork(shape)
    network.load_state_dict(weights)
    network.eval()
    rng = np.random.default_rng(1)
    with torch.no_grad():
        return np.mean([loss(network, batch(rng, clips, 16, shape, SHORTEST_CROP))[1] for _ in range(6)], axis=0)


def main() -> None:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("weights", type=Path)
    options.add_argument("--steps", type=int, default=12000)
    options.add_argument("--size", type=int, default=16, help="crops a step")
    options.add_argument("--rate", type=float, default=3e-3, help="highest learning rate")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--channels", type=int, default=NetworkShape().n_channels, help="width of the temporal blocks")
    options.add_argument("--causal", action="store_true", help="no output sees a later frame")
    options.add_argument("--dropout", type=float, default=0.08, help="share of channels that are left out by chance")
    options.add_argument("--ears", type=Path, help="exported weights whose first layers are taken over")
    options.add_argument("--start", type=Path, help="weights to begin with")
    train(options.parse_args())


if __name__ == "__main__":
    main()
