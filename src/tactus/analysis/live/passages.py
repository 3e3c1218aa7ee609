"""Whether a stream is in a build, a drop or a break: as far as that can be heard before it is over.

The causal sibling of `track/section_roles`, with its thoughts: the low end is gone in a break; a break that rises, in
loudness or brightness, is a build; the low end that comes back with a jump in loudness is a drop. It is a heuristic for
dance music, where these are large; elsewhere it mostly, and rightly, says nothing. The sections of a file are told with
the whole piece at hand, and may differ.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Times

Passage = Literal["build", "drop", "break"]

ROW_S = 0.1
"""What is heard is summed up in rows of this length [s]."""

MEMORY_S = 90.0
"""The full low end of a piece is what it reached in a quarter of this time [s]."""

FIRST_S = 8.0
"""Before so much has been heard [s], nothing is said."""

THIN_DB = 8.0
"""The low end is gone where it is so far below its full level [dB]..."""

THIN_S = 2.0
"""... for so long [s]: two bars of fast music, longer than any fill."""

FULL_DB = 4.0
"""It is back within so much of it [dB]..."""

BACK_S = 0.4
"""... over so long [s]: a beat or so."""

JUMP_LU = 3.0
"""By so much louder than the seconds before, what comes back is a drop."""

BEFORE_S = 3.0
"""These seconds [s]."""

RISE_S, RISE_DB = 6.0, 3.0
"""A build rises by so much from the first third of this time to its last [s, dB]."""

LONGEST_DROP_S = 30.0
"""After so long [s], what was a drop is simply how the music goes."""

_LEAST_POWER = 1e-10
_LOWS, _HIGHS, _ALL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class PassageState:
    """What a stream has shown.

    Args:
        rows: Mean power of low end, treble and the whole (K-weighted) in each row, newest last, shape `[n, 3]`.
        waiting: Sums of the row that is not full yet, shape `[3]`.
        waiting_s: Its length [s].
        passage: What is said; None: nothing.
        for_s: For how long it has been said [s].
    """

    rows: Times
    waiting: Times
    waiting_s: float = 0.0
    passage: Passage | None = None
    for_s: float = 0.0


def start() -> PassageState:
    """The state of a stream that has not begun."""
    return PassageState(np.empty((0, 3)), np.zeros(3))


def step(state: PassageState, powers: Times, length_s: float) -> PassageState:
    """After more sound.

    Args:
        state: Before it.
        powers: Its mean power of low end, treble and the whole (K-weighted), shape `[3]`.
        length_s: How long it was [s].
    """
    waiting, waiting_s = state.waiting + powers * length_s, state.waiting_s + length_s
    if waiting_s < ROW_S - 1e-9:
        return replace(state, waiting=waiting, waiting_s=waiting_s)
    rows = np.concatenate((state.rows, waiting[None] / waiting_s))[-round(MEMORY_S / ROW_S) :]
    passage = _passage(rows, state.passage, state.for_s)
    for_s = state.for_s + waiting_s if passage == state.passage else 0.0
    return PassageState(rows, np.zeros(3), 0.0, passage, for_s)


def _passage(rows: Times, before: Passage | None, for_s: float) -> Passage | None:
    if len(rows) < FIRST_S / ROW_S:
        return None
    full = float(np.quantile(rows[:, _LOWS], 0.75))
    newest = _latest(rows, THIN_S)
    if _db(newest[:, _ALL].mean()) < -60 or full < _LEAST_POWER:
        return None
    if _db(_latest(rows, BACK_S)[:, _LOWS].mean() / full) >= -FULL_DB:
        return _when_full(rows, before, for_s)
    if _db(newest[:, _LOWS].max() / full) <= -THIN_DB:
        return "build" if _is_rising(_latest(rows, RISE_S), full) or before == "build" else "break"
    return None if before == "drop" and for_s > LONGEST_DROP_S else before


def _when_full(rows: Times, before: Passage | None, for_s: float) -> Passage | None:
    if before in ("build", "break"):
        n_back = round(BACK_S / ROW_S)
        earlier = _latest(rows[:-n_back], BEFORE_S)
        jump_db = _db(rows[-n_back:, _ALL].mean() / max(float(earlier[:, _ALL].mean()), _LEAST_POWER))
        return "drop" if jump_db >= JUMP_LU else None
    return before if before == "drop" and for_s <= LONGEST_DROP_S else None


def _is_rising(rows: Times, full: float) -> bool:
    """Whether loudness or treble rise, with the low end gone from the first row to the last."""
    third = len(rows) // 3
    if _db(rows[:, _LOWS].max() / full) > -THIN_DB:
        return False
    return any(
        _db(rows[-third:, part].mean() / max(float(rows[:third, part].mean()), _LEAST_POWER)) >= RISE_DB
        for part in (_HIGHS, _ALL)
    )


def _latest(rows: Times, length_s: float) -> Times:
    return rows[-round(length_s / ROW_S) :]


def _db(power: float) -> float:
    return float(10 * np.log10(max(float(power), _LEAST_POWER)))
