// The lobby: asks for the seat until it is ready, then goes in by itself. Only this script asks, and only once the
// page is really shown: a link preview or a browser's prerendering must not mark anybody as arrived.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { arrived, byId } from "./elements.js";
import { incompleteWords, refusalWords, troubleWords } from "./lobby_states.js";
import { showEntering, showStopped, showWaiting } from "./lobby_view.js";
import { sentence } from "./phrases.js";
import { backoffSeconds, poll, spread } from "./polling.js";
import { rememberLobby } from "./seat_memory.js";
import { site } from "./site.js";

const TICK_MS = 1000;
const LONGEST_WAIT_SECONDS = 60; // however far off the meeting is: it may be moved or cancelled meanwhile

const link = new URLSearchParams(location.search);
const [id, role, key] = ["id", "role", "key"].map((name) => link.get(name));
let wait = null;
let trouble = "";
let failures = 0;
let ticker = null;
let polling = null;
let warming = null;

function milliseconds(iso) {
  const ms = Date.parse(iso ?? "");
  return Number.isNaN(ms) ? null : ms;
}

function tick() {
  if (wait) showWaiting(wait, trouble, now());
}

function stop(words) {
  clearInterval(ticker);
  wait = null;
  showStopped(words);
  return null;
}

/** The time of waiting counts from the moment this person could have been let in, not from when an early page was opened. */
function waitingSince(answer) {
  const launchMs = milliseconds(answer.starts_at);
  if (wait && !(wait.launchMs !== null && wait.launchMs > wait.seenMs)) return wait.sinceMs;
  return launchMs !== null && wait ? Math.max(launchMs, wait.sinceMs) : now();
}

function goIn(address) {
  const url = new URL(address, location.href);
  if (!["http:", "https:"].includes(url.protocol)) throw new Error(`Not an address to go to: ${url.protocol}`);
  clearInterval(ticker);
  wait = null;
  showEntering();
  location.replace(url.href);
  return null;
}

/** Fetches our desktop page's many small modules while there is nothing else to do: saves a third of the way in. */
async function warmUp() {
  try {
    await import("./desktop_connection.js");
  } catch (error) {
    console.info("the desktop page will load its parts itself", error);
  }
}

async function askForSeat() {
  try {
    const { status, body } = await ask(`/join/${encodeURIComponent(id)}/${encodeURIComponent(role)}`, { bearer: key });
    failures = 0;
    trouble = "";
    if (status === 200) return goIn(body.dcv_url);
    wait = {
      phase: body.phase,
      launchMs: milliseconds(body.starts_at),
      meetMs: milliseconds(body.meet_time),
      problem: body.problem ? sentence(body.problem) : "",
      sinceMs: waitingSince(body),
      seenMs: now(),
    };
    tick();
    if (!site) warming ??= warmUp();
    return spread(Math.min(body.retry_after_seconds ?? 2, LONGEST_WAIT_SECONDS));
  } catch (error) {
    if (!error.kind) throw error;
    if (error.kind === "refused") return stop(refusalWords(error));
    failures += 1;
    trouble = troubleWords(error, navigator.onLine);
    wait ??= { phase: "PENDING", launchMs: null, meetMs: null, problem: "", sinceMs: now(), seenMs: now() };
    tick();
    return Math.max(error.retryAfterSeconds ?? 0, backoffSeconds(failures));
  }
}

function begin() {
  rememberLobby(location.href);
  ticker = setInterval(tick, TICK_MS);
  polling?.stop();
  polling = poll(askForSeat, { whileHidden: true });
}

function onceShown(action) {
  if (document.visibilityState === "visible" && !document.prerendering) action();
  else document.addEventListener("visibilitychange", () => onceShown(action), { once: true });
}

byId("try-again").onclick = () => location.reload();
addEventListener("offline", () => {
  trouble = troubleWords({ kind: "unreachable" }, false);
  tick();
});
arrived();
if (id && role && key) onceShown(begin);
else stop(incompleteWords);
