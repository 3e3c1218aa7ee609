/** Controls of the live beat, for every listener of the session, until they are released. */

import { post, showProblem } from "./problems.js";

/** Request of each button; a function gets the current controls. */
const REQUESTS = {
  "live-double": { tempo: "x2" },
  "live-halve": { tempo: "x1/2" },
  "live-tap": { tap: true },
  "live-hold": (controls) => ({ hold: !controls.hold }),
  "live-earlier": { nudge_ms: -10 },
  "live-later": { nudge_ms: 10 },
  "live-one": { resync: true },
  "live-release": { release: true },
};
const MIN_TAPS = 3;
const TEMPO_FIELDS = ["live-from", "live-to", "live-set"];

/** The current controls as text. */
function controlsText({ scale, bpm_min: low, bpm_max: high, nudge_ms: nudge, hold, taps, one }) {
  if (taps && taps < MIN_TAPS) return `Tapped ${taps} of at least ${MIN_TAPS} …`;
  return [
    scale !== 1 && `${scale > 1 ? `${scale} times` : `1/${1 / scale}`} the tempo`,
    taps ? "as tapped" : low !== null && `tempo from ${Math.round(low)} to ${Math.round(high)} bpm`,
    nudge && `${Math.abs(nudge)} ms ${nudge > 0 ? "later" : "earlier"}`,
    hold && "held",
    one && "downbeat set",
  ].filter(Boolean).join(" · ");
}

/**
 * Starts the controls.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {() => string} session name of the current session
 * @returns {(controls: object|null) => void} shows the controls of a session; null: not running
 */
export function startLiveControls(byId, session) {
  const buttons = Object.keys(REQUESTS).map(byId);
  const all = [...buttons, ...TEMPO_FIELDS.map(byId)];
  let current = null;
  let shortest_ms = Infinity;

  function show(controls) {
    current = controls;
    for (const each of all) each.disabled = !controls;
    byId("live-hold").ariaPressed = String(Boolean(controls?.hold));
    const text = controls ? controlsText(controls) || "No corrections: beats follow the sound." : "Start a session to control its beat.";
    if (byId("live-control-text").textContent !== text) byId("live-control-text").textContent = text;
  }

  async function ask(what) {
    const began = performance.now();
    const latency_ms = shortest_ms === Infinity ? 0 : Math.min(shortest_ms / 2, 1000);
    showProblem(byId("live-problem"), null);
    try {
      const { controls } = await post("/live/control", { session: session(), ...what, latency_ms });
      shortest_ms = Math.min(shortest_ms, performance.now() - began);
      show(controls);
    } catch (refusal) {
      showProblem(byId("live-problem"), refusal);
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const what = REQUESTS[button.id];
      ask(typeof what === "function" ? what(current) : what);
    });
  }
  byId("live-range").addEventListener("submit", (event) => {
    event.preventDefault();
    const [min, max] = [byId("live-from").valueAsNumber, byId("live-to").valueAsNumber];
    ask({ tempo: Number.isNaN(max) ? min : { min, max } });
  });
  show(null);
  return show;
}
