/** Which session the page looks at: those that run are offered, and new ones are named. The address remembers it. */

import { call } from "./problems.js";
import { sourceNoun, stateText } from "./text.js";

const USUAL = "default_user";
const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const PARAMETER = "session";
const EVERY_MS = 5000;

/**
 * Make the chooser work.
 *
 * @param {(id: string) => HTMLElement} byId
 * @param {(name: string) => void} onChoose
 * @param {(running: object[]) => void} onNews gets the running sessions now and then
 */
export function startSessions(byId, onChoose, onNews) {
  const select = byId("session");
  const given = new URLSearchParams(window.location.search).get(PARAMETER);
  let name = NAME.test(given ?? "") ? given : USUAL;
  let running = [];

  /** Offer what runs, the usual one, and the one that is looked at. */
  function show() {
    const statuses = new Map([USUAL, name].map((each) => [each, null]));
    for (const status of running) statuses.set(status.session, status);
    const options = [...statuses].sort(([one], [other]) => (one < other ? -1 : 1)).map(([session, status]) => [session, `${session} – ${statusText(status)}`]);
    if (String(options) === select.dataset.shown) return; // an open list must not change under the hand
    select.dataset.shown = String(options);
    select.replaceChildren(...options.map(([session, label]) => new Option(label, session)));
    select.value = name;
  }

  function choose(wanted) {
    name = wanted;
    const address = new URL(window.location.href);
    if (name === USUAL) address.searchParams.delete(PARAMETER);
    else address.searchParams.set(PARAMETER, name);
    window.history.replaceState(null, "", address);
    show();
    onChoose(name);
  }

  async function ask() {
    if (document.hidden) return;
    try {
      ({ sessions: running } = await call("/live/sessions"));
    } catch {
      return; // the health line shows already that the service is away
    }
    show();
    onNews(running);
  }

  function openNaming(open) {
    byId("name-session").hidden = !open;
    byId("new-session").ariaExpanded = String(open);
    if (open) byId("session-name").focus();
  }

  select.addEventListener("change", () => choose(select.value));
  byId("new-session").addEventListener("click", () => openNaming(byId("name-session").hidden));
  byId("name-session").addEventListener("submit", (event) => {
    event.preventDefault();
    openNaming(false);
    choose(byId("session-name").value);
    byId("session-name").value = "";
    select.focus();
  });
  show();
  ask();
  setInterval(ask, EVERY_MS);

  return { current: () => name, ask };
}

function statusText(status) {
  if (!status) return "not running";
  const state = status.state === "recording" ? "" : `, ${stateText(status.state)}`;
  return `${sourceNoun(status.source).replace(/^(the|a) /, "")}${state}`;
}
