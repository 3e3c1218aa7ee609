/** An analysis as text and numbers. */

import { chordColour } from "./song_drawing.js";
import { chordName, clock, hasFlats, noteName, percent, tempoMark, warningText } from "./text.js";

function make(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

function confidence(ratio) {
  return ratio === undefined ? null : make("span", { className: "sure", title: "How sure Tactus is, out of 100 %" }, `${percent(ratio)} sure`);
}

function fact(name, value, ...notes) {
  return make("div", { className: "fact" }, make("dt", {}, name), make("dd", {}, make("strong", {}, value), ...notes));
}

function tempoFact({ bpm, tempo_confidence, tempo_candidates = [] }) {
  if (bpm === null) return fact("Tempo", "none", make("span", {}, "No steady beat was found."));
  const others = tempo_candidates.filter((candidate) => Math.abs(candidate.bpm - bpm) > 0.01 * bpm).slice(0, 3);
  const list = make("ul", { className: "candidates", ariaLabel: "Other readings of the tempo" });
  for (const other of others) {
    list.append(make("li", {}, other.bpm.toFixed(1), make("span", {}, ` ${relationText(other.relation)} · ${percent(other.confidence)}`)));
  }
  const value = make("span", {}, bpm.toFixed(1), make("span", { className: "unit" }, " bpm"));
  return fact("Tempo", value, make("em", {}, tempoMark(bpm)), confidence(tempo_confidence), others.length ? list : null);
}

function relationText(relation) {
  return String(relation ?? "").replace("x", "×").replace("1/2", "½").replace("1/3", "⅓").replace("2/3", "⅔");
}

function keyFact({ key, mode, key_confidence, camelot, open_key }) {
  if (!key) return fact("Key", "none", make("span", {}, "Nothing here has a clear tonic."));
  const codes = [camelot && `Camelot ${camelot}`, open_key && `Open Key ${open_key}`].filter(Boolean);
  return fact("Key", `${noteName(key, hasFlats(key, mode))} ${mode}`, ...codes.map((sign) => make("span", {}, sign)), confidence(key_confidence));
}

function metreFact({ time_signature, time_signature_confidence, beat_times = [], downbeat_times = [] }) {
  if (!time_signature) return fact("Bar", "none", make("span", {}, "The beats do not group into bars."));
  const counts = [`${beat_times.length} beats`, `${downbeat_times.length} bars`];
  return fact("Beats in a bar", String(time_signature), ...counts.map((count) => make("span", {}, count)), confidence(time_signature_confidence));
}

function loudnessFact({ loudness, loudness_range, true_peak_dbtp, replaygain_gain }) {
  const notes = [`range ${loudness_range.toFixed(1)} LU`, `true peak ${signed(true_peak_dbtp)} dBTP`];
  if (replaygain_gain !== null) notes.push(`ReplayGain ${replaygain_gain > 0 ? "+" : ""}${signed(replaygain_gain)} dB`);
  const value = make("span", {}, signed(loudness), make("span", { className: "unit" }, " LUFS"));
  return fact("Loudness", value, ...notes.map((note) => make("span", {}, note)));
}

function signed(decibels) {
  return decibels.toFixed(1).replace("-", "−");
}

/** What the facts are, as a definition list's children. */
export function facts(analysis) {
  const { bpm, key, time_signature: metre, loudness } = analysis;
  return [
    bpm !== undefined && tempoFact(analysis),
    key !== undefined && keyFact(analysis),
    metre !== undefined && metreFact(analysis),
    loudness !== undefined && loudnessFact(analysis),
  ].filter(Boolean);
}

/** A labelled meter of a ratio in [0, 1]. */
export function meter(name, kind, value = 0) {
  const fill = make("i", {});
  fill.style.transform = `scaleX(${value})`;
  const gauge = make("div", { className: `meter ${kind}`, role: "meter", ariaLabel: name, ariaValueMin: "0", ariaValueMax: "100" }, fill);
  gauge.ariaValueNow = String(Math.round(100 * value));
  const figure = make("span", { className: "figure" }, String(Math.round(100 * value)));
  const element = make("div", { className: "meter-row" }, make("span", { className: "meter-name" }, name), gauge, figure);
  return { element, gauge, fill, figure };
}

const MOODS = [
  ["Energy", "energy"],
  ["Valence", "valence"],
  ["Danceability", "danceability"],
  ["Acousticness", "acousticness"],
  ["Instrumentalness", "instrumentalness"],
  ["Liveness", "liveness"],
  ["Speechiness", "speechiness"],
];

/** Energy, valence and their kin as meters. */
export function moods(analysis) {
  return MOODS.filter(([, field]) => typeof analysis[field] === "number").map(([name, field]) => meter(name, field, analysis[field]).element);
}

/** The most frequent chords, with their share of the song. */
export function chordShares(analysis) {
  const flats = hasFlats(analysis.key, analysis.mode);
  const durations = new Map();
  for (const { start, end, label } of analysis.chords ?? []) {
    if (label !== "N") durations.set(label, (durations.get(label) ?? 0) + end - start);
  }
  const main = [...durations].sort(([, one], [, other]) => other - one).slice(0, 8);
  return main.map(([label, seconds]) => {
    const patch = make("i", {});
    patch.style.background = chordColour(label);
    return make("span", { className: "chord" }, patch, make("b", {}, chordName(label, flats)), ` ${percent(seconds / analysis.duration)}`);
  });
}

/** Who made it, how long it is and how it was stored. */
export function byline(analysis) {
  const { source = {}, duration } = analysis;
  const channels = { 1: "mono", 2: "stereo" }[source.channels] ?? (source.channels && `${source.channels} channels`);
  const rate = source.sample_rate && `${(source.sample_rate / 1000).toLocaleString("en", { maximumFractionDigits: 3 })} kHz`;
  const bits = source.bit_rate && `${Math.round(source.bit_rate / 1000)} kbit/s`;
  return [source.artist, clock(duration), source.codec?.replace(/^pcm_.*/, "PCM"), rate, channels, bits].filter(Boolean).join(" · ");
}

/** Each remark of the analysis as a list item. */
export function warnings(analysis) {
  return (analysis.warnings ?? []).map((warning) => make("li", {}, warningText(warning)));
}
