"""Build, drop and break of dance music, detected while they sound.

The causal sibling of `track/sections/roles`, by the same rules: in a break the low end is missing; a break that rises,
in loudness or treble, is a build; where the low end returns after a build, or with a jump in loudness, is a drop. A
heuristic for dance music, where these contrasts are large; elsewhere it mostly, and rightly, finds none of them. The
sections of a file are found with the whole piece at hand, and may differ.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tactus.dsp.arrays import Times

BuildDrop = Literal["build", "drop", "break"]

Row = tuple[float, float, float]
"""Mean power of low end, treble and the whole signal (K-weighted)."""

ROW_S = 0.1
"""Power is averaged over rows of this length [s]."""

MEMORY_S, FULL_SHARE = 90.0, 0.75
"""The full level of the low end is this quantile over this time [s]: what it reached in a quarter of it."""

FIRST_S = 8.0
"""Nothing is detected in the first seconds [s]."""

THIN_DB = 8.0
"""The low end is missing where it is this far below its full level [dB]..."""

THIN_S = 2.0
"""... for this long [s]: two bars of fast music, longer than any fill."""

FULL_DB = 4.0
"""It is back within this distance of its full level [dB]..."""

BACK_S = 0.4
"""... over this time [s]: about a beat."""

JUMP_LU = 3.0
"""After a break, a drop is this much louder than the seconds before it [LU]; after a build it needs not be."""

BEFORE_S = 3.0
"""Length of those seconds [s]."""

RISE_S, RISE_DB = 6.0, 3.0
"""A build rises by this much from the first third of this time to its last third [s, dB]..."""

TREBLE_RISE_DB, MAX_BELOW_DB = 6.0, 20.0
"""... or its treble rises by this much [dB], and in the end is at most this far below the whole [dB]: a faint treble
comes and goes with every chord."""

MAX_DROP_S = 30.0
"""A drop ends after this time [s]: by then it is how the music goes on."""

_MIN_POWER = 1e-10
_NO_POWER: Row = (0.0, 0.0, 0.0)
_LOWS = 0
_THIN, _BACK, _BEFORE, _RISE = (round(length_s / ROW_S) for length_s in (THIN_S, BACK_S, BEFORE_S, RISE_S))


@dataclass(frozen=True, slots=True)
class BuildDropState:
    """State of the detection for one stream.

    Args:
        rows: Power by rows, newest last, shape `[n, 3]`.
        waiting: Power of the row that is not full yet, times its length.
        waiting_s: Length of that row [s].
        build_drop: Whether it is a build, a drop or a break now; None: none of them.
        for_s: For how long it has been so [s].
    """

    rows: Times
    waiting: Row
    waiting_s: float = 0.0
    build_drop: BuildDrop | None = None
    for_s: float = 0.0


def start() -> BuildDropState:
    """The state before the first sample."""
    return BuildDropState(np.empty((0, 3)), _NO_POWER)


def step(state: BuildDropState, powers: Row, length_s: float) -> BuildDropState:
    """Processes more sound.

    Args:
        state: State before it.
        powers: Mean power of low end, treble and the whole signal (K-weighted).
        length_s: Length of the sound [s].
    """
    waiting_s = state.waiting_s + length_s
    lows, highs, whole = (sum_ + power * length_s for sum_, power in zip(state.waiting, powers, strict=True))
    n_rows = int(waiting_s / ROW_S + 1e-9)
    if not n_rows:
        return BuildDropState(state.rows, (lows, highs, whole), waiting_s, state.build_drop, state.for_s)
    row = (lows / waiting_s, highs / waiting_s, whole / waiting_s)
    rows = np.concatenate((state.rows, (row,) * n_rows))[-round(MEMORY_S / ROW_S) :]
    build_drop = _detected(rows, state.build_drop, state.for_s)
    for_s = state.for_s + n_rows * ROW_S if build_drop == state.build_drop else 0.0
    rest_s = max(waiting_s - n_rows * ROW_S, 0.0)
    return BuildDropState(rows, (row[0] * rest_s, row[1] * rest_s, row[2] * rest_s), rest_s, build_drop, for_s)


def _detected(rows: Times, before: BuildDrop | None, for_s: float) -> BuildDrop | None:
    if len(rows) < FIRST_S / ROW_S:
        return None
    rank = round(FULL_SHARE * (len(rows) - 1))
    full = float(np.partition(rows[:, _LOWS], rank)[rank])
    columns = rows[-max(_THIN, _RISE, _BACK + _BEFORE) :].T.tolist()  # a few numbers, for which arrays are slow
    lows, _, whole = columns
    if _db(_mean(whole[-_THIN:])) < -60 or full < _MIN_POWER:
        return None
    if _db(_mean(lows[-_BACK:]) / full) >= -FULL_DB:
        return _when_full(whole, before, for_s)
    if _db(max(lows[-_THIN:]) / full) <= -THIN_DB:
        return "build" if before == "build" or _is_rising(columns, full) else "break"
    return None if before == "drop" and for_s > MAX_DROP_S else before


def _when_full(whole: Sequence[float], before: BuildDrop | None, for_s: float) -> BuildDrop | None:
    if before == "build":
        return "drop"
    if before == "break":
        earlier = _mean(whole[-_BACK - _BEFORE : -_BACK])
        return "drop" if _rise_db(earlier, _mean(whole[-_BACK:])) >= JUMP_LU else None
    return before if before == "drop" and for_s <= MAX_DROP_S else None


def _is_rising(columns: Sequence[Sequence[float]], full: float) -> bool:
    """Whether loudness or treble rise while the low end is missing, from the first row to the last."""
    lows, highs, whole = (column[-_RISE:] for column in columns)
    if _db(max(lows) / full) > -THIN_DB:
        return False
    (highs_first, highs_last), (whole_first, whole_last) = map(_first_and_last_third, (highs, whole))
    treble_rise_db = _rise_db(highs_first, highs_last)
    is_audible = _db(highs_last / max(whole_last, _MIN_POWER)) >= -MAX_BELOW_DB
    return _rise_db(whole_first, whole_last) >= RISE_DB or (is_audible and treble_rise_db >= TREBLE_RISE_DB)


def _first_and_last_third(powers: Sequence[float]) -> tuple[float, float]:
    third = len(powers) // 3
    return _mean(powers[:third]), _mean(powers[-third:])


def _mean(powers: Sequence[float]) -> float:
    return sum(powers) / len(powers)


def _rise_db(before: float, after: float) -> float:
    return _db(after / max(before, _MIN_POWER))


def _db(power: float) -> float:
    return 10 * math.log10(max(power, _MIN_POWER))
