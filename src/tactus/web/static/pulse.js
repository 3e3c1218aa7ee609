/** The beat of live sound as it comes: a lamp, the tempo, and where in the bar it is. */

import { BarDots } from "./bar_dots.js";
import { tempoMark } from "./words.js";

const FLASH_MS = 140;
const USUAL_BEATS_IN_BAR = 4;

export class Pulse {
  constructor(byId) {
    this.lamp = byId("lamp");
    this.number = byId("lamp-beat");
    this.tempo = byId("live-tempo");
    this.words = byId("live-words");
    this.bar = new BarDots(byId("live-bar"));
    this.dark = 0;
    this.clear();
  }

  clear() {
    this.tempo.textContent = "–";
    this.number.textContent = "–";
    this.words.textContent = "";
    this.lamp.classList.remove("flash", "down");
    this.bar.show(0, USUAL_BEATS_IN_BAR);
  }

  /** Take what a frame says of tempo, bar and beat. */
  hear({ tempo, beat, beat_detected }) {
    const now = tempo?.bpm ?? tempo;
    this.tempo.textContent = now > 0 ? now.toFixed(1) : "–";
    this.words.textContent = now > 0 ? tempoMark(now) : "Listening for a beat …";
    if (!beat_detected) return;
    const inBar = beat?.beat_in_bar ?? 0;
    const count = Math.max(beat?.beats_per_bar ?? USUAL_BEATS_IN_BAR, inBar);
    this.number.textContent = inBar || "•";
    this.bar.show(inBar, count);
    this.lamp.classList.toggle("down", inBar === 1);
    this.lamp.classList.add("flash");
    clearTimeout(this.dark);
    this.dark = setTimeout(() => this.lamp.classList.remove("flash"), FLASH_MS);
  }
}
