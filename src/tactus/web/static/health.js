/** The line that shows the health of the service. */

import { call } from "./problems.js";

const EVERY_MS = 15000;

const REDIS_WORDS = { ok: "Redis connected", off: "no Redis: results are kept on this machine", down: "Redis is set but not reachable" };

/** Keep the status line true while the page is looked at. */
export function startHealth(byId) {
  const line = byId("health");

  async function ask() {
    if (document.hidden) return;
    try {
      const health = await call("/health");
      const degraded = health.degraded ?? [];
      const parts = [REDIS_WORDS[health.redis] ?? `Redis ${health.redis}`];
      const others = degraded.filter((entry) => entry !== "redis");
      if (others.length) parts.push(`not in force on this system: ${others.join(", ").replaceAll("_", " ")}`);
      show(degraded.length ? "degraded" : "well", `Running · ${parts.join(" · ")}`);
      byId("version").textContent = `Tactus ${health.version}`;
    } catch (refusal) {
      show("gone", refusal.message);
    }
  }

  function show(state, text) {
    line.dataset.state = state;
    if (line.textContent !== text) line.textContent = text;
  }

  ask();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", ask);
}
