/** What live sound is as music: its key, the passage, how loud it is, and the strokes of kick, snare and hat. */

import { hasFlats, noteName, percent } from "./words.js";

const STROKES = ["kick", "snare", "hat"];
const STRONG_STROKE = 12; // means of its range; the faintest that counts as one has 2
const FAINTEST = 0.35;
const SILENCE_LUFS = -70;
const LIT_MS = 90;

export class Music {
  constructor(byId) {
    this.byId = byId;
    this.pads = STROKES.map((name) => ({ name, pad: byId(`stroke-${name}`), dark: 0 }));
    this.clear();
  }

  clear() {
    for (const id of ["live-key", "live-passage", "live-loudness"]) this.say(id, "–");
    this.say("live-key-sure", "over 20 s");
    this.byId("live-facts").dataset.passage = "";
    for (const { pad } of this.pads) pad.classList.remove("lit");
  }

  /** Take a frame; words are written only where `speak` says so, but for the passage, which is a moment. */
  hear({ key, state, drums, loudness_short_term: lufs }, speak) {
    for (const each of this.pads) if (drums?.[each.name] > 0) light(each, drums[each.name]);
    const passage = state?.passage ?? "";
    this.say("live-passage", passage || "–");
    if (this.byId("live-facts").dataset.passage !== passage) this.byId("live-facts").dataset.passage = passage;
    if (!speak) return;
    this.say("live-key", key ? `${noteName(key.tonic, hasFlats(key.tonic, key.mode))} ${key.mode}` : "–");
    this.say("live-key-sure", key ? `${percent(key.confidence)} sure` : "over 20 s");
    this.say("live-loudness", lufs > SILENCE_LUFS ? lufs.toFixed(1).replace("-", "−") : "–");
  }

  say(id, words) {
    if (this.byId(id).textContent !== words) this.byId(id).textContent = words;
  }
}

/** A pad flashes as brightly as the stroke is strong. */
function light(each, strength) {
  const { pad } = each;
  pad.style.setProperty("--hit", String(Math.min(1, FAINTEST + (1 - FAINTEST) * (strength / STRONG_STROKE))));
  pad.classList.add("lit");
  clearTimeout(each.dark);
  each.dark = setTimeout(() => pad.classList.remove("lit"), LIT_MS);
}
