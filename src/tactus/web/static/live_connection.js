/** The WebSocket of live sound, kept open for as long as it is wanted. */

import { askForToken, tokenProtocols } from "./token.js";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 8000;
const UNAUTHORIZED = 4401;

/**
 * A connection that comes back by itself: after each failure it waits twice as long, with chance in it, so that many
 * pages do not return to a restarted service in the same moment.
 */
export class LiveConnection {
  /**
   * @param {(message: object) => void} onMessage
   * @param {(state: "connecting"|"open"|"waiting"|"closed") => void} onState
   */
  constructor(onMessage, onState) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.socket = null;
    this.session = null;
    this.timer = 0;
    this.wait_ms = FIRST_WAIT_MS;
  }

  /** Listen to a session, unless that is so already. */
  open(session) {
    if (this.socket && this.session === session) return;
    this.close();
    this.session = session;
    this.onState("connecting");
    const address = new URL("/live/ws", window.location.href.replace(/^http/, "ws"));
    address.searchParams.set("session", session);
    const socket = new WebSocket(address, tokenProtocols());
    this.socket = socket;
    socket.addEventListener("open", () => socket === this.socket && this.onState("open"));
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.socket) return;
      this.wait_ms = FIRST_WAIT_MS;
      this.onMessage(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.socket) return;
      if (code !== UNAUTHORIZED) return this.again();
      askForToken();
      this.close();
    });
  }

  again() {
    this.socket = null;
    this.onState("waiting");
    this.timer = setTimeout(() => this.open(this.session), this.wait_ms * (0.5 + Math.random() / 2));
    this.wait_ms = Math.min(2 * this.wait_ms, LONGEST_WAIT_MS);
  }

  /** Let go of the connection for good, or until it is opened again. */
  close() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    this.wait_ms = FIRST_WAIT_MS;
    socket?.close(1000);
    this.onState("closed");
  }
}
