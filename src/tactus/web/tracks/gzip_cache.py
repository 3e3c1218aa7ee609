"""Results in gzip, for clients that do not know zstd: made once, and remembered while they are asked for."""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator

import zstandard

PIECE_BYTES = 1 << 17
REMEMBERED_BYTES = 24 << 20
"""Of all results together: some ten full analyses of songs."""
LARGEST_REMEMBERED_BYTES = 1 << 24
"""Of one, before compression; larger ones are compressed as they are sent."""
_LEVEL = 1
"""The fastest: digits shrink to less than half at once, and hardly more with patience."""


class Gzipped:
    """Turns zstd into gzip; the results used last are remembered."""

    def __init__(self) -> None:
        self._remembered: OrderedDict[str, bytes] = OrderedDict()
        self._n_bytes = 0
        self._one_at_a_time = asyncio.Lock()

    async def whole(self, name: str, body: bytes) -> bytes:
        """A result in gzip.

        Args:
            name: Tells this body from all others.
            body: zstd-compressed as one frame, of at most `LARGEST_REMEMBERED_BYTES`.
        """
        if name not in self._remembered:
            async with self._one_at_a_time:  # who asks at the same time asks for the same, mostly
                if name not in self._remembered:
                    packed = await asyncio.to_thread(lambda: b"".join(_packed(body)))
                    self._remember(name, packed)
                    return packed
        self._remembered.move_to_end(name)
        return self._remembered[name]

    async def pieces(self, body: bytes) -> AsyncIterator[bytes]:
        """The same for a result of any size, piece by piece, not remembered."""
        packing = _packed(body)
        while (piece := await asyncio.to_thread(next, packing, None)) is not None:  # others are answered meanwhile
            yield piece

    def _remember(self, name: str, packed: bytes) -> None:
        self._remembered[name] = packed
        self._n_bytes += len(packed)
        while self._n_bytes > REMEMBERED_BYTES:
            _, oldest = self._remembered.popitem(last=False)
            self._n_bytes -= len(oldest)


def _packed(body: bytes) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for piece in zstandard.ZstdDecompressor().read_to_iter(body, write_size=PIECE_BYTES):
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
