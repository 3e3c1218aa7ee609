/** Sends this browser's sound to the service: a microphone, or what a tab plays. */

import { tokenProtocols } from "./token.js";

const WORKLET = "/static/sender_worklet.js";
const MAX_UNSENT_S = 1; // older samples are late, and are dropped
const AS_IT_IS = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: { ideal: 2 } };
const REFUSALS = {
  NotAllowedError: "The browser was not allowed to listen. Allow it in the address bar, and try again.",
  NotFoundError: "This browser has no microphone.",
  NotReadableError: "The system does not let the browser have this sound; another program may be using it.",
};

/** One sound at a time; `onEnd` is called when it ends by itself, with a sentence (or null) and the session. */
export class Sender {
  /** @param {(reason: string | null, session: string) => void} onEnd */
  constructor(onEnd) {
    this.onEnd = onEnd;
    this.session = null;
    this.stream = null;
    this.context = null;
    this.socket = null;
  }

  /** Ask for the sound: a click has to be the reason. @param {"browser"|"tab"} kind */
  async ask(kind) {
    const { mediaDevices } = navigator;
    if (!mediaDevices) throw new Error("Browsers share sound with pages at localhost or https only.");
    try {
      this.stream = await (kind === "tab"
        ? mediaDevices.getDisplayMedia({ video: true, audio: AS_IT_IS })
        : mediaDevices.getUserMedia({ audio: AS_IT_IS }));
    } catch (refusal) {
      throw new Error(REFUSALS[refusal.name] ?? refusal.message);
    }
    for (const picture of this.stream.getVideoTracks()) picture.enabled = false;
    const [sound] = this.stream.getAudioTracks();
    if (!sound) {
      this.stop();
      throw new Error("No sound was shared. Choose a tab, and tick “Also share tab audio”.");
    }
    sound.addEventListener("ended", () => this.end(null));
  }

  /** Send it to a session that waits for it, as one channel (the mean of all) or as two. */
  async send(session, channels) {
    this.session = session;
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(WORKLET);
    await this.context.resume();
    const address = new URL("/live/in", window.location.href.replace(/^http/, "ws"));
    const form = { session, rate: this.context.sampleRate, channels, format: "f32" };
    for (const [name, value] of Object.entries(form)) address.searchParams.set(name, value);
    const socket = new WebSocket(address, tokenProtocols());
    this.socket = socket;
    await new Promise((open, fail) => {
      socket.addEventListener("open", open, { once: true });
      socket.addEventListener("close", () => fail(new Error("The service does not take the sound.")), { once: true });
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket === this.socket) this.end(code === 1000 ? null : `The sound is no longer sent (${reason || code}).`);
    });
    const maxBytes = 4 * channels * MAX_UNSENT_S * this.context.sampleRate;
    const tap = new AudioWorkletNode(this.context, "sender", { numberOfOutputs: 0, channelCount: channels, channelCountMode: "explicit" });
    tap.port.addEventListener("message", ({ data }) => {
      if (socket.readyState === WebSocket.OPEN && socket.bufferedAmount < maxBytes) socket.send(data);
    });
    tap.port.start();
    this.context.createMediaStreamSource(this.stream).connect(tap);
  }

  end(reason) {
    const { stream, session } = this;
    this.stop();
    if (stream) this.onEnd(reason, session);
  }

  /** Send no more for now; the sound stays at hand. */
  pause() {
    const { socket, context } = this;
    this.socket = this.context = null;
    socket?.close(1000);
    context?.close();
  }

  /** Let go of the sound. */
  stop() {
    const { stream } = this;
    this.pause();
    this.stream = this.session = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}
