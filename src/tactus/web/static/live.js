/** The half of the page for live sound: choosing a source, and everything that moves with it. */

import { LiveConnection } from "./live_connection.js";
import { startLiveControls } from "./live_controls.js";
import { call, post, showProblem } from "./problems.js";
import { Pulse } from "./pulse.js";
import { meter } from "./result_view.js";
import { Sender } from "./sender.js";
import { Spectrum } from "./spectrum.js";
import { eventWords } from "./words.js";

const LEVELS = [["Bass", "bass_level", "bass"], ["Mid", "mid_level", "mid"], ["Treble", "treble_level", "treble"], ["Volume", "overall_volume", "volume"], ["Input", "overall_volume_raw", "input"]];
const INPUT_FLOOR_DB = -60;
const SESSION = "default_user";
const EVENTS_SHOWN = 5;
const WORDS_EVERY_MS = 500;
const TOLD = new Set(["device_lost", "stalled", "resumed", "gap"]);

const SOURCE_WORDS = {
  demo: "Music that the service makes itself: no microphone needed.",
  device: "A microphone or line input of the machine that runs the service.",
  loopback: "What the machine that runs the service plays.",
  browser: "This browser’s microphone: the browser will ask.",
  tab: "What another tab plays: choose it, and tick “Also share tab audio”.",
  url: "Internet radio, or any sound behind an address.",
};

/** Make the live half work. @param {(id: string) => HTMLElement} byId */
export function startLive(byId) {
  const spectrum = new Spectrum(byId("spectrum"));
  const pulse = new Pulse(byId);
  const meters = LEVELS.map(([name, field, kind]) => ({ field, ...meter(name, kind) }));
  byId("levels").replaceChildren(...meters.map(({ element }) => element));
  const connection = new LiveConnection(hear, connectionState);

  const showControls = startLiveControls(byId);
  const sender = new Sender((reason) => leave(reason));

  let recording = false;
  let state = "closed";
  let lastSequence = null;
  let lost = 0;
  let delay_ms = null;
  let saidAt = 0;

  function hear(message) {
    count(message.sequence);
    if (message.controls) showControls(message.state === "stopped" ? null : message.controls);
    if (message.type === "frame") frame(message);
    else if (TOLD.has(message.type)) tell(message);
    else if (message.silent_input) tell(message);
    else if (message.type === "state" && message.state === "stopped") running(false);
  }

  /** Every message has the next number: a number left out is a message lost, also while the connection was away. */
  function count(sequence) {
    if (sequence === undefined) return;
    if (lastSequence !== null && sequence > lastSequence + 1) lost += sequence - lastSequence - 1;
    lastSequence = sequence;
  }

  function frame(message) {
    delay_ms = 1000 * (message.latency_s + message.input_latency_s);
    spectrum.hear(message.frequency_data, message.sample_rate);
    pulse.hear(message);
    const speak = performance.now() - saidAt > WORDS_EVERY_MS;
    for (const { field, gauge, fill, figure } of meters) {
      const amplitude = message[field] ?? 0;
      const decibels = Math.max(INPUT_FLOOR_DB, 20 * Math.log10(amplitude));
      const level = field === "overall_volume_raw" ? 1 - decibels / INPUT_FLOOR_DB : amplitude;
      fill.style.transform = `scaleX(${level})`;
      if (!speak) continue;
      gauge.ariaValueNow = figure.textContent = String(Math.round(100 * level));
      if (field !== "overall_volume_raw") continue;
      figure.textContent = decibels > INPUT_FLOOR_DB ? String(Math.round(decibels)) : "–"; // not the gain-controlled level
      gauge.ariaValueText = decibels > INPUT_FLOOR_DB ? `${Math.round(decibels)} decibels` : "nothing arrives";
    }
    if (speak) {
      saidAt = performance.now();
      connectionWords();
    }
  }

  function connectionState(now) {
    state = now;
    if (now !== "open") delay_ms = null; // until the next frame nobody knows
    connectionWords();
  }

  function connectionWords() {
    const line = byId("connection");
    line.dataset.state = state;
    const words = {
      closed: "Not listening",
      connecting: "Connecting …",
      waiting: "The connection broke. Trying again …",
      open: [
        "Connected",
        delay_ms !== null && `${Math.round(delay_ms)} ms behind`,
        lost ? `${lost} ${lost === 1 ? "message" : "messages"} lost` : "nothing lost",
      ].filter(Boolean).join(" · "),
    }[state];
    if (line.textContent !== words) line.textContent = words;
  }

  function tell(event) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = new Date().toLocaleTimeString("en-GB");
    item.dataset.type = event.type;
    item.append(time, ` ${eventWords(event)}`);
    byId("events").prepend(item);
    while (byId("events").childElementCount > EVENTS_SHOWN) byId("events").lastElementChild.remove();
  }

  function running(on) {
    if (on === recording) return;
    recording = on;
    byId("start").textContent = on ? "Stop" : "Start";
    byId("start").classList.toggle("running", on);
    byId("live").classList.toggle("running", on);
    for (const radio of byId("source").elements.source) radio.disabled = on;
    byId("device").disabled = byId("stream").disabled = on;
    if (on) {
      [lost, lastSequence, delay_ms] = [0, null, null];
      spectrum.start();
      connection.open();
      return;
    }
    showControls(null);
    sender.stop();
    connection.close();
    spectrum.stop();
    pulse.clear();
    for (const { gauge, fill, figure } of meters) {
      fill.style.transform = "scaleX(0)";
      gauge.ariaValueNow = figure.textContent = "0";
    }
  }

  function source() {
    return byId("source").elements.source.value;
  }

  let changing = false; // in the place of a disabled button, which would lose the keyboard's focus

  async function toggle() {
    if (changing) return;
    changing = true;
    showProblem(byId("live-problem"), null);
    try {
      if (recording) {
        await post("/live/stop", {});
        running(false);
      } else {
        await begin();
      }
    } catch (refusal) {
      showProblem(byId("live-problem"), refusal);
    } finally {
      changing = false;
    }
  }

  async function begin() {
    const sends = source() === "browser" || source() === "tab";
    if (sends) await sender.ask(source());
    try {
      await post("/live/start", request());
      if (sends) await sender.send(SESSION);
    } catch (refusal) {
      sender.stop();
      throw refusal;
    }
    running(true);
    await learn();
  }

  function request() {
    switch (source()) {
      case "device": return { source: "device", device: byId("device").value };
      case "url": return { source: "url", url: byId("stream").value.trim() };
      case "tab": return { source: "browser" };
      default: return { source: source() };
    }
  }

  /** What this page sent has come to an end by itself. */
  async function leave(reason) {
    showProblem(byId("live-problem"), reason && new Error(reason));
    running(false);
    await post("/live/stop", {}).catch(() => {}); // the status line says already that the service is away
  }

  /** Take over what is going on already, also what another page or program started. */
  async function learn() {
    const status = await call("/live/status");
    const shown = source() === "tab" ? "browser" : source();
    if (status.source in SOURCE_WORDS && status.source !== shown) {
      byId("source").elements.source.value = status.source;
      showSource();
    }
    running(status.is_recording);
    showControls(status.controls);
  }

  function showSource() {
    byId("devices").hidden = source() !== "device";
    byId("streams").hidden = source() !== "url";
    byId("stream").required = source() === "url";
    byId("start").disabled = false;
    byId("source-note").textContent = SOURCE_WORDS[source()];
    if (source() === "device") listDevices();
  }

  async function listDevices() {
    const select = byId("device");
    select.replaceChildren();
    byId("source-note").textContent = "Looking for microphones …";
    try {
      const { devices, remedy = "No microphone was found." } = await call("/devices");
      select.append(...devices.map(({ id, name, is_default: usual }) => new Option(name, id, usual, usual)));
      byId("source-note").textContent = devices.length ? SOURCE_WORDS.device : remedy;
    } catch (refusal) {
      byId("source-note").textContent = refusal.message;
    }
    select.hidden = select.options.length === 0;
    if (source() === "device") byId("start").disabled = select.options.length === 0 && !recording;
  }

  byId("source").addEventListener("submit", (event) => {
    event.preventDefault();
    toggle();
  });
  byId("source").addEventListener("change", ({ target }) => {
    if (target.name === "source") showSource();
  });
  byId("look-again").addEventListener("click", listDevices);

  learn().catch(() => {}); // the status line says already that the service is away
  document.addEventListener("visibilitychange", () => document.hidden || learn().catch(() => {}));
}
