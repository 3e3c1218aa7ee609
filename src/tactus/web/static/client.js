/**
 * Tactus' live sound for any web page: levels, spectrum, a phase that runs smoothly and beats on time. No dependencies.
 *
 *   import { connect } from "http://localhost:8001/client.js";
 *   const live = connect({ session: "default_user" });
 *   live.on("beat", (beat) => flash());
 *   function draw() { circle(live.levels.bass, live.phase()); requestAnimationFrame(draw); }
 *
 * `live.analyser()` has the interface of Web Audio's AnalyserNode, for sketches that were written for one.
 */

const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 8000;
const FIRST_PINGS = 5;
const FIRST_PING_MS = 150;
const PING_MS = 5000;
const PINGS_KEPT = 8;
const HISTORY = 32768; // the largest window of an AnalyserNode
const LATE_MS = 250; // a beat that arrives this long after it sounded is dropped
const NEW_CLOCK_S = 0.1; // audio time jumps where sound is missing; smaller differences are jitter
const PULL_S = 0.15; // time constant with which the phase follows a correction
const HEADER_BYTES = 88;
const BINARY_VERSION = 1;
const LEVELS = ["bass", "mid", "treble", "volume", "energy"];
const FRAME_LEVELS = ["bass_level", "mid_level", "treble_level", "overall_volume", "energy_level"];

/**
 * Connect to a live session.
 *
 * @param {object} [options]
 * @param {string} [options.url] address of the service; by default where this file came from
 * @param {string} [options.session] name of the session; by default "default_user"
 * @param {string} [options.token] API token, where the service asks for one
 * @param {string[]} [options.fields] names of the frame fields to receive; by default all
 * @param {number} [options.bins] number of spectrum bins; `scale` "linear" or "log"; `rate` at most so many frames a second
 * @param {number} [options.lead_ms] how much earlier beats are emitted and the phase runs: the delay of lamps or screens
 */
export function connect(options = {}) {
  return new Live(options);
}

/** A connection to one session; it reconnects by itself until `close` is called. */
export class Live {
  constructor({ url = new URL("/", import.meta.url).href, session = "default_user", token, lead_ms = 0, ...format }) {
    this.lead_ms = lead_ms;
    this.frame = null;
    this.state = "connecting";
    this.levels = Object.fromEntries(LEVELS.map((name) => [name, 0]));
    this.bpm = null;
    this.beatInBar = 0;
    this.sampleRate = 44100;
    this.listeners = new Map();
    this.beats = new Map();
    this.clock = new Clock();
    this.history = new History();
    this.smooth = { phase: 0, at_ms: null };
    this.last = null;
    this.wait_ms = FIRST_WAIT_MS;
    this.protocols = token ? ["tactus", `bearer.${token}`] : [];
    this.address = new URL("/live/ws", url.replace(/^http/, "ws"));
    this.address.searchParams.set("session", session);
    this.address.searchParams.set("format", "binary");
    for (const [name, value] of Object.entries(format)) if (value !== undefined) this.address.searchParams.set(name, value);
    this.open();
  }

  /**
   * Subscribe to events: "beat" (on the beat), "prediction" (a beat as soon as it is predicted), "frame", "onset", "tempo", "state",
   * "device_lost", "stalled", "resumed", "gap", "ended", "connection" ("open", "waiting" or "closed").
   * @returns {() => void} unsubscribes
   */
  on(name, listener) {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }

  /** Audio time at a moment of `performance.now()` [s]; null before the first frame. */
  audioTime(now_ms = performance.now()) {
    return this.clock.audioTime(now_ms);
  }

  /** Moment at which an audio time sounds, on the clock of `performance.now()` [ms]. */
  momentOf(audioTime) {
    return this.clock.moment_ms(audioTime);
  }

  /** Beat phase in [0, 1), smooth at any frame rate; null while there is no beat. */
  phase(now_ms = performance.now()) {
    const { frame, bpm, smooth } = this;
    if (!frame || !bpm || frame.phase === null) {
      smooth.at_ms = null;
      return null;
    }
    const ahead_s = this.audioTime(now_ms + this.lead_ms) - frame.audio_time;
    const wanted = frame.phase + (ahead_s * bpm) / 60;
    if (smooth.at_ms === null) smooth.phase = wanted;
    else {
      const passed_s = Math.max(0, now_ms - smooth.at_ms) / 1000;
      const going = smooth.phase + (passed_s * bpm) / 60;
      const error = wanted - going - Math.round(wanted - going);
      smooth.phase = going + Math.max(error * (1 - Math.exp(-passed_s / PULL_S)), (-passed_s * bpm) / 60); // never backwards
    }
    smooth.at_ms = now_ms;
    smooth.phase -= Math.floor(smooth.phase);
    return smooth.phase;
  }

  /** An object with the interface of AnalyserNode: `fftSize`, `smoothingTimeConstant`, ... */
  analyser(options) {
    return new Analyser(this, options);
  }

  /** Close the connection for good. */
  close() {
    clearTimeout(this.timer);
    clearTimeout(this.pinging);
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
    this.forget();
    this.connection("closed");
  }

  open() {
    if (this.last !== null) this.address.searchParams.set("after", this.last);
    const socket = new WebSocket(this.address, this.protocols);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    const ifCurrent = (handler) => (event) => socket === this.socket && handler(event);
    socket.addEventListener("open", ifCurrent(() => {
      this.connection("open");
      this.ping(FIRST_PINGS);
    }));
    socket.addEventListener("message", ifCurrent(({ data }) => {
      this.wait_ms = FIRST_WAIT_MS;
      if (typeof data === "string") this.onMessage(JSON.parse(data));
      else this.onFrame(frameOf(data));
    }));
    socket.addEventListener("close", ifCurrent(() => {
      clearTimeout(this.pinging);
      this.connection("waiting");
      this.timer = setTimeout(() => this.open(), this.wait_ms * (0.5 + Math.random() / 2));
      this.wait_ms = Math.min(2 * this.wait_ms, MAX_WAIT_MS);
    }));
  }

  connection(state) {
    this.state = state;
    this.emit("connection", state);
  }

  ping(nFast) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send(`{"type":"ping","id":${this.clock.pinged(performance.now())}}`);
    this.pinging = setTimeout(() => this.ping(nFast - 1), nFast > 0 ? FIRST_PING_MS : PING_MS);
  }

  onMessage(message) {
    if (message.type === "pong") {
      this.clock.answered(message.id, message.server_time, performance.now());
      return;
    }
    if (message.sequence !== undefined) this.last = message.sequence;
    if (message.sample_rate) this.sampleRate = message.sample_rate;
    if (message.type === "beat") this.schedule(message);
    else if (message.type === "beat_cancelled") this.cancel(message.id);
    else this.emit(message.type, message);
    if (message.type === "stalled" || message.state === "stopped") this.forget();
  }

  onFrame(frame) {
    this.last = frame.sequence;
    this.clock.synchronise(frame.audio_time, frame.timestamp, frame.timestamp + frame.latency_s, performance.now());
    LEVELS.forEach((name, at) => (this.levels[name] = frame[FRAME_LEVELS[at]]));
    this.bpm = frame.bpm;
    this.beatInBar = frame.beat_in_bar;
    this.frame = frame;
    this.history.add(frame.time_domain_data);
    this.emit("frame", frame);
  }

  schedule(beat) {
    const known = this.beats.get(beat.id);
    if (known?.isDone) return;
    clearTimeout(known?.timer);
    const due_ms = (this.momentOf(beat.audio_time) ?? performance.now()) - this.lead_ms;
    const wait_ms = due_ms - performance.now();
    const entry = { isDone: wait_ms < -LATE_MS, timer: 0 };
    this.beats.set(beat.id, entry);
    for (const id of this.beats.keys()) if (this.beats.size > 64) this.beats.delete(id);
    this.emit("prediction", beat);
    if (entry.isDone) return;
    entry.timer = setTimeout(() => {
      entry.isDone = true;
      this.emit("beat", { ...beat, due_ms });
    }, Math.max(0, wait_ms));
  }

  cancel(id) {
    clearTimeout(this.beats.get(id)?.timer);
    this.beats.delete(id);
  }

  /** Drop all pending beats and set levels to zero: nothing sounds any more. */
  forget() {
    for (const id of this.beats.keys()) this.cancel(id);
    LEVELS.forEach((name) => (this.levels[name] = 0));
    this.bpm = null;
    this.history.silence();
  }

  emit(name, value) {
    for (const listener of this.listeners.get(name) ?? []) listener(value);
  }
}

/** Maps audio time to the page's clock, by way of the service's clock. */
class Clock {
  constructor() {
    this.pending = new Map();
    this.id = 0;
    this.answers = [];
    this.offset_ms = null; // page clock at epoch time 0 of the service
    this.began_s = null; // epoch time of the service at audio time 0
    this.guess_ms = Infinity;
  }

  pinged(now_ms) {
    this.id += 1;
    this.pending.set(this.id, now_ms);
    for (const id of this.pending.keys()) if (this.pending.size > PINGS_KEPT) this.pending.delete(id);
    return this.id;
  }

  /** Estimate the offset from the answer with the shortest round trip: half of it lies before the server's moment. */
  answered(id, server_s, now_ms) {
    const sent_ms = this.pending.get(id);
    if (sent_ms === undefined) return;
    this.pending.delete(id);
    this.answers.push({ took_ms: now_ms - sent_ms, offset_ms: (now_ms + sent_ms) / 2 - 1000 * server_s });
    if (this.answers.length > PINGS_KEPT) this.answers.shift();
    this.offset_ms = this.answers.reduce((best, next) => (next.took_ms < best.took_ms ? next : best)).offset_ms;
  }

  synchronise(audio_s, timestamp_s, sent_s, now_ms) {
    const began_s = timestamp_s - audio_s;
    const shift_s = this.began_s === null ? Infinity : began_s - this.began_s;
    this.began_s = Math.abs(shift_s) > NEW_CLOCK_S ? began_s : this.began_s + shift_s / 20;
    if (this.answers.length) return;
    this.guess_ms = Math.min(this.guess_ms, now_ms - 1000 * sent_s); // until there are answers: the shortest delay so far
    this.offset_ms = this.guess_ms;
  }

  audioTime(now_ms) {
    return this.began_s === null ? null : (now_ms - this.offset_ms) / 1000 - this.began_s;
  }

  moment_ms(audio_s) {
    return this.began_s === null ? null : 1000 * (this.began_s + audio_s) + this.offset_ms;
  }
}

/** Ring buffer of the newest samples. */
class History {
  constructor() {
    this.samples = new Float32Array(HISTORY);
    this.at = 0;
    this.version = 0;
  }

  add(samples) {
    for (const sample of samples) {
      this.samples[this.at] = sample;
      this.at = (this.at + 1) % HISTORY;
    }
    this.version += 1;
  }

  silence() {
    this.samples.fill(0);
    this.version += 1;
  }

  newest(n, into) {
    for (let k = 0; k < n; k += 1) into[k] = this.samples[(this.at - n + k + HISTORY) % HISTORY];
  }
}

/** The interface of AnalyserNode, computed from the waveform as the Web Audio specification defines it (section 1.8). */
export class Analyser {
  constructor(live, { fftSize = 2048, minDecibels = -100, maxDecibels = -30, smoothingTimeConstant = 0.8 } = {}) {
    this.live = live;
    this.minDecibels = minDecibels;
    this.maxDecibels = maxDecibels;
    this.smoothingTimeConstant = smoothingTimeConstant;
    this.numberOfInputs = this.numberOfOutputs = this.channelCount = 1;
    this.fftSize = fftSize;
  }

  get fftSize() {
    return this.size;
  }

  set fftSize(size) {
    if (!Number.isInteger(Math.log2(size)) || size < 32 || size > HISTORY) {
      throw new DOMException(`fftSize is a power of two from 32 to ${HISTORY}`, "IndexSizeError");
    }
    this.size = size;
    this.fourier = new Fourier(size);
    this.window = Float64Array.from({ length: size }, (_, n) => {
      const angle = (2 * Math.PI * n) / size;
      return (0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle)) / size; // Blackman, and the transform's scale
    });
    this.samples = new Float32Array(size);
    this.smoothed = new Float32Array(size / 2);
    this.version = -1;
  }

  get frequencyBinCount() {
    return this.size / 2;
  }

  get context() {
    const { live } = this;
    return { sampleRate: live.sampleRate, get currentTime() { return live.audioTime() ?? 0; } };
  }

  connect(destination) {
    return destination;
  }

  disconnect() {}

  getFloatTimeDomainData(array) {
    this.live.history.newest(this.size, this.samples);
    array.set(this.samples.subarray(0, array.length));
  }

  getByteTimeDomainData(array) {
    this.live.history.newest(this.size, this.samples);
    const n = Math.min(array.length, this.size);
    for (let k = 0; k < n; k += 1) array[k] = Math.max(0, Math.min(255, Math.floor(128 * (1 + this.samples[k]))));
  }

  getFloatFrequencyData(array) {
    this.transform();
    const n = Math.min(array.length, this.smoothed.length);
    for (let k = 0; k < n; k += 1) array[k] = 20 * Math.log10(this.smoothed[k]);
  }

  getByteFrequencyData(array) {
    this.transform();
    const n = Math.min(array.length, this.smoothed.length);
    const scale = 255 / (this.maxDecibels - this.minDecibels);
    for (let k = 0; k < n; k += 1) {
      const height = Math.floor(scale * (20 * Math.log10(this.smoothed[k]) - this.minDecibels));
      array[k] = Math.max(0, Math.min(255, height));
    }
  }

  /** Update the smoothed spectrum once for each new piece of sound. */
  transform() {
    const { history } = this.live;
    if (history.version === this.version) return;
    this.version = history.version;
    history.newest(this.size, this.samples);
    const magnitudes = this.fourier.magnitudes(this.samples, this.window);
    const kept = Math.max(0, Math.min(1, this.smoothingTimeConstant));
    for (let k = 0; k < this.smoothed.length; k += 1) {
      const next = kept * this.smoothed[k] + (1 - kept) * magnitudes[k];
      this.smoothed[k] = Number.isFinite(next) ? next : 0;
    }
  }
}

/** The discrete Fourier transform of windows of one size, a power of two. */
class Fourier {
  constructor(size) {
    this.size = size;
    this.re = new Float64Array(size);
    this.im = new Float64Array(size);
    this.cos = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    const bits = Math.log2(size);
    this.place = Uint32Array.from({ length: size }, (_, k) => {
      let reversed = 0;
      for (let bit = 0; bit < bits; bit += 1) reversed |= ((k >> bit) & 1) << (bits - 1 - bit);
      return reversed;
    });
  }

  magnitudes(samples, window) {
    const { size, re, im, cos, sin, place } = this;
    for (let k = 0; k < size; k += 1) re[place[k]] = samples[k] * window[k];
    im.fill(0);
    for (let half = 1; half < size; half *= 2) {
      const step = size / 2 / half;
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k += 1) {
          const [a, b] = [start + k, start + k + half];
          const real = re[b] * cos[k * step] + im[b] * sin[k * step];
          const imaginary = im[b] * cos[k * step] - re[b] * sin[k * step];
          re[b] = re[a] - real;
          im[b] = im[a] - imaginary;
          re[a] += real;
          im[a] += imaginary;
        }
      }
    }
    return re.subarray(0, size / 2).map((real, k) => Math.hypot(real, im[k]));
  }
}

/** Decodes a binary frame into an object with the field names of the JSON messages. */
function frameOf(buffer) {
  const view = new DataView(buffer);
  if (view.getUint16(0) !== 0x5446 || view.getUint8(2) !== BINARY_VERSION) throw new Error("This binary frame has another version; reload client.js from the service.");
  const flags = view.getUint8(3);
  const known = (number) => (Number.isNaN(number) ? null : number);
  const nBins = view.getUint16(42, true);
  const nSamples = view.getUint16(44, true);
  const frame = {
    type: "frame",
    beat_detected: Boolean(flags & 1),
    downbeat_detected: Boolean(flags & 2),
    silent: Boolean(flags & 4),
    onset_detected: Boolean(flags & 8),
    merged: view.getUint16(4, true),
    dropped: view.getUint16(6, true),
    sequence: view.getUint32(8, true),
    latency_s: view.getFloat32(12, true),
    audio_time: view.getFloat64(16, true),
    timestamp: view.getFloat64(24, true),
    bpm: known(view.getFloat32(32, true)),
    phase: known(view.getFloat32(36, true)),
    beat_in_bar: view.getUint16(40, true),
    frequency_data: floats(view, HEADER_BYTES, nBins),
    time_domain_data: floats(view, HEADER_BYTES + 4 * nBins, nSamples),
  };
  FRAME_LEVELS.forEach((name, k) => {
    frame[name] = view.getFloat32(48 + 4 * k, true);
    frame[`${name}_raw`] = view.getFloat32(68 + 4 * k, true);
  });
  return frame;
}

function floats(view, at, n) {
  return Float32Array.from({ length: n }, (_, k) => view.getFloat32(at + 4 * k, true));
}
