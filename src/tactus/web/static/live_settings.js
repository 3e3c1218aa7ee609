/** The settings of a session that starts: input channel and gain, when beats are told, how levels move; remembered. */

const PLACE = "tactus-live-settings";
const MOST_CHANNELS = 64;

/** Each with its name in the request, what it is while nothing is said, from the field's number to the request's. */
const SETTINGS = {
  channel: { name: "channel", usual: null, words: (value) => `channel ${value}`, asked: (value) => value - 1 },
  gain: { name: "gain_db", usual: 0, words: (value) => `${value > 0 ? "+" : "−"}${Math.abs(value)} dB` },
  offset: { name: "offset_ms", usual: 0, words: (value) => `${Math.abs(value)} ms ${value > 0 ? "later" : "earlier"}` },
  attack: { name: "attack_ms", usual: 5, words: (value) => `rise ${value} ms` },
  release: { name: "release_ms", usual: 120, words: (value) => `fall ${value} ms` },
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

  function say() {
    const said = Object.entries(chosen()).map(([id, value]) => SETTINGS[id].words(value)).join(" · ");
    byId("settings-words").textContent = known ? said || "as usual" : "of whoever started it";
    byId("settings-reset").disabled = !said;
  }

  function changed() {
    localStorage.setItem(PLACE, JSON.stringify(chosen()));
    say();
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
  say();

  return {
    /** The fields of a request. */
    request() {
      return Object.fromEntries(Object.entries(chosen()).map(([id, value]) => [SETTINGS[id].name, SETTINGS[id].asked?.(value) ?? value]));
    },

    /** How many channels there are to choose from; null: nobody knows. */
    offerChannels(count) {
      byId("channel").max = String(count ?? MOST_CHANNELS);
      byId("channel-note").textContent = count === 1 ? "there is one" : `${count ? `1 to ${count}; ` : ""}1 is left; empty: the mean of all`;
    },

    /** Whether what runs was started with what stands here; otherwise nothing can be said or changed. */
    areKnown(now) {
      known = now;
      byId("settings-fields").disabled = !now;
      say();
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
