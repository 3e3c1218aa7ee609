/** The dropped file played where it lies: sound, position and beats. Nothing is sent anywhere. */

import { BarDots } from "./bar_dots.js";
import { drawDetail, drawOverview } from "./song_drawing.js";
import { lastUpTo, spanAt } from "./song.js";
import { redrawOnChange } from "./canvas.js";
import { chordName, clock, sectionName } from "./text.js";

const FEW_S = 5;

/** Position and playing of one song after another. */
export class Player {
  constructor(byId) {
    this.audio = byId("audio");
    this.overview = byId("overview");
    this.overviewCanvas = byId("overview-canvas");
    this.detailCanvas = byId("detail-canvas");
    this.playhead = byId("playhead");
    this.button = byId("play");
    this.clock = byId("clock");
    this.length = byId("length");
    this.now = byId("now");
    this.note = byId("play-note");
    this.bar = new BarDots(byId("track-bar"));
    this.song = null;
    this.silentPosition = 0;

    this.button.addEventListener("click", () => this.toggle());
    this.audio.addEventListener("play", () => this.playing(true));
    this.audio.addEventListener("pause", () => this.playing(false));
    this.audio.addEventListener("seeked", () => this.draw());
    this.audio.addEventListener("error", () => this.audio.hasAttribute("src") && this.cannotPlay());
    this.overview.addEventListener("keydown", (event) => this.key(event));
    for (const canvas of [this.overviewCanvas, this.detailCanvas]) {
      canvas.addEventListener("pointerdown", (event) => this.point(canvas, event));
      canvas.addEventListener("pointermove", (event) => event.buttons === 1 && canvas === this.overviewCanvas && this.point(canvas, event));
    }
    redrawOnChange(this.overviewCanvas, () => this.song && (drawOverview(this.overviewCanvas, this.song), this.draw()));
    redrawOnChange(this.detailCanvas, () => this.draw());
  }

  /** Take up a song, and the file to play where there is one. */
  load(song, file) {
    this.unload();
    this.song = song;
    this.length.textContent = clock(song.duration);
    this.overview.setAttribute("aria-valuemax", song.duration.toFixed(1));
    this.button.disabled = !file;
    this.note.hidden = Boolean(file);
    this.note.textContent = file ? "" : "Playing needs the file itself: drop it here to play it.";
    if (file) this.audio.src = URL.createObjectURL(file);
    drawOverview(this.overviewCanvas, song);
    this.draw();
  }

  /** Take up another analysis of the song that plays, and let it play on. */
  replace(song) {
    this.song = song;
    drawOverview(this.overviewCanvas, song);
    this.draw();
  }

  /** Stop, and let go of the file. */
  unload() {
    this.song = null;
    this.silentPosition = 0;
    if (!this.audio.hasAttribute("src")) return;
    this.audio.pause();
    URL.revokeObjectURL(this.audio.src);
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  get position() {
    return this.button.disabled ? this.silentPosition : this.audio.currentTime;
  }

  seek(time) {
    const target = Math.min(Math.max(0, time), this.song.duration);
    this.silentPosition = target;
    if (!this.button.disabled) this.audio.currentTime = target;
    this.draw();
  }

  toggle() {
    if (this.button.disabled) return;
    if (this.audio.paused) this.audio.play().catch(() => this.cannotPlay());
    else this.audio.pause();
  }

  cannotPlay() {
    this.silentPosition = 0;
    this.button.disabled = true;
    this.note.hidden = false;
    this.note.textContent = "This browser cannot play this kind of file. The analysis is complete all the same.";
  }

  playing(on) {
    this.button.setAttribute("aria-label", on ? "Pause" : "Play");
    this.button.setAttribute("aria-pressed", String(on));
    if (on) this.follow();
  }

  follow() {
    this.draw();
    if (!this.audio.paused) requestAnimationFrame(() => this.follow());
  }

  point(canvas, event) {
    if (!this.song) return;
    const { start, end } = canvas.dataset;
    const share = event.offsetX / canvas.clientWidth;
    this.seek(Number(start) + share * (Number(end) - Number(start)));
  }

  key(event) {
    const beats = this.song?.beats ?? [];
    const beat = lastUpTo(beats, this.position + 1e-3);
    const bars = 4 * (this.song?.analysis.time_signature ?? 4);
    const to = (number, otherwise) => (beats.length ? beats[Math.min(Math.max(0, number), beats.length - 1)] : otherwise);
    const moves = {
      ArrowRight: () => this.seek(to(beat + 1, this.position + FEW_S)),
      ArrowUp: () => this.seek(to(beat + 1, this.position + FEW_S)),
      ArrowLeft: () => this.seek(to(beat - 1, this.position - FEW_S)),
      ArrowDown: () => this.seek(to(beat - 1, this.position - FEW_S)),
      PageDown: () => this.seek(to(beat + bars, this.position + 4 * FEW_S)),
      PageUp: () => this.seek(to(beat - bars, this.position - 4 * FEW_S)),
      Home: () => this.seek(0),
      End: () => this.seek(this.song.duration),
      " ": () => this.toggle(),
    };
    if (!moves[event.key] || !this.song) return;
    event.preventDefault();
    moves[event.key]();
  }

  draw() {
    if (!this.song) return;
    const { song, position } = this;
    drawDetail(this.detailCanvas, song, position);
    this.playhead.style.left = `${(100 * position) / song.duration}%`;
    this.clock.textContent = clock(position, 1);
    this.overview.setAttribute("aria-valuenow", position.toFixed(1));
    this.overview.setAttribute("aria-valuetext", clock(position, 1));

    const beat = lastUpTo(song.beats, position + 1e-3);
    const beatsPerBar = song.analysis.time_signature ?? 0;
    this.bar.show(song.beatsInBar[beat] ?? 0, song.beats.length ? beatsPerBar || 1 : 0);
    this.bar.element.classList.toggle("flash", !this.audio.paused && beat >= 0 && position - song.beats[beat] < 0.12);

    const section = spanAt(song.sections, position);
    const chord = spanAt(song.chords, position);
    this.now.textContent = [section && `Section ${sectionName(section)}`, chord && chordName(chord.label, song.hasFlats)].filter(Boolean).join(" · ");
  }
}
