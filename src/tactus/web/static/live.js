/** The live half of the page: start and stop of a session, and everything that shows it. */

import { LiveConnection } from "./live_connection.js";
import { startLiveControls } from "./live_controls.js";
import { SourceStatus } from "./live_source_status.js";
import { Levels } from "./live_levels.js";
import { Music } from "./live_music.js";
import { startSessions } from "./live_sessions.js";
import { startSettings } from "./live_settings.js";
import { startSource } from "./live_source.js";
import { call, post, showProblem } from "./problems.js";
import { Pulse } from "./pulse.js";
import { Sender } from "./sender.js";
import { Spectrum } from "./spectrum.js";
import { eventText } from "./text.js";

const EVENTS_SHOWN = 5;
const TEXT_EVERY_MS = 500;
const LOGGED_EVENTS = new Set(["device_lost", "stalled", "resumed", "gap", "ended"]);

/** Starts the live half. @param {(id: string) => HTMLElement} byId */
export function startLive(byId) {
  const spectrum = new Spectrum(byId("spectrum"));
  const pulse = new Pulse(byId);
  const levels = new Levels(byId("levels"));
  const music = new Music(byId);
  const sourceStatus = new SourceStatus(byId("source-status"));
  const connection = new LiveConnection(onMessage, showConnectionState);
  const sender = new Sender(leave);
  const settings = startSettings(byId, offerRestart);
  const source = startSource(byId, (channels) => {
    settings.offerChannels(channels);
    offerRestart();
  });
  const sessions = startSessions(byId, watch, (running) => {
    if (!recording && !changing && running.some(({ session }) => session === sessions.current())) refresh().catch(() => {});
  });
  const showControls = startLiveControls(byId, sessions.current);

  const started = new Map(); // requests of this page and their start times, by session
  let recording = false;
  let changing = false; // instead of a disabled button, which would lose the keyboard focus
  let state = "closed";
  let lastSequence = null;
  let lost = 0;
  let delay_ms = null;
  let textShownAt = 0;

  function onMessage(message) {
    count(message.sequence);
    sourceStatus.update(message);
    if (message.controls) showControls(message.state === "stopped" ? null : message.controls);
    if (message.type === "frame") showFrame(message);
    else if (LOGGED_EVENTS.has(message.type)) logEvent(message);
    else if (message.silent_input) logEvent(message);
    else if (message.type === "state" && message.state === "stopped" && !changing) running(false);
  }

  /** Counts lost messages: sequence numbers are consecutive, also over a reconnect. */
  function count(sequence) {
    if (sequence === undefined) return;
    if (lastSequence !== null && sequence > lastSequence + 1) lost += sequence - lastSequence - 1;
    lastSequence = sequence;
  }

  function showFrame(message) {
    const showText = performance.now() - textShownAt > TEXT_EVERY_MS;
    delay_ms = 1000 * (message.latency_s + message.input_latency_s);
    spectrum.update(message.frequency_data, message.sample_rate);
    for (const each of [pulse, levels, music]) each.update(message, showText);
    if (!showText) return;
    textShownAt = performance.now();
    showConnection();
  }

  function showConnectionState(now) {
    state = now;
    if (now !== "open") delay_ms = null; // unknown until the next frame
    if (now === "waiting") sourceStatus.lose();
    showConnection();
  }

  function showConnection() {
    const line = byId("connection");
    line.dataset.state = state;
    const text = {
      closed: "Not connected",
      connecting: "Connecting …",
      waiting: "The connection broke. Trying again …",
      open: [
        "Connected",
        delay_ms !== null && `${Math.round(delay_ms)} ms behind`,
        lost ? `${lost} ${lost === 1 ? "message" : "messages"} lost` : "nothing lost",
      ].filter(Boolean).join(" · "),
    }[state];
    if (line.textContent !== text) line.textContent = text;
  }

  function logEvent(event) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = new Date().toLocaleTimeString("en-GB");
    item.dataset.type = event.type;
    item.append(time, ` ${eventText(event)}`);
    byId("events").prepend(item);
    while (byId("events").childElementCount > EVENTS_SHOWN) byId("events").lastElementChild.remove();
  }

  /** Show the current session as running or stopped. */
  function running(on) {
    if (on === recording) return;
    if (!on) {
      if (sender.session === sessions.current()) sender.stop();
      started.delete(sessions.current());
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
      sourceStatus.open();
      connection.open(sessions.current());
    } else {
      reset();
    }
    offerRestart();
  }

  /** Reset everything that moves. */
  function reset() {
    showControls(null);
    connection.close();
    spectrum.stop();
    sourceStatus.stop();
    for (const each of [pulse, levels, music]) each.clear();
  }

  /** Show another session; sound that this page sends to a session continues. */
  function watch() {
    showProblem(byId("live-problem"), null);
    byId("events").replaceChildren();
    if (recording) listen(false);
    sourceStatus.clear();
    refresh().catch((refusal) => showProblem(byId("live-problem"), refusal));
  }

  /** Run one user action at a time and show its error. */
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
    const chosen = request();
    if (source.isSent() && sender.session) throw new Error(`This page sends its sound to the session ${sender.session}: stop that first.`);
    if (source.isSent()) await sender.ask(source.kind());
    await start(chosen);
  }

  /** Stop, and start with the current choices. */
  async function restart() {
    const chosen = request();
    if (source.isSent()) sender.pause();
    await post("/live/stop", { session: chosen.session });
    try {
      await start(chosen);
    } catch (refusal) {
      if (chosen.session === sessions.current()) running(false);
      throw refusal;
    }
  }

  async function start(chosen) {
    const sends = chosen.source === "browser";
    try {
      const { started_at } = await post("/live/start", chosen);
      if (sends) await sender.send(chosen.session, chosen.channel === undefined ? 1 : 2);
      started.set(chosen.session, { chosen, started_at });
    } catch (refusal) {
      if (sends) sender.stop();
      throw refusal;
    }
    await refresh();
  }

  function request() {
    return { session: sessions.current(), ...source.request(), ...settings.request() };
  }

  /** Offer a restart with other settings, for sessions that this page started (settings of others are unknown). */
  function offerRestart() {
    const chosen = started.get(sessions.current())?.chosen;
    settings.areKnown(!recording || chosen !== undefined);
    const device = chosen?.device; // can be changed without a restart
    byId("apply").hidden = !recording || !chosen || JSON.stringify({ ...request(), device }) === JSON.stringify({ ...chosen, device });
  }

  /** Switch to another device without stopping. */
  async function switchDevice() {
    const session = new URLSearchParams({ session: sessions.current() });
    try {
      await post(`/devices/${encodeURIComponent(byId("device").value)}?${session}`, {});
    } finally {
      await refresh(); // shows the device in use
    }
  }

  /** The sound that this page sent to a session has ended. */
  async function leave(reason, session) {
    if (session === sessions.current()) {
      showProblem(byId("live-problem"), reason && new Error(reason));
      running(false);
    }
    await post("/live/stop", { session }).catch(() => {}); // the health line shows already that the service is away
  }

  /** Take over the state of the session from the service, also of one that another client started. */
  async function refresh() {
    const session = sessions.current();
    const status = await call(`/live/status?${new URLSearchParams({ session })}`);
    if (session !== sessions.current()) return;
    if (status.started_at !== started.get(session)?.started_at) started.delete(session);
    running(status.is_recording);
    if (status.is_recording) {
      source.take(status);
      sourceStatus.join(status);
    }
    showControls(status.controls);
    offerRestart();
  }

  byId("source").addEventListener("submit", (event) => {
    event.preventDefault();
    change(recording ? stop : begin);
  });
  byId("apply").addEventListener("click", () => change(restart));
  byId("device").addEventListener("change", () => recording && change(switchDevice));

  offerRestart();
  refresh().catch(() => {}); // the health line shows already that the service is away
  document.addEventListener("visibilitychange", () => document.hidden || refresh().catch(() => {}));
}
