/** The spectrum of live sound, as a musician's ear divides it: bars of equal intervals, with the peaks that they held. */

import { blank, colour, redrawOnChange } from "./canvas.js";

const LOWEST_HZ = 30;
const HIGHEST_HZ = 16000;
const FLOOR_DB = -66;
// Music falls by about 3 to 4.5 dB an octave; raising it by as much about 1 kHz lets every region be seen.
const TILT_DB_PER_OCTAVE = 3.5;
const FALL_PER_S = 1.9;
const PEAK_HOLD_S = 0.55;
const PEAK_FALL_PER_S = 0.75;
const BAR_WIDTH = 9;
const GAP = 2;
// The bands of the wire contract.
const BASS_UP_TO_HZ = 250;
const MID_UP_TO_HZ = 4000;

/** Bars that jump up with the sound and fall at an even pace, drawn once per frame of the screen. */
export class Spectrum {
  constructor(canvas) {
    this.canvas = canvas;
    this.target = new Float32Array(0);
    this.height = new Float32Array(0);
    this.peak = new Float32Array(0);
    this.held = new Float32Array(0);
    this.running = false;
    this.last_ms = 0;
    redrawOnChange(canvas, () => this.draw(0));
  }

  /** Take a spectrum: amplitudes from 0 Hz up to `sampleRate / 2`, a full-scale sine being 1. */
  update(amplitudes, sampleRate) {
    const binHz = sampleRate / 2 / amplitudes.length;
    const count = this.target.length;
    for (let bar = 0; bar < count; bar += 1) {
      const [low, high] = [edge(bar, count), edge(bar + 1, count)];
      const decibels = 20 * Math.log10(Math.max(1e-9, loudestBetween(amplitudes, low / binHz, high / binHz)));
      const tilted = decibels + TILT_DB_PER_OCTAVE * Math.log2(Math.sqrt(low * high) / 1000);
      this.target[bar] = Math.min(1, Math.max(0, 1 - tilted / FLOOR_DB));
    }
  }

  start() {
    if (this.running) return;
    this.running = true;
    this.last_ms = performance.now();
    requestAnimationFrame((now) => this.tick(now));
  }

  /** Let the bars fall, then stop drawing. */
  stop() {
    this.target.fill(0);
    this.running = false;
  }

  tick(now) {
    this.draw(Math.min(0.1, Math.max(0, now - this.last_ms) / 1000));
    this.last_ms = now;
    if (this.running || this.peak.some((peak) => peak > 0)) requestAnimationFrame((next) => this.tick(next));
  }

  move(elapsed_s) {
    for (let bar = 0; bar < this.target.length; bar += 1) {
      this.height[bar] = Math.max(this.target[bar], this.height[bar] - FALL_PER_S * elapsed_s);
      if (this.height[bar] >= this.peak[bar]) {
        this.peak[bar] = this.height[bar];
        this.held[bar] = PEAK_HOLD_S;
      } else if ((this.held[bar] -= elapsed_s) < 0) {
        this.peak[bar] = Math.max(this.height[bar], this.peak[bar] - PEAK_FALL_PER_S * elapsed_s);
      }
    }
  }

  draw(elapsed_s) {
    const { context, width, height } = blank(this.canvas);
    const count = Math.max(8, Math.floor(width / (BAR_WIDTH + GAP)));
    if (count !== this.target.length) this.divide(count);
    this.move(elapsed_s);

    const labels = 18;
    const tall = height - labels;
    const pitch = width / count;
    context.font = "11px system-ui, sans-serif";
    context.textAlign = "center";
    for (const [hz, label] of [[50, "50"], [100, "100"], [250, "250"], [1000, "1 k"], [4000, "4 k"], [10000, "10 k"]]) {
      const x = (Math.log(hz / LOWEST_HZ) / Math.log(HIGHEST_HZ / LOWEST_HZ)) * width;
      context.fillStyle = colour("grid-beat");
      context.fillRect(x, 0, 1, tall);
      context.fillStyle = colour("muted");
      context.fillText(label, x, height - 4);
    }
    for (let bar = 0; bar < count; bar += 1) {
      const hz = Math.sqrt(edge(bar, count) * edge(bar + 1, count));
      context.fillStyle = colour(hz < BASS_UP_TO_HZ ? "bass" : hz < MID_UP_TO_HZ ? "mid" : "treble");
      const bars = this.height[bar] * (tall - 4);
      context.fillRect(bar * pitch, tall - Math.max(2, bars), pitch - GAP, Math.max(2, bars));
      if (this.peak[bar] > 0.02) context.fillRect(bar * pitch, tall - this.peak[bar] * (tall - 4) - 4, pitch - GAP, 2);
    }
  }

  divide(count) {
    for (const name of ["target", "height", "peak", "held"]) this[name] = new Float32Array(count);
  }
}

function edge(bar, count) {
  return LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (bar / count);
}

/** The greatest amplitude between two places that may lie between bins, straight lines joining these. */
function loudestBetween(amplitudes, low, high) {
  const last = amplitudes.length - 1;
  const at = (place) => {
    const bin = Math.min(last, Math.floor(place));
    const next = Math.min(last, bin + 1);
    return amplitudes[bin] + (amplitudes[next] - amplitudes[bin]) * (place - bin);
  };
  let most = Math.max(at(low), at(high));
  for (let bin = Math.ceil(low); bin <= Math.min(last, high); bin += 1) most = Math.max(most, amplitudes[bin]);
  return most;
}
