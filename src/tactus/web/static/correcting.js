/** Hearing the beat and putting it right: clicks, twice and half the tempo, tapping along, and where a bar begins. */

import { Clicks } from "./clicks.js";
import { patch, showProblem } from "./problems.js";

const RATIOS = { "x2": 2, "x1/2": 1 / 2, "3:2": 3 / 2, "2:3": 2 / 3, "x3": 3, "x1/3": 1 / 3 };
const MIN_TAPS = 4;
/** Pause after which tapping is over [ms]. */
const TAPPED_MS = 2500;

/** Request that changes the shown tempo by a factor. */
export function changed({ bpm, correction }, factor) {
  const { downbeat_at: _, ...tempo } = correction ?? {};
  const names = Object.keys(tempo);
  if (names.length && !tempo.correction) return { bpm: bpm * factor };
  const ratio = (RATIOS[tempo.correction] ?? 1) * factor;
  if (ratio === 1) return { clear: true };
  const name = Object.keys(RATIOS).find((key) => RATIOS[key] === ratio);
  return name ? { correction: name } : { bpm: bpm * factor };
}

/**
 * Starts the row of buttons.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {import("./player.js").Player} player
 * @param {(analysis: object|null) => void} take gets the corrected analysis; null: the song has to be analysed again
 */
export function startCorrecting(byId, player, take) {
  const note = byId("beat-note");
  const buttons = ["double", "halve", "tap", "set-downbeat", "undo"].map(byId);
  const clicks = new Clicks(player.audio, () => player.song);
  let taps = [];
  let tapped = null;

  async function send(...bodies) {
    const { file_hash: hash } = player.song.analysis;
    buttons.forEach((button) => { button.disabled = true; });
    note.textContent = "Correcting …";
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
    byId("set-downbeat").disabled = !beats.length;
    byId("tap").disabled = byId("clicks").disabled = player.button.disabled;
    byId("undo").disabled = false;
    byId("undo").hidden = !correction;
    note.textContent = correction ? "Corrected by you; stored for this song." : "";
  }

  function multiply(factor) {
    const { analysis } = player.song;
    const body = changed(analysis, factor);
    const downbeat = analysis.correction?.downbeat_at;
    send(body, ...(body.clear && downbeat !== undefined ? [{ downbeat_at: downbeat }] : []));
  }

  function tap() {
    if (player.button.disabled || byId("tap").disabled) return;
    clearTimeout(tapped);
    if (player.audio.paused) {
      player.toggle();
      taps = [];
      note.textContent = "Tap with every beat that you hear.";
      return;
    }
    const at = Math.max(0, player.audio.currentTime - clicks.latency);
    if (at > (taps.at(-1) ?? -1)) taps.push(Number(at.toFixed(4)));
    else taps = [at];
    note.textContent = taps.length < MIN_TAPS ? `Tapped ${taps.length} of at least ${MIN_TAPS} …` : `Tapped ${taps.length}. Stop to use them.`;
    tapped = setTimeout(() => {
      const body = { taps };
      const enough = taps.length >= MIN_TAPS;
      taps = [];
      if (enough) send(body);
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
  byId("set-downbeat").addEventListener("click", () => send({ downbeat_at: player.position }));
  byId("undo").addEventListener("click", () => send({ clear: true }));
  // A press, not its release: a beat is tapped on the way down.
  byId("tap").addEventListener("pointerdown", (event) => event.button === 0 && tap());
  byId("tap").addEventListener("keydown", (event) => {
    if (![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) tap();
  });
  return {
    /** Show another song, or another analysis of it. */
    show(analysis) {
      clearTimeout(tapped);
      taps = [];
      show(analysis);
    },
  };
}
