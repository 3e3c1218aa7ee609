"""Draw estimated beats against annotated beats, as an SVG picture."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from tactus.dsp.arrays import Times

_WIDTH, _HEIGHT, _LEFT = 1000, 150, 46
_SHOWN_S = 20.0
_FAR_MS = 100.0
_NEAR_MS = 70.0


@dataclass(frozen=True, slots=True)
class Row:
    """A track: its name, its annotated and its estimated beats [s], each ascending."""

    name: str
    truth: Times
    estimated: Times


def picture(rows: Sequence[Row]) -> str:
    """An SVG document with a strip for each track: dots are beats, higher where the estimate is too late."""
    strips = [line for number, row in enumerate(rows) for line in _strip(row, number * _HEIGHT)]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {len(rows) * _HEIGHT}" '
            'font-family="sans-serif" font-size="11">',
            f'<rect width="{_WIDTH}" height="{len(rows) * _HEIGHT}" fill="#fff"/>',
            *strips,
            "</svg>\n",
        )
    )


def _strip(row: Row, top: float) -> Iterator[str]:
    middle, scale = top + 84, 50 / _FAR_MS

    def x(moment_s: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - 10) * moment_s / _SHOWN_S

    yield f'<text x="{_LEFT}" y="{top + 16}" fill="#222">{escape(row.name)}</text>'
    yield (
        f'<rect x="{_LEFT}" y="{middle - _NEAR_MS * scale}" width="{_WIDTH - _LEFT - 10}" '
        f'height="{2 * _NEAR_MS * scale}" fill="#eef6ee"/>'
    )
    for mark_ms in (-70, 0, 70):
        yield f'<text x="4" y="{middle - mark_ms * scale + 4}" fill="#666">{mark_ms} ms</text>'
    for moment_s in row.truth[row.truth < _SHOWN_S]:
        is_met = len(row.estimated) and np.abs(row.estimated - moment_s).min() * 1000 < _NEAR_MS
        yield (
            f'<line x1="{x(moment_s):.1f}" x2="{x(moment_s):.1f}" y1="{middle - 50}" y2="{middle + 50}" '
            f'stroke="{"#9bb79b" if is_met else "#d43"}"/>'
        )
    for moment_s in row.estimated[row.estimated < _SHOWN_S]:
        nearest = row.truth[np.argmin(np.abs(row.truth - moment_s))]
        error_ms = float(np.clip(1000 * (moment_s - nearest), -_FAR_MS, _FAR_MS))
        colour = "#162" if abs(error_ms) < _NEAR_MS else "#e80"
        yield f'<circle cx="{x(moment_s):.1f}" cy="{middle - error_ms * scale:.1f}" r="3" fill="{colour}"/>'
    for second in range(0, int(_SHOWN_S), 5):
        yield f'<text x="{x(second):.1f}" y="{top + 147}" fill="#666" text-anchor="middle">{second} s</text>'
