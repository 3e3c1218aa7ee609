/** Key, build/drop/break, loudness and drum hits of the live sound. */

import { hasFlats, noteName, percent } from "./text.js";

const DRUMS = ["kick", "snare", "hat"];
const STRONG_HIT = 12; // in means of its frequency range; the weakest hit has about 2
const FAINTEST = 0.35;
const SILENCE_LUFS = -70;
const LIT_MS = 90;

export class Music {
  constructor(byId) {
    this.byId = byId;
    this.pads = DRUMS.map((name) => ({ name, pad: byId(`hit-${name}`), dark: 0 }));
    this.clear();
  }

  clear() {
    for (const id of ["live-key", "live-passage", "live-loudness"]) this.show(id, "–");
    this.show("live-key-sure", "over 20 s");
    this.byId("live-facts").dataset.passage = "";
    for (const { pad } of this.pads) pad.classList.remove("lit");
  }

  /** Take a frame; text changes only when `showText` is set, except for build, drop and break, which are moments. */
  update({ key, state, drums, loudness_short_term: lufs }, showText) {
    for (const each of this.pads) if (drums?.[each.name] > 0) light(each, drums[each.name]);
    const passage = state?.passage ?? "";
    this.show("live-passage", passage || "–");
    if (this.byId("live-facts").dataset.passage !== passage) this.byId("live-facts").dataset.passage = passage;
    if (!showText) return;
    this.show("live-key", key ? `${noteName(key.tonic, hasFlats(key.tonic, key.mode))} ${key.mode}` : "–");
    this.show("live-key-sure", key ? `${percent(key.confidence)} sure` : "over 20 s");
    this.show("live-loudness", lufs > SILENCE_LUFS ? lufs.toFixed(1).replace("-", "−") : "–");
  }

  show(id, text) {
    if (this.byId(id).textContent !== text) this.byId(id).textContent = text;
  }
}

/** Flashes a pad, as bright as the hit is strong. */
function light(each, strength) {
  const { pad } = each;
  pad.style.setProperty("--hit", String(Math.min(1, FAINTEST + (1 - FAINTEST) * (strength / STRONG_HIT))));
  pad.classList.add("lit");
  clearTimeout(each.dark);
  each.dark = setTimeout(() => pad.classList.remove("lit"), LIT_MS);
}
