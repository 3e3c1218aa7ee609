/** Errors of the service (`application/problem+json`), and how the page shows them. */

import { askForToken, tokenHeaders } from "./token.js";

/** A refusal of the service, or its absence. */
export class Refusal extends Error {
  /** @param {string} message the problem's `detail`, unchanged @param {object} problem the whole document */
  constructor(message, problem = {}) {
    super(message);
    this.problem = problem;
  }
}

/** Error in a response. */
export function refusalFrom(status, text) {
  if (status === 401) askForToken();
  let problem;
  try {
    problem = JSON.parse(text);
  } catch {
    return new Refusal(`The service answered ${status} without a reason.`);
  }
  return new Refusal(problem?.detail ?? problem?.title ?? `The service answered ${status} without a reason.`, problem ?? {});
}

export const UNREACHABLE = "The service cannot be reached. Is it still running?";

/** The JSON that a call answers; throws a `Refusal` otherwise. */
export async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: { ...options.headers, ...tokenHeaders() } });
  } catch {
    throw new Refusal(UNREACHABLE);
  }
  const text = await response.text();
  if (!response.ok) throw refusalFrom(response.status, text);
  return JSON.parse(text);
}

/** The same with a JSON body, by POST. */
export function post(path, body) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** The same by PATCH. */
export function patch(path, body) {
  return call(path, { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** Show a refusal in an alert, or hide the alert where there is none. */
export function showProblem(element, refusal) {
  element.hidden = !refusal;
  if (!refusal) return element.replaceChildren();
  const title = document.createElement("strong");
  title.textContent = refusal.problem?.title ?? "That did not work";
  const detail = document.createElement("p");
  detail.textContent = refusal.message;
  element.replaceChildren(title, detail);
  const { remedy } = refusal.problem ?? {};
  if (remedy) {
    const advice = document.createElement("p");
    advice.textContent = Array.isArray(remedy) ? remedy.join(" ") : remedy;
    element.append(advice);
  }
}
