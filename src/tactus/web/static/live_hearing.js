/** The line that says whether sound arrives, and if not, why. */

import { eventWords, SOURCE_NAMES } from "./words.js";

/** How what happens to a source is shown. */
const LOOKS = { stalled: "gone", device_lost: "gone", resumed: "wait", ended: "over" };

export class Hearing {
  constructor(line) {
    this.line = line;
    this.clear();
  }

  /** Nothing is known of the session that is looked at. */
  clear() {
    this.from = "";
    this.remedy = null;
    this.say("idle", "Nothing runs in this session.");
  }

  /** It runs no more; what was said of its end stays. */
  rest() {
    if (this.line.dataset.state !== "over") this.clear();
  }

  /** It runs, and nothing has been heard of it yet. */
  open() {
    this.say("wait", "Waiting for the first sound …");
  }

  /** It runs as the service says: who comes late has missed the message that something is wrong. */
  join({ state, source, device_name: name }) {
    this.named(source, name);
    if (state in LOOKS) this.hear({ type: state, reason: source === "browser" ? "nothing-sent" : null, device: { name } });
  }

  /** Where its sound comes from. */
  named(source, deviceName) {
    const name = deviceName ? `“${deviceName}”` : SOURCE_NAMES[source];
    this.from = name ? ` from ${name}` : "";
  }

  /** Nobody tells any more. */
  lose() {
    this.say("gone", "What happens there is not known: the connection broke.");
  }

  /** Take a message. */
  hear(message) {
    if (message.source) this.named(message.source, message.device?.name);
    if (message.type === "frame") this.frame(message.state?.silent);
    else if (message.silent_input) this.say("gone", (this.remedy = message.remedy));
    else if (message.type in LOOKS) this.say(LOOKS[message.type], eventWords(message));
    else if (message.state === "opening") this.say("wait", "Opening the source …");
    // A state tells those who come late; what has just happened is told better by the message of its own.
    else if (message.state in LOOKS && this.line.dataset.state !== "gone") this.hear({ ...message, type: message.state });
  }

  frame(silent) {
    if (!silent) this.remedy = null;
    if (!silent) this.say("well", `Sound arrives${this.from}.`);
    else this.say(this.remedy ? "gone" : "wait", this.remedy ?? `Silence${this.from}: nothing is heard.`);
  }

  say(state, words) {
    this.line.dataset.state = state;
    if (this.line.textContent !== words) this.line.textContent = words;
  }
}
