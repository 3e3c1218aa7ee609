/** Numbers and codes as people say them. */

const KEYS_TO_WORDS = {
  silent: "The file is silent.",
  truncated: "The file ends too early: the rest of it is missing or damaged.",
  clipped: "The recording is clipped: its loudest moments are distorted.",
  no_tempo: "No steady tempo was found.",
  no_key: "No key was found: this may be drums, speech or noise.",
  too_short: "The file is very short: some results need more sound.",
  uncalibrated_confidence: "Confidences rank results, but they are not yet probabilities.",
};

const EVENTS_TO_WORDS = {
  device_lost: "The source is gone. Tactus waits for its return.",
  stalled: "No sound arrives any more. Tactus is trying again.",
  resumed: "Sound arrives again.",
  gap: "A piece of sound is missing.",
};

/** A warning of an analysis in a sentence; one that is a sentence already stays as it is. */
export function warningWords(warning) {
  const code = warning.replaceAll("-", "_");
  if (KEYS_TO_WORDS[code]) return KEYS_TO_WORDS[code];
  if (warning.includes(" ")) return warning;
  const words = code.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1) + ".";
}

/** A live event in a sentence. */
export function eventWords({ type, reason, duration_s, device }) {
  if (type === "gap" && reason === "device-switched") return "Another device is heard from here on.";
  if (type === "gap" && duration_s > 0) return `${duration_s.toFixed(1)} s of sound are missing.`;
  if (type === "device_lost" && device?.name) return `“${device.name}” is gone. Tactus waits for its return.`;
  return EVENTS_TO_WORDS[type];
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

/** What scores write above the first bar for a tempo [bpm]; the ranges are a convention, and they overlap in practice. */
export function tempoMark(bpm) {
  const marks = [[40, "Grave"], [60, "Largo"], [72, "Adagio"], [92, "Andante"], [112, "Moderato"], [144, "Allegro"], [176, "Vivace"]];
  return marks.find(([below]) => bpm < below)?.[1] ?? "Presto";
}

/** A chord label such as `A:min` as a lead sheet writes it (`Am`); `N` is a rest. */
export function chordName(label) {
  if (label === "N" || label === "X") return "–";
  const [root, quality = "maj"] = label.split(":");
  const suffix = { maj: "", min: "m", maj7: "maj7", min7: "m7", 7: "7", dim: "°", aug: "+", hdim7: "ø" }[quality] ?? quality;
  return root.replace("#", "♯").replace("b", "♭") + suffix;
}
