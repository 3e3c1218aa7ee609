/** The half of the page for live sound: a session from start to stop, and everything that moves with it. */

import { LiveConnection } from "./live_connection.js";
import { startLiveControls } from "./live_controls.js";
import { Hearing } from "./live_hearing.js";
import { Levels } from "./live_levels.js";
import { Music } from "./live_music.js";
import { startSessions } from "./live_sessions.js";
import { startSettings } from "./live_settings.js";
import { startSource } from "./live_source.js";
import { call, post, showProblem } from "./problems.js";
import { Pulse } from "./pulse.js";
import { Sender } from "./sender.js";
import { Spectrum } from "./spectrum.js";
import { eventWords } from "./words.js";

const EVENTS_SHOWN = 5;
const WORDS_EVERY_MS = 500;
const TOLD = new Set(["device_lost", "stalled", "resumed", "gap", "ended"]);

/** Make the live half work. @param {(id: string) => HTMLElement} byId */
export function startLive(byId) {
  const spectrum = new Spectrum(byId("spectrum"));
  const pulse = new Pulse(byId);
  const levels = new Levels(byId("levels"));
  const music = new Music(byId);
  const hearing = new Hearing(byId("hearing"));
  const connection = new LiveConnection(hear, connectionState);
  const sender = new Sender(leave);
  const settings = startSettings(byId, offerAnew);
  const source = startSource(byId, (channels) => {
    settings.offerChannels(channels);
    offerAnew();
  });
  const sessions = startSessions(byId, watch, (running) => {
    if (!recording && !changing && running.some(({ session }) => session === sessions.current())) learn().catch(() => {});
  });
  const showControls = startLiveControls(byId, sessions.current);

  const begun = new Map(); // what this page has started, by session, and when
  let recording = false;
  let changing = false; // in the place of a disabled button, which would lose the keyboard's focus
  let state = "closed";
  let lastSequence = null;
  let lost = 0;
  let delay_ms = null;
  let saidAt = 0;

  function hear(message) {
    count(message.sequence);
    hearing.hear(message);
    if (message.controls) showControls(message.state === "stopped" ? null : message.controls);
    if (message.type === "frame") frame(message);
    else if (TOLD.has(message.type)) tell(message);
    else if (message.silent_input) tell(message);
    else if (message.type === "state" && message.state === "stopped" && !changing) running(false);
  }

  /** Every message has the next number: a number left out is a message lost, also while the connection was away. */
  function count(sequence) {
    if (sequence === undefined) return;
    if (lastSequence !== null && sequence > lastSequence + 1) lost += sequence - lastSequence - 1;
    lastSequence = sequence;
  }

  function frame(message) {
    const speak = performance.now() - saidAt > WORDS_EVERY_MS;
    delay_ms = 1000 * (message.latency_s + message.input_latency_s);
    spectrum.hear(message.frequency_data, message.sample_rate);
    for (const each of [pulse, levels, music]) each.hear(message, speak);
    if (!speak) return;
    saidAt = performance.now();
    connectionWords();
  }

  function connectionState(now) {
    state = now;
    if (now !== "open") delay_ms = null; // until the next frame nobody knows
    if (now === "waiting") hearing.lose();
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

  /** The session that is looked at runs, or does no more. */
  function running(on) {
    if (on === recording) return;
    if (!on) {
      if (sender.session === sessions.current()) sender.stop();
      begun.delete(sessions.current());
    }
    listen(on);
  }

  function listen(on) {
    recording = on;
    byId("start").textContent = on ? "Stop" : "Start";
    byId("start").classList.toggle("running", on);
    byId("live").classList.toggle("running", on);
    source.lock(on);
    if (on) {
      [lost, lastSequence, delay_ms] = [0, null, null];
      spectrum.start();
      hearing.open();
      connection.open(sessions.current());
    } else {
      rest();
    }
    offerAnew();
  }

  /** Nothing is heard: everything that moves comes to rest. */
  function rest() {
    showControls(null);
    connection.close();
    spectrum.stop();
    hearing.rest();
    for (const each of [pulse, levels, music]) each.clear();
  }

  /** Look at another session; what this page sends to one goes on. */
  function watch() {
    showProblem(byId("live-problem"), null);
    byId("events").replaceChildren();
    if (recording) listen(false);
    hearing.clear();
    learn().catch((refusal) => showProblem(byId("live-problem"), refusal));
  }

  /** Run what somebody asked for, one thing at a time; a refusal is shown. */
  async function change(what) {
    if (changing) return;
    changing = true;
    showProblem(byId("live-problem"), null);
    try {
      await what();
    } catch (refusal) {
      showProblem(byId("live-problem"), refusal);
    } finally {
      changing = false;
      sessions.ask();
    }
  }

  async function stop() {
    const session = sessions.current();
    await post("/live/stop", { session });
    if (session === sessions.current()) running(false);
  }

  async function begin() {
    const wanted = request();
    if (source.isSent() && sender.session) throw new Error(`This page sends its sound to the session ${sender.session}: stop that first.`);
    if (source.isSent()) await sender.ask(source.kind());
    await start(wanted);
  }

  /** Stop, and start with what is chosen now. */
  async function beginAnew() {
    const wanted = request();
    if (source.isSent()) sender.pause();
    await post("/live/stop", { session: wanted.session });
    try {
      await start(wanted);
    } catch (refusal) {
      if (wanted.session === sessions.current()) running(false);
      throw refusal;
    }
  }

  async function start(wanted) {
    const sends = wanted.source === "browser";
    try {
      const { started_at } = await post("/live/start", wanted);
      if (sends) await sender.send(wanted.session, wanted.channel === undefined ? 1 : 2);
      begun.set(wanted.session, { wanted, started_at });
    } catch (refusal) {
      if (sends) sender.stop();
      throw refusal;
    }
    await learn();
  }

  function request() {
    return { session: sessions.current(), ...source.request(), ...settings.request() };
  }

  /** A session that this page has started can be started anew with other settings; of others they are not known. */
  function offerAnew() {
    const wanted = begun.get(sessions.current())?.wanted;
    settings.areKnown(!recording || wanted !== undefined);
    const device = wanted?.device; // is changed without starting anew
    byId("apply").hidden = !recording || !wanted || JSON.stringify({ ...request(), device }) === JSON.stringify({ ...wanted, device });
  }

  /** Hear another device from here on, without an end. */
  async function switchDevice() {
    const session = new URLSearchParams({ session: sessions.current() });
    try {
      await post(`/devices/${encodeURIComponent(byId("device").value)}?${session}`, {});
    } finally {
      await learn(); // which device it is now
    }
  }

  /** What this page sent to a session has come to an end by itself. */
  async function leave(reason, session) {
    if (session === sessions.current()) {
      showProblem(byId("live-problem"), reason && new Error(reason));
      running(false);
    }
    await post("/live/stop", { session }).catch(() => {}); // the status line says already that the service is away
  }

  /** Take over what is going on already, also what another page or program started. */
  async function learn() {
    const session = sessions.current();
    const status = await call(`/live/status?${new URLSearchParams({ session })}`);
    if (session !== sessions.current()) return;
    if (status.started_at !== begun.get(session)?.started_at) begun.delete(session);
    running(status.is_recording);
    if (status.is_recording) {
      source.take(status);
      hearing.join(status);
    }
    showControls(status.controls);
    offerAnew();
  }

  byId("source").addEventListener("submit", (event) => {
    event.preventDefault();
    change(recording ? stop : begin);
  });
  byId("apply").addEventListener("click", () => change(beginAnew));
  byId("device").addEventListener("change", () => recording && change(switchDevice));

  offerAnew();
  learn().catch(() => {}); // the status line says already that the service is away
  document.addEventListener("visibilitychange", () => document.hidden || learn().catch(() => {}));
}
