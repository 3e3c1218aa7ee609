/** Metronome clicks on the beats of the playing song, to check them by ear. */

import { lastUpTo } from "./song.js";

const [BEAT_HZ, DOWNBEAT_HZ] = [1000, 2000];
const [CLICK_S, DECAY_S] = [0.05, 0.01];
/** Clicks are scheduled this far ahead [s], and looked for this often [ms]: timers are late now and then, sound never. */
const AHEAD_S = 0.15;
const EVERY_MS = 30;

/** Clicks for an audio element, off until they are switched on. */
export class Clicks {
  /** @param {HTMLAudioElement} audio @param {() => import("./song.js").Song|null} song what plays, at any moment */
  constructor(audio, song) {
    this.audio = audio;
    this.song = song;
    this.context = null;
    this.isOn = false;
    this.done = -Infinity;
    this.pending = new Set();
    for (const event of ["pause", "seeking", "emptied"]) audio.addEventListener(event, () => this.forget());
    setInterval(() => this.isOn && !audio.paused && !audio.seeking && this.schedule(), EVERY_MS);
  }

  /** How late sound leaves the loudspeaker [s], as far as the browser knows. */
  get latency() {
    return this.context?.outputLatency ?? 0;
  }

  /** Switch on or off. Needs a gesture of the user's, as all sound does. */
  toggle() {
    this.isOn = !this.isOn;
    if (!this.isOn) return this.forget();
    if (!this.context) {
      // Song and clicks leave by one way, so neither is later than the other.
      this.context = new AudioContext();
      this.context.createMediaElementSource(this.audio).connect(this.context.destination);
    }
    this.context.resume();
  }

  forget() {
    this.done = -Infinity;
    for (const sound of this.pending) sound.stop();
    this.pending.clear();
  }

  schedule() {
    const song = this.song();
    if (!song || this.context.state !== "running") return;
    const [position, now] = [this.audio.currentTime, this.context.currentTime];
    const from = Math.max(position, this.done);
    for (let beat = lastUpTo(song.beats, from) + 1; song.beats[beat] <= position + AHEAD_S; beat += 1) {
      this.click(now + (song.beats[beat] - position) / this.audio.playbackRate, song.isDownbeat(beat));
      this.done = song.beats[beat];
    }
  }

  click(at, isDownbeat) {
    const sound = new OscillatorNode(this.context, { frequency: isDownbeat ? DOWNBEAT_HZ : BEAT_HZ });
    const level = new GainNode(this.context, { gain: 0 });
    level.gain.setValueAtTime(0.5, at);
    level.gain.setTargetAtTime(0, at, DECAY_S);
    sound.connect(level).connect(this.context.destination);
    sound.addEventListener("ended", () => this.pending.delete(sound));
    sound.start(at);
    sound.stop(at + CLICK_S);
    this.pending.add(sound);
  }
}
