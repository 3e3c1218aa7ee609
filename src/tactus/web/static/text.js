/** Numbers and codes as text for people. */

const WARNINGS_TO_WORDS = {
  silent: "The file is silent.",
  truncated: "The file ends too early: the rest of it is missing or damaged.",
  clipped: "The recording is clipped: its loudest moments are distorted.",
  corrupt_frames: "Parts of the file are damaged: they were left out.",
  format_changed: "The file changes its format part-way: all of it was converted to one format.",
  mono_cancels: "Left and right cancel each other: one channel was analysed instead of their mix.",
};

const EVENTS_TO_WORDS = {
  device_lost: "The source is gone. Tactus waits for its return.",
  stalled: "No sound arrives. Tactus keeps trying.",
  resumed: "Sound arrives again.",
  gap: "A piece of sound is missing.",
  ended: "The source has ended.",
};

/** A source of live sound as it stands in a sentence: "the demo", "a microphone". */
export function sourceNoun(source) {
  return document.querySelector(`input[name="source"][value="${source}"]`)?.dataset.noun ?? source;
}

const STATES_TO_WORDS = { opening: "opening", stalled: "no sound", device_lost: "source gone" };

/** State of a running session as text. */
export function stateText(state) {
  return STATES_TO_WORDS[state] ?? state;
}

/** A warning code of an analysis as a sentence; a sentence stays as it is. */
export function warningText(warning) {
  const code = warning.replaceAll("-", "_");
  if (WARNINGS_TO_WORDS[code]) return WARNINGS_TO_WORDS[code];
  if (warning.includes(" ")) return warning;
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1) + ".";
}

/** A live event as a sentence. */
export function eventText({ type, reason, duration_s, device, remedy }) {
  if (remedy) return remedy;
  if (type === "gap" && reason === "device-switched") return "Switched to another device.";
  if (type === "gap" && duration_s > 0) return `${duration_s.toFixed(1)} s of sound are missing.`;
  if (type === "stalled" && reason === "nothing-sent") return "No sound arrives: no client sends any.";
  if (type === "stalled" && reason) return `No sound arrives (${slugText(reason)}). Tactus keeps trying.`;
  if (type === "ended" && reason) return `The source ended early (${slugText(reason)}).`;
  if (type === "device_lost" && device?.name) return `“${device.name}” is gone. Tactus waits for its return.`;
  return EVENTS_TO_WORDS[type];
}

function slugText(slug) {
  return slug.replaceAll("-", " ");
}

/** Seconds as m:ss, or h:mm:ss, with as many decimals as asked for. */
export function clock(seconds, decimals = 0) {
  const unit = 10 ** decimals;
  const whole = Math.floor(Math.max(0, seconds) * unit + 1e-6) / unit;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** A ratio in [0, 1] as a whole percentage. */
export function percent(ratio) {
  return `${Math.round(100 * ratio)} %`;
}

/** A size in bytes as people write it. */
export function size(bytes) {
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Italian tempo mark of a tempo [bpm], by the usual ranges (a convention; in practice they overlap). */
export function tempoMark(bpm) {
  const marks = [[40, "Grave"], [60, "Largo"], [72, "Adagio"], [92, "Andante"], [112, "Moderato"], [144, "Allegro"], [176, "Vivace"]];
  return marks.find(([below]) => bpm < below)?.[1] ?? "Presto";
}

const NOTES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS = { "C#": "D♭", "D#": "E♭", "F#": "G♭", "G#": "A♭", "A#": "B♭" };

/** Whether a piece in this key is written with flats: its relative major is F, B♭, E♭, A♭ or D♭. */
export function hasFlats(key, mode) {
  const major = (NOTES.indexOf(key) + (mode === "minor" ? 3 : 0)) % 12;
  return Boolean(key) && [5, 10, 3, 8, 1].includes(major);
}

/** A note such as `A#` as the piece's key signature writes it. */
export function noteName(note, flats) {
  return (flats && FLATS[note]) || note.replace("#", "♯");
}

/** A section as it is called: its letter, and what it does where that is known, as in `B drop`. */
export function sectionName(section) {
  return section.role ? `${section.label} ${section.role}` : section.label;
}

/** A chord label such as `A:min` as a lead sheet writes it (`Am`); `N` is a rest. */
export function chordName(label, flats) {
  if (label === "N" || label === "X") return "–";
  const [root, quality = "maj"] = label.split(":");
  const suffix = { maj: "", min: "m", maj7: "maj7", min7: "m7", 7: "7", dim: "°", aug: "+", hdim7: "ø" }[quality] ?? quality;
  return noteName(root, flats) + suffix;
}
