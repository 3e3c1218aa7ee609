"""What is on the page's canvases, read back from their pixels."""

from dataclasses import dataclass

import numpy as np
from playwright.async_api import Page

LABELS = 18.0
"""Height of the frequencies' names under the bars of the spectrum [CSS pixels]."""
LOWEST_HZ, HIGHEST_HZ = 30, 16000
"""What the spectrum shows."""

Run = tuple[float, float]
"""Centre and width of neighbouring columns of one colour [CSS pixels]."""

_READ = """
([id, name, offset]) => {
  const canvas = document.getElementById(id);
  const wanted = getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const rgb = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
  const scale = canvas.width / canvas.clientWidth;
  const row = Math.round(canvas.height - offset * scale);
  const { data } = canvas.getContext('2d').getImageData(0, row, canvas.width, 1);
  const cover = Array.from({ length: canvas.width }, (_, x) =>
    rgb.every((value, at) => Math.abs(value - data[4 * x + at]) < 12) ? data[4 * x + 3] / 255 : 0);
  return cover.map((share) => share / scale);
}
"""
_HEIGHTS = """
([id, top, bottom]) => {
  const canvas = document.getElementById(id);
  const { width, height } = canvas;
  const scale = width / canvas.clientWidth;
  const first = Math.round(top * scale), rows = Math.round(height - (top + bottom) * scale);
  const { data } = canvas.getContext('2d').getImageData(0, first, width, rows);
  return Array.from({ length: width }, (_, x) => {
    let tall = 0;
    for (let y = 0; y < rows; y += 1) tall += data[4 * (y * width + x) + 3] > 128;
    return tall / scale;
  });
}
"""


@dataclass(frozen=True)
class Shown:
    """The stretch of time that a canvas shows.

    Args:
        start_s: At its left edge [s].
        end_s: At its right edge [s].
        width: [CSS pixels].
    """

    start_s: float
    end_s: float
    width: float

    def time_s(self, x: float) -> float:
        """The time at a column [s]."""
        return self.start_s + x / self.width * (self.end_s - self.start_s)


async def shown(page: Page, canvas: str) -> Shown:
    """What stretch of time a canvas shows."""
    start_s, end_s, width = await page.evaluate(
        "(id) => { const c = document.getElementById(id); return [+c.dataset.start, +c.dataset.end, c.clientWidth]; }",
        canvas,
    )
    return Shown(start_s, end_s, width)


async def marks(page: Page, canvas: str, colour: str, *, above_bottom: float) -> list[Run]:
    """The marks in one of the style sheet's colours, in the row that lies so many CSS pixels above the bottom."""
    covers: list[float] = await page.evaluate(_READ, [canvas, colour, above_bottom])
    found: list[Run] = []
    weight = moment = 0.0
    for x, cover in enumerate([*covers, 0.0]):
        if cover > 0:
            weight, moment = weight + cover, moment + cover * (x + 0.5)
        elif weight:
            found.append((moment / weight, weight))
            weight = moment = 0.0
    return found


async def heights(page: Page, canvas: str, *, top: float, bottom: float) -> list[float]:
    """How many CSS pixels of each column are drawn, of the rows between two margins."""
    columns: list[float] = await page.evaluate(_HEIGHTS, [canvas, top, bottom])
    return columns


async def tallest_share(page: Page) -> float:
    """Where the tallest bar of the live spectrum stands: 0 at its left, 1 at its right."""
    bars = np.array(await heights(page, "spectrum", top=0, bottom=LABELS))
    return float(np.flatnonzero(bars > bars.max() - 2).mean() / len(bars))


def share_of(hz: float) -> float:
    """Where the bar of a frequency stands."""
    return float(np.log(hz / LOWEST_HZ) / np.log(HIGHEST_HZ / LOWEST_HZ))
