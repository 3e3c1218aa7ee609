/** The page: its halves and its status line, put to work. */

import { startHealth } from "./health.js";
import { startLive } from "./live.js";
import { startToken } from "./token.js";
import { startTrack } from "./track.js";

const byId = (id) => document.getElementById(id);

startTrack(byId);
startLive(byId);
startHealth(byId);
startToken(byId);
