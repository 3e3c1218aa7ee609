"""How any of the networks learns: gradient steps along one wave of the learning rate, and an average of its weights."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

Clip = TypeVar("Clip")

AVERAGED = 0.998
"""Weights are averaged over some 500 steps."""

WARM_UP_STEPS = 100


class Learner:
    """A network on its way.

    Args:
        network: What learns.
        start: Weights to begin with, as `training` writes them; None for chance.
        rate: Highest learning rate.
        n_steps: How many steps there will be.
        weight_decay: Of AdamW.
    """

    def __init__(
        self, network: nn.Module, start: Path | None, *, rate: float, n_steps: int, weight_decay: float
    ) -> None:
        self._network = network
        self._rate = rate
        self._n_steps = n_steps
        self._n_done = 0
        if start:
            network.load_state_dict(torch.load(start)["weights"])
        self._optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=weight_decay, betas=(0.9, 0.98))
        self.averaged = {name: value.clone() for name, value in network.state_dict().items()}

    def step(self, loss: Tensor) -> None:
        """One step downhill."""
        wave = 0.5 * (1 + np.cos(np.pi * self._n_done / self._n_steps)) * 0.99 + 0.01
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate * min(1, (self._n_done + 1) / WARM_UP_STEPS) * wave
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        share = min(AVERAGED, self._n_done / (self._n_done + 20))
        for name, value in self._network.state_dict().items():
            self.averaged[name].mul_(share).add_(value, alpha=1 - share)
        self._n_done += 1


def load_new(folder: Path, clips: dict[Path, Clip], load: Callable[[Path], Clip]) -> tuple[list[Clip], list[Clip]]:
    """Loads the clips that have come to a folder; those to learn from, and those whose number ends in 00, held out."""
    for path in sorted(folder.glob("*_?????.npz")):
        if path not in clips:
            clips[path] = load(path)
    held_out = [clip for path, clip in clips.items() if path.stem.endswith("00")]
    return [clip for path, clip in clips.items() if not path.stem.endswith("00")], held_out
