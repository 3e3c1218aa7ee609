/** The meters of live sound: three regions, the volume, and what arrives before the automatic gain. */

import { meter } from "./result_view.js";

const LEVELS = [["Bass", "bass_level", "bass"], ["Mid", "mid_level", "mid"], ["Treble", "treble_level", "treble"], ["Volume", "overall_volume", "volume"], ["Input", "overall_volume_raw", "input"]];
const INPUT_FLOOR_DB = -60;

export class Levels {
  constructor(element) {
    this.meters = LEVELS.map(([name, field, kind]) => ({ field, ...meter(name, kind) }));
    element.replaceChildren(...this.meters.map((each) => each.element));
  }

  /** Take a frame; numbers change only when `showText` is set: 43 a second cannot be read. */
  update(frame, showText) {
    for (const { field, gauge, fill, figure } of this.meters) {
      const amplitude = frame[field] ?? 0;
      const decibels = Math.max(INPUT_FLOOR_DB, 20 * Math.log10(amplitude));
      const level = field === "overall_volume_raw" ? 1 - decibels / INPUT_FLOOR_DB : amplitude;
      fill.style.transform = `scaleX(${level})`;
      if (!showText) continue;
      gauge.ariaValueNow = figure.textContent = String(Math.round(100 * level));
      if (field !== "overall_volume_raw") continue;
      figure.textContent = decibels > INPUT_FLOOR_DB ? String(Math.round(decibels)).replace("-", "−") : "–"; // not the gain-controlled level
      gauge.ariaValueText = decibels > INPUT_FLOOR_DB ? `${Math.round(decibels)} decibels` : "nothing arrives";
    }
  }

  clear() {
    for (const { gauge, fill, figure } of this.meters) {
      fill.style.transform = "scaleX(0)";
      gauge.ariaValueNow = figure.textContent = "0";
    }
  }
}
