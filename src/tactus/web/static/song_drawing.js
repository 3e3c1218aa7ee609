/** A song drawn: all of it, and the seconds around the position. */

import { blank, colour } from "./canvas.js";
import { chordName, sectionName } from "./text.js";
import { lastUpTo } from "./song.js";

/** How much the detail shows [s]. */
export const DETAIL_S = 10;

const SECTION_COLOURS = 6;
const SECTION_LANE = 18;
const CHORD_LANE = 24;
const TICK_LANE = 14;
const FONT = "system-ui, sans-serif";

/** The times [s] that a canvas shows from its left to its right edge, also in its data attributes. */
function view(canvas, start, end, width) {
  canvas.dataset.start = start;
  canvas.dataset.end = end;
  return { start, end, x: (time) => ((time - start) / (end - start)) * width, perPixel: (end - start) / width };
}

/** One colour for each kind of section, in order of first appearance. */
function sectionColours(sections) {
  const labels = [...new Set(sections.map((section) => section.label))];
  return (section) => colour(`section-${(labels.indexOf(section.label) % SECTION_COLOURS) + 1}`);
}

/** The circle of fifths as a circle of colours: related chords look related; minor is darker than major. */
export function chordColour(label) {
  const place = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"].indexOf(label.split(":")[0]);
  if (place < 0) return colour("line");
  const minor = label.includes(":min") || label.includes("dim");
  return `hsl(${(place * 30 + 12) % 360} ${minor ? 30 : 46}% ${minor ? colour("chord-minor") : colour("chord-major")})`;
}

function drawWave(context, song, envelope, { start, perPixel }, width, top, height) {
  const sectionColour = sectionColours(song.sections);
  const step = 3;
  const middle = top + height / 2;
  let at = 0;
  for (let left = 0; left < width; left += step) {
    const time = start + left * perPixel;
    if (time < 0 || time >= song.duration) continue;
    const peak = envelope.peak(time, time + step * perPixel);
    while (at < song.sections.length - 1 && song.sections[at].end <= time) at += 1;
    context.fillStyle = song.sections.length ? sectionColour(song.sections[at]) : colour("section-1");
    const tall = Math.max(1, peak * height);
    context.fillRect(left, middle - tall / 2, step - 1, tall);
  }
}

function drawTicks(context, song, { start, end, x }, top, height) {
  const from = Math.max(0, lastUpTo(song.beats, start));
  const to = lastUpTo(song.beats, end);
  const shown = to - from + 1;
  const crowded = shown > 0 && (x(song.beats[to]) - x(song.beats[from])) / shown < 4;
  for (let beat = from; beat <= to; beat += 1) {
    const down = song.isDownbeat(beat);
    if (crowded && !down && song.downbeats.length) continue;
    const wide = down && !crowded ? 3 : 1.5;
    const tall = down ? height : height * 0.55;
    context.fillStyle = colour(down ? "downbeat" : "beat");
    context.fillRect(x(song.beats[beat]) - wide / 2, top + height - tall, wide, tall);
  }
}

function drawSections(context, song, { x }, width) {
  const sectionColour = sectionColours(song.sections);
  context.font = `600 11px ${FONT}`;
  context.textBaseline = "middle";
  for (const section of song.sections) {
    const [left, right] = [x(section.start), x(section.end)];
    context.fillStyle = sectionColour(section);
    context.fillRect(left, 0, Math.max(1, right - left - 2), SECTION_LANE - 4);
    context.fillStyle = colour("on-section");
    const names = [sectionName(section), section.label];
    const shown = names.find((name) => context.measureText(name).width + 8 < right - left);
    if (shown) context.fillText(shown, left + 5, SECTION_LANE / 2 - 1.5);
  }
}

/** The whole song: sections, waveform, chords and bars. */
export function drawOverview(canvas, song) {
  const { context, width, height } = blank(canvas);
  if (!width) return;
  const shown = view(canvas, 0, song.duration, width);
  const top = song.sections.length ? SECTION_LANE : 0;
  drawSections(context, song, shown, width);
  const lanes = TICK_LANE + (song.chords.length ? 8 : 0);
  drawWave(context, song, song.outline, shown, width, top, height - top - lanes - 4);
  for (const chord of song.chords) {
    context.fillStyle = chordColour(chord.label);
    context.fillRect(shown.x(chord.start), height - lanes, Math.max(0.5, shown.x(chord.end) - shown.x(chord.start) - 0.5), 5);
  }
  drawTicks(context, song, shown, height - TICK_LANE, TICK_LANE);
}

/** The seconds around `position`: every beat, and the chords by name. */
export function drawDetail(canvas, song, position) {
  const { context, width, height } = blank(canvas);
  if (!width) return;
  const span = Math.min(DETAIL_S, song.duration);
  const start = Math.min(Math.max(0, position - span / 3), song.duration - span);
  const shown = view(canvas, start, start + span, width);
  const chordLane = song.chords.length ? CHORD_LANE : 0;
  const bottom = height - TICK_LANE - chordLane;

  for (let beat = Math.max(0, lastUpTo(song.beats, start)); beat <= lastUpTo(song.beats, shown.end); beat += 1) {
    context.fillStyle = colour(song.isDownbeat(beat) ? "grid-downbeat" : "grid-beat");
    context.fillRect(shown.x(song.beats[beat]) - 0.5, 0, 1, bottom);
  }
  drawWave(context, song, song.closeUp, shown, width, 4, bottom - 8);

  context.font = `600 12px ${FONT}`;
  context.textBaseline = "middle";
  for (const chord of song.chords) {
    if (chord.end <= start || chord.start >= shown.end) continue;
    const [left, right] = [Math.max(0, shown.x(chord.start)), Math.min(width, shown.x(chord.end))];
    context.fillStyle = chordColour(chord.label);
    context.fillRect(left, bottom, Math.max(1, right - left - 1), CHORD_LANE - 4);
    const name = chordName(chord.label, song.hasFlats);
    context.fillStyle = colour("on-chord");
    if (context.measureText(name).width + 8 < right - left) context.fillText(name, left + 5, bottom + (CHORD_LANE - 4) / 2 + 0.5);
  }
  drawTicks(context, song, shown, height - TICK_LANE, TICK_LANE);

  context.fillStyle = colour("ink");
  context.fillRect(shown.x(position) - 1, 0, 2, height);
}
