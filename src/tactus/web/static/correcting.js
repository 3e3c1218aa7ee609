/** Hearing the beat and putting it right: clicks, twice and half the tempo, tapping along, and where a bar begins. */

import { Clicks } from "./clicks.js";
import { patch, showProblem } from "./problems.js";

const RATIOS = { "x2": 2, "x1/2": 1 / 2, "3:2": 3 / 2, "2:3": 2 / 3, "x3": 3, "x1/3": 1 / 3 };
const FEWEST_TAPS = 4;
/** After so long without a tap, tapping is over [ms]. */
const TAPPED_MS = 2500;

/** What to say so that the tempo that is shown changes by a factor. */
export function changed({ bpm, correction }, factor) {
  const { downbeat_at: _, ...tempo } = correction ?? {};
  const words = Object.keys(tempo);
  if (words.length && !tempo.correction) return { bpm: bpm * factor };
  const ratio = (RATIOS[tempo.correction] ?? 1) * factor;
  if (ratio === 1) return { clear: true };
  const word = Object.keys(RATIOS).find((name) => RATIOS[name] === ratio);
  return word ? { correction: word } : { bpm: bpm * factor };
}

/**
 * Make the row of buttons work.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {import("./player.js").Player} player
 * @param {(analysis: object|null) => void} take takes up the corrected analysis; null: the song has to be analysed again
 */
export function startCorrecting(byId, player, take) {
  const words = byId("beat-words");
  const buttons = ["double", "halve", "tap", "the-one", "undo"].map(byId);
  const clicks = new Clicks(player.audio, () => player.song);
  let taps = [];
  let tapped = null;

  async function say(...bodies) {
    const { file_hash: hash } = player.song.analysis;
    buttons.forEach((button) => { button.disabled = true; });
    words.textContent = "Working it out …";
    showProblem(byId("track-problem"), null);
    try {
      let analysis;
      for (const body of bodies) analysis = await patch(`/analysis/${hash}`, body);
      if (player.song?.analysis.file_hash === hash) take("beat_times" in analysis ? analysis : null);
    } catch (refusal) {
      showProblem(byId("track-problem"), refusal);
    } finally {
      if (player.song) show(player.song.analysis);
    }
  }

  function show({ bpm, beat_times: beats = [], correction }) {
    byId("double").disabled = byId("halve").disabled = bpm === null;
    byId("the-one").disabled = !beats.length;
    byId("tap").disabled = byId("clicks").disabled = player.button.disabled;
    byId("undo").disabled = false;
    byId("undo").hidden = !correction;
    words.textContent = correction ? "Corrected by you; kept for this song." : "";
  }

  function multiply(factor) {
    const { analysis } = player.song;
    const body = changed(analysis, factor);
    const downbeat = analysis.correction?.downbeat_at;
    say(body, ...(body.clear && downbeat !== undefined ? [{ downbeat_at: downbeat }] : []));
  }

  function tap() {
    if (player.button.disabled || byId("tap").disabled) return;
    clearTimeout(tapped);
    if (player.audio.paused) {
      player.toggle();
      taps = [];
      words.textContent = "Tap with every beat that you hear.";
      return;
    }
    const at = Math.max(0, player.audio.currentTime - clicks.latency);
    if (at > (taps.at(-1) ?? -1)) taps.push(Number(at.toFixed(4)));
    else taps = [at];
    words.textContent = taps.length < FEWEST_TAPS ? `Tapped ${taps.length} of at least ${FEWEST_TAPS} …` : `Tapped ${taps.length}. Stop to use them.`;
    tapped = setTimeout(() => {
      const body = { taps };
      const enough = taps.length >= FEWEST_TAPS;
      taps = [];
      if (enough) say(body);
      else show(player.song.analysis);
    }, TAPPED_MS);
  }

  byId("clicks").addEventListener("click", () => {
    clicks.toggle();
    byId("clicks").setAttribute("aria-pressed", String(clicks.isOn));
    if (clicks.isOn && player.audio.paused) player.toggle();
  });
  byId("double").addEventListener("click", () => multiply(2));
  byId("halve").addEventListener("click", () => multiply(1 / 2));
  byId("the-one").addEventListener("click", () => say({ downbeat_at: player.position }));
  byId("undo").addEventListener("click", () => say({ clear: true }));
  // A press, not its release: a beat is tapped on the way down.
  byId("tap").addEventListener("pointerdown", (event) => event.button === 0 && tap());
  byId("tap").addEventListener("keydown", (event) => {
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) tap();
  });
  return {
    /** Another song, or another analysis of it. */
    show(analysis) {
      clearTimeout(tapped);
      taps = [];
      show(analysis);
    },
  };
}
