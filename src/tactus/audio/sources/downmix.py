"""Downmix of several channels to one."""

from tactus.dsp.arrays import Floats
from tactus.errors import ValidationError


def mono(block: Floats, channel: int | None) -> Floats:
    """One channel of a block `[n_channels, n]`, or the mean of all: `[n]`.

    Raises:
        ValidationError: The block has no such channel.
    """
    if channel is None:
        mixed: Floats = block.mean(axis=0, dtype=block.dtype)
        return mixed
    if channel >= len(block):
        raise ValidationError(f"The sound has {len(block)} channels, counted from 0.", field="channel")
    picked: Floats = block[channel]
    return picked
