/** The track half of the page: from the dropped file to the result. */

import { startCorrecting } from "./correcting.js";
import { Player } from "./player.js";
import { showProblem } from "./problems.js";
import { byline, chordShares, facts, moods, warnings } from "./result_view.js";
import { Song } from "./song.js";
import { analyse } from "./upload.js";
import { clock, size } from "./text.js";

/** Starts the track half. @param {(id: string) => HTMLElement} byId */
export function startTrack(byId) {
  const player = new Player(byId);
  const drop = byId("drop");
  const status = byId("progress-text");
  const bar = byId("progress-bar");
  let under_way = null;
  let shown = null;
  const correcting = startCorrecting(byId, player, (analysis) => {
    if (!analysis) return take(shown.song, shown.note);
    showResult(analysis, JSON.stringify(analysis));
    player.replace(new Song(analysis));
  });

  function showProgress(song, sent, since) {
    const name = typeof song === "string" ? song : song.name;
    if (sent < 1) {
      bar.value = sent;
      status.textContent = `Sending ${name}, ${size(song.size)} …`;
      return;
    }
    bar.removeAttribute("value");
    status.textContent = `Analysing ${name} … ${clock((performance.now() - since) / 1000)}`;
  }

  async function take(song, note = "") {
    under_way?.abort(new DOMException("another song was chosen", "AbortError"));
    const control = new AbortController();
    under_way = control;
    showProblem(byId("track-problem"), null);
    byId("progress").hidden = false;
    let since = performance.now();
    let sent = typeof song === "string" ? 1 : 0;
    showProgress(song, sent, since);
    const ticking = setInterval(() => showProgress(song, sent, since), 1000);
    try {
      const { analysis, text } = await analyse(song, (share) => {
        if (share === 1 && sent < 1) since = performance.now();
        sent = share;
        showProgress(song, sent, since);
      }, control.signal);
      show(song, analysis, text, note);
    } catch (refusal) {
      if (!control.signal.aborted) showProblem(byId("track-problem"), refusal);
    } finally {
      clearInterval(ticking);
      if (under_way === control) {
        under_way = null;
        byId("progress").hidden = true;
        status.textContent = "";
      }
    }
  }

  function show(song, analysis, text, note) {
    shown = { song, note };
    showResult(analysis, text);
    byId("result").hidden = false;
    byId("track").classList.add("filled");
    player.load(new Song(analysis), typeof song === "string" ? null : song);
    correcting.show(analysis);
    byId("result").focus({ preventScroll: true });
    byId("result").scrollIntoView({ block: "nearest" });
  }

  function showResult(analysis, text) {
    const { song, note } = shown;
    const file = typeof song === "string" ? null : song;
    const name = analysis.source?.title || file?.name || decodeURIComponent(new URL(song).pathname.split("/").pop() || song);
    byId("name").textContent = name;
    byId("by").textContent = [byline(analysis), note].filter(Boolean).join(" · ");
    const download = byId("download");
    URL.revokeObjectURL(download.href);
    download.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    download.download = `${name.replace(/\.[^.]+$/, "")}.tactus.json`;
    byId("facts").replaceChildren(...facts(analysis));
    byId("moods").replaceChildren(...moods(analysis));
    fill(byId("chords"), chordShares(analysis));
    fill(byId("warnings"), warnings(analysis));
  }

  function fill(element, children) {
    element.hidden = children.length === 0;
    element.replaceChildren(...children);
  }

  function takeFiles(files) {
    if (files.length) take(files[0], files.length > 1 ? "the first of several files" : "");
  }

  byId("cancel").addEventListener("click", () => under_way?.abort(new DOMException("cancelled", "AbortError")));
  byId("file").addEventListener("change", ({ target }) => {
    takeFiles([...target.files]);
    target.value = "";
  });
  byId("address").addEventListener("submit", (event) => {
    event.preventDefault();
    take(byId("url").value.trim());
  });

  // The whole page takes a drop: a song that misses the zone must not replace the page.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragenter", (event) => carriesFiles(event) && ((depth += 1), drop.classList.add("over")));
  window.addEventListener("dragleave", (event) => carriesFiles(event) && (depth -= 1) <= 0 && drop.classList.remove("over"));
  window.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  window.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    drop.classList.remove("over");
    takeFiles([...event.dataTransfer.files]);
  });
}
