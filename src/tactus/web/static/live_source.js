/** Choosing where live sound comes from, and what exactly: which device, address or file. */

import { call } from "./problems.js";

const SENT_CHANNELS = 2; // what this page can send of a browser's sound
const PARTS = { device: "devices", url: "streams", file: "media" };
const SELECTS = { device: "device", file: "media-file" };

/**
 * Starts the choice of a source.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {(channels: number | null) => void} onChange gets the number of channels, null if unknown
 */
export function startSource(byId, onChange) {
  const radios = byId("source").elements.source;
  const channels = new Map();
  let locked = false;
  let inUse = null;

  const kind = () => radios.value;
  const choice = (source) => [...radios].find(({ value }) => value === source);
  const noteOf = (source) => choice(source)?.dataset.note ?? "";

  function count() {
    if (kind() === "device") return channels.get(byId("device").value) ?? null;
    if (kind() === "demo") return 1;
    return kind() === "browser" || kind() === "tab" ? SENT_CHANNELS : null;
  }

  function show() {
    for (const [source, part] of Object.entries(PARTS)) byId(part).hidden = kind() !== source;
    byId("stream").required = kind() === "url";
    byId("start").disabled = false;
    byId("source-note").textContent = noteOf(kind());
    if (kind() === "device") list("device", "Looking for microphones …", devices);
    if (kind() === "file") list("file", "Looking into the folder …", files);
    onChange(count());
  }

  /** Refill a list; an empty one shows the reason and cannot be started. */
  async function list(source, meanwhile, found) {
    const select = byId(SELECTS[source]);
    const before = select.value;
    let note;
    select.replaceChildren();
    byId("source-note").textContent = meanwhile;
    try {
      note = await found(select);
    } catch (refusal) {
      note = refusal.message;
    }
    for (const wanted of [before, source === "device" && inUse]) {
      if ([...select.options].some(({ value }) => value === wanted)) select.value = wanted;
    }
    select.hidden = select.options.length === 0;
    if (kind() !== source) return;
    byId("source-note").textContent = note;
    byId("start").disabled = select.hidden && !locked;
    onChange(count());
  }

  async function devices(select) {
    const { devices: found, remedy = "No microphone was found." } = await call("/devices");
    select.replaceChildren(...found.map(({ id, name, is_default: usual }) => new Option(name, id, usual, usual)));
    for (const device of found) channels.set(device.id, device.channels);
    return found.length ? noteOf("device") : remedy;
  }

  async function files(select) {
    const { files: found, complete, remedy } = await call("/live/files");
    select.replaceChildren(...byFolder(found));
    if (!found.length) return remedy;
    return complete ? noteOf("file") : `The first ${found.length} files of the folder; there are more.`;
  }

  byId("source-note").textContent = noteOf(kind());
  byId("source").addEventListener("change", ({ target }) => {
    if (target.name === "source") show();
    else if (target.id === "device") onChange(count());
  });
  byId("look-again").addEventListener("click", () => list("device", "Looking for microphones …", devices));
  byId("list-again").addEventListener("click", () => list("file", "Looking into the folder …", files));

  return {
    kind,

    /** Whether this browser sends the sound. */
    isSent: () => kind() === "browser" || kind() === "tab",

    /** The fields of a request. */
    request() {
      switch (kind()) {
        case "device": return { source: "device", device: byId("device").value };
        case "url": return { source: "url", url: byId("stream").value.trim() };
        case "file": return { source: "file", file: byId("media-file").value };
        case "tab": return { source: "browser" };
        default: return { source: kind() };
      }
    },

    /** Show the source of the running session, from its status. */
    take({ source, device_id }) {
      inUse = device_id;
      if (source === "device" && [...byId("device").options].some(({ value }) => value === inUse)) byId("device").value = inUse;
      const shown = kind() === "tab" ? "browser" : kind();
      if (!choice(source) || source === shown) return;
      radios.value = source;
      show();
    },

    /** While a session runs its source stays; only its device may be another. */
    lock(on) {
      locked = on;
      if (!on) inUse = null;
      for (const radio of radios) radio.disabled = on;
      byId("stream").disabled = byId("media-file").disabled = on;
      if (!on && kind() in SELECTS) byId("start").disabled = byId(SELECTS[kind()]).hidden;
    },
  };
}

/** Names as options, in a group for each folder. */
function byFolder(names) {
  const groups = new Map();
  for (const name of names) {
    const folder = name.slice(0, Math.max(0, name.lastIndexOf("/")));
    const option = new Option(folder ? name.slice(folder.length + 1) : name, name);
    groups.set(folder, [...(groups.get(folder) ?? []), option]);
  }
  return [...groups].flatMap(([folder, options]) => {
    if (!folder) return options;
    const group = Object.assign(document.createElement("optgroup"), { label: folder });
    group.append(...options);
    return [group];
  });
}
