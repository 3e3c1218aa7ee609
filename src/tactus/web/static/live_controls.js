/** What puts the live beat right, by buttons and a tempo: for every listener of the session, until they are released. */

import { post, showProblem } from "./problems.js";

/** What each button asks for; a function is asked with what holds by now. */
const ASKS = {
  "live-double": { tempo: "x2" },
  "live-halve": { tempo: "x1/2" },
  "live-tap": { tap: true },
  "live-hold": (holds) => ({ hold: !holds.hold }),
  "live-earlier": { nudge_ms: -10 },
  "live-later": { nudge_ms: 10 },
  "live-one": { resync: true },
  "live-release": { release: true },
};
const FEWEST_TAPS = 3;
const TEMPO_FIELDS = ["live-from", "live-to", "live-set"];

/** What holds, in words. */
function words({ scale, bpm_min: low, bpm_max: high, nudge_ms: nudge, hold, taps, one }) {
  if (taps && taps < FEWEST_TAPS) return `Tapped ${taps} of at least ${FEWEST_TAPS} …`;
  return [
    scale !== 1 && `told ${scale > 1 ? `${scale} times` : `1/${1 / scale}`} as fast`,
    taps ? "as tapped" : low !== null && `looked for from ${Math.round(low)} to ${Math.round(high)} bpm`,
    nudge && `${Math.abs(nudge)} ms ${nudge > 0 ? "later" : "earlier"}`,
    hold && "held",
    one && "the one is set",
  ].filter(Boolean).join(" · ");
}

/**
 * Make them work.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {() => string} session whose beat is meant
 * @returns {(controls: object|null) => void} shows what holds; null: nothing runs
 */
export function startLiveControls(byId, session) {
  const buttons = Object.keys(ASKS).map(byId);
  const all = [...buttons, ...TEMPO_FIELDS.map(byId)];
  let holds = null;
  let quickest_ms = Infinity;

  function show(controls) {
    holds = controls;
    for (const each of all) each.disabled = !controls;
    byId("live-hold").ariaPressed = String(Boolean(controls?.hold));
    const said = controls ? words(controls) || "Told as it is heard." : "Nothing runs that could be put right.";
    if (byId("live-control-words").textContent !== said) byId("live-control-words").textContent = said;
  }

  async function ask(what) {
    const began = performance.now();
    const latency_ms = quickest_ms === Infinity ? 0 : Math.min(quickest_ms / 2, 1000);
    showProblem(byId("live-problem"), null);
    try {
      const { controls } = await post("/live/control", { session: session(), ...what, latency_ms });
      quickest_ms = Math.min(quickest_ms, performance.now() - began);
      show(controls);
    } catch (refusal) {
      showProblem(byId("live-problem"), refusal);
    }
  }

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const what = ASKS[button.id];
      ask(typeof what === "function" ? what(holds) : what);
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
