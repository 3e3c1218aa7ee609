/** The live beat: a lamp, the tempo, the phase of beat and bar. */

import { BarDots } from "./bar_dots.js";
import { percent, tempoMark } from "./text.js";

const FLASH_MS = 140;
const USUAL_BEATS_IN_BAR = 4;

const LIKELY = 0.1;
const SAME_TEMPO = 0.06;

/** Other likely tempi, as text. */
function others({ bpm, candidates = [] }) {
  return candidates
    .filter((one) => one.confidence >= LIKELY && Math.abs(one.bpm / bpm - 1) > SAME_TEMPO)
    .map((one) => `or ${Math.round(one.bpm)} bpm`);
}

export class Pulse {
  constructor(byId) {
    this.lamp = byId("lamp");
    this.number = byId("lamp-beat");
    this.tempo = byId("live-tempo");
    this.sure = byId("live-sure");
    this.mark = byId("live-tempo-mark");
    this.barNumber = byId("live-bar-number");
    this.way = byId("live-bar-way");
    this.bar = new BarDots(byId("live-bar"));
    this.dark = 0;
    this.clear();
  }

  clear() {
    this.tempo.textContent = "–";
    this.number.textContent = "–";
    for (const element of [this.sure, this.mark, this.barNumber]) element.textContent = "";
    this.lamp.classList.remove("flash", "down");
    this.beatsInBar = USUAL_BEATS_IN_BAR;
    this.last = 0;
    this.go(null, null);
    this.bar.show(0, this.beatsInBar);
  }

  /** Take tempo, bar and beat of a frame; the confidence changes only when `showText` is set. */
  update({ tempo, bar, phase, beat, beat_detected }, showText) {
    const now = tempo?.bpm ?? null;
    this.tempo.textContent = now > 0 ? now.toFixed(1) : "–";
    this.mark.textContent = now > 0 ? tempoMark(now) : "Listening for a beat …";
    this.barNumber.textContent = bar?.bar > 0 ? `· bar ${bar.bar}` : "";
    if (showText || !now) this.sure.textContent = now > 0 ? [`${percent(tempo.confidence)} sure`, ...others(tempo)].join(", ") : "";
    if (beat_detected) this.flash(beat?.beat_in_bar ?? 0);
    this.go(phase ?? null, bar?.beat_in_bar ?? null);
  }

  /** Show the phase of the beat and of the bar. */
  go(phase, inBar) {
    this.lamp.style.setProperty("--phase", String(phase ?? 0));
    this.way.style.transform = `scaleX(${phase === null || !inBar ? 0 : Math.min(1, (inBar - 1 + phase) / this.beatsInBar)})`;
  }

  flash(inBar) {
    if (inBar === 1 && this.last > 1) this.beatsInBar = this.last; // a whole bar has been counted
    this.beatsInBar = Math.max(this.beatsInBar, inBar);
    this.last = inBar;
    this.number.textContent = inBar || "•";
    this.bar.show(inBar, this.beatsInBar);
    this.lamp.classList.toggle("down", inBar === 1);
    this.lamp.classList.add("flash");
    clearTimeout(this.dark);
    this.dark = setTimeout(() => this.lamp.classList.remove("flash"), FLASH_MS);
  }
}
