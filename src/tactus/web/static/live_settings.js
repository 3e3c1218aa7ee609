/** Settings for the next start of a session: channel, gain, offset of beats, attack and release; remembered. */

const PLACE = "tactus-live-settings";
const MOST_CHANNELS = 64;

/** Each setting: its name in the request, its default, its text, and the conversion from the field to the request. */
const SETTINGS = {
  channel: { name: "channel", usual: null, text: (value) => `channel ${value}`, toRequest: (value) => value - 1 },
  gain: { name: "gain_db", usual: 0, text: (value) => `${value > 0 ? "+" : "−"}${Math.abs(value)} dB` },
  offset: { name: "offset_ms", usual: 0, text: (value) => `${Math.abs(value)} ms ${value > 0 ? "later" : "earlier"}` },
  attack: { name: "attack_ms", usual: 5, text: (value) => `rise ${value} ms` },
  release: { name: "release_ms", usual: 120, text: (value) => `fall ${value} ms` },
};

/**
 * Make the fields work.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {() => void} onChange
 */
export function startSettings(byId, onChange) {
  const ids = Object.keys(SETTINGS);
  let known = true;

  /** What was chosen, by field; what is as usual, or cannot be, is left out. */
  function chosen() {
    const values = ids.map((id) => [id, byId(id).value === "" ? SETTINGS[id].usual : byId(id).valueAsNumber]);
    return Object.fromEntries(values.filter(([id, value]) => value !== SETTINGS[id].usual && byId(id).validity.valid));
  }

  function showSummary() {
    const summary = Object.entries(chosen()).map(([id, value]) => SETTINGS[id].text(value)).join(" · ");
    byId("settings-text").textContent = known ? summary || "default" : "set by another client";
    byId("settings-reset").disabled = !summary;
  }

  function changed() {
    localStorage.setItem(PLACE, JSON.stringify(chosen()));
    showSummary();
    onChange();
  }

  for (const [id, value] of Object.entries(remembered())) byId(id).value = String(value);
  for (const id of ids) byId(id).addEventListener("input", changed);
  byId("settings-reset").addEventListener("click", () => {
    for (const id of ids) byId(id).value = "";
    byId("channel").focus(); // the button, which has done its work, can hold the focus no longer
    changed();
  });
  // A field that cannot be sent has to be seen, or the browser refuses in silence.
  byId("settings").addEventListener("invalid", () => { byId("settings").open = true; }, { capture: true });
  showSummary();

  return {
    /** The fields of a request. */
    request() {
      return Object.fromEntries(Object.entries(chosen()).map(([id, value]) => [SETTINGS[id].name, SETTINGS[id].toRequest?.(value) ?? value]));
    },

    /** How many channels there are to choose from; null: unknown. */
    offerChannels(count) {
      byId("channel").max = String(count ?? MOST_CHANNELS);
      byId("channel-note").textContent = count === 1 ? "there is one" : `${count ? `1 to ${count}; ` : ""}1 is left; empty: the mean of all`;
    },

    /** Whether the running session was started with these settings; otherwise they cannot be shown or changed. */
    areKnown(now) {
      known = now;
      byId("settings-fields").disabled = !now;
      showSummary();
    },
  };
}

function remembered() {
  try {
    const values = Object.entries(JSON.parse(localStorage.getItem(PLACE)) ?? {});
    return Object.fromEntries(values.filter(([id, value]) => id in SETTINGS && Number.isFinite(value)));
  } catch {
    return {};
  }
}
