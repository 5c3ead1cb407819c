// Puts the lobby's situation on the page.

import { announce, byId, setText, showNotice } from "./elements.js";
import { currentStep, STEPS } from "./lobby_states.js";
import { countdown, dayAndTime, roughly, zoneShort } from "./time.js";

const SLOW_FACTOR = 3;
const COUNTDOWN_MS = 3_600_000; // a running clock only for the last hour: longer ones only make nervous

const steps = new Map([...document.querySelectorAll(".step")].map((node) => [node.dataset.for, node]));
let spoken = "";

function sayOnce(text) {
  if (text === spoken) return;
  spoken = text;
  announce(text);
}

function setState(state) {
  document.body.dataset.state = state;
}

function showStep(step) {
  const reached = STEPS.indexOf(step);
  for (const [name, node] of steps) {
    const place = STEPS.indexOf(name);
    node.dataset.step = place < reached ? "done" : place === reached ? "now" : "later";
    if (place === reached) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  }
}

/** A person who is early: when it starts, and how long until then. */
function showEarly(launchMs, meetMs, nowMs) {
  setState("early");
  setText(byId("title"), "You are early");
  setText(byId("lead"), "Your desktop is made shortly before the meeting. You can leave this page open; you are taken in when it is ready.");
  const left = launchMs - nowMs;
  byId("countdown").hidden = left > COUNTDOWN_MS;
  setText(byId("countdown"), `Starts getting ready in ${countdown(left)}`);
  const about = meetMs === null ? ["Your desktop is started", launchMs] : ["The meeting begins", meetMs];
  const moment = new Date(about[1]);
  setText(byId("when"), `${about[0]} ${dayAndTime(moment.toISOString(), nowMs)} (${zoneShort(moment)}).`);
  byId("when").hidden = false;
  byId("elapsed").hidden = true;
  sayOnce("You are early. You will be taken in when your desktop is ready.");
}

function showStarting(step, sinceMs, nowMs) {
  setState("starting");
  const waited = (nowMs - sinceMs) / 1000;
  const usual = Number(document.body.dataset.usualStartSeconds);
  const slow = waited > usual * SLOW_FACTOR;
  setText(byId("title"), "Getting your desktop ready");
  setText(byId("lead"), slow
    ? "This takes longer than usual. Your place is kept and this page keeps trying. If nothing changes in a few minutes, tell whoever invited you."
    : "As soon as it is ready you are taken in. There is nothing to press.");
  byId("countdown").hidden = true;
  byId("when").hidden = true;
  setText(byId("elapsed"), `${countdown(nowMs - sinceMs)} so far. It usually takes about ${roughly(usual)}.`);
  byId("elapsed").hidden = false;
  sayOnce(slow ? byId("lead").textContent : steps.get(step).textContent);
}

/** Shows a wait. `wait`: {phase, launchMs, meetMs (each or null), problem, sinceMs}; `trouble`: text or "". */
export function showWaiting(wait, trouble, nowMs) {
  const early = wait.phase === "PENDING" && wait.launchMs !== null && wait.launchMs > nowMs;
  const step = currentStep(wait.phase, early);
  byId("progress").hidden = false;
  byId("mend").hidden = true;
  showStep(step);
  if (early) showEarly(wait.launchMs, wait.meetMs, nowMs);
  else showStarting(step, wait.sinceMs, nowMs);
  if (trouble) setState("trouble");
  byId("problem").classList.remove("alert");
  const replaced = wait.phase === "ENDED" ? "Your desktop stopped. You are getting a new one." : "";
  showNotice(byId("problem"), trouble || wait.problem || replaced);
}

export function showEntering() {
  setState("entering");
  showStep("ready");
  setText(byId("title"), "Going in");
  setText(byId("lead"), "Your desktop is ready.");
  showNotice(byId("problem"), "");
  for (const id of ["countdown", "when", "elapsed", "mend"]) byId(id).hidden = true;
}

/** Shows an end that waiting will not change. `words`: {state, title, text, mend}. */
export function showStopped(words) {
  setState(words.state);
  setText(byId("title"), words.title);
  setText(byId("lead"), words.text);
  setText(byId("mend-text"), words.mend);
  showNotice(byId("problem"), "");
  for (const id of ["progress", "countdown", "when", "elapsed"]) byId(id).hidden = true;
  byId("mend").hidden = false;
  byId("title").focus();
}
