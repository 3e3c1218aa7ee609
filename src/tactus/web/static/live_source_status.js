/** The line that shows whether sound arrives, and if not, why. */

import { eventText, sourceNoun } from "./text.js";

/** Style of each event of a source. */
const STYLES = { stalled: "gone", device_lost: "gone", resumed: "wait", ended: "over" };

export class SourceStatus {
  constructor(line) {
    this.line = line;
    this.clear();
  }

  /** No session, or an unknown one. */
  clear() {
    this.from = "";
    this.remedy = null;
    this.show("idle", "This session is not running.");
  }

  /** The session stopped; a reason that is shown stays. */
  stop() {
    if (this.line.dataset.state !== "over") this.clear();
  }

  /** The session runs; no message yet. */
  open() {
    this.show("wait", "Waiting for the first sound …");
  }

  /** Take the session's status: a late joiner has missed the event that explains it. */
  join({ state, source, device_name: name }) {
    this.setSource(source, name);
    if (state in STYLES) this.update({ type: state, reason: source === "browser" ? "nothing-sent" : null, device: { name } });
  }

  /** Sets the name of the source. */
  setSource(source, deviceName) {
    const name = deviceName ? `“${deviceName}”` : sourceNoun(source);
    this.from = name ? ` from ${name}` : "";
  }

  /** The connection broke. */
  lose() {
    this.show("gone", "The connection broke; the state of the session is unknown.");
  }

  /** Take a message of the session. */
  update(message) {
    if (message.source) this.setSource(message.source, message.device?.name);
    if (message.type === "frame") this.frame(message.state?.silent);
    else if (message.silent_input) this.show("gone", (this.remedy = message.remedy));
    else if (message.type in STYLES) this.show(STYLES[message.type], eventText(message));
    else if (message.state === "opening") this.show("wait", "Opening the source …");
    // A state message is for late joiners; an event that just happened explains more.
    else if (message.state in STYLES && this.line.dataset.state !== "gone") this.update({ ...message, type: message.state });
  }

  frame(silent) {
    if (!silent) this.remedy = null;
    if (!silent) this.show("well", `Sound arrives${this.from}.`);
    else this.show(this.remedy ? "gone" : "wait", this.remedy ?? `Silence${this.from}.`);
  }

  show(state, text) {
    this.line.dataset.state = state;
    if (this.line.textContent !== text) this.line.textContent = text;
  }
}
