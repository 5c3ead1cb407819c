// The room page, inside a desktop: who is meeting, who is here, how much time is left. Its picture changes as rarely as
// it can, because it is recorded and sent as video: once a minute, and every second only for the last five minutes.

import { ask } from "./api.js";
import { now } from "./clock.js";
import { arrived, byId, element, setText, showNotice } from "./elements.js";
import { joinNames, roleName } from "./phrases.js";
import { backoffSeconds, poll, spread } from "./polling.js";
import { clockTime, countdown, span, zoneShort } from "./time.js";

const LOOK_SECONDS = 4;
const SOON_MS = 5 * 60_000;

const { meetingId, role } = document.body.dataset;
const token = new URLSearchParams(location.search).get("token") ?? "";
const people = new Map();
let latest = null;
let failures = 0;

function showTime() {
  if (latest === null) return;
  const leftMs = Date.parse(latest.deadline) - now();
  if (latest.over || leftMs <= 0) {
    setText(byId("left"), "Over");
    setText(byId("ends"), "This desktop closes in a moment.");
    return;
  }
  setText(byId("left"), leftMs <= SOON_MS ? countdown(leftMs) : span(leftMs));
  // The desktop's zone is its server's, which need not be the person's.
  const zone = zoneShort(new Date(latest.deadline));
  setText(byId("ends"), `Ends at ${clockTime(latest.deadline)} (${zone}) at the latest`);
}

function showPerson(person) {
  if (!people.has(person.role)) {
    const node = element("li", {}, element("span", { class: "name" }), element("span", { class: "presence" }));
    people.set(person.role, node);
    byId("people").append(node);
  }
  const node = people.get(person.role);
  const own = person.role === role ? " (you)" : "";
  node.dataset.present = String(person.present);
  setText(node.querySelector(".name"), person.name);
  setText(node.querySelector(".presence"), `${roleName(person.role)}${own}, ${person.present ? "here" : "not here"}`);
}

function show(state) {
  latest = state;
  document.body.dataset.state = state.over ? "over" : "open";
  setText(byId("names"), joinNames(state.people.map((person) => person.name)));
  state.people.forEach(showPerson);
  showTime();
}

async function look() {
  try {
    const path = `/room/${encodeURIComponent(meetingId)}/${encodeURIComponent(role)}/state?${new URLSearchParams({ token })}`;
    show((await ask(path)).body);
    failures = 0;
    showNotice(byId("trouble"), "");
    return spread(LOOK_SECONDS);
  } catch (error) {
    if (!error.kind) throw error;
    failures += 1;
    const refused = error.kind === "refused";
    if (refused || failures > 1) {
      document.body.dataset.state = "reconnecting";
      showNotice(byId("trouble"), refused
        ? "This page cannot tell who is here at the moment. Your desktop is not affected."
        : "Reconnecting… The time below goes on; who is here may be out of date.");
    }
    return Math.max(error.retryAfterSeconds ?? 0, backoffSeconds(failures, { first: LOOK_SECONDS, most: 20 }));
  }
}

arrived();
setInterval(showTime, 1000);
poll(look, { whileHidden: true });
