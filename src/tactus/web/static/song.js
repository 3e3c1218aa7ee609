/** A song as the page needs it: its analysis, with what playing asks of it at every moment. */

import { hasFlats } from "./text.js";

/** The place of the last number in an ascending list that is not after `time`, or -1. */
export function lastUpTo(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The last of some spans (with `start` and `end`) that holds `time`, or undefined. */
export function spanAt(spans, time) {
  return spans.findLast((span) => span.start <= time && time < span.end);
}

/** How loud a song is over time: heights in [0, 1] at an even pace, of the loudest 1. */
export class Envelope {
  constructor(heights, perSecond) {
    this.perSecond = perSecond;
    const loudest = heights.reduce((most, height) => Math.max(most, height), 0);
    this.heights = loudest > 0 ? heights.map((height) => height / loudest) : heights;
  }

  /** The greatest height between two times [s]. */
  peak(start, end) {
    const first = Math.max(0, Math.floor(start * this.perSecond));
    const last = Math.min(this.heights.length - 1, Math.max(first, Math.ceil(end * this.perSecond) - 1));
    let most = 0;
    for (let at = first; at <= last; at += 1) most = Math.max(most, this.heights[at]);
    return most;
  }
}

/** What is played: the analysis with its lists always there, and its beats numbered within their bars. */
export class Song {
  constructor(analysis) {
    this.analysis = analysis;
    this.duration = analysis.duration;
    this.beats = analysis.beat_times ?? [];
    this.downbeats = analysis.downbeat_times ?? [];
    this.chords = analysis.chords ?? [];
    this.sections = analysis.sections ?? [];
    this.hasFlats = hasFlats(analysis.key, analysis.mode);
    this.outline = outline(analysis);
    this.closeUp = closeUp(analysis, this.outline);
    this.beatsInBar = numberBeats(this.beats, this.downbeats, analysis.time_signature);
  }

  isDownbeat(beat) {
    return this.beatsInBar[beat] === 1;
  }
}

/** The number of each beat in its bar, from 1; 0 where no bar is known. Equal times are equal numbers in an analysis. */
function numberBeats(beats, downbeats, beatsPerBar) {
  const starts = new Set(downbeats);
  const first = beats.findIndex((beat) => starts.has(beat));
  if (first < 0) return beats.map(() => 0);
  let number = beatsPerBar ? (beatsPerBar - (first % beatsPerBar)) % beatsPerBar : 0;
  return beats.map((beat, at) => {
    const upbeat = at < first && beatsPerBar;
    number = starts.has(beat) ? 1 : upbeat ? (number % beatsPerBar) + 1 : number && number + 1;
    return number;
  });
}

/** The outline of the whole: the farther of the lowest and the highest sample of each point. */
function outline({ waveform, duration }) {
  if (!waveform?.lows.length) return new Envelope(new Float32Array(1), 1 / duration);
  const heights = Float32Array.from(waveform.lows, (low, at) => Math.max(-low, waveform.highs[at]));
  return new Envelope(heights, heights.length / duration);
}

/** Loudness from the frames of an analysis, finer than the outline; the outline where there are no frames. */
function closeUp({ rms, frames }, otherwise) {
  return rms?.length ? new Envelope(Float32Array.from(rms), frames.sample_rate / frames.hop_length) : otherwise;
}
